"""What a request may say and what it is answered: bodies, lists and pages; 400."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from operator import attrgetter
from typing import Any

from flask import Response
from marshmallow import ValidationError

from daytrader.api import swagger
from daytrader.api.decorators.callers import Decorator, Method
from daytrader.api.encoding import answer, read_body
from daytrader.api.headers import API_PREFIX
from daytrader.api.paging import PAGING, pagination
from daytrader.api.parsers.arguments import query_arguments
from daytrader.api.schemas.fields import BaseSchema
from daytrader.services import damage_report
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import Listing, ListQuery, Page


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
                raise InvalidInputError(dict(_named(error.messages_dict))) from None
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
            query = listing.parse(query_arguments())

            def made(query: ListQuery) -> tuple[Page, dict[str, Any]]:
                page: Page = method(*args, query=query, **kwargs)
                items = [dict(zip(names, values(item), strict=True)) for item in page.items]
                return page, {"items": items, "pagination": pagination(page)}

            try:
                return answer(made(query)[1])
            except damage_report.ERRORS:
                page, body = made(replace(query, judge=damage_report.judge))
                if not page.unreadable:
                    raise
                told = [{"id": row_id, "reason": reason} for row_id, reason in sorted(page.unreadable.items())]
                return answer(body | {"unreadable": told})

        documented = swagger.documented(
            respond,
            params=PAGING | sort | filters,
            responses={int(HTTPStatus.OK): ("A page", swagger.page_of(dumper))},
        )
        return swagger.can_fail(HTTPStatus.BAD_REQUEST)(documented)

    return decorate


def _named(messages: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield what is wrong with each field; a part of one is named by both: ``combinations.3.fast``."""
    for name, found in messages.items():
        if isinstance(found, dict):
            yield from ((f"{name}.{part}", reasons) for part, reasons in found.items())
        else:
            yield name, found
