"""What every response carries."""

from __future__ import annotations

import gzip
import re
import uuid
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.http import parse_accept_header

from daytrader.config import Settings

API_PREFIX: Final = "/api/v1"
ASKED_BY: Final = "daytrader.user_id"
"""Where a request's WSGI environment names who asks, for the server's own line about it."""
DOCS_PATH: Final = f"{API_PREFIX}/docs"

_POLICY: Final = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self' data:",
}
# Swagger UI writes style attributes.
_DOCS_POLICY: Final = _POLICY | {"style-src": "'self' 'unsafe-inline'"}
_CSP: Final = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
_DOCS_CSP: Final = "; ".join(f"{name} {value}" for name, value in _DOCS_POLICY.items())
_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_HSTS: Final = "max-age=31536000; includeSubDomains"
# What pages of the origins that the settings name may send and read.
_CORS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-ID",
    "Access-Control-Expose-Headers": "Location, Retry-After, X-Request-ID",
    "Access-Control-Max-Age": "600",
}
_OWN_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_WORTH_COMPRESSING: Final = 2048
_QUICK: Final = 1  # less than half the time of level 4, for answers that are a tenth to a fifth larger


def install(app: Flask) -> None:
    """Name each request, and dress each response."""
    app.before_request(_begin)
    app.after_request(_dress)


def request_id() -> str:
    """Return the id of the current request: the caller's own, if it is fit for a log, else a new one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _OWN_ID.fullmatch(given) else uuid.uuid4().hex
    found: str = g.request_id
    return found


def of_any_answer(identity: str) -> tuple[tuple[str, str], ...]:
    """Return what every answer carries, *identity* being the id of its request."""
    return (("X-Request-ID", identity), ("Content-Security-Policy", _CSP), *_HEADERS)


def is_foreign(origin: str | None) -> bool:
    """Return whether *origin* is that of a page which is neither this server's nor in the settings' list."""
    return origin is not None and urlsplit(origin).netloc != request.host and origin not in _allowed_origins()


def _allowed_origins() -> list[str]:
    settings: Settings = current_app.extensions["settings"]
    return settings.cors_origins.replace(",", " ").split()


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _dress(response: Response) -> Response:
    headers, path = response.headers, request.path
    # Added, not set: nobody else names them, and each name that is set is first looked for among all.
    headers.add("X-Request-ID", request_id())
    headers.add("Content-Security-Policy", _DOCS_CSP if path.rstrip("/") == DOCS_PATH else _CSP)
    for name, value in _HEADERS:
        headers.add(name, value)
    if request.is_secure:
        headers.add("Strict-Transport-Security", _HSTS)
    if path.startswith(API_PREFIX):
        headers["Cache-Control"] = "no-store"
        _share(response)
    return _compressed(response)


def _share(response: Response) -> None:
    allowed = _allowed_origins()
    if not allowed:
        return
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin in allowed:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.extend(_CORS)


@lru_cache(maxsize=256)
def _is_gzip_read(accepted: str) -> bool:
    return parse_accept_header(accepted)["gzip"] > 0


def _compressed(response: Response) -> Response:
    if response.mimetype != "application/json" or response.direct_passthrough:
        return response
    body = response.get_data()
    if len(body) < _WORTH_COMPRESSING or not _is_gzip_read(request.headers.get("Accept-Encoding", "")):
        return response
    response.set_data(gzip.compress(body, compresslevel=_QUICK, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.add("Vary", "Accept-Encoding")
    return response
