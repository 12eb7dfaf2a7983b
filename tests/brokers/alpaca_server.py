"""
Alpaca on this machine, over HTTP: what its account and market answer, and the faults of the line.

Run as a module it serves in a process of its own, and what a test does to the market comes by ``POST /control``.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.brokers.alpaca_api import Alpaca, RefusalError
from tests.brokers.alpaca_exchange import Json

KEY: Final = "PKTESTKEY0000000"
SECRET: Final = "a-secret-canary-that-nobody-may-ever-see"


class Handler(BaseHTTPRequestHandler):
    """
    Speaks HTTP for an `Alpaca`, and has its faults.

    ``drop``: the request is lost on its way. ``lose``: the answer is, what was asked for is done. ``504``: likewise,
    by a gateway. ``429``: nothing is done. ``hang``: done, but the answer comes too late. ``half``: half an answer.
    ``cut``: the line is cut within the answer. ``trickle``: the answer does not end.
    ``refuse``: an order is not wanted.
    """

    alpaca: Alpaca
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: a second one would wait for the client's word on the first
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Read."""
        self._serve()

    def do_POST(self) -> None:
        """Do."""
        self._serve()

    def do_DELETE(self) -> None:
        """Cancel."""
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body: Any = json.loads(self.rfile.read(length)) if length else None
        alpaca = self.alpaca
        if parts.path == "/control":
            with alpaca.lock:
                found = getattr(alpaca, body["do"])(*body.get("args", ()), **body.get("kwargs", {}))
            self._send(200, json.dumps(found))
            return
        if self.headers.get("APCA-API-KEY-ID") != KEY or self.headers.get("APCA-API-SECRET-KEY") != SECRET:
            self._send(401, json.dumps({"message": "unauthorized."}))
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with alpaca.lock:
            alpaca.asked.append((self.command, parts.path, body))
            what = next((fault for fault in alpaca.faults if fault[0] == self.command), None)
            if what is not None:
                alpaca.faults.remove(what)
            kind = "429" if alpaca.is_too_busy else "" if what is None else what[1]
            heard: Json = {"at": alpaca.now.isoformat(), "method": self.command, "path": parts.path, "fault": kind}
            heard["client_order_id"] = (body or query).get("client_order_id")
            alpaca.heard.append(heard)
            if kind:
                alpaca.happened[kind] += 1
            if kind == "drop":
                heard["status"] = None
                self.close_connection = True
                return
            if kind == "429":
                heard["status"] = 429
                said = json.dumps({"code": 42910000, "message": "too many requests."})
                self._send(429, said, {"Retry-After": alpaca.retry_after})
                return
            if kind == "refuse":
                heard["status"] = 403
                self._send(403, json.dumps({"code": 40310000, "message": "the order is not wanted"}))
                return
            status, said = self._answer(parts.path, query, body)
            heard["status"] = status
        self._end(kind, status, said)

    def _end(self, kind: str, status: int, said: str) -> None:
        """Answer what was done, as the fault has it."""
        if kind == "lose":
            self.close_connection = True
        elif kind == "504":
            self._send(504, "<html>gateway time-out</html>")
        elif kind == "half":
            self._send(200, said[: len(said) // 2])
        elif kind in ("cut", "trickle"):
            self._send_half(said, is_trickling=kind == "trickle")
        else:
            if kind == "hang":
                time.sleep(1.5)
            self._send(status, said)

    def _answer(self, path: str, query: Mapping[str, str], body: Any) -> tuple[int, str]:
        try:
            found = self.alpaca.answer(self.command, path, query, body)
        except RefusalError as error:
            return error.status, json.dumps(error.body)
        return (204, "") if found is None else (200, json.dumps(found))

    def _send(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self._write(body)

    def _send_half(self, body: str, *, is_trickling: bool) -> None:
        """Send half of what was announced, then nothing or one byte at a time."""
        half = len(body) // 2
        self._send(200, body[:half], {"Content-Length": str(len(body))})
        self.close_connection = True
        for byte in body[half:] if is_trickling else "":
            self._write(byte)
            time.sleep(0.02)

    def _write(self, text: str) -> None:
        try:
            self.wfile.write(text.encode())
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # who asked did not wait
            self.wfile = io.BytesIO()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(alpaca: Alpaca) -> Iterator[str]:
    """Yield the address at which *alpaca* listens on loopback."""
    handler = type("BoundHandler", (Handler,), {"alpaca": alpaca})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serve(Alpaca(datetime.fromisoformat(sys.argv[1]).astimezone(UTC))) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        sys.stdin.read()  # until whoever started it lets go
