"""The report's JSON and its page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from daytrader import __version__
from daytrader.core import backtest
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.report import Report, Run, Trade, build_report
from daytrader.core.rules import Costs, Rules
from daytrader.core.signals import Signals
from daytrader.core.trades import LateTrades, TradeColumns
from tests.core.builders import FIRST_DAY, flat_bars, free_rules, sample

KEYS = [
    "symbol",
    "strategy",
    "params",
    "start",
    "end",
    "initial_balance",
    "final_balance",
    "final_shares",
    "final_portfolio_value",
    "gain_loss",
    "gain_loss_pct",
    "days_simulated",
    "metrics",
    "trades",
    "dates",
    "portfolio_values",
    "pinned",
]
METRICS = {
    "total_return_pct",
    "annualized_return_pct",
    "max_drawdown_pct",
    "max_drawdown_days",
    "volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "trades",
    "win_rate_pct",
    "profit_factor",
    "expectancy",
    "exposure_pct",
    "fees",
    "buy_and_hold_return_pct",
    "ambiguous_bars",
    "target_first_return_pct",
}


def goog(strategy: str = "technical") -> Report:
    """Return a report of the sample GOOG with fees."""
    rules = Rules(costs=Costs(per_order=Decimal(1)))
    return backtest.run(sample("GOOG"), strategy, {}, rules, symbol="GOOG", cash=Decimal(10_000))


def test_json_has_the_documented_shape() -> None:
    """docs/trading.md, "Backtest report": these keys in this order, numbers for money, strict JSON."""
    report = goog()
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert list(told) == KEYS
    assert set(told["metrics"]) == METRICS
    assert set(told["trades"][0]) == {
        "entry_date",
        "entry_price",
        "shares",
        "exit_date",
        "exit_price",
        "gain_loss",
        "gain_loss_pct",
        "entry_reason",
        "exit_reason",
    }
    assert (told["start"], told["end"], told["days_simulated"]) == ("2004-08-19", "2013-03-01", 2148)
    assert len(told["dates"]) == len(told["portfolio_values"]) == 2148
    assert told["pinned"]["engine_version"] == __version__
    assert told["pinned"]["params"]["commission_per_order"] == 1.0
    assert told["pinned"]["params"]["buy_threshold"] == 3.0


def test_the_figures_fit_together() -> None:
    """Gains, fees and balances are one account."""
    told = json.loads(json.dumps(goog().to_dict()))
    closed = [trade for trade in told["trades"] if trade["exit_date"] is not None]
    assert told["metrics"]["trades"] == len(closed)
    assert told["metrics"]["fees"] == len(closed) * 2 + (len(told["trades"]) - len(closed))
    assert told["final_portfolio_value"] == told["portfolio_values"][-1]
    assert told["gain_loss"] == pytest.approx(told["final_portfolio_value"] - told["initial_balance"])
    assert told["metrics"]["total_return_pct"] == told["gain_loss_pct"]
    if told["final_shares"] == 0:
        assert sum(trade["gain_loss"] for trade in closed) == pytest.approx(told["gain_loss"])


def test_an_open_trade_has_no_end() -> None:
    """Exit, gain and reason are null."""
    report = backtest.run(sample("GOOG"), "buy_and_hold", {}, free_rules(), symbol="GOOG", cash=Decimal(10_000))
    (trade,) = (report.trade_dict(trade) for trade in report.run.trades)
    assert [trade[key] for key in ("exit_date", "exit_price", "gain_loss", "gain_loss_pct", "exit_reason")] == [
        None
    ] * 5


def test_a_run_from_ledger_rows_gives_the_same_report() -> None:
    """Plain trades and the kernel's columns are one and the same."""
    report = goog()
    rebuilt = build_report(
        report.symbol,
        report.strategy,
        report.params,
        report.initial_cash,
        replace(report.run, trades=tuple(report.run.trades)),
        None,
        None,
        report.pinned.data_hash,
        0,
    )
    unknown = {"buy_and_hold_return_pct": None, "target_first_return_pct": None}
    assert rebuilt.metrics == {**report.metrics, **unknown}
    assert rebuilt.to_dict()["trades"] == report.to_dict()["trades"]
    assert TradeColumns.of(report.run.trades) == report.run.trades


def test_trades_are_made_when_one_is_read() -> None:
    """Whoever only counts them never waits; then they read like any others."""
    wanted = TradeColumns.of(goog().run.trades)
    made: list[int] = []

    def make() -> TradeColumns:
        made.append(1)
        return wanted

    late = LateTrades(len(wanted), make)
    assert (len(late), made) == (len(wanted), [])
    assert (list(late), late[-1], late[1:3]) == (list(wanted), wanted[-1], wanted[1:3])
    assert (TradeColumns.of(late) is wanted, late == wanted, made) == (True, True, [1])


def test_intraday_trades_carry_their_time() -> None:
    """The start of the bar, ISO 8601 in UTC."""
    run = Run(
        session=np.array([FIRST_DAY], np.int32),
        equity=np.array([100_000]),
        held=np.array([True]),
        trades=(Trade(FIRST_DAY * 86_400 + 52_200, 10_000_000, 3, None, None, None, 3_000, "in", None),),
        fees=0,
        final_cash=97_000,
        final_shares=3,
        ambiguous_bars=0,
    )
    report = build_report("X", "s", {}, 100_000, run, run, run, "hash", 5)
    (trade,) = (report.trade_dict(trade) for trade in report.run.trades)
    assert trade["entry_date"] == "1997-05-19T14:30:00Z"
    assert report.dates == ["1997-05-19"]


def test_a_sale_before_1970_is_one() -> None:
    """Its time is negative, like the mark of what is still open; a later trade that is open takes nothing from it."""
    closes = np.array([10.0, 10.0, 12.0, 12.0, 12.0, 12.0])
    bars = Bars.build((np.arange(6) - 400) * 86_400, closes, closes, closes, closes)
    entry, exit_ = np.array([1, 0, 0, 1, 0, 0], np.bool_), np.array([0, 0, 1, 0, 0, 0], np.bool_)
    run = backtest.simulate(bars, Signals.of([(entry, "in")], [(exit_, "out")]), free_rules(), 100_000)
    report = build_report("X", "s", {}, 100_000, run, None, None, "hash", 0)
    told = [(trade["exit_date"], trade["exit_price"]) for trade in report.trade_dicts(run.trades)]
    assert told == [("1968-11-30", 12.0), (None, None)]


def test_two_reports_on_the_same_bars_share_no_list() -> None:
    """What one reader changes, no other sees; the columns that they do share cannot be written to."""
    bars = sample("GOOG")
    first, second = (
        backtest.run(bars, "technical", {}, free_rules(), symbol="GOOG", cash=Decimal(10_000)) for _ in range(2)
    )
    first.dates[0] = "changed"
    assert second.dates[0] == bars.closes.date[0] == "2004-08-19"
    for column in (first.run.session, first.run.close, first.run.split_factor):
        assert column is not None
        assert not column.flags.writeable


@pytest.mark.parametrize("step", [1, 60])
def test_bars_are_labelled_by_their_start(step: int) -> None:
    """On whole minutes and off them, before 1970 and after the years that are written down beforehand."""
    daily = goog()
    minutes = replace(daily, interval_minutes=1)
    for time in (-60, 0, 86_340, 86_400 + step, 1_358_000_040 + step, 4_102_444_800 + step):
        moment = datetime.fromtimestamp(time, UTC)
        assert minutes.bar_label(time) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert daily.bar_label(time) == moment.date().isoformat()


def test_a_report_needs_money_to_start_with() -> None:
    """A return on nothing is not a number."""
    report = goog()
    with pytest.raises(InvalidParameterError, match="cash"):
        build_report("X", "s", {}, 0, report.run, None, None, "hash", 0)


def test_a_single_flat_session_is_a_report() -> None:
    """Everything undefined is null, nothing is infinite."""
    report = backtest.run(flat_bars([5.0]), "sma_cross", {}, free_rules(), symbol="X", cash=Decimal(10))
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["metrics"]["sharpe_ratio"] is None
    assert told["metrics"]["win_rate_pct"] is None
    assert told["metrics"]["total_return_pct"] == 0
