"""Parity: a replay through the real engine and database ends as the backtest does, to the cent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from daytrader.core import backtest
from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.core.rules import Costs, Rules
from daytrader.engine.replay import Plan, replay
from daytrader.models import CorporateAction
from daytrader.services import corporate_action_service, database
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.core.builders import sample_with_events
from tests.engine.builders import STRATEGIES, Market

REVERSIONS_AND_BREAKS = ("rsi_reversion", "bollinger_reversion", "breakout", "macd")
FIRST_DAY = 18_262  # 2020-01-01
DAY = 86_400
LARGEST = 1000.0  # a price that a reverse split may still multiply
SPLITS = [(2, 1), (3, 2), (7, 1), (1, 3), (1, 1000)]


def backtested(bars: Bars, plan: Plan) -> dict[str, object]:
    """Return the report of the backtester on the same bars and settings."""
    return backtest.run(
        bars,
        plan.strategy,
        plan.params,
        plan.rules,
        symbol=plan.symbol,
        cash=plan.cash,
        start=plan.start,
        end=plan.end,
        fill="close" if plan.fill == "close" else "next_open",
    ).to_dict()


@pytest.mark.parametrize("symbol", ["AAPL", "IBM", "MSFT"])
def test_every_strategy_on_thirteen_years_equals_the_backtest(symbol: str) -> None:
    """The whole report agrees: trades, dates, prices, balances, equity, figures; splits and dividends included."""
    bars = sample_with_events(symbol)
    plans = [Plan(symbol, strategy, {}, Rules(), Decimal(10_000)) for strategy in STRATEGIES]

    for plan, report in zip(plans, replay(bars, plans), strict=True):
        assert report.to_dict() == backtested(bars, plan)


def test_the_other_strategies_equal_the_backtest_over_two_years() -> None:
    """A split among them; one symbol is enough: engine and backtest ask the same strategy for its signals."""
    bars = sample_with_events("AAPL")
    start, end = date(2004, 1, 2), date(2005, 12, 30)
    plans = [Plan("AAPL", name, {}, Rules(), Decimal(10_000), start=start, end=end) for name in REVERSIONS_AND_BREAKS]

    for plan, report in zip(plans, replay(bars, plans), strict=True):
        assert report.to_dict() == backtested(bars, plan)


def test_start_and_end_trim_trading_not_what_indicators_see() -> None:
    """A replay of one year starts flat on its first bar, with indicators anchored to the first stored one."""
    bars = sample_with_events("AAPL").head(700)
    day = np.datetime64("1970-01-01") + bars.session[[300, 500]]
    start, end = (moment.astype("datetime64[D]").item() for moment in day)
    plans = [Plan("AAPL", name, {}, Rules(), Decimal(10_000), start=start, end=end) for name in STRATEGIES]

    for plan, report in zip(plans, replay(bars, plans), strict=True):
        assert report.to_dict() == backtested(bars, plan)


@dataclass(frozen=True)
class Case:
    """A short market and the plans to trade it by."""

    bars: Bars
    plans: list[Plan]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a jumpy series with gaps, splits and dividends, and rules with every kind of cost."""
    size = draw(st.integers(12, 30))
    close = draw(st.sampled_from([0.6, 3.0, 25.0, 400.0]))
    splits = draw(st.dictionaries(st.integers(1, size - 1), st.sampled_from(SPLITS), max_size=2))
    rows, events = [], []
    for row in range(size):
        opened = close * (1 + draw(st.integers(-60, 60)) / 1000)
        if row in splits and close < LARGEST:
            num, den = splits[row]
            events.append(CorporateEvent(FIRST_DAY + row, EventKind.SPLIT, num, den))
            opened = opened * den / num
        if row and draw(st.integers(0, 7)) == 0:
            amount = Decimal(str(round(close / 37, 4)))
            events.append(CorporateEvent(FIRST_DAY + row, EventKind.DIVIDEND, amount=amount))
        close = opened * (1 + draw(st.integers(-60, 60)) / 1000)
        high = max(opened, close) * (1 + draw(st.integers(0, 60)) / 1000)
        low = min(opened, close) * (1 - draw(st.integers(0, 60)) / 1000)
        rows.append((opened, high, low, close))
    time = [(FIRST_DAY + row) * DAY for row in range(size)]
    opens, highs, lows, closes = (list(column) for column in zip(*rows, strict=True))
    bars = Bars.build(time, opens, highs, lows, closes, draw(volumes(size)), events=events)
    fill = draw(st.sampled_from(["next_open", "close"]))
    return Case(bars, [draw(plans(fill)) for _ in range(4)])


@st.composite
def volumes(draw: st.DrawFn, size: int) -> list[float]:
    """Draw what each bar traded: mostly more than an order's part of it, often less, nothing, or nobody knows."""
    return draw(st.lists(st.sampled_from([math.nan, 0.0, 99.0, 700.0, 3000.0, 40_000.0]), min_size=size, max_size=size))


@st.composite
def plans(draw: st.DrawFn, fill: str) -> Plan:
    """Draw a strategy that trades often, and rules."""
    name, params = draw(
        st.sampled_from(
            [
                ("sma_trend", {"window": 2}),
                ("sma_trend", {"window": 5}),
                ("sma_cross", {"fast": 2, "slow": 3}),
                ("buy_and_hold", {}),
            ]
        )
    )
    costs = Costs(
        per_order=draw(st.sampled_from([Decimal(0), Decimal("1.25")])),
        per_share=draw(st.sampled_from([Decimal(0), Decimal("0.0035"), Decimal("0.25")])),
        percent=draw(st.sampled_from([Decimal(0), Decimal("0.1234")])),
        minimum=draw(st.sampled_from([Decimal(0), Decimal("2.5")])),
        slippage_bps=draw(st.sampled_from([Decimal(0), Decimal(5), Decimal("33.25")])),
    )
    rules = Rules(
        allocation=draw(st.sampled_from([Decimal("0.5"), Decimal("0.33"), Decimal(1)])),
        fixed_shares=draw(st.sampled_from([None, None, 10])),
        stop_loss_percent=draw(st.sampled_from([Decimal(0), Decimal(2), Decimal(5)])),
        take_profit_percent=draw(st.sampled_from([Decimal(0), Decimal(2), Decimal(7)])),
        minimum_balance=draw(st.sampled_from([Decimal(0), Decimal("123.45")])),
        gap_reserve_percent=draw(st.sampled_from([Decimal(0), Decimal(3)])),
        costs=costs,
        volume_limit_percent=draw(st.sampled_from([None, Decimal(100), Decimal(10), Decimal("2.5")])),
    )
    return Plan("RND", name, params, rules, Decimal("4321.09"), fill=fill)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cases())
def test_random_markets_end_alike(case: Case) -> None:
    """Gaps, splits, dividends, all costs, stops and targets, both fill modes: engine and kernel never part."""
    for plan, report in zip(case.plans, replay(case.bars, case.plans), strict=True):
        assert report.to_dict() == backtested(case.bars, plan)


def test_a_released_dividend_is_paid_alike(world: World) -> None:
    """40 % of the price: kept back until a person releases it, then paid by engine and kernel."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 4)
    market.dividend(2, "4")
    with SessionManager() as session:
        session.execute(update(CorporateAction).values(is_quarantined=True))
    plan = Plan("ACME", "buy_and_hold", {}, Rules(allocation=Decimal(1)), Decimal(1000))
    (kept,) = replay(market.bars().bars, [plan])
    database.connect(str(world.engine.url), is_durable=False)  # the replay had a database of its own
    with SessionManager() as session:
        corporate_action_service.release(session, 1)
    bars = market.bars().bars

    (paid,) = replay(bars, [plan])

    assert paid.to_dict() == backtested(bars, plan)
    shares = paid.run.trades[0].shares
    assert paid.run.final_cash - kept.run.final_cash == shares * 400
