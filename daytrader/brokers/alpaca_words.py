"""What is said to Alpaca's trading API, and what its answers and refusals mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final

from alpaca.common.exceptions import APIError
from requests.exceptions import RequestException

from daytrader.brokers.account import BrokerExecution, BrokerOrder, OrderRequest, Report, Validity
from daytrader.brokers.errors import (
    BrokerAccessError,
    BrokerError,
    BusyError,
    DuplicateOrderError,
    RefusedOrderError,
    UnknownOutcomeError,
)
from daytrader.core.errors import BoundsError
from daytrader.core.money import from_micros, to_micros
from daytrader.models.enums import OrderSide
from daytrader.utils.timed_answers import why

NAME: Final = "alpaca"
_PAUSE: Final = 10.0  # after a refusal for too many requests, where no header says how long
_VALIDITIES: Final = {Validity.OPENING: "opg", Validity.SESSION: "day", Validity.NOW: "ioc"}
# https://docs.alpaca.markets/docs/orders-at-alpaca, order life cycle; whatever is not here may still fill.
_ENDED: Final = {
    "filled": Report.FILLED,
    "canceled": Report.CANCELLED,
    "replaced": Report.CANCELLED,
    "expired": Report.EXPIRED,
    "rejected": Report.REJECTED,
}
_STOPS: Final = ("stop", "stop_limit")


class NotThereError(BrokerError):
    """Alpaca itself says that it has no such thing."""


class UnprocessableError(BrokerError):
    """Alpaca itself says that this cannot be done."""


def body_of(request: OrderRequest) -> dict[str, Any]:
    """Return an order as Alpaca takes it."""
    body: dict[str, Any] = {
        "symbol": request.symbol,
        "qty": str(request.shares),
        "side": request.side.value.lower(),
        "type": "market",
        "time_in_force": _VALIDITIES[request.validity],
        "client_order_id": request.client_order_id,
    }
    if request.limit and request.stop:
        return body | {
            "type": "limit",
            "order_class": "oco",
            "take_profit": {"limit_price": _price(request.limit)},
            "stop_loss": {"stop_price": _price(request.stop)},
        }
    if request.limit:
        return body | {"type": "limit", "limit_price": _price(request.limit)}
    if request.stop:
        return body | {"type": "stop", "stop_price": _price(request.stop)}
    return body


def _price(micros: int) -> str:
    return f"{from_micros(micros).normalize():f}"


def order_of(row: Any) -> BrokerOrder:
    """
    Return an order with its legs.

    Raises:
        BrokerError: If it is not understood.
    """
    try:
        parts = [row, *(row.get("legs") or ())]
        # Of the legs of an OCO at most one fills; together they are no more than the order.
        filled = sum(_whole(part["filled_qty"]) for part in parts)
        reports = [_ENDED.get(part["status"], Report.WORKING) for part in parts]
        shares = _whole(row["qty"])
        return BrokerOrder(
            client_order_id=str(row["client_order_id"]),
            refs=tuple(str(part["id"]) for part in parts),
            stop_refs=frozenset(str(part["id"]) for part in parts if part["type"] in _STOPS),
            symbol=str(row["symbol"]),
            report=_together(reports, is_filled=filled >= shares > 0),
            shares=shares,
            filled=filled,
            submitted_at=datetime.fromisoformat(row["submitted_at"]).astimezone(UTC),
            reason=str(row["status"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise malformed(error) from error


def _together(reports: Sequence[Report], *, is_filled: bool) -> Report:
    """Return what has become of an order of several parts."""
    if Report.WORKING in reports:
        return Report.WORKING
    return Report.FILLED if is_filled else next((one for one in reports if one is not Report.FILLED), Report.FILLED)


def execution_of(row: Any) -> BrokerExecution:
    """
    Return a fill.

    Raises:
        BrokerError: If it is not understood.
    """
    try:
        return BrokerExecution(
            ref=str(row["id"]),
            order_ref=str(row["order_id"]),
            side=OrderSide(str(row["side"]).partition("_")[0].upper()),  # "sell_short" is a sale
            shares=_whole(row["qty"]),
            price=to_micros(Decimal(str(row["price"]))),
            at=datetime.fromisoformat(row["transaction_time"]).astimezone(UTC),
        )
    except (KeyError, TypeError, ValueError, InvalidOperation, BoundsError) as error:
        raise malformed(error) from error


def _whole(given: Any) -> int:
    """Return a number of shares; parts of one, which others may trade in the account, are no order of ours."""
    return int(Decimal(str(given or 0)))


def rows_of(answer: Any) -> list[Any]:
    """
    Return the rows of a list.

    Raises:
        BrokerError: If it is none.
    """
    if not isinstance(answer, list):
        raise malformed(TypeError("no list"))
    return answer


def refusal_of(error: APIError) -> BrokerError:
    """Return what a refused order means; where that is not certain, the order may have been taken."""
    status, words = _said(error)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and "client_order_id" in words:
        return DuplicateOrderError("alpaca has this order already")
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
        if not _code(error):  # of something on the way: Alpaca's own errors have a code
            return UnknownOutcomeError(f"something refused: {status}")
        return RefusedOrderError(words)  # why is in words alone, and those may change: nothing is read into them
    known = failure_of(error)
    return known if isinstance(known, BusyError | BrokerAccessError) else UnknownOutcomeError(str(known))


def failure_of(error: APIError) -> BrokerError:
    """Return what an error means where no order was sent."""
    status, words = _said(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response = error.response
        given = "" if response is None else response.headers.get("Retry-After", "")
        return BusyError(NAME, float(given) if given.isascii() and given.isdigit() else _PAUSE)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return BrokerAccessError(f"alpaca refuses access ({status}): {words}")
    if status == HTTPStatus.NOT_FOUND and _code(error):
        return NotThereError("alpaca has no such order")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and _code(error):
        return UnprocessableError(f"alpaca cannot do this: {words}")
    return BrokerError(f"alpaca answers {status}: {words}")


def _said(error: APIError) -> tuple[int, str]:
    """Return status and words of a refusal, cut short."""
    response = error.response
    if response is None:
        return 0, "no answer"
    message = _fields(error).get("message")
    return response.status_code, " ".join(str(message or response.reason or "").split())[:150]


def _code(error: APIError) -> object:
    return _fields(error).get("code")


def _fields(error: APIError) -> Mapping[str, Any]:
    try:
        found = json.loads(error.response.text)
    except (AttributeError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


def malformed(error: Exception) -> BrokerError:
    """Return that an answer is not understood."""
    return BrokerError(f"alpaca's answer is not understood: {type(error).__name__}")


def word_of(error: RequestException | BrokerError) -> str:
    """Return what is said of an error: of one that is not ours no text, for that may hold keys."""
    return why(error) if isinstance(error, RequestException) else str(error)
