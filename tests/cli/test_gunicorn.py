"""Tests of daytrader.cli.gunicorn and trading_worker: how an answer leaves, and the end of a worker."""

from __future__ import annotations

import os
import selectors
import socket
import time
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from daytrader.cli.gunicorn import WholeResponse
from daytrader.cli.trading_worker import TradingWorker


def test_who_answers_after_the_end_writes_to_nothing_that_was_opened_since() -> None:
    """A thread says by a byte in a pipe that it has answered; under a number that was closed may be a database."""
    worker = TradingWorker(1, os.getpid(), [], None, 30, Config(), None)
    worker.method_queue.init()

    worker.method_queue.close()
    reading, writing = os.pipe()
    worker.method_queue.defer(lambda: None)

    os.set_blocking(reading, False)
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    os.close(reading)
    os.close(writing)
    assert len(os.read(worker.method_queue.fileno(), 10)) == 1
    worker.tmp.close()


def test_a_connection_whose_next_request_has_come_is_not_closed_for_being_idle() -> None:
    """It came after the last look at all connections; one from which nothing came is closed."""
    worker = TradingWorker(1, os.getpid(), [], None, 30, Config(), None)
    worker.poller = selectors.DefaultSelector()
    pairs = [socket.socketpair() for _ in range(2)]
    for ours, theirs in pairs:
        connection = TConn(worker.cfg, ours, None, None)
        connection.timeout = 0
        worker.poller.register(ours, selectors.EVENT_READ)
        worker.keepalived_conns.append(connection)
        worker.nr_conns += 1
        theirs.settimeout(1)
    (idle, silent), (asking, theirs) = pairs
    theirs.sendall(b"GET / HTTP/1.1\r\n")

    worker.murder_keepalived()

    assert [connection.sock for connection in worker.keepalived_conns] == [asking]
    assert worker.keepalived_conns[0].timeout > time.monotonic()
    assert silent.recv(1) == b""
    worker.murder_keepalived(force=True)
    assert not worker.keepalived_conns
    for end in (idle, asking, silent, theirs):
        end.close()
    worker.poller.close()
    worker.tmp.close()


class _Wire:
    """A connection that keeps each piece that it is given to send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.sendall = self.sent.append


def _response(wire: _Wire, *headers: tuple[str, str], method: str = "GET") -> WholeResponse:
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    response = WholeResponse(request, wire, SimpleNamespace(is_ssl=False, sendfile=None))
    response.start_response("200 OK", [*headers])
    return response


def test_head_and_body_leave_together() -> None:
    """In one piece, whole."""
    wire = _Wire()
    response = _response(wire, ("Content-Length", "5"))
    response.write(b"hello")
    response.close()
    assert len(wire.sent) == 1
    head, _, body = wire.sent[0].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"hello"


def test_a_stream_goes_on_piece_by_piece() -> None:
    """The first with the head, each other when it is there: nothing waits for the end."""
    wire = _Wire()
    response = _response(wire)
    for count, piece in enumerate((b"one", b"two"), start=1):
        response.write(piece)
        assert len(wire.sent) == count
    response.close()
    assert b"".join(wire.sent).partition(b"\r\n\r\n")[2] == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_without_a_body_has_its_head(method: str) -> None:
    """Nothing is kept back for a piece that does not come."""
    wire = _Wire()
    response = _response(wire, ("Content-Length", "0"), method=method)
    response.write(b"")
    response.close()
    assert b"".join(wire.sent).endswith(b"\r\n\r\n")
    assert not response.sock.sent[1:]


def test_what_cannot_be_sent_is_said_and_sends_nothing() -> None:
    """Half an answer is none; the connection is the real one again."""
    wire = _Wire()
    response = _response(wire, ("Content-Length", "5"))
    with pytest.raises(TypeError):
        response.write("hello")  # type: ignore[arg-type]  # that is the point
    assert (wire.sent, response.sock) == ([], wire)
