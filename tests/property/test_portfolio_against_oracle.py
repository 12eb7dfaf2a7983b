"""A portfolio agrees with a plain-Python reading of its rules, in every cent of every member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daytrader.core import portfolio
from daytrader.core.bars import Bars, CorporateEvent
from daytrader.core.strategy import Parameter, Params, Signals, use_local
from daytrader.core.trades import Trade
from tests.core.builders import FIRST_DAY
from tests.property.markets import Case, cases, market_of, settings_of, volumes_of
from tests.property.portfolio_oracle import Calendar, Member, Purse, told, trade_together

DAY = 86_400


class Scripted:
    """Says what the drawn case says: which one is told by its parameter, the member's place."""

    name = "scripted"
    description = "Says what a test drew."
    parameters = (Parameter("place", int, 0, 0, 9, "Which member"),)
    cases: ClassVar[list[Case]] = []

    def warmup(self, params: Params) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def signals(self, bars: Bars, params: Params) -> Signals:
        """Return the drawn signals; buy and hold reads other bars."""
        case = self.cases[int(params["place"])]
        return Signals.of([(np.array(case.entry[: bars.n]), "in")], [(np.array(case.exit[: bars.n]), "out")])


@pytest.fixture(autouse=True, scope="module")
def _scripted() -> Iterator[None]:
    use_local([("test", Scripted())], [])
    yield
    use_local([], [])


@dataclass(frozen=True)
class Together:
    """Members with days of their own, a shared purse and some budgets."""

    cases: list[Case]
    days: list[list[int]]
    budgets: list[int | None]
    cents: int
    at_close: bool


@st.composite
def together(draw: st.DrawFn) -> Together:
    """Draw up to four members; each trades on most of the days, not on all."""
    drawn = draw(st.lists(cases(), min_size=1, max_size=4))
    days = []
    for case in drawn:
        gaps = draw(st.lists(st.sampled_from([1, 1, 1, 2, 3]), min_size=len(case.quotes), max_size=len(case.quotes)))
        days.append((FIRST_DAY + np.cumsum(gaps)).tolist())
    budgets = [draw(st.none() | st.none() | st.integers(1, case.cents)) for case in drawn]
    set_aside = sum(budget or 0 for budget in budgets)
    shared = draw(st.sampled_from([sum(case.cents for case in drawn), max(case.cents for case in drawn)]))
    return Together(drawn, days, budgets, set_aside + shared, draw(st.booleans()))


def moved(case: Case, days: list[int]) -> list[tuple[int, CorporateEvent]]:
    """Return the case's events on the member's own days, with their rows."""
    rows = [event.session - FIRST_DAY for event in case.events]
    return [(row, replace(event, session=days[row])) for row, event in zip(rows, case.events, strict=True)]


def bars_of(case: Case, days: list[int]) -> Bars:
    """Return the case's market on the member's own days."""
    open_, high, low, close = np.array(case.quotes).T / 1e6
    events = [event for _, event in moved(case, days)]
    return Bars.build(np.array(days) * DAY, open_, high, low, close, volumes_of(case), events=events)


def row_of(days: list[int], time: int | None) -> int | None:
    """Return the member's row of a bar."""
    return None if time is None else days.index(time // DAY)


def as_told(trade: Trade, days: list[int]) -> tuple[object, ...]:
    """Return a trade as it is compared."""
    return (
        row_of(days, trade.entry_time),
        Fraction(trade.entry_price, 1_000_000),
        trade.shares,
        Fraction(trade.cost_basis, 100),
        row_of(days, trade.exit_time),
        None if trade.exit_price is None else Fraction(trade.exit_price, 1_000_000),
        None if trade.gain_loss is None else Fraction(trade.gain_loss, 100),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=together())
def test_every_cent_of_every_member_agrees(drawn: Together) -> None:
    """Orders that compete for one open's cash, days that not all trade, budgets, splits, stops."""
    Scripted.cases = drawn.cases
    bars = [bars_of(case, days) for case, days in zip(drawn.cases, drawn.days, strict=True)]
    report = portfolio.run(
        [
            portfolio.Member(
                f"S{place}",
                own,
                "scripted",
                {"place": place},
                case.rules,
                None if budget is None else Decimal(budget) / 100,
            )
            for place, (case, own, budget) in enumerate(zip(drawn.cases, bars, drawn.budgets, strict=True))
        ],
        cash=Decimal(drawn.cents) / 100,
        fill="close" if drawn.at_close else "next_open",
    )

    shared = Purse(Fraction(drawn.cents - sum(budget or 0 for budget in drawn.budgets), 100))
    purses = [shared if budget is None else Purse(Fraction(budget, 100)) for budget in drawn.budgets]
    members = [
        Member(settings_of(case.rules), purse, drawn.at_close, target_first=False)
        for case, purse in zip(drawn.cases, purses, strict=True)
    ]
    markets = [
        market_of(case, moved(case, days), own) for case, days, own in zip(drawn.cases, drawn.days, bars, strict=True)
    ]
    calendar: Calendar = [
        (day, [(place, days.index(day)) for place, days in enumerate(drawn.days) if day in days])
        for day in sorted({day for days in drawn.days for day in days})
    ]
    equity = trade_together(members, markets, calendar)
    idle = shared.cash if None not in drawn.budgets else Fraction(0)

    assert [Fraction(cents, 100) - idle for cents in report.whole.run.equity.tolist()] == equity
    for member, result, days in zip(members, report.members, drawn.days, strict=True):
        assert [as_told(trade, days) for trade in result.trades] == [told(trip) for trip in member.trips]
        assert (result.shares, Fraction(result.fees, 100)) == (member.shares, member.fees)
        assert (result.ambiguous_bars, result.expired_for_cash) == (member.ambiguous, member.starved)
    gains = sum(result.gains for result in report.members)
    assert (report.whole.run.equity - drawn.cents == gains).all()
