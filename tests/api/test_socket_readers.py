"""Tests of daytrader.api.socket_readers: what can go wrong with one socket or one thread is no other's affair."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from daytrader.api.socket_readers import MOST_THREADS, MOST_WITH_SPARE, Readers, Turn
from tests.waiting import eventually

from .socket_client import WAIT


class _Told:
    """A connection that does in each turn what a test says."""

    def __init__(self, connection: socket.socket, turn: Callable[[], Turn]) -> None:
        self._connection = connection
        self.fileno = connection.fileno
        self.turn = turn
        self.is_taken = False
        self.closed = threading.Event()

    def take_turn(self) -> Turn:
        self.is_taken = True
        with suppress(BlockingIOError):
            self._connection.recv(1, socket.MSG_DONTWAIT)
        return self.turn()

    def cut(self) -> None:
        """Not needed."""

    def close(self) -> None:
        self._connection.close()
        self.closed.set()


def _break() -> Turn:
    raise ZeroDivisionError


def test_one_that_cannot_be_read_ends_alone() -> None:
    readers = Readers()
    with capture_logs() as logged:
        for _ in range(2):
            ours, theirs = socket.socketpair()
            broken = _Told(ours, _break)
            readers.add(broken)
            theirs.sendall(b"x")
            assert broken.closed.wait(WAIT)
            theirs.close()

    assert [line["event"] for line in logged] == ["a socket could not be read"] * 2
    readers.wait_until_empty(WAIT)
    assert len(readers) == 0


class _Poller:
    """One whose system fails as a test says."""

    def __init__(self, poller: select.epoll) -> None:
        self.poll: Callable[..., Any] = poller.poll
        self.modify: Callable[..., None] = poller.modify
        self.register = poller.register
        self.unregister = poller.unregister


def _fail(*_args: object) -> None:
    raise OSError("no room to watch it")


def test_one_that_cannot_be_watched_any_more_is_closed() -> None:
    """Nobody would read it again; its thread goes on with others, and threads are counted as they are."""
    readers = Readers()
    assert readers._poller is not None
    readers._poller = failing = _Poller(readers._poller)  # type: ignore[assignment]
    failing.modify = _fail
    pairs = [socket.socketpair() for _ in range(2)]
    first, second = (_Told(ours, lambda: Turn.READ) for ours, _ in pairs)
    readers.add(first)
    readers.add(second)
    with capture_logs() as logged:
        pairs[0][1].sendall(b"x")
        assert first.closed.wait(WAIT)
        pairs[1][1].sendall(b"x")
        assert second.closed.wait(WAIT)

    assert [line["event"] for line in logged] == ["a socket cannot be watched any more"] * 2
    readers.wait_until_empty(WAIT)
    eventually(lambda: (len(readers), readers._threads, readers._free) == (0, 0, 0))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_is_none_that_reads() -> None:
    """Whoever comes next starts another one, which reads those that were there, too."""
    readers = Readers()
    assert readers._poller is not None
    readers._poller = failing = _Poller(readers._poller)  # type: ignore[assignment]
    poll, failing.poll = failing.poll, _fail
    pairs = [socket.socketpair() for _ in range(2)]
    first, second = (_Told(ours, lambda: Turn.OVER) for ours, _ in pairs)
    readers.add(first)
    eventually(lambda: (readers._threads, readers._free) == (0, 0))

    failing.poll = poll
    readers.add(second)
    for told, (_, theirs) in zip((first, second), pairs, strict=True):
        theirs.sendall(b"x")
        assert told.closed.wait(WAIT)


def test_spare_threads_have_an_end() -> None:
    """As many as may be: whoever comes then waits until one of them is free."""
    readers, answers, pairs = Readers(), threading.Event(), [socket.socketpair() for _ in range(MOST_WITH_SPARE + 1)]
    slow = [_Told(ours, lambda: Turn.READ if answers.wait(WAIT) else Turn.OVER) for ours, _ in pairs]
    for connection, (_, theirs) in zip(slow, pairs, strict=True):
        readers.add(connection)
        theirs.sendall(b"x")

    eventually(lambda: readers._threads == MOST_WITH_SPARE and not readers._free)
    time.sleep(0.3)
    assert readers._threads == MOST_WITH_SPARE
    assert sum(connection.is_taken for connection in slow) == MOST_WITH_SPARE
    answers.set()
    eventually(lambda: all(connection.is_taken for connection in slow))
    eventually(lambda: readers._threads <= MOST_THREADS)
    for connection, (_, theirs) in zip(slow, pairs, strict=True):
        connection.turn = lambda: Turn.OVER
        theirs.close()
    eventually(lambda: readers._threads == 0 and readers._free == 0)
