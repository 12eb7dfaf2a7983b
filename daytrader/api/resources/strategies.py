"""/strategies: what services and backtests can decide by."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, returns
from daytrader.api.encoding import answer
from daytrader.api.paging import pagination
from daytrader.api.parsers.arguments import asks
from daytrader.api.schemas.trading_service import StrategySchema
from daytrader.api.swagger import can_fail, documented, page_of, query_parameter
from daytrader.services import strategy_catalogue
from daytrader.services.strategy_catalogue import Entry
from daytrader.utils import query_values, validators
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page

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
    @asks(_PARAMETERS)
    def get(self) -> Response:
        """List strategies with their parameters: types, bounds and defaults."""
        given = request.args.to_dict()
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
        place = pagination(Page(shown, page, size, len(found)))
        return answer({"items": _shape.dump(shown, many=True), "pagination": place})


documented(StrategyList.get, responses={200: ("A page", page_of(_shape))})


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
