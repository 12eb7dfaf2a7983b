"""/orders: every order intent, its history and its fills."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import accepts_nothing, authenticated, current_actor, lists, reads, returns, writes
from daytrader.api.schemas.trading_transaction import OrderSchema, OrderWithFillsSchema
from daytrader.api.swagger import can_fail
from daytrader.models.order import Order
from daytrader.services import listings, transaction_service
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


@ns.route("/<int:order_id>/cancel")
class OrderCancellation(Resource):  # type: ignore[misc]
    """The end of an order before it fills."""

    @can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @writes
    @accepts_nothing
    @returns(OrderSchema)
    def post(self, session: Any, order_id: int) -> Order:
        """
        Take back what has not filled of an own order.

        A real broker is asked to (`cancel_reason`), and may have filled it meanwhile: the order lives until its broker
        says that it has ended.
        """
        return transaction_service.cancel_order(session, current_actor(), order_id)
