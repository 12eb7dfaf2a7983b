"""The unit of work around a method: what it reads or writes in, and how often it acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from daytrader.api import audit, idempotency, limits, swagger
from daytrader.api.decorators.callers import Decorator, Method, counted_by, current_actor
from daytrader.api.reading import marked, reading
from daytrader.services import rate_limits
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager, retried
from daytrader.utils.errors import DayTraderError


def reads(method: Method) -> Method:
    """Pass a *session* that reads: the one in which `authenticated` looked who asks."""

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        with reading() as session:
            return method(*args, session=session, **kwargs)

    return swagger.can_fail(HTTPStatus.SERVICE_UNAVAILABLE)(marked(run))


def writes(method: Method) -> Method:
    """
    Pass a *session* that is committed once the answer has been made.

    A POST under an ``Idempotency-Key`` stores its answer in the same transaction: what it did and that it did it
    stand or fall together.
    """
    documented = _unit_of_work(method, lambda session, answer: idempotency.once(session, current_actor(), answer))
    return _takes_key(documented) if method.__name__ == "post" else documented


def replays(method: Method) -> Method:
    """
    Give an ``Idempotency-Key`` its answer again, for a POST that acts before its unit of work opens, or in several.

    What it did is committed before the answer is kept: who dies in between does it once more when asked again.
    """

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Response:
        with idempotency.one_at_a_time(current_actor()):
            with SessionManager(read_only=True) as session:
                stored = idempotency.replayed(session, current_actor())
            if stored is not None:
                return stored
            response: Response = method(*args, **kwargs)
            with SessionManager() as session:
                return idempotency.once(session, current_actor(), lambda _: response)

    return _takes_key(run)


def writes_secretly(method: Method) -> Method:
    """As `writes`, for answers that hold a secret or callers that nobody knows: no answer is kept for a repetition."""
    return _unit_of_work(method, lambda session, make_answer: make_answer(session))


def audited(action: str) -> Decorator:
    """Have `writes`, which stands above, enter each try in the audit log."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def run(*args: Any, **kwargs: Any) -> Any:
            audit.name(action)
            return method(*args, **kwargs)

        return run

    return decorate


def computes(work: Callable[..., object]) -> Decorator:
    """Pass what *work* makes of the request as *made*; stands above `writes`, which holds the database meanwhile."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def run(resource: Any, **kwargs: Any) -> Any:
            return method(resource, made=work(**kwargs), **kwargs)

        return run

    return decorate


def guarded(name: str, check: Callable[[Session, int, Actor], object]) -> Decorator:
    """Let *check* judge the object that the path names, before the body is judged: absence tells nothing else."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def run(*args: Any, **kwargs: Any) -> Any:
            if "session" in kwargs:
                check(kwargs["session"], kwargs[name], current_actor())
            else:  # the unit of work begins further down
                with SessionManager(read_only=True) as session:
                    check(session, kwargs[name], current_actor())
            return method(*args, **kwargs)

        return swagger.can_fail(HTTPStatus.NOT_FOUND)(run)

    return decorate


def _unit_of_work(method: Method, run_in: Callable[[Session, Callable[[Session], Response]], Response]) -> Method:
    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        limits.rate_limits().take(rate_limits.WRITES, counted_by())

        def unit() -> Response:
            with SessionManager() as session:
                response = run_in(session, lambda session: method(*args, session=session, **kwargs))
                audit.done(session, response)
            return response

        try:
            return retried(unit)
        except DayTraderError as error:
            audit.refused(error)
            raise

    return swagger.can_fail(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)(run)


def _takes_key(method: Method) -> Method:
    errors = swagger.can_fail(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,  # of the key, and of its body
    )
    return errors(swagger.documented(method, params=idempotency.KEY_HEADER))
