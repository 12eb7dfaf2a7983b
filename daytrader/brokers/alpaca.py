"""Accounts at Alpaca, live and paper, by its own client: trading API v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient

from daytrader.brokers import Access
from daytrader.brokers.account import Account, BrokerExecution, BrokerOrder, OrderRequest, Validity
from daytrader.brokers.alpaca_words import (
    NAME,
    NotThereError,
    UnprocessableError,
    body_of,
    execution_of,
    failure_of,
    malformed,
    order_of,
    refusal_of,
    rows_of,
    word_of,
)
from daytrader.brokers.errors import BrokerError, UnknownOutcomeError
from daytrader.config import Settings
from daytrader.core.errors import BoundsError
from daytrader.core.money import to_cents, to_micros
from daytrader.utils.timed_answers import TimedAdapter, why

T = TypeVar("T")

TIMEOUT: Final = (3.0, 5.0)
"""Seconds to connect, and for the whole of an answer: within what a successor waits before it looks."""

_ORDERS_OF_A_PAGE: Final = 500
_FILLS_OF_A_PAGE: Final = 100
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
        for scheme in ("http://", "https://"):
            self.mount(scheme, TimedAdapter())

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

    name = NAME

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
            sent = order_of(self._client.post("/orders", body_of(request)))
        except APIError as error:
            raise refusal_of(error) from error
        except (requests.exceptions.RequestException, BrokerError) as error:
            raise UnknownOutcomeError(f"alpaca did not say whether it took the order: {word_of(error)}") from error
        if sent.client_order_id != request.client_order_id:
            raise UnknownOutcomeError("alpaca answered with another order")
        return sent

    def find(self, client_order_id: str) -> BrokerOrder | None:
        """Return what has become of an order, None if Alpaca says that it knows of none."""
        try:
            found = self._ask("/orders:by_client_order_id", {"client_order_id": client_order_id})
            if isinstance(found, Mapping) and found.get("order_class") == "oco":  # its legs come with this one alone
                found = self._ask(f"/orders/{found.get('id')}", {"nested": "true"})
        except NotThereError:
            return None
        return order_of(found)

    def orders(self, since: datetime) -> Sequence[BrokerOrder]:
        """Return the orders that were sent after *since*, legs within them, oldest first."""
        found: dict[str, BrokerOrder] = {}
        while True:
            page = rows_of(
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
            orders = [order_of(row) for row in page]
            found.update({order.refs[0]: order for order in orders})
            if len(page) < _ORDERS_OF_A_PAGE:
                return list(found.values())
            # Several may be of one moment: it is asked for again.
            newest = orders[-1].submitted_at - timedelta(milliseconds=1)
            if newest <= since:
                raise malformed(ValueError("more orders of one moment than a page holds"))
            since = newest

    def cancel(self, ref: str) -> None:
        """Ask for the end of an order; one that cannot be cancelled any more has ended, which `orders` tells."""
        try:
            self._asked(lambda: self._client.delete(f"/orders/{ref}"))
        except (NotThereError, UnprocessableError):
            return

    def executions(self, since: datetime) -> Sequence[BrokerExecution]:
        """Return the fills after *since*, oldest first."""
        found: list[BrokerExecution] = []
        asked: dict[str, Any] = {"after": since.isoformat(), "direction": "asc", "page_size": _FILLS_OF_A_PAGE}
        while True:
            page = rows_of(self._ask("/account/activities/FILL", asked))
            found += [execution_of(row) for row in page]
            if len(page) < _FILLS_OF_A_PAGE:
                return found
            asked = asked | {"page_token": found[-1].ref}

    def positions(self) -> dict[str, Decimal]:
        """Return the shares held of each symbol."""
        rows = rows_of(self._ask("/positions", {}))
        try:
            return {str(row["symbol"]): Decimal(str(row["qty"])) for row in rows}
        except (KeyError, TypeError, InvalidOperation) as error:
            raise malformed(error) from error

    def last_price(self, symbol: str) -> int:
        """Return the price that Alpaca values a position at, 0 if it holds none."""
        try:
            row = self._ask(f"/positions/{symbol}", {})
            return to_micros(Decimal(str(row["current_price"])))
        except NotThereError:
            return 0
        except (KeyError, TypeError, ValueError, InvalidOperation, BoundsError) as error:
            raise malformed(error) from error

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
            raise malformed(error) from error

    def _ask(self, path: str, query: Mapping[str, Any]) -> Any:
        return self._asked(lambda: self._client.get(path, dict(query)))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except APIError as error:
            raise failure_of(error) from error
        except requests.exceptions.RequestException as error:
            raise BrokerError(f"alpaca cannot be reached: {why(error)}") from error
