"""The other side of notifications: a webhook and a mail server on this machine, which remember what they are sent."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class PostOffice:
    """What has arrived, and how requests are answered."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.mails: list[Message] = []
        self.status = 200
        self.location = ""
        self.web = ""
        self.smtp = ""

    @property
    def texts(self) -> list[str]:
        """The bodies of what webhooks were sent."""
        return [post["message"] for post in self.posts]


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """Listen on two free ports of loopback."""
    office = PostOffice()

    class Web(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            office.paths.append(self.path)
            office.headers.append(dict(self.headers.items()))
            if office.status < 300:
                office.posts.append(json.loads(body))
            self.send_response(office.status)
            if office.location:
                self.send_header("Location", office.location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    office.mails.append(message_from_bytes(text))
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                if verb == b"QUIT":
                    return

    class MailServer(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as web, MailServer(("127.0.0.1", 0), Mail) as mail:
        office.web = f"127.0.0.1:{web.server_port}"
        office.smtp = f"127.0.0.1:{mail.server_address[1]}"
        for server in (web, mail):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield office
        finally:
            web.shutdown()
            mail.shutdown()


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """Where messages arrive: empty, and it takes them."""
    with open_post_office() as office:
        yield office
