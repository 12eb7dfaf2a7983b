"""A broker that remembers everything, refuses some orders, and whose line to the engine fails as a seed says."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from daytrader.brokers.messages import (
    Acknowledgement,
    Fill,
    FillMode,
    MarketBar,
    OrderTicket,
    Position,
    ProtectiveFill,
)
from daytrader.brokers.paper import PaperBroker
from daytrader.models.enums import OrderSide

Checkpoint = Callable[[str], None]

_REFUSED: Final = 0.05
_LINE_FAILS: Final = 0.04


@dataclass
class Truth:
    """
    What traded, whatever anybody has heard of it: it outlives every engine.

    Attributes:
        orders: The tickets that were taken, by client_order_id.
        answers: What became of each.
        executions: By the broker's own name: side, shares and price in micros.
    """

    orders: dict[str, OrderTicket] = field(default_factory=dict)
    answers: dict[str, Acknowledgement] = field(default_factory=dict)
    executions: dict[str, tuple[OrderSide, int, int]] = field(default_factory=dict)
    met: dict[tuple[str, datetime], Acknowledgement] = field(default_factory=dict)
    legs: dict[tuple[str, datetime], ProtectiveFill] = field(default_factory=dict)


class SimulatedBroker:
    """
    The paper market with a memory and a bad line.

    What it refuses hangs on the order alone, so that it refuses the same in a run without faults; where *chance* is
    None the line is good.
    """

    name: ClassVar[str] = "paper"

    def __init__(
        self, truth: Truth, seed: int, mode: FillMode, chance: random.Random | None, checkpoint: Checkpoint
    ) -> None:
        self._truth = truth
        self._seed = seed
        self._paper = PaperBroker(mode)
        self._chance = chance
        self._checkpoint = checkpoint

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Take an order, once; before and after that the line may fail."""
        self._line("request lost")
        known = self._truth.answers.get(ticket.client_order_id)
        answer = known or self._take(ticket, bar)
        self._checkpoint("taken")
        self._line("answer lost")
        return answer

    def find(self, client_order_id: str) -> Acknowledgement | None:
        """Return what became of an order; one that was taken a moment ago may not be found yet."""
        self._line("question lost")
        if self._chance is not None and self._chance.random() < _LINE_FAILS:
            return None
        return self._truth.answers.get(client_order_id)

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Execute an order that was taken, once a bar; one that was not is nobody's."""
        self._checkpoint("before fill")
        if ticket.client_order_id not in self._truth.orders:
            raise LookupError(f"{ticket.client_order_id} was never submitted")
        met = ticket.client_order_id, bar.time
        answer = self._truth.met.get(met) or self._paper.at_open(ticket, bar)
        if answer.fill is not None:
            self._truth.met[met] = answer
            self._execute(ticket.side, answer.fill)
        self._checkpoint("after fill")
        return answer

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Execute a stop or a target, once a bar for a position."""
        met = position.entry_id, bar.time
        leg = self._truth.legs.get(met) or self._paper.protect(position, bar)
        if leg is not None and leg.fill is not None:
            self._truth.legs[met] = leg
            self._execute(OrderSide.SELL, leg.fill)
        self._checkpoint("after leg")
        return leg

    def _take(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        refuses = ticket.side is OrderSide.BUY and self._draw(ticket, bar) < _REFUSED
        answer = (
            Acknowledgement(is_working=False, reason="refused by the broker")
            if refuses
            else self._paper.submit(ticket, bar)
        )
        self._truth.orders[ticket.client_order_id] = ticket
        self._truth.answers[ticket.client_order_id] = answer
        if answer.fill is not None:
            self._execute(ticket.side, answer.fill)
        return answer

    def _execute(self, side: OrderSide, fill: Fill) -> None:
        self._truth.executions[fill.execution_ref] = (side, fill.shares, fill.price)

    def _draw(self, ticket: OrderTicket, bar: MarketBar | None) -> float:
        moment = None if bar is None else bar.time.isoformat()
        return random.Random(f"{self._seed} {moment} {ticket.shares} {ticket.limit}").random()

    def _line(self, what: str) -> None:
        if self._chance is not None and self._chance.random() < _LINE_FAILS:
            raise ConnectionError(what)
