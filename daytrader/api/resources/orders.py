"""/orders: every order intent, its history and its fills."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, current_actor, lists, reads, returns
from daytrader.api.schemas.trading_transaction import OrderSchema, OrderWithFillsSchema
from daytrader.api.swagger import can_fail
from daytrader.services import listings
from daytrader.services.event_payloads import order_entity
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("orders", description="What was asked of brokers")


@ns.route("")
class OrderList(Resource):  # type: ignore[misc]
    """The caller's orders."""

    @authenticated
    @reads
    @lists(OrderSchema, listings.ORDERS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own orders (all, for admins)."""
        return listings.orders(session, current_actor(), query)


@ns.route("/<int:order_id>")
class OrderItem(Resource):  # type: ignore[misc]
    """One order."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(OrderWithFillsSchema)
    def get(self, session: Any, order_id: int) -> Mapping[str, Any]:
        """Show an order with its history and its fills."""
        return order_entity(listings.order(session, current_actor(), order_id))
