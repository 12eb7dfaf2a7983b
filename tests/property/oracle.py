"""
The trading rules once more: slow, obvious, in exact fractions, without the core's code.

Written from docs/trading.md alone. It searches by trying, keeps every figure as a fraction of the currency unit and
rounds only where the rules say so. The compiled loop must agree with it in every cent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

CENT = Fraction(1, 100)
MICRO = Fraction(1, 1_000_000)


def half_up(value: Fraction, unit: Fraction) -> Fraction:
    """Round to a multiple of *unit*, halves up."""
    return math.floor(value / unit + Fraction(1, 2)) * unit


def tick_of(price: Fraction) -> Fraction:
    """Prices tick at 0.01 from 1.00 up, 0.0001 below."""
    return CENT if price >= 1 else CENT / 100


@dataclass
class Bar:
    """One bar, prices in currency units."""

    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    entry: bool = False
    exit: bool = False
    dividends: list[Fraction] = field(default_factory=list)
    splits: list[tuple[int, int]] = field(default_factory=list)
    volume: int | None = None


@dataclass
class Settings:
    """What a service's owner sets; rates are fractions (0.05 = 5 %)."""

    allocation: Fraction
    fixed_shares: int | None
    stop_loss: Fraction
    take_profit: Fraction
    minimum_balance: Fraction
    gap_reserve: Fraction
    per_order: Fraction
    per_share: Fraction
    percent: Fraction
    minimum_fee: Fraction
    slippage: Fraction
    volume_limit: Fraction | None = None


@dataclass
class RoundTrip:
    """One position; row numbers are bars."""

    entry_row: int
    entry_price: Fraction
    shares: int
    basis: Fraction
    adjustments: Fraction = Fraction(0)
    received: Fraction = Fraction(0)
    exit_row: int | None = None
    exit_price: Fraction | None = None
    gain: Fraction | None = None
    why: str | None = None
    parts: list[tuple[int, Fraction]] = field(default_factory=list)


@dataclass
class Outcome:
    """What a run ends with."""

    cash: Fraction
    shares: int
    fees: Fraction
    ambiguous: int
    equity: list[Fraction]
    trips: list[RoundTrip]


class Trader:
    """Walks through the bars one event at a time."""

    def __init__(self, settings: Settings, cash: Fraction, at_close: bool, target_first: bool) -> None:
        self.settings = settings
        self.cash = cash
        self.at_close = at_close
        self.target_first = target_first
        self.shares = 0
        self.stop: Fraction | None = None
        self.target: Fraction | None = None
        self.order: tuple[int, Fraction] | None = None
        self.is_selling = False
        self.selling_why = ""
        self.is_armed = True
        self.fees = Fraction(0)
        self.ambiguous = 0
        self.trips: list[RoundTrip] = []

    def run(self, bars: list[Bar], first: int) -> Outcome:
        """Trade from row *first* on."""
        equity = []
        for row in range(first, len(bars)):
            self.corporate_actions(bars, row)
            self.at_the_open(bars[row], row)
            self.protection(bars[row], row)
            self.at_the_close(bars[row], row)
            equity.append(self.cash + half_up(self.shares * bars[row].close, CENT))
        return Outcome(self.cash, self.shares, self.fees, self.ambiguous, equity, self.trips)

    def corporate_actions(self, bars: list[Bar], row: int) -> None:
        """(0): dividends before splits, on what was held at the previous close."""
        for amount in bars[row].dividends:
            if self.shares:
                self.adjust(half_up(self.shares * amount, CENT))
        for new, old in bars[row].splits:
            ratio = Fraction(new, old)
            if self.order:
                wanted, limit = self.order
                reserved = self.total(wanted, limit)
                limit = math.floor(limit / ratio / tick_of(limit / ratio)) * tick_of(limit / ratio)
                wanted = math.floor(wanted * ratio)
                while wanted and self.total(wanted, limit) > reserved:
                    wanted -= 1
                self.order = (wanted, limit) if wanted else None
            if self.shares:
                previous = bars[row - 1].close
                exact = self.shares * ratio
                self.shares = math.floor(exact)
                self.adjust(half_up((exact - self.shares) * previous / ratio, CENT))
                if self.stop is not None:
                    self.stop = half_up(self.stop / ratio, tick_of(self.stop / ratio))
                if self.target is not None:
                    self.target = half_up(self.target / ratio, tick_of(self.target / ratio))
                if self.shares == 0:
                    self.end(row, half_up(previous / ratio, MICRO), "split")

    def adjust(self, amount: Fraction) -> None:
        """Book cash that a position earned without being sold."""
        self.cash += amount
        self.trips[-1].adjustments += amount

    def at_the_open(self, bar: Bar, row: int) -> None:
        """(1) the pending exit, (2) the pending entry."""
        if self.is_selling:
            self.sell(bar, row, self.sold_at(bar.open))
        elif self.order:
            self.cap_order(bar)
            self.enter(row, bar.open)

    def protection(self, bar: Bar, row: int) -> None:
        """(3) the stop, (4) the target; not of what is being sold already."""
        if not self.shares or self.is_selling:
            return
        stop, target = self.stop, self.target
        if stop is not None and bar.open <= stop:
            self.leave(bar, row, self.sold_at(bar.open), "stop")
        elif target is not None and bar.open >= target:
            self.leave(bar, row, bar.open, "target")
        else:
            touches_stop = stop is not None and bar.low <= stop
            touches_target = target is not None and bar.high >= target
            if touches_stop and touches_target and self.taken(1, bar):
                self.ambiguous += 1
            if touches_target and (self.target_first or not touches_stop):
                assert target is not None
                self.leave(bar, row, target, "target")
            elif touches_stop:
                assert stop is not None
                self.leave(bar, row, self.sold_at(stop), "stop")

    def at_the_close(self, bar: Bar, row: int) -> None:
        """(5): the decision; exit wins over entry, and such a row counts as entry false."""
        entry = bar.entry and not bar.exit
        if not entry:
            self.is_armed = True
        if self.shares and bar.exit and not self.is_selling:
            if self.at_close:
                self.leave(bar, row, self.sold_at(bar.close), "signal")
            else:
                self.is_selling, self.selling_why = True, "signal"
        elif not self.shares and entry and self.is_armed:
            self.order = self.sized(bar.close)
            if self.at_close and self.order:
                self.cap_order(bar)
                self.enter(row, bar.close)

    def sized(self, close: Fraction) -> tuple[int, Fraction] | None:
        """Return shares and limit of a buy."""
        own = self.settings
        spendable = max(Fraction(0), self.cash - own.minimum_balance)
        price = half_up(close * (1 + own.slippage) * (1 + own.gap_reserve), MICRO)
        budget = spendable * own.allocation
        shares = math.ceil(budget / price) + 2
        if own.fixed_shares is not None:
            shares = min(shares, own.fixed_shares)
        while shares > 0 and self.total(shares, price) > budget:
            # whole leaps first, then single shares
            leap = max(1, math.floor((self.total(shares, price) - budget) / (4 * price)))
            shares = max(0, shares - leap)
        if shares == 0:
            return None
        limit = spendable / shares + 1
        limit = math.ceil(limit / tick_of(limit)) * tick_of(limit)
        while self.total(shares, limit) > spendable:
            over = (self.total(shares, limit) - spendable) / (4 * shares)
            limit -= max(tick_of(limit), math.floor(over / tick_of(limit)) * tick_of(limit))
            if limit < 1:
                limit = math.floor(limit / (CENT / 100)) * (CENT / 100)
        # at 1.00 the tick changes: the next finer one may still fit
        while self.total(shares, limit + tick_of(limit)) <= spendable:
            limit += tick_of(limit)
        return shares, limit

    def total(self, shares: int, price: Fraction) -> Fraction:
        """Cost and fee."""
        cost = half_up(shares * price, CENT)
        return cost + self.fee(shares, cost)

    def fee(self, shares: int, amount: Fraction) -> Fraction:
        """max(minimum, per order + n x per share + percent of the amount)."""
        own = self.settings
        return half_up(max(own.minimum_fee, own.per_order + shares * own.per_share + own.percent * amount), CENT)

    def sold_at(self, base: Fraction) -> Fraction:
        """What a sale brings after slippage."""
        return half_up(base * (1 - self.settings.slippage), MICRO)

    def enter(self, row: int, base: Fraction) -> None:
        """Fill the pending entry at *base*, or let it expire."""
        assert self.order is not None
        (shares, limit), self.order = self.order, None
        if shares == 0:
            return
        price = half_up(base * (1 + self.settings.slippage), MICRO)
        if price > limit:
            return
        cost = half_up(shares * price, CENT)
        fee = self.fee(shares, cost)
        self.cash -= cost + fee
        self.fees += fee
        self.shares = shares
        self.trips.append(RoundTrip(row, price, shares, cost + fee))
        own = self.settings
        stop, target = price * (1 - own.stop_loss), price * (1 + own.take_profit)
        self.stop = half_up(stop, tick_of(stop)) if own.stop_loss and stop > 0 else None
        self.target = half_up(target, tick_of(target)) if own.take_profit else None
        if self.stop == 0:
            self.stop = None

    def taken(self, shares: int, bar: Bar) -> int:
        """How many of *shares* one fill may take of the bar's volume."""
        limit = self.settings.volume_limit
        return shares if limit is None else min(shares, math.floor((bar.volume or 0) * limit))

    def cap_order(self, bar: Bar) -> None:
        """What the bar's volume does not take of an entry is cancelled."""
        assert self.order is not None
        self.order = (self.taken(self.order[0], bar), self.order[1])

    def leave(self, bar: Bar, row: int, price: Fraction, why: str) -> None:
        """Begin to sell everything."""
        self.is_selling, self.selling_why = True, why
        self.sell(bar, row, price)

    def sell(self, bar: Bar, row: int, price: Fraction) -> None:
        """Sell what the bar's volume takes; with the last share the trade ends."""
        shares = self.taken(self.shares, bar)
        if shares == 0:
            return
        proceeds = half_up(shares * price, CENT)
        fee = self.fee(shares, proceeds)
        self.cash += proceeds - fee
        self.fees += fee
        self.shares -= shares
        if self.selling_why == "stop":
            self.is_armed = False
        trip = self.trips[-1]
        trip.parts.append((shares, price))
        trip.received += proceeds - fee
        if self.shares == 0:
            sold = sum(part for part, _ in trip.parts)
            average = half_up(sum((part * at for part, at in trip.parts), Fraction(0)) / sold, MICRO)
            self.end(row, average, self.selling_why)

    def end(self, row: int, price: Fraction, why: str) -> None:
        """Nothing is left of the position."""
        trip = self.trips[-1]
        trip.exit_row, trip.exit_price, trip.why = row, price, why
        trip.gain = trip.received + trip.adjustments - trip.basis
        self.is_selling = False
