"""Tests of daytrader.services.data_providers.alpaca_stream, with a server that speaks the documented protocol."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from daytrader.services.data_providers import alpaca_stream
from daytrader.services.data_providers.alpaca_stream import AlpacaStream
from daytrader.services.data_providers.errors import (
    AccessError,
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    RefusedAddressError,
)
from tests.services.data_providers.stream_server import BAR, Ear, greet, speaking, stream
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it connect again soon; how the waits grow is shown elsewhere."""
    monkeypatch.setattr(alpaca_stream, "delay", lambda _failures, _error: 0.01)


def test_it_signs_in_subscribes_and_hears_bars() -> None:
    """Bars and updated ones; control messages and other kinds are no bars."""
    said: list[Any] = []
    paths: list[str] = []

    def script(connection: ServerConnection) -> None:
        paths.append(connection.request.path if connection.request else "")
        said.extend(greet(connection))
        late = BAR | {"T": "u", "c": 11.5}
        connection.send(json.dumps([BAR, {"T": "t", "S": "ACME", "p": 1}]))
        connection.send(json.dumps([late]))
        connection.recv(timeout=PATIENCE)

    ear = Ear(2)
    with speaking(script) as address:
        ear.listen(stream(address))

    assert paths == ["/v2/iex"]
    assert said[0] == {"action": "auth", "key": "key", "secret": "secret"}
    assert said[1] == {"action": "subscribe", "bars": ["ACME"], "updatedBars": ["ACME"]}
    assert [(bar.symbol, bar.close.tolist(), bar.interval) for bar in ear.bars] == [
        ("ACME", [11], 1),
        ("ACME", [11.5], 1),
    ]
    assert (ear.connections, ear.failures) == (1, [])


def test_what_is_wanted_later_is_subscribed_later() -> None:
    """In the connection that there is."""
    asked: list[Any] = []
    ear = Ear(2)

    def script(connection: ServerConnection) -> None:
        greet(connection)
        connection.send(json.dumps([BAR]))
        ear.symbols = ["ACME", "OTHR"]
        asked.append(json.loads(connection.recv(timeout=PATIENCE)))
        connection.send(json.dumps([BAR | {"S": "OTHR"}]))
        connection.recv(timeout=PATIENCE)

    with speaking(script) as address:
        ear.listen(stream(address))

    assert asked == [{"action": "subscribe", "bars": ["OTHR"], "updatedBars": ["OTHR"]}]
    assert [bar.symbol for bar in ear.bars] == ["ACME", "OTHR"]


def test_a_lost_connection_is_made_again() -> None:
    """Everything is subscribed anew; each loss and each new beginning is told."""

    def script(connection: ServerConnection) -> None:
        greet(connection)
        connection.send(json.dumps([BAR]))  # and the connection ends

    ear = Ear(4)
    with speaking(script) as address:
        ear.listen(stream(address))

    assert (len(ear.bars), len(ear.failures), ear.connections) == (2, 2, 2)
    assert all(isinstance(failure, NetworkError) for failure in ear.failures)


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        ([{"T": "error", "code": 406, "msg": "connection limit exceeded"}], NetworkError, "connection limit"),
        ([{"T": "error", "code": 409, "msg": "insufficient subscription"}], AccessError, "insufficient"),
        ({"T": "b"}, MalformedAnswerError, "messages"),
        ([BAR | {"o": None}], MalformedAnswerError, "not understood"),
    ],
)
def test_each_refusal_has_its_kind(frame: object, error: type[ProviderError], words: str) -> None:
    """In the words of the stream."""

    def script(connection: ServerConnection) -> None:
        greet(connection)
        connection.send(json.dumps(frame))
        connection.recv(timeout=PATIENCE)

    ear = Ear(1)
    with speaking(script) as address:
        ear.listen(stream(address))

    (failure,) = ear.failures
    assert isinstance(failure, error)
    assert words in str(failure)


def _frame(payload: bytes, first: int = 0x81) -> bytes:
    """Return a whole frame, of text where *first* says no other."""
    return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload


_BAR_FRAME = _frame(json.dumps([BAR]).encode())


@pytest.mark.parametrize(
    ("junk", "error"),
    [
        pytest.param(_BAR_FRAME[:40], NetworkError, id="a frame that is cut off"),
        pytest.param(_BAR_FRAME[:3], NetworkError, id="a head that is cut off"),
        pytest.param(bytes([0x01, 4]) + b'[{"T', NetworkError, id="the first piece of a message"),
        pytest.param(_frame(b"\xff\xfe"), NetworkError, id="no UTF-8"),
        pytest.param(_frame(b"junk", 0x8F), NetworkError, id="a kind of frame that there is not"),
        pytest.param(_frame(b"junk"), MalformedAnswerError, id="no JSON"),
        pytest.param(_frame(b"\x00\xff", 0x82), MalformedAnswerError, id="bytes that are no JSON"),
        pytest.param(_frame(b"[" * 60_000), MalformedAnswerError, id="brackets in brackets"),
        pytest.param(_frame(_BAR_FRAME[4:44]), MalformedAnswerError, id="half a message in a whole frame"),
    ],
)
def test_after_junk_it_is_connected_again(junk: bytes, error: type[ProviderError]) -> None:
    """Nothing is heard of it; the next connection's bar is."""
    connections: list[int] = []

    def script(connection: ServerConnection) -> None:
        connections.append(1)
        greet(connection)
        if len(connections) == 1:
            connection.socket.sendall(junk)
            time.sleep(0.2)
            connection.socket.shutdown(socket.SHUT_RDWR)
            return
        connection.send(json.dumps([BAR]))
        connection.recv(timeout=PATIENCE)

    ear = Ear(2)
    with speaking(script) as address:
        ear.listen(stream(address))

    (failure,), (bar,) = ear.failures, ear.bars
    assert type(failure) is error
    assert (bar.close.tolist(), ear.connections) == ([11], 2)


def test_a_frame_that_trickles_is_heard_once_it_is_whole() -> None:
    """Not before, and no byte of it is lost while it is looked for."""

    def script(connection: ServerConnection) -> None:
        greet(connection)
        for byte in _BAR_FRAME:
            connection.socket.sendall(bytes([byte]))
            time.sleep(0.01)  # the whole takes longer than one look
        connection.recv(timeout=PATIENCE)

    ear = Ear(1)
    with speaking(script) as address:
        ear.listen(stream(address))

    (bar,) = ear.bars
    assert (bar.close.tolist(), ear.failures, ear.connections) == ([11], [], 1)


@pytest.mark.parametrize("is_greeted", [True, False])
def test_who_says_nothing_is_left_and_called_again(monkeypatch: pytest.MonkeyPatch, is_greeted: bool) -> None:
    """After the time that is allowed: with a handshake or, before one, a connection alone."""
    monkeypatch.setattr(alpaca_stream, "_PATIENCE", 0.3)
    is_over = threading.Event()
    ear = Ear(2)
    if is_greeted:
        with speaking(lambda _connection: is_over.wait(PATIENCE)) as address:
            ear.listen(stream(address))
            is_over.set()
    else:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # the system takes the connections
            ear.listen(stream(f"ws://127.0.0.1:{silent.getsockname()[1]}"))

    assert [str(failure) for failure in ear.failures] == ["alpaca's stream does not answer"] * 2
    assert all(isinstance(failure, NetworkError) for failure in ear.failures)
    assert ear.connections == 0


def test_a_wrong_key_is_an_access_error() -> None:
    """And nothing is subscribed."""
    ear = Ear(1)
    with speaking(greet) as address:
        ear.listen(stream(address, "wrong"))

    assert isinstance(ear.failures[0], AccessError)
    assert ear.connections == 0


def test_a_private_address_is_refused() -> None:
    """Security case 15: nothing is connected to."""
    met: list[object] = []
    ear = Ear(1)
    with speaking(met.append) as address:
        ear.listen(AlpacaStream("key", "secret", address=address))

    assert isinstance(ear.failures[0], RefusedAddressError)
    assert met == []
