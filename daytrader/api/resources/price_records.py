"""/prices/daily and /prices/intraday: one stored bar at a time."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Resource

from daytrader.api.background import changes_bars
from daytrader.api.decorators import (
    accepts,
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
from daytrader.api.resources import stock_prices
from daytrader.api.schemas.stock_price import (
    DailyPriceSchema,
    IntradayPriceSchema,
    NewDailyPriceSchema,
    NewIntradayPriceSchema,
)
from daytrader.api.swagger import can_fail
from daytrader.services import daily_price_service, intraday_price_service, listings
from daytrader.services.actor import Actor
from daytrader.services.event_payloads import price_entity
from daytrader.utils.query_utils import ListQuery, Page

ns = stock_prices.ns

_CHANGE_ERRORS = can_fail(HTTPStatus.CONFLICT)


def _daily_exists(session: Any, price_id: int, _actor: Actor) -> object:
    return daily_price_service.get(session, price_id)


def _intraday_exists(session: Any, price_id: int, _actor: Actor) -> object:
    return intraday_price_service.get(session, price_id)


@ns.route("/daily")
class DailyPriceList(Resource):  # type: ignore[misc]
    """Daily prices of all stocks."""

    @authenticated
    @reads
    @lists(DailyPriceSchema, listings.DAILY_PRICES)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List daily prices; `symbol`, `start` and `end` are the usual filters, `cursor` pages through long lists."""
        return listings.daily_prices(session, query)

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @changes_bars
    @writes
    @admin_required
    @accepts(NewDailyPriceSchema)
    @returns(DailyPriceSchema, HTTPStatus.CREATED, location="/prices/daily/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Store the bar of one session (admins)."""
        price = daily_price_service.create(session, current_actor(), data)
        return price_entity(price.stock, price)


@ns.route("/daily/<int:price_id>")
class DailyPriceItem(Resource):  # type: ignore[misc]
    """One daily price."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(DailyPriceSchema)
    def get(self, session: Any, price_id: int) -> Mapping[str, Any]:
        """Show a daily price."""
        price = daily_price_service.get(session, price_id)
        return price_entity(price.stock, price)

    @_CHANGE_ERRORS
    @authenticated
    @changes_bars
    @writes
    @guarded("price_id", _daily_exists)
    @admin_required
    @accepts(DailyPriceSchema, partial=True)
    @returns(DailyPriceSchema)
    def put(self, session: Any, price_id: int, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change the given fields of a daily price (admins)."""
        price = daily_price_service.update(session, current_actor(), price_id, data)
        return price_entity(price.stock, price)

    patch = put

    @authenticated
    @changes_bars
    @writes
    @guarded("price_id", _daily_exists)
    @admin_required
    @returns_nothing
    def delete(self, session: Any, price_id: int) -> None:
        """Remove a daily price (admins)."""
        daily_price_service.delete(session, current_actor(), price_id)


@ns.route("/intraday")
class IntradayPriceList(Resource):  # type: ignore[misc]
    """Intraday prices of all stocks."""

    @authenticated
    @reads
    @lists(IntradayPriceSchema, listings.INTRADAY_PRICES)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List intraday prices; `symbol`, `interval`, `start` and `end` are the usual filters."""
        return listings.intraday_prices(session, query)

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @changes_bars
    @writes
    @admin_required
    @accepts(NewIntradayPriceSchema)
    @returns(IntradayPriceSchema, HTTPStatus.CREATED, location="/prices/intraday/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Store one bar within a session (admins)."""
        price = intraday_price_service.create(session, current_actor(), data)
        return price_entity(price.stock, price)


@ns.route("/intraday/<int:price_id>")
class IntradayPriceItem(Resource):  # type: ignore[misc]
    """One intraday price."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(IntradayPriceSchema)
    def get(self, session: Any, price_id: int) -> Mapping[str, Any]:
        """Show an intraday price."""
        price = intraday_price_service.get(session, price_id)
        return price_entity(price.stock, price)

    @_CHANGE_ERRORS
    @authenticated
    @changes_bars
    @writes
    @guarded("price_id", _intraday_exists)
    @admin_required
    @accepts(IntradayPriceSchema, partial=True)
    @returns(IntradayPriceSchema)
    def put(self, session: Any, price_id: int, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change the given fields of an intraday price (admins)."""
        price = intraday_price_service.update(session, current_actor(), price_id, data)
        return price_entity(price.stock, price)

    patch = put

    @authenticated
    @changes_bars
    @writes
    @guarded("price_id", _intraday_exists)
    @admin_required
    @returns_nothing
    def delete(self, session: Any, price_id: int) -> None:
        """Remove an intraday price (admins)."""
        intraday_price_service.delete(session, current_actor(), price_id)
