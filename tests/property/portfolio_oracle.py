"""The rules of a portfolio once more, in plain Python: the traders of `oracle` around purses that they share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.property.oracle import MICRO, Bar, RoundTrip, Settings, Trader, half_up


@dataclass
class Purse:
    """Cash, and what pending entries are expected to take of it."""

    cash: Fraction
    reserved: Fraction = Fraction(0)


class Member(Trader):
    """A trader whose cash is a purse's."""

    def __init__(self, settings: Settings, purse: Purse, at_close: bool, target_first: bool) -> None:
        self.purse = purse
        self.own_reserve = Fraction(0)
        self.starved = 0
        self.last_close = Fraction(0)
        super().__init__(settings, purse.cash, at_close, target_first)

    @property
    def cash(self) -> Fraction:
        """What is in the purse."""
        return self.purse.cash

    @cash.setter
    def cash(self, amount: Fraction) -> None:
        self.purse.cash = amount

    def sized(self, close: Fraction) -> tuple[int, Fraction] | None:
        """Size with what nobody has ordered yet, and reserve what the order is expected to cost."""
        self.purse.cash -= self.purse.reserved
        order = super().sized(close)
        self.purse.cash += self.purse.reserved
        if order is not None:
            own = self.settings
            self.own_reserve = self.total(order[0], half_up(close * (1 + own.slippage) * (1 + own.gap_reserve), MICRO))
            self.purse.reserved += self.own_reserve
        return order

    def enter(self, row: int, base: Fraction) -> None:
        """Buy only with what is still there."""
        assert self.order is not None
        shares, limit = self.order
        price = half_up(base * (1 + self.settings.slippage), MICRO)
        if shares and price <= limit and self.total(shares, price) > self.purse.cash - self.settings.minimum_balance:
            self.starved += 1
            self.order = None
        else:
            super().enter(row, base)
        self.release()

    def release(self) -> None:
        """Reserve nothing any more."""
        self.purse.reserved -= self.own_reserve
        self.own_reserve = Fraction(0)


Calendar = list[tuple[int, list[tuple[int, int]]]]  # (time, [(member, its row)])


def trade_together(members: list[Member], markets: list[list[Bar]], calendar: Calendar) -> list[Fraction]:
    """Walk through *calendar*, every bar a session; return the worth of everything after each."""
    equity = []
    for _, now in calendar:
        for place, row in now:
            members[place].corporate_actions(markets[place], row)
            if members[place].order is None:
                members[place].release()
        for place, row in now:
            if members[place].is_selling:
                members[place].at_the_open(markets[place][row], row)
        for place, row in now:
            if members[place].order is not None:
                members[place].at_the_open(markets[place][row], row)
        for place, row in now:
            members[place].protection(markets[place][row], row)
            members[place].last_close = markets[place][row].close
        holding = [each for each in now if members[each[0]].shares]
        for place, row in [*holding, *(each for each in now if each not in holding)]:
            members[place].at_the_close(markets[place][row], row)
        purses = {id(member.purse): member.purse.cash for member in members}
        worth = sum((half_up(m.shares * m.last_close, Fraction(1, 100)) for m in members), Fraction(0))
        equity.append(sum(purses.values(), worth))
    return equity


def told(trip: RoundTrip) -> tuple[object, ...]:
    """Return a round trip as it is compared."""
    return (trip.entry_row, trip.entry_price, trip.shares, trip.basis, trip.exit_row, trip.exit_price, trip.gain)
