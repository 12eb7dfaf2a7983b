"""What whoever tries to break in does and looks at."""

from __future__ import annotations

import time
from typing import Any

import socketio
from flask.testing import FlaskClient

from ..conftest import PASSWORD

API = "/api/v1"
CANARY = "Canary-Pass-77"


def login(client: FlaskClient, name: str = "alice", password: str = PASSWORD) -> Any:
    """Try to sign in."""
    return client.post(f"{API}/auth/login", json={"username": name, "password": password})


def is_closed(client: socketio.Client, seconds: float = 60) -> bool:
    """Wait until a socket is closed, with the patience of a busy machine; return whether it was."""
    deadline = time.monotonic() + seconds
    while client.connected and time.monotonic() < deadline:
        time.sleep(0.02)
    return not client.connected
