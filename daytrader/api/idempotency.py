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
    stored = _claim(session, actor)
    if stored is not None and stored.status:
        headers = {"Location": stored.location} if stored.location else None
        return Response(stored.body, stored.status, headers, mimetype="application/json")
    response = make_answer(session)
    if stored is not None:
        location = response.headers.get("Location")
        idempotency_service.store(stored, response.status_code, location, response.get_data(as_text=True))
    return response


def _claim(session: Session, actor: Actor) -> IdempotencyKey | None:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BrokenRuleError(f"Idempotency-Key must be 1 to {_LONGEST_KEY} printable ASCII characters")
    body = g.get("body_digest") or request.get_data()  # an uploaded file is told by its digest
    asked = b"\x00".join((request.method.encode(), request.full_path.encode(), body))
    row, _ = idempotency_service.claim(session, actor.user_id, key, hashlib.sha256(asked).hexdigest())
    return row
