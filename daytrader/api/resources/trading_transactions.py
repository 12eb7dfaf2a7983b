"""/transactions: what services bought and sold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from flask import Response
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    authenticated,
    current_actor,
    guarded,
    lists,
    reads,
    returns,
    writes,
)
from daytrader.api.encoding import answer
from daytrader.api.headers import API_PREFIX
from daytrader.api.parsers.arguments import query_arguments
from daytrader.api.schemas.trading_transaction import (
    BuySchema,
    CancelSchema,
    CompleteSchema,
    NotesSchema,
    OrderSchema,
    TransactionMetricsSchema,
    TransactionSchema,
)
from daytrader.api.swagger import can_fail, documented, filter_parameters, query_parameter, shown, sort_parameters
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import listings, performance_service, trading_service, transaction_csv, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.performance_service import TransactionMetrics
from daytrader.services.session_manager import SessionManager
from daytrader.utils import query_values, validators
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("transactions", description="What services bought and sold")

_REFUSALS = can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
_TRADE_REFUSALS = can_fail(
    HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)

_EXPORT_CHUNK: Final = 1000
_NO_PAGES: Final = ("page", "page_size", "cursor")


_transaction, _order = TransactionSchema(), OrderSchema()
_LOCATION: Final = {"headers": {"Location": {"description": "Its address", "type": "string"}}}


def _trades(status: HTTPStatus) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answer *status* with the transaction that was traded on paper, or 202 with the order that a broker is sent."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def respond(*args: Any, **kwargs: Any) -> Response:
            made: TradingTransaction | Order = method(*args, **kwargs)
            if isinstance(made, Order):
                response, path = answer(_order.dump(made), HTTPStatus.ACCEPTED), f"/orders/{made.id}"
            else:
                response, path = answer(_transaction.dump(made), status), f"/transactions/{made.id}"
            response.headers["Location"] = API_PREFIX + path
            return response

        return documented(
            respond,
            responses={
                int(status): (status.phrase, shown(_transaction), _LOCATION),
                int(HTTPStatus.ACCEPTED): (
                    "The service trades at a real broker: the order is under way there",
                    shown(_order),
                    _LOCATION,
                ),
            },
        )

    return decorate


def _own(session: Any, transaction_id: int, actor: Actor) -> TradingService:
    transaction = transaction_service.get_owned(session, transaction_id, actor)
    return trading_service.get_own(session, transaction.service_id, actor)


@ns.route("")
class TransactionList(Resource):  # type: ignore[misc]
    """The caller's transactions."""

    @authenticated
    @reads
    @lists(TransactionSchema, listings.TRANSACTIONS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own transactions (all, for admins)."""
        return listings.transactions(session, current_actor(), query)

    @_TRADE_REFUSALS
    @authenticated
    @writes
    @accepts(BuySchema)
    @_trades(HTTPStatus.CREATED)
    def post(self, session: Any, data: Mapping[str, Any]) -> TradingTransaction | Order:
        """
        Buy by hand: at the last known price, or on paper at one near it.

        At a real broker an order is placed, and the answer is 202 with it: what it fills becomes a transaction.
        """
        return transaction_service.buy(session, current_actor(), **data)


@ns.route("/<int:transaction_id>")
class TransactionItem(Resource):  # type: ignore[misc]
    """One transaction."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(TransactionSchema)
    def get(self, session: Any, transaction_id: int) -> TradingTransaction:
        """Show a transaction."""
        return transaction_service.get_owned(session, transaction_id, current_actor())


@ns.route("/<int:transaction_id>/complete")
class TransactionCompletion(Resource):  # type: ignore[misc]
    """The sale of an open transaction."""

    @_TRADE_REFUSALS
    @authenticated
    @writes
    @guarded("transaction_id", _own)
    @accepts(CompleteSchema)
    @_trades(HTTPStatus.OK)
    def post(self, session: Any, transaction_id: int, data: Mapping[str, Any]) -> TradingTransaction | Order:
        """
        Sell by hand: at the last known price, or on paper at one near it.

        At a real broker an order is placed, and the answer is 202 with it: the transaction is closed when it is filled.
        """
        return transaction_service.complete(session, current_actor(), transaction_id, **data)


@ns.route("/<int:transaction_id>/cancel")
class TransactionCancellation(Resource):  # type: ignore[misc]
    """The voiding of an open transaction."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("transaction_id", _own)
    @accepts(CancelSchema)
    @returns(TransactionSchema)
    def post(self, session: Any, transaction_id: int, data: Mapping[str, Any]) -> TradingTransaction:
        """Void a paper purchase of which nothing was sold: the journal takes it back, the row stays."""
        return transaction_service.cancel(session, current_actor(), transaction_id, **data)


@ns.route("/<int:transaction_id>/notes")
class TransactionNotes(Resource):  # type: ignore[misc]
    """The remark on a transaction."""

    @_REFUSALS
    @authenticated
    @writes
    @guarded("transaction_id", _own)
    @accepts(NotesSchema)
    @returns(TransactionSchema)
    def put(self, session: Any, transaction_id: int, data: Mapping[str, Any]) -> TradingTransaction:
        """Keep a remark with a transaction; null removes it."""
        return transaction_service.set_notes(session, current_actor(), transaction_id, **data)

    patch = put


@ns.route("/services/<int:service_id>")
class ServiceTransactions(Resource):  # type: ignore[misc]
    """The transactions of one service."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @lists(TransactionSchema, listings.TRANSACTIONS)
    def get(self, session: Any, service_id: int, query: ListQuery) -> Page:
        """List the transactions of a service."""
        return listings.transactions_of(session, current_actor(), service_id, query)


@ns.route("/services/<int:service_id>/metrics")
class ServiceTransactionMetrics(Resource):  # type: ignore[misc]
    """The sum of one service's transactions."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(TransactionMetricsSchema)
    def get(self, session: Any, service_id: int) -> TransactionMetrics:
        """Show counts by state, profit and loss, averages and the win rate of a service's transactions."""
        service = trading_service.get_owned(session, service_id, current_actor())
        return performance_service.transaction_metrics(session, service)


@ns.route("/export")
class TransactionExport(Resource):  # type: ignore[misc]
    """The caller's transactions as a file."""

    @authenticated
    @can_fail(HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
    def get(self) -> Response:
        """Stream own transactions (all, for admins) as CSV, filtered and sorted as the list is."""
        given = query_arguments()
        validators.checked("format", lambda text: query_values.choice(text, ("csv",)), given.pop("format", "csv"))
        paged = [name for name in _NO_PAGES if name in given]
        if paged:
            raise InvalidInputError({name: ["an export has no pages"] for name in paged})
        query = replace(listings.TRANSACTIONS.parse(given), cursor="", page_size=_EXPORT_CHUNK)
        headers = {"Content-Disposition": 'attachment; filename="transactions.csv"'}
        return Response(_export(current_actor(), query), headers=headers, mimetype="text/csv")


documented(
    TransactionExport.get,
    params={
        "format": query_parameter(str, "The form of the file", enum=["csv"], default="csv"),
    }
    | sort_parameters(listings.TRANSACTIONS.columns)
    | filter_parameters(listings.TRANSACTIONS, TransactionSchema()),
    produces=["text/csv"],
    responses={200: "The file"},
)


def _export(actor: Actor, query: ListQuery) -> Iterator[str]:
    yield transaction_csv.header()
    following: ListQuery | None = query
    while following is not None:
        # A unit of work per chunk: a slow reader holds no connection.
        with SessionManager(read_only=True) as session:
            page = listings.transactions(session, actor, following)
        yield transaction_csv.rows(page.items)
        following = listings.TRANSACTIONS.following(following, page)
