"""The paper market: orders meet bars by the functions that the backtest uses, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from daytrader.brokers.messages import (
    Acknowledgement,
    Fill,
    FillMode,
    MarketBar,
    OrderTicket,
    Position,
    ProtectiveFill,
)
from daytrader.core.fills import Trigger, cost_cents, entry_fill, fee_cents, protective_fill, sell_price
from daytrader.core.rules import RuleInts
from daytrader.models.enums import OrderSide


@dataclass(frozen=True, slots=True)
class PaperBroker:
    """
    A market without a memory: what it works is what our own tables call live.

    Every execution is named after its order and bar, so that matching a bar again after a crash reports the same
    execution again, not another one.

    Attributes:
        fill_mode: Whether orders fill at the next open or at the close that decided them.
        is_target_first: Let the target win in bars that touch both levels: the optimistic second run of a report.
    """

    fill_mode: FillMode = FillMode.NEXT_OPEN
    is_target_first: bool = False
    name: ClassVar[str] = "paper"

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Take an order that was decided at the close of *bar* (None: between bars)."""
        if self.fill_mode is FillMode.NEXT_OPEN or bar is None:
            return Acknowledgement(is_working=True)
        fill = self._match(ticket, bar, bar.close, "close")
        if fill is None:
            return Acknowledgement(is_working=False, reason="the close was above the limit")
        return Acknowledgement(is_working=False, fill=fill)

    def find(self, client_order_id: str) -> Acknowledgement | None:  # noqa: ARG002 (the protocol's signature)
        """Return None: an order that was never acknowledged was never taken."""
        return None

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Fill | None:
        """Return the fill of a working order at the open of *bar*, None if it expires."""
        return self._match(ticket, bar, bar.open, "open")

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Return what the stop or the target of *position* does during *bar*, None if neither is reached."""
        trigger, price, is_ambiguous = protective_fill(
            position.rules, bar.open, bar.high, bar.low, position.stop, position.target, self.is_target_first
        )
        if trigger == Trigger.NONE:
            return None
        kind = Trigger(trigger)
        ref = _ref(position.entry_id, kind.name.lower(), bar)
        fill = _fill(ref, position.shares, price, position.rules, bar, is_ambiguous=bool(is_ambiguous))
        return ProtectiveFill(kind, fill)

    def _match(self, ticket: OrderTicket, bar: MarketBar, base: int, moment: str) -> Fill | None:
        if ticket.side is OrderSide.BUY:
            price = entry_fill(ticket.rules, base, ticket.limit)
        else:
            price = sell_price(base, ticket.rules.slippage_ppm)
        if price == 0:
            return None
        return _fill(_ref(ticket.client_order_id, moment, bar), ticket.shares, price, ticket.rules, bar)


def _fill(ref: str, shares: int, price: int, rules: RuleInts, bar: MarketBar, *, is_ambiguous: bool = False) -> Fill:
    amount = cost_cents(shares, price)
    return Fill(ref, shares, price, amount, fee_cents(rules, shares, amount), bar.time, is_ambiguous)


def _ref(order_id: str, moment: str, bar: MarketBar) -> str:
    return f"{order_id}:{moment}:{int(bar.time.timestamp())}"
