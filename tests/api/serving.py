"""An application at an address, and its end: what still works for it would do so within the next test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import Flask
from werkzeug.serving import make_server

_ENDING_SECONDS: Final = 2.0
"""How long the threads of requests are waited for: one may hold a connection over which its client asks no more."""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Yield the address of *app*, on a free port; in the end its sockets are closed, and its requests answered."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    app.extensions["sockets"].hang_up()
    deadline = time.monotonic() + _ENDING_SECONDS
    for answering in threading.enumerate():
        if getattr(answering, "_target", None) == server.process_request_thread:  # type: ignore[attr-defined]  # threaded
            answering.join(max(0.0, deadline - time.monotonic()))
    server.server_close()
