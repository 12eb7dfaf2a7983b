"""Tests of daytrader.api.socket_pings: whoever is connected is pinged, by one thread for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Final

import pytest
from engineio.packet import PING, Packet
from structlog.testing import capture_logs

from daytrader.api import socket_pings
from daytrader.api.socket_pings import Pings

from .conftest import Caller
from .socket_client import Listener

_PATIENCE: Final = 60.0


class _Held:
    """A socket of Engine.IO, as far as it is pinged."""

    def __init__(self, heard: list[_Held], error: Exception | None = None) -> None:
        self.closing = self.closed = False
        self.last_ping: float | None = None
        self._heard = heard
        self._error = error

    def send(self, packet: Packet) -> None:
        assert packet.packet_type == PING
        assert self.last_ping == pytest.approx(time.time(), abs=5)
        if self._error is not None:
            raise self._error
        self._heard.append(self)


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "socket-pings"}


@pytest.fixture
def others() -> set[threading.Thread]:
    """Those of servers whose sockets are not due yet."""
    return _threads()


@pytest.fixture
def may_wake(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set a thread of pings sleeps on: a busy machine may take longer to set up what is pinged."""
    event = threading.Event()

    def sleep(seconds: float) -> None:
        event.wait(_PATIENCE)
        time.sleep(seconds)

    own = SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=sleep)
    monkeypatch.setattr(socket_pings, "time", own)
    yield event
    event.set()


def _until_all_are_due(others: set[threading.Thread], may_wake: threading.Event) -> None:
    (thread,) = _threads() - others
    may_wake.set()
    thread.join(_PATIENCE)
    assert not thread.is_alive()
    may_wake.clear()


def test_each_is_pinged_once_in_its_order_and_the_thread_ends(
    others: set[threading.Thread], may_wake: threading.Event
) -> None:
    heard: list[_Held] = []
    first, second, gone = _Held(heard), _Held(heard), _Held(heard)
    pings = Pings(0.05)

    for held in (first, gone, second):
        pings.schedule(held)
    gone.closed = True
    _until_all_are_due(others, may_wake)

    assert heard == [first, second]
    assert gone.last_ping is None
    pings.schedule(first)
    _until_all_are_due(others, may_wake)
    assert heard == [first, second, first]


def test_one_that_cannot_be_pinged_silences_no_other(others: set[threading.Thread], may_wake: threading.Event) -> None:
    heard: list[_Held] = []
    broken, other = _Held(heard, OSError("gone")), _Held(heard)
    pings = Pings(0.01)

    with capture_logs() as logged:
        pings.schedule(broken)
        pings.schedule(other)
        _until_all_are_due(others, may_wake)

    assert heard == [other]
    assert [line["event"] for line in logged] == ["a socket could not be pinged"]


def test_sockets_of_a_server_share_the_thread(
    alice: Caller, listen: Callable[[Caller], Listener], others: set[threading.Thread]
) -> None:
    for _ in range(3):
        listen(alice)

    assert len(_threads() - others) == 1
    assert not [thread.name for thread in threading.enumerate() if "_send_ping" in thread.name]
