"""What passes between an order and a broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daytrader.core.fills import Trigger
from daytrader.core.rules import RuleInts
from daytrader.models.enums import OrderSide


class FillMode(StrEnum):
    """When the paper market fills what a bar's close decided."""

    NEXT_OPEN = "next_open"
    CLOSE = "close"  # for research only: nobody can trade at the price that decides


@dataclass(frozen=True, slots=True)
class MarketBar:
    """One bar as a market needs it: its label (UTC), raw prices in micros, shares traded (NaN where unknown)."""

    time: datetime
    open: int
    high: int
    low: int
    close: int
    volume: float


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """
    An order as a broker receives it.

    Attributes:
        client_order_id: Ours; sending it twice is sending it once.
        side: Buy or sell.
        shares: How many of it have not filled.
        limit: The most a buy may pay for a share, in micros; 0 for a market order.
        rules: The costs that a paper market charges, and how much of a bar's volume it gives.
    """

    client_order_id: str
    side: OrderSide
    shares: int
    limit: int
    rules: RuleInts


@dataclass(frozen=True, slots=True)
class Position:
    """
    Held shares and their protection, as a paper market watches them.

    Attributes:
        entry_id: The client_order_id of the order that opened the position.
        shares: Held now.
        stop: Micros, 0 where there is none.
        target: Micros, 0 where there is none.
        rules: The costs that a paper market charges, and how much of a bar's volume it gives.
    """

    entry_id: str
    shares: int
    stop: int
    target: int
    rules: RuleInts


@dataclass(frozen=True, slots=True)
class Fill:
    """
    One execution, as the broker reports it.

    Attributes:
        execution_ref: The broker's name of it; a second report under the same name is the same execution.
        shares: How many.
        price: Micros.
        amount: Cents: shares x price, before the fee.
        fee: Cents.
        bar_time: The bar in which it filled, None between bars.
        is_ambiguous: The bar touched stop and target and its open did not tell which came first.
    """

    execution_ref: str
    shares: int
    price: int
    amount: int
    fee: int
    bar_time: datetime | None
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class ProtectiveFill:
    """A stop or a target that a bar has set off, and its execution; None where the bar's volume gave nothing."""

    trigger: Trigger
    fill: Fill | None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """
    What a broker says to an order.

    Attributes:
        is_working: Whether it is at work from now on; if not, what of it has not filled has ended.
        fill: Its execution, where there is one.
        reason: Why it has not filled, or not wholly.
    """

    is_working: bool
    fill: Fill | None = None
    reason: str | None = None
