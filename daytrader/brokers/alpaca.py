"""Accounts at Alpaca, live and paper, by its own client: trading API v2."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient

from daytrader.brokers import Access
from daytrader.brokers.account import (
    Account,
    BrokerExecution,
    BrokerOrder,
    OrderRequest,
    Report,
    Validity,
)
from daytrader.brokers.errors import (
    BrokerAccessError,
    BrokerError,
    BusyError,
    DuplicateOrderError,
    RefusedOrderError,
    UnknownOutcomeError,
)
from daytrader.config import Settings
from daytrader.core.errors import BoundsError
from daytrader.core.money import from_micros, to_cents, to_micros
from daytrader.models.enums import OrderSide

T = TypeVar("T")

TIMEOUT: Final = (3.0, 5.0)
"""Seconds to connect, and between two bytes of the answer: within what a successor waits before it looks."""

_NAME: Final = "alpaca"
_PAUSE: Final = 10.0  # after a refusal for too many requests, where no header says how long
_ORDERS_OF_A_PAGE: Final = 500
_FILLS_OF_A_PAGE: Final = 100
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
_NEW_YORK: Final = ZoneInfo("America/New_York")
# Orders for the opening are taken from 19:00 to 9:28; the last half minute is left to what is slow on the way.
_OPENING_FROM: Final = time(19)
_OPENING_UNTIL: Final = time(9, 27, 30)


class _TimedSession(requests.Session):
    """A session that asks once, where it is told to, and never waits for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # nor does it send keys by a proxy that the environment names
        self.timeout = TIMEOUT

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, with a timeout."""
        return super().request(method, url, *args, **kwargs | {"timeout": self.timeout})


class AlpacaBroker:
    """
    One account at Alpaca.

    Its client is kept from what it does by itself: it would try a refused request three times more, three seconds
    apart, and wait for an answer without end. Alpaca takes a client_order_id once, so that sending an order again,
    after it has been looked up, never doubles it.

    Args:
        access: The keys, and whether they are of real money.
        address: Of another server that speaks the same; empty: Alpaca's own.
    """

    name = _NAME

    def __init__(self, access: Access, *, address: str = "") -> None:
        self._client = TradingClient(
            access.key, access.secret, paper=not access.is_live, raw_data=True, url_override=address or None
        )
        self.session = _TimedSession()
        self._client._session = self.session
        self._client._retry = 0

    @classmethod
    def open(cls, access: Access, settings: Settings) -> Self:
        """Return the account that *access* opens."""
        return cls(access, address=settings.alpaca_trading_url)

    def takes(self, validity: Validity, at: datetime) -> bool:
        """Return whether Alpaca takes orders of *validity* at *at*: those for the opening from 19:00 to 9:28."""
        local = at.astimezone(_NEW_YORK).time()
        return validity is not Validity.OPENING or local >= _OPENING_FROM or local < _OPENING_UNTIL

    def submit(self, request: OrderRequest) -> BrokerOrder:
        """
        Send an order.

        Raises:
            RefusedOrderError, DuplicateOrderError, BusyError, BrokerAccessError: It was not taken.
            UnknownOutcomeError: Of everything else, a timeout, a gateway's error and half an answer among it.
        """
        try:
            sent = _order(self._client.post("/orders", _body(request)))
        except APIError as error:
            raise _refusal(error) from error
        except (requests.exceptions.RequestException, BrokerError) as error:
            raise UnknownOutcomeError(f"alpaca did not say whether it took the order: {_word(error)}") from error
        if sent.client_order_id != request.client_order_id:
            raise UnknownOutcomeError("alpaca answered with another order")
        return sent

    def find(self, client_order_id: str) -> BrokerOrder | None:
        """Return what has become of an order, None if Alpaca says that it knows of none."""
        try:
            found = self._ask("/orders:by_client_order_id", {"client_order_id": client_order_id})
            if isinstance(found, Mapping) and found.get("order_class") == "oco":  # its legs come with this one alone
                found = self._ask(f"/orders/{found.get('id')}", {"nested": "true"})
        except _NotThereError:
            return None
        return _order(found)

    def orders(self, since: datetime) -> Sequence[BrokerOrder]:
        """Return the orders that were sent after *since*, legs within them, oldest first."""
        found: dict[str, BrokerOrder] = {}
        while True:
            page = _list(
                self._ask(
                    "/orders",
                    {
                        "status": "all",
                        "after": since.isoformat(),
                        "limit": _ORDERS_OF_A_PAGE,
                        "direction": "asc",
                        "nested": "true",
                    },
                )
            )
            orders = [_order(row) for row in page]
            found.update({order.refs[0]: order for order in orders})
            if len(page) < _ORDERS_OF_A_PAGE:
                return list(found.values())
            # Several may be of one moment: it is asked for again.
            newest = orders[-1].submitted_at - timedelta(milliseconds=1)
            if newest <= since:
                raise _malformed(ValueError("more orders of one moment than a page holds"))
            since = newest

    def cancel(self, ref: str) -> None:
        """Ask for the end of an order; one that cannot be cancelled any more has ended, which `orders` tells."""
        try:
            self._asked(lambda: self._client.delete(f"/orders/{ref}"))
        except (_NotThereError, _UnprocessableError):
            return

    def executions(self, since: datetime) -> Sequence[BrokerExecution]:
        """Return the fills after *since*, oldest first."""
        found: list[BrokerExecution] = []
        asked: dict[str, Any] = {"after": since.isoformat(), "direction": "asc", "page_size": _FILLS_OF_A_PAGE}
        while True:
            page = _list(self._ask("/account/activities/FILL", asked))
            found += [_execution(row) for row in page]
            if len(page) < _FILLS_OF_A_PAGE:
                return found
            asked = asked | {"page_token": found[-1].ref}

    def positions(self) -> dict[str, Decimal]:
        """Return the shares held of each symbol."""
        rows = _list(self._ask("/positions", {}))
        try:
            return {str(row["symbol"]): Decimal(str(row["qty"])) for row in rows}
        except (KeyError, TypeError, InvalidOperation) as error:
            raise _malformed(error) from error

    def last_price(self, symbol: str) -> int:
        """Return the price that Alpaca values a position at, 0 if it holds none."""
        try:
            row = self._ask(f"/positions/{symbol}", {})
            return to_micros(Decimal(str(row["current_price"])))
        except _NotThereError:
            return 0
        except (KeyError, TypeError, ValueError, InvalidOperation, BoundsError) as error:
            raise _malformed(error) from error

    def account(self) -> Account:
        """Return number, cash and whether the account may trade."""
        row = self._ask("/account", {})
        try:
            blocks = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
            refusal = next((name.replace("_", " ") for name in blocks if row[name]), None)
            if refusal is None and row["status"] != "ACTIVE":
                refusal = f"the account is {row['status']}"
            return Account(str(row["account_number"]), to_cents(Decimal(str(row["cash"]))), refusal)
        except (KeyError, TypeError, ValueError, InvalidOperation, BoundsError) as error:
            raise _malformed(error) from error

    def _ask(self, path: str, query: Mapping[str, Any]) -> Any:
        return self._asked(lambda: self._client.get(path, dict(query)))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except APIError as error:
            raise _failure(error) from error
        except requests.exceptions.RequestException as error:
            raise BrokerError(f"alpaca cannot be reached: {_word(error)}") from error


class _NotThereError(BrokerError):
    """Alpaca itself says that it has no such thing."""


class _UnprocessableError(BrokerError):
    """Alpaca itself says that this cannot be done."""


def _body(request: OrderRequest) -> dict[str, Any]:
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


def _order(row: Any) -> BrokerOrder:
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
        raise _malformed(error) from error


def _together(reports: Sequence[Report], *, is_filled: bool) -> Report:
    """Return what has become of an order of several parts."""
    if Report.WORKING in reports:
        return Report.WORKING
    return Report.FILLED if is_filled else next((one for one in reports if one is not Report.FILLED), Report.FILLED)


def _execution(row: Any) -> BrokerExecution:
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
        raise _malformed(error) from error


def _whole(given: Any) -> int:
    """Return a number of shares; parts of one, which others may trade in the account, are no order of ours."""
    return int(Decimal(str(given or 0)))


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise _malformed(TypeError("no list"))
    return answer


def _refusal(error: APIError) -> BrokerError:
    """Return what a refused order means; where that is not certain, the order may have been taken."""
    status, words = _said(error)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and "client_order_id" in words:
        return DuplicateOrderError("alpaca has this order already")
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
        if not _code(error):  # of something on the way: Alpaca's own errors have a code
            return UnknownOutcomeError(f"something refused: {status}")
        return RefusedOrderError(words)  # why is in words alone, and those may change: nothing is read into them
    known = _failure(error)
    return known if isinstance(known, BusyError | BrokerAccessError) else UnknownOutcomeError(str(known))


def _failure(error: APIError) -> BrokerError:
    status, words = _said(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response = error.response
        given = "" if response is None else response.headers.get("Retry-After", "")
        return BusyError(_NAME, float(given) if given.isdigit() else _PAUSE)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return BrokerAccessError(f"alpaca refuses access ({status}): {words}")
    if status == HTTPStatus.NOT_FOUND and _code(error):
        return _NotThereError("alpaca has no such order")
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and _code(error):
        return _UnprocessableError(f"alpaca cannot do this: {words}")
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


def _malformed(error: Exception) -> BrokerError:
    return BrokerError(f"alpaca's answer is not understood: {type(error).__name__}")


def _word(error: Exception) -> str:
    return str(error) if isinstance(error, BrokerError) else type(error).__name__
