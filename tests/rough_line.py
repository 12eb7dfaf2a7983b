"""A server to which the line is bad: it shows a certificate of nobody, cuts its answer off, or never ends it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
_PAUSE: Final = 0.02
_ENDS: Final = 10.0
"""Seconds until it gives up: nobody who is tested listens for so long."""


class Fault(StrEnum):
    """What is wrong with the line."""

    CERTIFICATE = "certificate"
    CUT = "cut"
    TRICKLE = "trickle"
    TRICKLING_HEAD = "trickling head"


@dataclass
class Line:
    """Where it listens, and the requests that came."""

    address: str = ""
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def rough_line(fault: Fault, at: bytes = b"", *, is_secure: bool = False) -> Iterator[Line]:
    """
    Yield a server on loopback to which the line has *fault* when it is asked for *at*; it says "crumb" to all else.

    Where it *is_secure*, or the fault is its certificate, it shows that of `self_signed`.
    """
    is_secure = is_secure or fault is Fault.CERTIFICATE
    line = Line()
    is_over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if is_secure:
                connection = self_signed().wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(4096)
                if not received:
                    return
                head += received
            if at not in head.partition(b"\r\n")[0]:
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\ncrumb")
                return
            line.asked.append(head)
            if fault is Fault.CUT:
                connection.sendall(_HEAD + b'{"bars":')
                return
            connection.sendall(_HEAD if fault is Fault.TRICKLE else b"HTTP/1.1 200 OK\r\nX-Slow: ")
            until = time.monotonic() + _ENDS
            while time.monotonic() < until and not is_over.wait(_PAUSE):
                connection.sendall(b"0")

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        scheme = "https" if is_secure else "http"
        line.address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        threading.Thread(target=listen, daemon=True).start()
        yield line
        is_over.set()
        server.shutdown(socket.SHUT_RDWR)


@cache
def self_signed() -> ssl.SSLContext:
    """Return what shows a certificate for 127.0.0.1 that nobody has signed but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(b"".join(key_and_certificate()))
        context.load_cert_chain(path)
    return context


@cache
def key_and_certificate() -> tuple[bytes, bytes]:
    """Return both, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(pem, traditional, plain), certificate.public_bytes(pem)
