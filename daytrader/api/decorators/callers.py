"""Who asks, and whether they may: 401, 403 and 429."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import structlog
from flask import current_app, g, request

from daytrader.api import audit, limits, swagger
from daytrader.api.encoding import read_body
from daytrader.api.headers import API_PREFIX, ASKED_BY
from daytrader.api.reading import reading, reads_next
from daytrader.models.enums import ApiScope
from daytrader.services import api_key_service, damage_report, token_service, user_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import (
    BrokenRuleError,
    DayTraderError,
    ForbiddenError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]

logger = structlog.get_logger(__name__)

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PRICES: Final = {"daily_price": "prices/daily", "intraday_price": "prices/intraday"}
"""Prices of two tables, whose addresses name both by `price_id`."""


def token_rules() -> TokenRules:
    """Return how this application signs tokens."""
    rules: TokenRules = current_app.extensions["token_rules"]
    return rules


def current_identity() -> Identity:
    """
    Return who is asking, as the database knows them now.

    Raises:
        UnauthenticatedError: If nobody we know is.
    """
    if "identity" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("sign in first: an access token is needed")
        with reading() as session:
            g.identity = token_service.identify(session, token.strip(), token_rules())
        _tell_the_log(g.identity.actor.user_id)
        _note_use_of_key(g.identity)
    identity: Identity = g.identity
    return identity


def _tell_the_log(user_id: int) -> None:
    """Name who asks in whatever is logged on the way, and in the line of the request itself."""
    structlog.contextvars.bind_contextvars(user_id=user_id)
    request.environ[ASKED_BY] = user_id


def current_actor() -> Actor:
    """Return who is asking, as the services see them."""
    return current_identity().actor


def counted_by() -> str:
    """Return what the limits count this request by: who asks, where nobody is known from where."""
    return user_service.key_of(current_actor().user_id) if "identity" in g else limits.by_address()


def authenticated(method: Method) -> Method:
    """Refuse whoever is not signed in, or asks with a key that is not for this: changing takes more than reading."""

    session = reading if reads_next(method) else nullcontext

    @wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        needed = ApiScope.READ if request.method in _SAFE_METHODS else ApiScope.TRADE
        with session():
            if not current_identity().allows(needed):
                raise ForbiddenError(f"this API key does not have the scope {needed.value}")
            with _damage_explained():
                return method(*args, **kwargs)

    documented = swagger.documented(check, security=[{"Bearer": []}])
    return swagger.can_fail(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)(documented)


@contextmanager
def _damage_explained() -> Iterator[None]:
    """Answer with 409 where what the request names is damaged in the database: whoever mends it must know where."""
    try:
        yield
    except damage_report.ERRORS as error:
        if isinstance(error, DayTraderError):
            raise
        named = _body() | dict(request.view_args or {})
        named |= {f"{kind}_id": named.get("price_id") for kind in _PRICES if f"/{_PRICES[kind]}/" in request.path}
        named.setdefault("user_id", current_actor().user_id)
        with SessionManager(read_only=True) as session:
            for kind in damage_report.KINDS:
                row_id = named.get(f"{kind}_id")
                if isinstance(row_id, int):
                    try:
                        damage_report.explain(session, current_actor(), kind, row_id)
                    except NotFoundError:  # the caller is told nothing, and it may be an error of ours all the same
                        logger.warning("a request about another's row failed", kind=kind, row_id=row_id, exc_info=error)
                        raise
        raise


def _body() -> dict[str, Any]:
    """Return what a body names; one of a request that looks at none may be anything."""
    if request.method not in _SAFE_METHODS and request.is_json:
        with suppress(BrokenRuleError):
            return read_body()
    return {}


def in_person(method: Method) -> Method:
    """Refuse API keys: whoever finds one must not gain an account by it."""

    @wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        if current_identity().session_id is None:
            raise ForbiddenError("an API key may not do this: sign in")
        return method(*args, **kwargs)

    return swagger.can_fail(HTTPStatus.FORBIDDEN)(check)


def limited(kind: str) -> Decorator:
    """Refuse whoever asks more often than the limit *kind* allows."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def check(*args: Any, **kwargs: Any) -> Any:
            limits.rate_limits().take(kind, counted_by())
            return method(*args, **kwargs)

        return swagger.can_fail(HTTPStatus.TOO_MANY_REQUESTS)(check)

    return decorate


def admin_required(method: Method) -> Method:
    """Refuse whoever is no admin. What admins change is in the audit log, and what others tried to."""

    @wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        if request.method not in _SAFE_METHODS:
            audit.name(f"{request.method} {request.url_rule}".replace(API_PREFIX, ""), unless_named=True)
        if not current_actor().is_admin:
            raise ForbiddenError("only an admin may do this")
        return method(*args, **kwargs)

    return swagger.can_fail(HTTPStatus.FORBIDDEN)(check)


def _note_use_of_key(identity: Identity) -> None:
    if identity.key_id is None or not identity.is_use_due:
        return
    try:
        with SessionManager() as session:
            api_key_service.note_use(session, identity.key_id)
    except UnavailableError:  # a busy database must not refuse a reader
        logger.warning("use of an API key not noted", key_id=identity.key_id)
