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
from daytrader.core.fills import Trigger, cost_cents, entry_fill, fee_cents, fillable, protective_fill, sell_price
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
        return self._match(ticket, bar, bar.close, "close")

    def find(self, client_order_id: str) -> Acknowledgement | None:  # noqa: ARG002 (the protocol's signature)
        """Return None: an order that was never acknowledged was never taken."""
        return None

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Return what becomes of a working order at the open of *bar*."""
        return self._match(ticket, bar, bar.open, "open")

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Return what the stop or the target of *position* does during *bar*, None if neither is reached."""
        trigger, price, is_ambiguous = protective_fill(
            position.rules, bar.open, bar.high, bar.low, position.stop, position.target, self.is_target_first
        )
        if trigger == Trigger.NONE:
            return None
        kind, shares = Trigger(trigger), fillable(position.rules, position.shares, bar.volume)
        if shares == 0:
            return ProtectiveFill(kind, None)
        ref = _ref(position.entry_id, kind.name.lower(), bar)
        return ProtectiveFill(kind, _fill(ref, shares, price, position.rules, bar, is_ambiguous=bool(is_ambiguous)))

    def _match(self, ticket: OrderTicket, bar: MarketBar, base: int, moment: str) -> Acknowledgement:
        """Fill what the bar's volume gives; the rest of a purchase ends, that of a sale waits for the next open."""
        is_sale = ticket.side is OrderSide.SELL
        price = sell_price(base, ticket.rules.slippage_ppm) if is_sale else entry_fill(ticket.rules, base, ticket.limit)
        if price == 0:
            return Acknowledgement(is_working=False, reason=f"the {moment} was above the limit")
        shares = fillable(ticket.rules, ticket.shares, bar.volume)
        if shares == 0:
            return Acknowledgement(is_working=is_sale, reason="the bar's volume let none of it fill")
        fill = _fill(_ref(ticket.client_order_id, moment, bar), shares, price, ticket.rules, bar)
        if shares == ticket.shares:
            return Acknowledgement(is_working=False, fill=fill)
        reason = f"the bar's volume let {shares:,} of {ticket.shares:,} shares fill"
        return Acknowledgement(is_working=is_sale, fill=fill, reason=reason)


def _fill(ref: str, shares: int, price: int, rules: RuleInts, bar: MarketBar, *, is_ambiguous: bool = False) -> Fill:
    amount = cost_cents(shares, price)
    return Fill(ref, shares, price, amount, fee_cents(rules, shares, amount), bar.time, is_ambiguous)


def _ref(order_id: str, moment: str, bar: MarketBar) -> str:
    return f"{order_id}:{moment}:{int(bar.time.timestamp())}"
