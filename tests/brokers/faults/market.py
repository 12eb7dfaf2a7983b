"""The broker's side of a sequence: its market as the plan says, and everything that can be wrong with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from tests.brokers.faults.plan import SYMBOLS, Fault
from tests.brokers.faults.server import RemoteAlpaca
from tests.brokers.faults.truth import CASH, Memory

INSTALLATION: Final = "local"
"""What the orders of the engine bear, and one that it has not sent."""
_BOUND: Final = 0.6
_STRAY: Final = 0.04
"""How likely a step is to meet the fault that the seed is bound to meet, and each other one."""
_SELDOM: Final = {Fault.DISCONNECT: 0.3, Fault.REFUSE: 0.3, Fault.UNKNOWN_ORDER: 0.1}
"""Likewise, where a fault leaves little to happen after it."""
_STRANGERS: Final = (f"dt-{INSTALLATION}-00000000-0000-4000-8000-000000000000", "by hand")
_MOST_LOOKS_HIDDEN: Final = 3
_RECOVERS: Final = 0.2


class FaultyMarket:
    """Moves the market at *alpaca*, and lets faults happen: *fault* for certain, others by *chance*."""

    def __init__(self, alpaca: RemoteAlpaca, fault: Fault, chance: random.Random) -> None:
        self.strangers: list[str] = []
        self.is_calm = True
        self.is_impatient = False
        self._alpaca = alpaca
        self._fault = fault
        self._chance = chance
        self._looks_hidden = 0
        self._line: Mapping[Fault, Callable[[], object]] = {
            Fault.TIMEOUT: self._time_out,
            Fault.GATEWAY: lambda: self._fail("504"),
            Fault.LOST_ANSWER: lambda: self._fail("lose"),
            Fault.HALF_AN_ANSWER: lambda: self._fail("half"),
            Fault.NOT_FOUND: self._hide_an_order,
            Fault.DISCONNECT: self._disconnect,
            Fault.TOO_MANY_REQUESTS: lambda: self._fail("429"),
            Fault.REFUSE: lambda: self._alpaca.do("fault", "POST", "refuse"),
            Fault.FILL_DURING_CANCEL: lambda: self._alpaca.do("set", cancels_slowly=True),
            Fault.UNKNOWN_ORDER: self._let_a_stranger_come,
        }
        self._market: Mapping[Fault, Callable[[], object]] = {
            Fault.DUPLICATE_FILL: lambda: self._alpaca.do("set", repeats_fills=True),
            Fault.REORDERED_FILL: self._hide_fills,
            Fault.LATE_FILL: self._hide_fills,
            Fault.PARTIAL_CANCEL: lambda: self._break_off("canceled", after_a_part=True),
            Fault.PARTIAL_REJECT: lambda: self._break_off("rejected", after_a_part=True),
            Fault.REJECT: lambda: self._break_off("rejected", after_a_part=False),
        }

    def begin(self, now: datetime) -> None:
        """Open an account."""
        self._alpaca.do("begin", now.isoformat(), str(CASH))

    def is_bound(self, fault: Fault) -> bool:
        """Return whether *fault* is to happen now."""
        if self.is_calm:
            return False
        if fault is self._fault:
            return self._chance.random() < _SELDOM.get(fault, _BOUND)
        return fault is not Fault.UNKNOWN_ORDER and self._chance.random() < _STRAY

    def strike(self, now: datetime) -> None:
        """Let it be *now*, before the engine looks; the line may fail."""
        self._alpaca.do("set", now=now.isoformat(), faults=[])
        self.is_impatient = False
        for fault, happen in self._line.items():
            if self.is_bound(fault):
                happen()

    def open(self, now: datetime, prices: Mapping[str, float]) -> None:
        """Let the opening auction be at *prices*."""
        self._alpaca.do("set", now=now.isoformat())
        self._disturb()
        for symbol, price in prices.items():
            self._alpaca.do("auction", symbol, str(price))

    def trade(self, now: datetime, prices: Mapping[str, float]) -> None:
        """Let the market trade at *prices*, at times too little for the whole of an order."""
        self._alpaca.do("set", now=now.isoformat())
        self._disturb()
        for symbol, price in prices.items():
            for volume in self._volumes():
                self._alpaca.do("trade", symbol, str(price), volume)

    def ring_bell(self, now: datetime) -> None:
        """End the session."""
        self._alpaca.do("set", now=now.isoformat())
        self._alpaca.do("finish_cancels")
        self._alpaca.do("bell")

    def show_all(self) -> None:
        """Show what was hidden: no broker hides a fill from one session to the next."""
        self._alpaca.do("reveal", is_reversed=self._fault is Fault.REORDERED_FILL or self._chance.random() < 0.5)

    def recover(self) -> None:
        """After the engine has looked: what was hidden may show, what was being cancelled may have ended."""
        self._looks_hidden += 1
        if self._looks_hidden >= _MOST_LOOKS_HIDDEN or self._chance.random() < _RECOVERS:
            self.show_all()
        if self._fault is not Fault.FILL_DURING_CANCEL and self._chance.random() < _RECOVERS:
            self._alpaca.do("finish_cancels")

    def calm_down(self) -> None:
        """From now on nothing is wrong any more."""
        self.is_calm = True
        self.is_impatient = False
        self._alpaca.do("set", faults=[], repeats_fills=False, cancels_slowly=False)
        self._alpaca.do("finish_cancels")
        self.show_all()

    def memory(self) -> Memory:
        """Return what the broker remembers."""
        return Memory.of(self._alpaca.do("memory"))

    def _disturb(self) -> None:
        for fault, happen in self._market.items():
            if self.is_bound(fault):
                happen()

    def _fail(self, what: str) -> None:
        self._alpaca.do("fault", self._chance.choice(("POST", "POST", "GET", "DELETE")), what)

    def _time_out(self) -> None:
        self.is_impatient = True
        self._alpaca.do("fault", "POST", "hang")

    def _disconnect(self) -> None:
        for method in ("POST", "DELETE", *["GET"] * self._chance.randint(1, 3)):
            self._alpaca.do("fault", method, "drop")

    def _hide_an_order(self) -> None:
        """The broker takes an order, its answer is lost, and for a while it says that it knows of none."""
        self._looks_hidden = 0
        self._alpaca.do("fault", "POST", "lose")
        self._alpaca.do("set", hides_new_orders=True)

    def _hide_fills(self) -> None:
        self._looks_hidden = 0
        self._alpaca.do("set", hides_fills=True)

    def _let_a_stranger_come(self) -> None:
        """Somebody sends an order under our prefix that we know nothing of, and one under a name of their own."""
        if not self.strangers:
            self.strangers = list(_STRANGERS)
            for name in self.strangers:
                self._alpaca.do("appear", name, "OTHER")

    def _break_off(self, status: str, *, after_a_part: bool) -> None:
        """End one of our orders, if there is one, before all of it has traded."""
        memory = self.memory()
        working = [name for name, order in memory.by_name.items() if order["symbol"] in SYMBOLS]
        working = [name for name in working if memory.is_working(name)]
        if not working:
            return
        name = self._chance.choice(working)
        order = memory.by_name[name]
        left = int(order["qty"]) - memory.filled(name)
        if after_a_part and left > 1:
            self._alpaca.do("fill", name, self._chance.randint(1, left - 1), order["limit_price"] or "50")
        self._alpaca.do("end", name, status)

    def _volumes(self) -> tuple[int, ...]:
        """Return how much of each trade is ours: mostly enough, else in two parts or too little."""
        if self.is_calm or self._chance.random() < 0.6:
            return (10**9,)
        return (self._chance.randint(1, 40), self._chance.randint(1, 40), self._chance.choice((0, 10**9)))
