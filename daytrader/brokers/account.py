"""What passes between us and a broker with accounts of its own, where orders live beyond a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from daytrader.models.enums import OrderSide


class Validity(StrEnum):
    """How long an order is good for."""

    OPENING = "opening"  # in the opening auction alone
    SESSION = "session"  # until the bell
    NOW = "now"  # what is not filled at once is cancelled


class Report(StrEnum):
    """What has become of an order at its broker; the last four are final."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """
    An order as it is sent to an account.

    Attributes:
        client_order_id: Ours; a broker takes it once.
        symbol: Of the stock.
        side: Buy or sell.
        shares: How many.
        validity: How long it is good for.
        limit: The worst price, micros; 0 for none. Of a sale with a *stop*: the target.
        stop: At which price a sale becomes a market order, micros; 0 for none. With *limit* one cancels the other.
    """

    client_order_id: str
    symbol: str
    side: OrderSide
    shares: int
    validity: Validity
    limit: int = 0
    stop: int = 0


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """
    An order as its broker reports it; a stop and a target that cancel each other are one order.

    Attributes:
        client_order_id: As we, or somebody else who trades the account, have named it.
        refs: The broker's own names of it and of its legs, its own first.
        stop_refs: Those of them that are stops.
        symbol: Of the stock.
        report: What has become of it.
        shares: As it was sent.
        filled: Shares of it, its legs' included.
        submitted_at: When the broker took it.
        reason: Why it has ended, in the broker's word.
    """

    client_order_id: str
    refs: tuple[str, ...]
    stop_refs: frozenset[str]
    symbol: str
    report: Report
    shares: int
    filled: int
    submitted_at: datetime
    reason: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.report is not Report.WORKING


@dataclass(frozen=True, slots=True)
class BrokerExecution:
    """
    One fill, as the broker reports it.

    Attributes:
        ref: The broker's name of it, once in the account's life.
        order_ref: Of the order, or the leg, that it filled.
        side: Buy or sell.
        shares: How many.
        price: Micros.
        at: When it traded.
    """

    ref: str
    order_ref: str
    side: OrderSide
    shares: int
    price: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """
    An account at a broker.

    Attributes:
        number: The broker's name of it.
        cash: Its cash, in cents; negative where money is borrowed.
        refusal: Why it may not trade now, None where it may.
    """

    number: str
    cash: int
    refusal: str | None = None


@runtime_checkable
class AccountBroker(Protocol):
    """
    One account at a broker. Every method but `takes` asks over the network, once, and returns or fails within seconds.

    Raises:
        BrokerError: From every method; see `brokers.errors` for what each kind says about an order.
    """

    @property
    def name(self) -> str:
        """Return what a service's ``broker`` column calls it."""

    def takes(self, validity: Validity, at: datetime) -> bool:
        """
        Return whether the broker takes orders of *validity* at *at* (UTC), as it says of itself: nothing is asked.

        For the opening auction each has hours of its own. When the exchange is open, the caller knows.
        """

    def submit(self, request: OrderRequest) -> BrokerOrder:
        """
        Send an order; the same client_order_id is never taken twice.

        Raises:
            UnknownOutcomeError: If it may have been taken: `find` tells.
            RefusedOrderError: If the broker does not want it.
            DuplicateOrderError: If it has been taken before.
        """

    def find(self, client_order_id: str) -> BrokerOrder | None:
        """Return what has become of an order, None if the broker knows of none (yet)."""

    def orders(self, since: datetime) -> Sequence[BrokerOrder]:
        """Return the orders that were sent after *since* (UTC), whoever sent them, oldest first."""

    def cancel(self, ref: str) -> None:
        """Ask for the end of an order, under the broker's name of it; whether it came in time `orders` tells."""

    def executions(self, since: datetime) -> Sequence[BrokerExecution]:
        """Return what traded after *since* (UTC), oldest first."""

    def positions(self) -> dict[str, Decimal]:
        """Return the shares held of each symbol; negative where they are owed."""

    def last_price(self, symbol: str) -> int:
        """Return what a share of a position last traded at, as the broker says, micros; 0 where it does not say."""

    def account(self) -> Account:
        """Return the account's state now."""
