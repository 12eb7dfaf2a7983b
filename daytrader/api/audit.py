"""The audit log as requests fill it: who asks, from where, and what came of it."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Response, g, request
from sqlalchemy.orm import Session

from daytrader.api import limits
from daytrader.api.headers import API_PREFIX
from daytrader.services import audit_service
from daytrader.services.audit_service import Source
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity
from daytrader.utils.errors import DayTraderError, UnavailableError

logger = structlog.get_logger(__name__)

_ACTION: Final = "audit_action"


def name(action: str, *, unless_named: bool = False) -> None:
    """Have this request entered as *action*."""
    if not (unless_named and _ACTION in g):
        setattr(g, _ACTION, action)


def done(session: Session, response: Response) -> None:
    """Enter a request that has a name and was carried out, in the transaction that it made."""
    if action := g.get(_ACTION):
        made = response.headers.get("Location")
        audit_service.record(session, source(), action, (made or request.path).removeprefix(API_PREFIX))


def refused(error: DayTraderError) -> None:
    """Enter a request that has a name and was refused."""
    if action := g.get(_ACTION):
        enter_refusal(action, request.path.removeprefix(API_PREFIX), error)


def source() -> Source:
    """Return who is asking, as the audit log names them."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        return Source(None, "anonymous", limits.address())
    via = f"login:{identity.session_id}" if identity.key_id is None else f"key:{identity.key_id}"
    return Source(identity.actor.user_id, via, limits.address())


def enter_refusal(action: str, target: str, error: DayTraderError) -> None:
    """Enter a refused try in the audit log: in a transaction of its own, as that of the try is undone."""
    try:
        with SessionManager() as session:
            audit_service.record(session, source(), action, target, error.code)
    except UnavailableError:
        logger.error("refusal not entered in the audit log: the database is busy", action=action)
