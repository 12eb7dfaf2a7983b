"""
A broker in a process of its own, which outlives the engines that trade with it: the ground truth of what traded.

Its market is the paper market's. What it adds is a memory: every order it took and every execution it made, so that
it can be compared with the books afterwards. It knows nothing of the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, ClassVar

from daytrader.brokers.messages import Acknowledgement, Fill, MarketBar, OrderTicket, Position, ProtectiveFill
from daytrader.brokers.paper import PaperBroker
from daytrader.models.enums import OrderSide
from tests.crash.nursery import reach

Checkpoint = Callable[[str], None]


@dataclass
class Truth:
    """
    What the broker knows.

    Attributes:
        orders: The tickets it took, by client_order_id.
        executions: What it executed, by its own name: side, shares and price in micros.
        resent: The client_order_ids it was sent more than once.
    """

    orders: dict[str, OrderTicket] = field(default_factory=dict)
    executions: dict[str, tuple[OrderSide, int, int]] = field(default_factory=dict)
    resent: list[str] = field(default_factory=list)


class Market:
    """The state machine: an order is taken once, and executed once, however often either is asked for."""

    def __init__(self) -> None:
        self._truth = Truth()
        self._paper = PaperBroker()
        self._answers: dict[tuple[str, datetime], Acknowledgement] = {}
        self._legs: dict[tuple[str, datetime], ProtectiveFill] = {}
        self._lock = threading.Lock()

    def answer(self, question: str, arguments: tuple[Any, ...]) -> Any:
        """Answer one call of the protocol, or tell the truth."""
        with self._lock:
            return getattr(self, question)(*arguments)

    def truth(self) -> Truth:
        """Return all that happened."""
        return self._truth

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Take an order, once."""
        if ticket.client_order_id in self._truth.orders:
            self._truth.resent.append(ticket.client_order_id)
        self._truth.orders.setdefault(ticket.client_order_id, ticket)
        return self._paper.submit(ticket, bar)

    def find(self, client_order_id: str) -> Acknowledgement | None:
        """Return what became of an order, None if it was never taken."""
        return Acknowledgement(is_working=True) if client_order_id in self._truth.orders else None

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Execute an order that was taken, once a bar; one that was not is nobody's."""
        if ticket.client_order_id not in self._truth.orders:
            raise LookupError(f"{ticket.client_order_id} was never submitted")
        met = ticket.client_order_id, bar.time
        answer = self._answers.get(met) or self._paper.at_open(ticket, bar)
        if answer.fill is not None:
            self._answers[met] = answer
            self._execute(ticket.side, answer.fill)
        return answer

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Execute a stop or a target, once a bar for a position."""
        met = position.entry_id, bar.time
        leg = self._legs.get(met) or self._paper.protect(position, bar)
        if leg is not None and leg.fill is not None:
            self._legs[met] = leg
            self._execute(OrderSide.SELL, leg.fill)
        return leg

    def _execute(self, side: OrderSide, fill: Fill) -> None:
        self._truth.executions[fill.execution_ref] = (side, fill.shares, fill.price)


def serve(address: Path) -> None:
    """Be the broker at *address* until the process ends; every connection has its own thread."""
    market = Market()
    with Listener(str(address), "AF_UNIX") as listener:
        while True:
            threading.Thread(target=_talk, args=(market, listener.accept()), daemon=True).start()


def _talk(market: Market, connection: Connection) -> None:
    with connection:
        while True:
            try:
                question, arguments = connection.recv()
            except (EOFError, OSError):
                return  # an engine was killed
            try:
                answer: tuple[bool, Any] = True, market.answer(question, arguments)
            except LookupError as error:
                answer = False, error
            try:
                connection.send(answer)
            except OSError:
                return


class RemoteBroker:
    """The broker as an engine sees it: *checkpoint* is called where the process may die between asking and hearing."""

    name: ClassVar[str] = "paper"

    def __init__(self, address: Path, checkpoint: Checkpoint = lambda _name: None) -> None:
        self._connection = reach(address)
        self._checkpoint = checkpoint

    def truth(self) -> Truth:
        """Return all that happened."""
        found: Truth = self._ask("truth")
        return found

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:
        """Send an order."""
        answer: Acknowledgement = self._ask("submit", ticket, bar, taken="after submit")
        return answer

    def find(self, client_order_id: str) -> Acknowledgement | None:
        """Ask what became of an order."""
        answer: Acknowledgement | None = self._ask("find", client_order_id)
        return answer

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Ask what a bar makes of a working order."""
        self._checkpoint("before fill")
        answer: Acknowledgement = self._ask("at_open", ticket, bar, taken="after fill")
        return answer

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:
        """Ask what a stop or a target did."""
        answer: ProtectiveFill | None = self._ask("protect", position, bar)
        return answer

    def _ask(self, question: str, *arguments: Any, taken: str | None = None) -> Any:
        self._connection.send((question, arguments))
        self._connection.poll(None)  # it is done there, and not known here
        if taken is not None:
            self._checkpoint(taken)
        is_good, answer = self._connection.recv()
        if not is_good:
            raise answer
        return answer
