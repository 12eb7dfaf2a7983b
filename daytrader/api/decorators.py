"""
What every resource method shares, so that none repeats it.

They stand in the order in which a request is judged: `authenticated` (401, and 403 for a key without the scope),
`in_person` (403 for a key), `limited` (429), `replays`, `reads` or `writes` (the unit of work, 429), `audited`,
`guarded` (404, 403), `admin_required` (403), `accepts`, `accepts_nothing`, `asks` or `lists` (400), then the method
itself (409).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from http import HTTPStatus
from operator import attrgetter
from typing import Any, Final

import structlog
from flask import Response, current_app, g, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from daytrader.api import audit, idempotency, limits, swagger
from daytrader.api.encoding import answer, read_body
from daytrader.api.headers import API_PREFIX
from daytrader.api.paging import PAGING, pagination
from daytrader.api.parsers.arguments import query_arguments
from daytrader.api.reading import marked, reading, reads_next
from daytrader.api.schemas.fields import BaseSchema
from daytrader.models.enums import ApiScope
from daytrader.services import api_key_service, rate_limits, token_service, user_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager, retried
from daytrader.services.token_service import Identity
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import (
    DayTraderError,
    ForbiddenError,
    InvalidInputError,
    UnauthenticatedError,
    UnavailableError,
)
from daytrader.utils.query_utils import Listing, Page

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]

logger = structlog.get_logger(__name__)

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


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
        _note_use_of_key(g.identity)
    identity: Identity = g.identity
    return identity


def current_actor() -> Actor:
    """Return who is asking, as the services see them."""
    return current_identity().actor


def authenticated(method: Method) -> Method:
    """Refuse whoever is not signed in, or asks with a key that is not for this: changing takes more than reading."""

    session = reading if reads_next(method) else nullcontext

    @wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        needed = ApiScope.READ if request.method in _SAFE_METHODS else ApiScope.TRADE
        with session():
            if not current_identity().allows(needed):
                raise ForbiddenError(f"this API key does not have the scope {needed.value}")
            return method(*args, **kwargs)

    documented = swagger.documented(check, security=[{"Bearer": []}])
    return swagger.can_fail(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)(documented)


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
            limits.rate_limits().take(kind, _counted_by())
            return method(*args, **kwargs)

        return swagger.can_fail(HTTPStatus.TOO_MANY_REQUESTS)(check)

    return decorate


def audited(action: str) -> Decorator:
    """Have `writes`, which stands above, enter each try in the audit log."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def run(*args: Any, **kwargs: Any) -> Any:
            audit.name(action)
            return method(*args, **kwargs)

        return run

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
        with SessionManager(read_only=True) as session:
            stored = idempotency.replayed(session, current_actor())
        if stored is not None:
            return stored
        response: Response = method(*args, **kwargs)
        with SessionManager() as session:
            return idempotency.once(session, current_actor(), lambda _: response)

    return _takes_key(run)


def _takes_key(method: Method) -> Method:
    errors = swagger.can_fail(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,  # of the key, and of its body
    )
    return errors(swagger.documented(method, params=idempotency.KEY_HEADER))


def writes_secretly(method: Method) -> Method:
    """As `writes`, for answers that hold a secret or callers that nobody knows: no answer is kept for a repetition."""
    return _unit_of_work(method, lambda session, make_answer: make_answer(session))


def _unit_of_work(method: Method, run_in: Callable[[Session, Callable[[Session], Response]], Response]) -> Method:
    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        limits.rate_limits().take(rate_limits.WRITES, _counted_by())

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


def accepts(schema: type[BaseSchema], *, partial: bool = False) -> Decorator:
    """Pass the validated JSON body as *data*; with *partial* nothing is required."""
    loader = schema(partial=partial)

    def decorate(method: Method) -> Method:
        @wraps(method)
        def parse(*args: Any, **kwargs: Any) -> Any:
            try:
                data = loader.load(read_body())
            except ValidationError as error:
                # Never let the framework see this one: it would echo the payload back.
                raise InvalidInputError(error.messages_dict) from None
            return method(*args, data=data, **kwargs)

        documented = swagger.documented(parse, expect=[swagger.accepted(loader)])
        return swagger.can_fail(
            HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        )(documented)

    return decorate


def accepts_nothing(method: Method) -> Method:
    """Refuse a body that says something: whoever sends one expects more than the method does."""

    @wraps(method)
    def check(*args: Any, **kwargs: Any) -> Any:
        unknown = {name: ["is read-only or unknown"] for name in read_body()}
        if unknown:
            raise InvalidInputError(unknown)
        return method(*args, **kwargs)

    return swagger.can_fail(
        HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    )(check)


def returns(schema: type[BaseSchema], status: HTTPStatus = HTTPStatus.OK, *, location: str | None = None) -> Decorator:
    """Answer with what the method returns, as *schema* shows it; *location* is its address with ``{id}``."""
    dumper = schema()

    def decorate(method: Method) -> Method:
        @wraps(method)
        def respond(*args: Any, **kwargs: Any) -> Response:
            shown = dumper.dump(method(*args, **kwargs))
            response = answer(shown, status)
            if location is not None:
                response.headers["Location"] = API_PREFIX + location.format_map(shown)
            return response

        headers = {"headers": {"Location": {"description": "Its address", "type": "string"}}} if location else {}
        return swagger.documented(respond, responses={int(status): (status.phrase, swagger.shown(dumper), headers)})

    return decorate


def returns_nothing(method: Method) -> Method:
    """Answer 204."""

    @wraps(method)
    def respond(*args: Any, **kwargs: Any) -> Response:
        method(*args, **kwargs)
        response = Response(status=HTTPStatus.NO_CONTENT)
        del response.headers["Content-Type"]  # of nothing
        return response

    return swagger.documented(respond, responses={int(HTTPStatus.NO_CONTENT): "Done"})


def lists(schema: type[BaseSchema], listing: Listing) -> Decorator:
    """Pass the *query* that the address spells, and answer with the page that the method returns."""
    dumper = schema()
    names = tuple(dumper.dump_fields)
    values = attrgetter(*names)
    filters = swagger.filter_parameters(listing, dumper)
    sort = swagger.sort_parameters(listing.columns)

    def decorate(method: Method) -> Method:
        @wraps(method)
        def respond(*args: Any, **kwargs: Any) -> Response:
            page: Page = method(*args, query=listing.parse(query_arguments()), **kwargs)
            items = [dict(zip(names, values(item), strict=True)) for item in page.items]
            return answer({"items": items, "pagination": pagination(page)})

        documented = swagger.documented(
            respond,
            params=PAGING | sort | filters,
            responses={int(HTTPStatus.OK): ("A page", swagger.page_of(dumper))},
        )
        return swagger.can_fail(HTTPStatus.BAD_REQUEST)(documented)

    return decorate


def _note_use_of_key(identity: Identity) -> None:
    if identity.key_id is None or not identity.is_use_due:
        return
    try:
        with SessionManager() as session:
            api_key_service.note_use(session, identity.key_id)
    except UnavailableError:  # a busy database must not refuse a reader
        logger.warning("use of an API key not noted", key_id=identity.key_id)


def _counted_by() -> str:
    return user_service.key_of(current_actor().user_id) if "identity" in g else limits.by_address()
