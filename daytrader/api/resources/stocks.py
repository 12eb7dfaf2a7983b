"""/stocks: HTTP in, service call, schema out."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    admin_required,
    authenticated,
    current_actor,
    guarded,
    lists,
    reads,
    returns,
    returns_nothing,
    writes,
)
from daytrader.api.parsers.arguments import asks
from daytrader.api.parsers.searches import SEARCH_PARAMETERS, search_limit, search_words
from daytrader.api.schemas.stock import StockMatchesSchema, StockSchema
from daytrader.api.swagger import can_fail
from daytrader.models.stock import Stock
from daytrader.services import listings, stock_service
from daytrader.services.actor import Actor
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("stocks", description="What can be traded")

_CHANGE_ERRORS = can_fail(HTTPStatus.CONFLICT)


def _exists(session: Any, stock_id: int, _actor: Actor) -> Stock:
    return stock_service.get(session, stock_id)


@ns.route("")
class StockList(Resource):  # type: ignore[misc]
    """All stocks."""

    @authenticated
    @reads
    @lists(StockSchema, listings.STOCKS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List stocks."""
        return listings.stocks(session, query)

    @_CHANGE_ERRORS
    @authenticated
    @writes
    @admin_required
    @accepts(StockSchema)
    @returns(StockSchema, HTTPStatus.CREATED, location="/stocks/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> Stock:
        """Add a stock (admins)."""
        return stock_service.create(session, current_actor(), data)


@ns.route("/<int:stock_id>")
class StockItem(Resource):  # type: ignore[misc]
    """One stock."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(StockSchema)
    def get(self, session: Any, stock_id: int) -> Stock:
        """Show a stock."""
        return stock_service.get(session, stock_id)

    @_CHANGE_ERRORS
    @authenticated
    @writes
    @guarded("stock_id", _exists)
    @admin_required
    @accepts(StockSchema, partial=True)
    @returns(StockSchema)
    def put(self, session: Any, stock_id: int, data: Mapping[str, Any]) -> Stock:
        """Change the given fields of a stock (admins)."""
        return stock_service.update(session, current_actor(), stock_id, data)

    patch = put

    @_CHANGE_ERRORS
    @authenticated
    @writes
    @guarded("stock_id", _exists)
    @admin_required
    @returns_nothing
    def delete(self, session: Any, stock_id: int) -> None:
        """Remove a stock that no service or transaction refers to (admins)."""
        stock_service.delete(session, current_actor(), stock_id)


@ns.route("/<int:stock_id>/toggle-active")
class StockActivity(Resource):  # type: ignore[misc]
    """Whether a stock is on."""

    @authenticated
    @writes
    @guarded("stock_id", _exists)
    @admin_required
    @accepts_nothing
    @returns(StockSchema)
    def post(self, session: Any, stock_id: int) -> Stock:
        """Switch a stock on or off (admins)."""
        return stock_service.toggle_active(session, current_actor(), stock_id)


@ns.route("/symbol/<string:symbol>")
class StockBySymbol(Resource):  # type: ignore[misc]
    """One stock by its symbol."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(StockSchema)
    def get(self, session: Any, symbol: str) -> Stock:
        """Show the stock with this symbol, in any case."""
        return stock_service.by_symbol(session, symbol)


@ns.route("/search")
class StockSearch(Resource):  # type: ignore[misc]
    """Stocks by part of their symbol or name."""

    @authenticated
    @reads
    @asks(SEARCH_PARAMETERS)
    @returns(StockMatchesSchema)
    def get(self, session: Any) -> dict[str, list[Stock]]:
        """Find stocks whose symbol or name contains `q`; the nearest symbols first."""
        return {"items": stock_service.search(session, search_words(request.args), search_limit(request.args))}
