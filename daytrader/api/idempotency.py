"""Requests with an ``Idempotency-Key``: one effect and one answer, however often they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from flask import Response, g, request
from sqlalchemy.orm import Session

from daytrader.models.idempotency_key import IdempotencyKey
from daytrader.services import idempotency_service
from daytrader.services.actor import Actor
from daytrader.utils.errors import BrokenRuleError

_LONGEST_KEY: Final = 200
KEY_HEADER: Final = {
    "Idempotency-Key": {
        "in": "header",
        "type": "string",
        "description": "Repeats of this request under the same key, within 24 h, have one effect and one answer "
        "(example: `buy-2024-01-02-1`)",
    }
}


def once(session: Session, actor: Actor, make_answer: Callable[[Session], Response]) -> Response:
    """
    Return the answer that was given to this key before, else make and keep it.

    Raises:
        BrokenRuleError: If the key is none.
        ConflictError: If it was used for another request.
    """
    asked = _asked()
    stored = None if asked is None else idempotency_service.claim(session, actor.user_id, *asked)
    if stored is not None and stored.status:
        return _again(stored)
    response = make_answer(session)
    if stored is not None:
        location = response.headers.get("Location")
        idempotency_service.store(stored, response.status_code, location, response.get_data(as_text=True))
    return response


def replayed(session: Session, actor: Actor) -> Response | None:
    """
    Return the answer that was given to this key before, None if there is none.

    Raises:
        BrokenRuleError: If the key is none.
        ConflictError: If it was used for another request.
    """
    asked = _asked()
    stored = None if asked is None else idempotency_service.find(session, actor.user_id, *asked)
    return _again(stored) if stored is not None and stored.status else None


def _again(stored: IdempotencyKey) -> Response:
    headers = {"Location": stored.location} if stored.location else None
    return Response(stored.body, stored.status, headers, mimetype="application/json")


def _asked() -> tuple[str, str] | None:
    """Return the request's key, and what tells the request from any other."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BrokenRuleError(f"Idempotency-Key must be 1 to {_LONGEST_KEY} printable ASCII characters")
    body = g.get("body_digest") or request.get_data()  # an uploaded file is told by its digest
    asked = b"\x00".join((request.method.encode(), request.full_path.encode(), body))
    return key, hashlib.sha256(asked).hexdigest()
