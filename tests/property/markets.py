"""Random markets, owners and rules, as the core and as the plain readings take them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.core.rules import Costs, Rules
from tests.core.builders import FIRST_DAY, days
from tests.property.oracle import Bar, Settings

LIMITS = [Decimal(percent) for percent in ("100", "50", "12.34", "2.5", "0.01")]
MOST_GROWTH = 1000  # of a price by reverse splits, from 20,000 at most


@dataclass(frozen=True)
class Case:
    """One market, one owner, one way to fill."""

    quotes: list[tuple[int, int, int, int]]  # micros
    entry: list[bool]
    exit: list[bool]
    events: list[CorporateEvent]
    rules: Rules
    cents: int
    first: int
    at_close: bool
    volumes: list[int | None]


def percents(most: str, places: int = 2) -> st.SearchStrategy[Decimal]:
    """Return percentages, sometimes zero."""
    return st.just(Decimal(0)) | st.decimals(0, most, places=places) | st.decimals(0, most, places=places)


@st.composite
def quotes(draw: st.DrawFn, n: int) -> list[tuple[int, int, int, int]]:
    """Draw *n* bars in micros, around one price level, with gaps, on the tick or off it."""
    grid = draw(st.sampled_from([1, 100, 10_000]))
    level = draw(st.integers(2_000, 20_000)) * draw(st.sampled_from([100, 10_000, 1_000_000]))
    bars = []
    price = level
    for _ in range(n):
        open_ = price + draw(st.integers(-level // 20, level // 20))
        close = open_ + draw(st.integers(-level // 20, level // 20))
        high = max(open_, close) + draw(st.integers(0, level // 8))
        low = min(open_, close) - draw(st.integers(0, level // 8))
        ordered = [max(grid, value // grid * grid) for value in (open_, high, low, close)]
        bars.append((ordered[0], ordered[1], ordered[2], ordered[3]))
        price = ordered[3]
    return bars


@st.composite
def corporate_events(draw: st.DrawFn, n: int, level: int) -> list[CorporateEvent]:
    """Draw a few dividends below the quarantine and splits, reverse ones too."""
    found = []
    growth = 1.0
    for row in draw(st.lists(st.integers(0, n - 1), max_size=5)):
        if draw(st.booleans()):
            amount = Decimal(draw(st.integers(0, level // 12))).scaleb(-6)
            found.append(CorporateEvent(FIRST_DAY + row, EventKind.DIVIDEND, amount=amount))
        else:
            new, old = draw(st.sampled_from([(2, 1), (3, 2), (7, 1), (1, 10), (1, 20), (527, 500), (1, 3)]))
            growth *= max(1.0, old / new)
            if growth > MOST_GROWTH:
                continue  # a level or a limit would be beyond the largest price, which the core refuses
            found.append(CorporateEvent(FIRST_DAY + row, EventKind.SPLIT, new, old))
    return found


@st.composite
def all_rules(draw: st.DrawFn) -> Rules:
    """Draw rules with every kind of cost and protection, each often off."""
    return Rules(
        allocation=draw(st.decimals("0.01", 1, places=2)),
        fixed_shares=draw(st.none() | st.integers(1, 30)),
        stop_loss_percent=draw(percents("8")),
        take_profit_percent=draw(percents("8")),
        minimum_balance=draw(st.sampled_from([Decimal(0), Decimal("0.37"), Decimal(250)])),
        gap_reserve_percent=draw(percents("5")),
        costs=Costs(
            per_order=draw(percents("10")),
            per_share=draw(percents("0.05", places=4)),
            percent=draw(percents("1", places=3)),
            minimum=draw(percents("5")),
            slippage_bps=draw(percents("300")),
        ),
        volume_limit_percent=draw(st.none() | st.sampled_from(LIMITS)),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a whole case."""
    n = draw(st.integers(2, 30))
    bars = draw(quotes(n))
    often = draw(st.sampled_from([0, 1, 2]))
    affordable = draw(st.integers(1, 3) | st.integers(3, 3000))
    return Case(
        bars,
        draw(st.lists(st.integers(0, often).map(lambda x: x == 0), min_size=n, max_size=n)),
        draw(st.lists(st.integers(0, 6).map(lambda x: x == 3), min_size=n, max_size=n)),
        draw(corporate_events(n, min(bar[3] for bar in bars))),
        draw(all_rules()),
        min(10**10, bars[0][3] * affordable // 5_000 + draw(st.integers(1, 100_000))),
        draw(st.just(0) | st.integers(0, n - 1)),
        draw(st.booleans()),
        draw(volumes(n)),
    )


@st.composite
def volumes(draw: st.DrawFn, n: int) -> list[int | None]:
    """Draw how many shares each of *n* bars traded: far too few, some, more than enough, none, or nobody knows."""
    most = draw(st.sampled_from([20, 300, 10_000, 1_000_000]))
    return draw(st.lists(st.integers(0, most) | st.sampled_from([None, 0, most]), min_size=n, max_size=n))


def as_bars(case: Case) -> Bars:
    """Return the market as the core reads it."""
    open_, high, low, close = np.array(case.quotes).T / 1e6
    return Bars.build(days(len(case.quotes)) * 86_400, open_, high, low, close, volumes_of(case), events=case.events)


def volumes_of(case: Case) -> list[float]:
    """Return the volumes as the core reads them."""
    return [math.nan if volume is None else float(volume) for volume in case.volumes]


def settings_of(rules: Rules) -> Settings:
    """Return *rules* as the plain reading takes them."""
    costs = rules.costs
    return Settings(
        allocation=Fraction(rules.allocation),
        fixed_shares=rules.fixed_shares,
        stop_loss=Fraction(rules.stop_loss_percent) / 100,
        take_profit=Fraction(rules.take_profit_percent) / 100,
        minimum_balance=Fraction(rules.minimum_balance),
        gap_reserve=Fraction(rules.gap_reserve_percent) / 100,
        per_order=Fraction(costs.per_order),
        per_share=Fraction(costs.per_share),
        percent=Fraction(costs.percent) / 100,
        minimum_fee=Fraction(costs.minimum),
        slippage=Fraction(costs.slippage_bps) / 10_000,
        volume_limit=None if rules.volume_limit_percent is None else Fraction(rules.volume_limit_percent) / 100,
    )


def market_of(case: Case, events: list[tuple[int, CorporateEvent]], bars: Bars) -> list[Bar]:
    """Return the market as the plain reading takes it, each of *events* on its row; *bars* say what is quarantined."""
    market = []
    for quote, entry, exit_, volume in zip(case.quotes, case.entry, case.exit, case.volumes, strict=True):
        open_, high, low, close = (Fraction(price, 1_000_000) for price in quote)
        market.append(Bar(open_, high, low, close, entry, exit_, volume=volume))
    for row, event in sorted(events, key=lambda placed: (placed[0], placed[1].numerator, placed[1].denominator)):
        if event.kind is EventKind.SPLIT:
            market[row].splits.append((event.numerator, event.denominator))
        elif event not in bars.quarantined:
            market[row].dividends.append(Fraction(event.amount))
    return market
