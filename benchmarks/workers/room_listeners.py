"""
Websockets that are joined to a room and hear its events: their address, a token and their number are arguments.

Prints a line when all have joined. For each line read, a number of events and of seconds, it listens until every
socket has heard so many, or that long, and prints what came: deliveries, by when after the first, and latencies.

By plain sockets and one thread, so that the client takes little of the cores that it shares with the server. Latency
is the time from the event's own timestamp, which it gets just before its commit, to when its bytes were read.
"""

import json
import selectors
import socket
import struct
import sys
import time
from datetime import datetime

HOST, PORT, TOKEN, COUNT = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
EVENT, PING = b'42["service:update"', b"2"
HEAD, SHORT, MEDIUM = 2, 126, 127
PATIENCE = 60.0


def masked(text: bytes) -> bytes:
    """Return a frame of a client; its mask of zeros leaves the text as it is."""
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < SHORT else struct.pack(">BBH", 0x81, 0x80 | SHORT, size)
    return head + bytes(4) + text


class Listener:
    """One socket, and what it has not read to its end yet."""

    def __init__(self) -> None:
        self.socket = socket.create_connection((HOST, PORT), timeout=PATIENCE)
        self.held = b""
        path = "/socket.io/?EIO=4&transport=websocket"
        key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
        asked = (
            f"GET {path} HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n\r\n"
        )
        self.socket.sendall(asked.encode())
        while b"\r\n\r\n" not in self.held:
            self.held += self.socket.recv(65_536)
        answer, _, self.held = self.held.partition(b"\r\n\r\n")
        assert b" 101 " in answer.splitlines()[0], answer
        self.wait_for(b"0")
        self.tell(b"40" + json.dumps({"token": TOKEN}).encode())
        self.wait_for(b"40")
        self.tell(b'420["join",{"room":"services"}]')
        joined = self.wait_for(b"430")
        assert b'"ok"' in joined, joined
        self.socket.setblocking(False)

    def tell(self, text: bytes) -> None:
        """Send a message."""
        self.socket.sendall(masked(text))

    def wait_for(self, start: bytes) -> bytes:
        """Return the next message that begins so."""
        while True:
            for text in self.messages():
                if text.startswith(start):
                    return text
            self.held += self.socket.recv(65_536)

    def messages(self) -> list[bytes]:
        """Return the messages that have come to their end, and keep the rest."""
        found, place, held = [], 0, self.held
        while len(held) - place >= HEAD:
            size, head = held[place + 1], HEAD
            if size == SHORT:
                size, head = int.from_bytes(held[place + 2 : place + 4]), 4
            elif size == MEDIUM:
                size, head = int.from_bytes(held[place + 2 : place + 10]), 10
            if len(held) - place < head + size:
                break
            found.append(held[place + head : place + head + size])
            place += head + size
        self.held = held[place:]
        return found


def listen(selector: selectors.BaseSelector, wanted: int, seconds: float) -> dict[str, object]:
    """Hear until *wanted* deliveries have come, or as long as *seconds*."""
    told_at: dict[bytes, float] = {}
    arrivals, latencies = [], []
    deadline = time.monotonic() + seconds
    while len(arrivals) < wanted and time.monotonic() < deadline:
        for key, _ in selector.select(0.5):
            listener: Listener = key.data
            listener.held += listener.socket.recv(262_144)
            now = time.time()
            for text in listener.messages():
                if text == PING:
                    listener.tell(b"3")
                elif text.startswith(EVENT):
                    moment = text[text.rindex(b'"timestamp":"') + 13 :].partition(b'"')[0]
                    if moment not in told_at:
                        told_at[moment] = datetime.fromisoformat(moment.decode()).timestamp()
                    arrivals.append(now)
                    latencies.append(now - told_at[moment])
    first = min(told_at.values(), default=0.0)
    return {"heard": len(arrivals), "seconds": max(arrivals, default=0.0) - first, "latencies": sorted(latencies)}


def main() -> None:
    """Join, then hear as often as is asked for."""
    selector = selectors.DefaultSelector()
    for _ in range(COUNT):
        listener = Listener()
        selector.register(listener.socket, selectors.EVENT_READ, listener)
    sys.stdout.write("joined\n")
    sys.stdout.flush()
    for line in sys.stdin:
        events, seconds = line.split()
        told = listen(selector, int(events) * COUNT, float(seconds))
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
