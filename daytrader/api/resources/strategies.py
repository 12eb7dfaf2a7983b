"""/strategies: what services and backtests can decide by."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, returns
from daytrader.api.encoding import answer
from daytrader.api.schemas.trading_service import StrategySchema
from daytrader.api.swagger import can_fail, documented, page_of, query_parameter
from daytrader.services import strategy_catalogue
from daytrader.services.strategy_catalogue import Entry
from daytrader.utils import query_values, validators
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

ns = Namespace("strategies", description="What services and backtests can decide by")

_shape: Final = StrategySchema()
_PARAMETERS: Final = {
    "page": query_parameter(int, "From 1", default=1),
    "page_size": query_parameter(int, "1 to 100", default=DEFAULT_PAGE_SIZE),
    "order": query_parameter(str, "Ascending or descending", enum=["asc", "desc"], default="asc"),
    "sort": query_parameter(str, "The column to sort by", enum=["name"], default="name"),
    "name": query_parameter(str, "Equal: the strategy's name", "sma_cross"),
    "name_like": query_parameter(str, "Contains, in any case: the strategy's name", "sma"),
}


@ns.route("")
class StrategyList(Resource):  # type: ignore[misc]
    """All strategies."""

    @authenticated
    @can_fail(HTTPStatus.BAD_REQUEST)
    def get(self) -> Response:
        """List strategies with their parameters: types, bounds and defaults."""
        given = request.args.to_dict()
        unknown = {
            name: [f"unknown filter, allowed: {', '.join(_PARAMETERS)}"] for name in given if name not in _PARAMETERS
        }
        if unknown:
            raise InvalidInputError(unknown)
        page = validators.checked("page", lambda text: query_values.whole(text, 1, 10**15), given.get("page", "1"))
        size = validators.checked(
            "page_size",
            lambda text: query_values.whole(text, 1, MAX_PAGE_SIZE),
            given.get("page_size", str(DEFAULT_PAGE_SIZE)),
        )
        order = validators.checked(
            "order", lambda text: query_values.choice(text.lower(), ("asc", "desc")), given.get("order", "asc")
        )
        validators.checked("sort", lambda text: query_values.choice(text, ("name",)), given.get("sort", "name"))
        found = _matching(given.get("name"), given.get("name_like", ""))
        if order == "desc":
            found.reverse()
        shown = found[(page - 1) * size : page * size]
        total_pages = -(-len(found) // size)
        pagination = {
            "page": page,
            "page_size": size,
            "total_items": len(found),
            "total_pages": total_pages,
            "has_next": page < total_pages,
            "has_prev": page > 1,
        }
        return answer({"items": _shape.dump(shown, many=True), "pagination": pagination})


documented(StrategyList.get, params=_PARAMETERS, responses={200: ("A page", page_of(_shape))})


@ns.route("/<string:name>")
class StrategyItem(Resource):  # type: ignore[misc]
    """One strategy."""

    @authenticated
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(StrategySchema)
    def get(self, name: str) -> Entry:
        """Show a strategy with its parameters."""
        return strategy_catalogue.get(name)


def _matching(name: str | None, part: str) -> list[Entry]:
    return [
        entry
        for entry in strategy_catalogue.entries()
        if (name is None or entry.name == name) and part.lower() in entry.name.lower()
    ]
