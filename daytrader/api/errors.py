"""The one place where errors meet HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, Response
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from werkzeug.exceptions import HTTPException

from daytrader.api import pages
from daytrader.api.encoding import answer
from daytrader.api.headers import request_id
from daytrader.core.errors import BoundsError, BrokenStrategyError, InvalidBarsError
from daytrader.services import system_events
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import (
    BrokenRuleError,
    ConflictError,
    DayTraderError,
    ForbiddenError,
    InsufficientDataError,
    InvalidInputError,
    NotFoundError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnavailableError,
)

logger = structlog.get_logger(__name__)

STATUS: Final[Mapping[type[DayTraderError], HTTPStatus]] = {
    InvalidInputError: HTTPStatus.BAD_REQUEST,
    BrokenRuleError: HTTPStatus.BAD_REQUEST,
    BoundsError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    BrokenStrategyError: HTTPStatus.CONFLICT,
    InsufficientDataError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidBarsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

# Our own words: those of the framework may quote what was sent.
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "the request is not well-formed"),
    404: ("not_found", "there is nothing at this address"),
    405: ("method_not_allowed", "this address does not answer to that method"),
    406: ("not_acceptable", "there is no such form of the answer"),
    408: ("request_timeout", "the request took too long to arrive"),
    413: ("body_too_large", "the body is too large"),
    414: ("address_too_long", "the address is too long"),
    415: ("unsupported_media_type", "this address takes no body of that type: JSON, or a form with a file of prices"),
    429: ("too_many_requests", "too many requests, try again later"),
    500: ("internal_error", "something went wrong on our side; the request id finds it in the log"),
}
_RETRY_SECONDS: Final = "1"


def install(app: Flask) -> None:
    """Answer every failure with the envelope; nothing else ever leaves."""
    app.register_error_handler(DayTraderError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _duplicate)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(NoConnectionError, _no_connection)
    app.register_error_handler(Exception, _unexpected)


def envelope(
    status: int,
    code: str,
    message: str,
    fields: Mapping[str, list[str]] | None = None,
    *,
    identity: str | None = None,
) -> dict[str, object]:
    """Return the body of every error; *identity* is the current request's id unless it is given."""
    return {
        "error": True,
        "status_code": int(status),
        "message": message,
        "code": code,
        "validation_errors": dict(fields or {}),
        "request_id": identity or request_id(),
    }


def words(status: int) -> tuple[str, str]:
    """Return our own code and message for a status of HTTP: those of frameworks may quote what was sent."""
    return _WORDS.get(status) or ("http_error", HTTPStatus(status).phrase.lower())


def status_of(error: DayTraderError) -> HTTPStatus:
    """Return the status that *error* answers with: its own, or that of the kind it belongs to."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _expected(error: DayTraderError) -> Response:
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(error)
    fields = error.fields if isinstance(error, InvalidInputError) else None
    response = answer(envelope(status, error.code, str(error), fields), status)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequestsError):
        response.headers["Retry-After"] = str(error.retry_after)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.NOT_FOUND and pages.wants_page():
        return pages.not_found()
    code, message = words(status)
    response = answer(envelope(status, code, message), status)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _duplicate(_error: IntegrityError) -> Response:
    # Whoever checked first was overtaken by another request: the constraint has the last word.
    return _expected(ConflictError("another request has just changed this"))


def _unstorable(_error: DataError) -> Response:
    return _expected(BrokenRuleError("a value is beyond what can be stored"))


def _database_down(error: OperationalError) -> Response:
    logger.error("database does not answer", exc_info=error)
    return _expected(UnavailableError("the database does not answer, try again shortly"))


def _no_connection(_error: NoConnectionError) -> Response:
    return _expected(UnavailableError("too much is asked at once, try again shortly"))


def _unexpected(error: Exception) -> Response:
    logger.error("unexpected error", exc_info=error, request_id=request_id())
    _tell_admins(error)
    code, message = _WORDS[500]
    return answer(envelope(500, code, message), 500)


def _tell_admins(error: Exception) -> None:
    told = system_events.error("api", "internal_error", type(error).__name__, reference=request_id())
    try:
        with SessionManager() as session:
            events.record(session, told)
    except Exception:  # whatever broke may have been the database
        logger.exception("error not announced")
