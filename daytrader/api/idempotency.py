"""Requests with an ``Idempotency-Key``: one effect and one answer, however often they are sent."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from operator import itemgetter
from typing import Final

from flask import Response, g, request
from sqlalchemy.orm import Session

from daytrader.models.idempotency_key import IdempotencyKey
from daytrader.services import idempotency_service
from daytrader.services.actor import Actor
from daytrader.utils.errors import BrokenRuleError

_LONGEST_KEY: Final = 200
_Look = Callable[[Session, int, str, str], IdempotencyKey | None]
_turns: Final = threading.Condition()
_at_work: Final[set[tuple[int, str]]] = set()
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
    kept = _kept(idempotency_service.claim, session, actor)
    if kept is not None and kept.status:
        return _again(kept)
    response = make_answer(session)
    if kept is not None:
        location = response.headers.get("Location")
        idempotency_service.store(kept, response.status_code, location, response.get_data(as_text=True))
    return response


def replayed(session: Session, actor: Actor) -> Response | None:
    """Return the answer that was given to this key before, None if there is none; raises what `once` does."""
    kept = _kept(idempotency_service.find, session, actor)
    return _again(kept) if kept is not None and kept.status else None


@contextmanager
def one_at_a_time(actor: Actor) -> Iterator[None]:
    """
    Wait until no other request under the same key is at work in this process.

    For what acts before the database could hold a duplicate back.
    """
    asked = _asked()
    if asked is None:
        yield
        return
    mine = (actor.user_id, asked[0])
    with _turns:
        _turns.wait_for(lambda: mine not in _at_work)
        _at_work.add(mine)
    try:
        yield
    finally:
        with _turns:
            _at_work.remove(mine)
            _turns.notify_all()


def _kept(look: _Look, session: Session, actor: Actor) -> IdempotencyKey | None:
    asked = _asked()
    return None if asked is None else look(session, actor.user_id, *asked)


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
    body = g.get("body_digest") or _said()  # an uploaded file is told by its digest
    asked = b"\x00".join((request.method.encode(), request.full_path.encode(), body))
    return key, hashlib.sha256(asked).hexdigest()


def _said() -> bytes:
    """Return what tells the body from any other: of JSON its values, in whatever order their names were written."""
    sent = request.get_data()
    if not request.is_json:
        return sent
    try:
        # Pairs of an object are a tuple, so that it stays another than a list, and numbers are as they were written.
        return repr(json.loads(sent, parse_int=Decimal, parse_float=Decimal, object_pairs_hook=_by_name)).encode()
    except (ValueError, ArithmeticError, RecursionError):
        return sent  # it will be refused


def _by_name(pairs: list[tuple[str, object]]) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(pairs, key=itemgetter(0)))
