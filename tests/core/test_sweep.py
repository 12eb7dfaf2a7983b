"""A sweep: every combination's figures are those of its own backtest, in every bit."""

from __future__ import annotations

import itertools
from dataclasses import fields
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core import backtest, sweep
from daytrader.core.backtest import Fill
from daytrader.core.bars import Bars
from daytrader.core.errors import BoundsError, InvalidParameterError, SweepStoppedError, UnknownStrategyError
from daytrader.core.report import Report
from daytrader.core.rules import RULE_FIELDS, Costs, Rules
from daytrader.core.strategy import get_strategy
from daytrader.core.sweep import Combinations, Outcome, grid, listed
from daytrader.utils.errors import InsufficientDataError
from tests.core.builders import dividend, random_walk, sample, split

CASH = Decimal(10_000)
COSTLY = Rules(costs=Costs(Decimal("0.5"), Decimal("0.0035"), Decimal("0.05"), Decimal("1.01"), Decimal(7)))
TRIED = grid(
    {
        "stop_loss_percent": [0, Decimal("0.4"), 8],
        "fast": [3, 10],
        "take_profit_percent": [0, Decimal("0.5")],
        "slow": [20, 35],
        "commission_percent": [0, Decimal("0.1")],
        "allocation": [1, Decimal("0.3")],
    }
)


def backtested(
    bars: Bars, tried: Combinations, index: int, rules: Rules, start: date | None = None, fill: Fill = "next_open"
) -> Report:
    """Return the report of one combination."""
    given = tried.of(index)
    params = {name: value for name, value in given.items() if name not in RULE_FIELDS}
    own = rules.changed({name: value for name, value in given.items() if name in RULE_FIELDS})
    return backtest.run(bars, "sma_cross", params, own, symbol="X", cash=CASH, start=start, fill=fill)


def assert_same(told: Outcome, index: int, report: Report) -> None:
    """Assert that every figure is the report's, bit for bit."""
    assert told.final_equity[index] == report.final_equity
    for column in fields(Outcome):
        if column.name in report.metrics:
            value, figure = getattr(told, column.name)[index], report.metrics[column.name]
            assert np.isnan(value) if figure is None else value == figure, column.name


def bits(told: Outcome) -> list[bytes]:
    """Return everything that an outcome holds."""
    columns = [getattr(told, column.name) for column in fields(Outcome) if column.name != "blocks"]
    return [np.ascontiguousarray(each).tobytes() for each in (*columns, told.blocks.sum, told.blocks.squares)]


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_every_figure_is_that_of_the_backtest(fill: Fill) -> None:
    """Real prices with a dividend and a split, costs, both ways to fill, trading from a later date on."""
    walk = random_walk(900, seed=3)
    bars = Bars.build(
        walk.time,
        walk.open,
        walk.high,
        walk.low,
        walk.close,
        events=[dividend(400, "0.4"), split(600, 3, 2), dividend(700, "0.3")],
    )
    for market, start in ((sample("GOOG").head(900), date(2005, 6, 1)), (bars, None)):
        told = sweep.run(market, "sma_cross", TRIED, COSTLY, cash=CASH, start=start, fill=fill)
        for index in range(0, TRIED.size, 5):
            assert_same(told, index, backtested(market, TRIED, index, COSTLY, start, fill))
    assert told.trades.max() > 10
    assert told.ambiguous_bars.max() > 0


def test_minute_bars_are_marked_at_their_sessions_close() -> None:
    """As many returns as there are sessions, whatever the bars."""
    walk = random_walk(600, seed=4)
    session = 10_000 + np.arange(600) // 20
    time = session * 86_400 + 52_200 + np.arange(600) % 20 * 300
    bars = Bars.build(time, walk.open, walk.high, walk.low, walk.close, interval_minutes=5, session=session)
    tried = grid({"fast": [3, 5], "slow": [11, 20], "stop_loss_percent": [0, 3]})
    told = sweep.run(bars, "sma_cross", tried, COSTLY, cash=CASH)
    assert told.blocks.count.sum() == 30
    for index in range(tried.size):
        assert_same(told, index, backtested(bars, tried, index, COSTLY))


def test_threads_and_parts_change_nothing() -> None:
    """The same bits from one thread, three threads, and parts put together."""
    bars = sample("GOOG").head(700)
    tried = grid({"stop_loss_percent": [1, 2, 3], "fast": range(2, 40), "slow": range(40, 65, 3)})
    once = sweep.run(bars, "sma_cross", tried, COSTLY, cash=CASH, threads=1)
    assert bits(sweep.run(bars, "sma_cross", tried, COSTLY, cash=CASH, threads=3)) == bits(once)
    cuts = [0, 17, 501, tried.size]
    parts = [
        sweep.run(bars, "sma_cross", tried.part(first, last), COSTLY, cash=CASH)
        for first, last in itertools.pairwise(cuts)
    ]
    assert bits(Outcome.joined(parts)) == bits(once)


def test_blocks_sum_the_session_returns() -> None:
    """Contiguous, as even as they can be; together they are the whole."""
    bars = sample("GOOG").head(701)
    tried = grid({"fast": [5, 10], "slow": [20, 50]})
    told = sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH, blocks=7)
    for index in range(tried.size):
        equity = np.concatenate(([1_000_000], backtested(bars, tried, index, Rules()).run.equity))
        returns = np.diff(equity) / equity[:-1]
        pieces = [returns[block * 701 // 7 : (block + 1) * 701 // 7] for block in range(7)]
        assert told.blocks.count.tolist() == [piece.size for piece in pieces]
        assert told.blocks.sum[index] == pytest.approx([piece.sum() for piece in pieces], abs=1e-14)
        assert told.blocks.squares[index] == pytest.approx([(piece**2).sum() for piece in pieces], rel=1e-12, abs=1e-16)
    few = sweep.run(bars.head(3), "sma_cross", tried, Rules(), cash=CASH, blocks=16)
    assert few.blocks.count.sum() == 3
    none = sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH, blocks=0)
    assert none.blocks.sum.shape == (4, 0)
    assert none.sharpe_ratio.tolist() == told.sharpe_ratio.tolist()


def test_what_the_strategy_refuses_is_skipped_and_counted() -> None:
    """A fast average that is not faster is no combination; the others are computed."""
    tried = grid({"fast": [12, 26, 30], "slow": [26, 40]})
    told = sweep.run(sample("GOOG").head(500), "sma_cross", tried, Rules(), cash=CASH)
    assert told.is_valid.tolist() == [True, True, False, True, False, True]
    assert told.skipped == 2
    assert np.isnan(told.sharpe_ratio[2])
    assert np.isnan(told.blocks.sum[2]).all()
    assert (told.final_equity[2], told.trades[2]) == (0, 0)


def test_what_is_out_of_bounds_refuses_the_whole_sweep() -> None:
    """Before anything is computed, naming the setting."""
    bars = sample("GOOG").head(100)
    for name, wrong in (
        ("fast", grid({"fast": [5, 0]})),
        ("stop_loss_percent", grid({"stop_loss_percent": [5, 101]})),
        ("stop_loss_percent", listed([{"stop_loss_percent": Decimal("1.00001")}])),
        ("quick", grid({"quick": [5]})),
        ("slow", grid({"slow": [5]})),
    ):
        with pytest.raises(InvalidParameterError, match=name):
            sweep.run(bars, "sma_cross", wrong, Rules(), params={"slow": 30}, cash=CASH)
    with pytest.raises(InvalidParameterError, match="cash"):
        sweep.run(bars, "sma_cross", TRIED, Rules(), cash=Decimal(0))
    with pytest.raises(UnknownStrategyError):
        sweep.run(bars, "nope", TRIED, Rules(), cash=CASH)
    with pytest.raises(InsufficientDataError):
        sweep.run(bars, "sma_cross", TRIED, Rules(), cash=CASH, end=date(1990, 1, 1))


def test_an_amount_beyond_its_bound_ends_the_sweep() -> None:
    """Raised in a thread, told to the caller."""
    bars = random_walk(60, scale=500_000.0)
    with pytest.raises(BoundsError):
        sweep.run(bars, "sma_cross", grid({"fast": [2, 3]}), Rules(), params={"slow": 9}, cash=Decimal("1e11") + 1)


def test_progress_is_told_and_stops() -> None:
    """Ascending, to the end; a sweep ends when its caller asks for it."""
    bars = sample("GOOG").head(200)
    tried = grid({"fast": range(2, 60), "slow": range(60, 120)})
    told: list[tuple[int, int]] = []
    sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (tried.size, tried.size)
    assert len(told) > 2
    with pytest.raises(SweepStoppedError) as stopped:
        sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH, should_stop=lambda: True)
    assert 0 < stopped.value.done < tried.size
    outcome = stopped.value.outcome
    assert outcome is not None
    whole = sweep.run(bars, "sma_cross", tried, Rules(), cash=CASH)
    is_done = outcome.is_valid
    assert stopped.value.done == np.count_nonzero(is_done)
    np.testing.assert_array_equal(outcome.final_equity[is_done], whole.final_equity[is_done])
    assert np.isnan(outcome.sharpe_ratio[~is_done]).all()


@pytest.mark.parametrize("distinct", [1, 200, 256, 257, 300])
def test_pieces_are_every_combination_once(distinct: int) -> None:
    """However many distinct signals there are: codes are as short as they can be, sums of them are not."""
    tried = sweep.grid({"stop_loss_percent": range(3), "window": range(2, 2 + distinct)})
    task = sweep._Task.of(random_walk(50), get_strategy("sma_trend"), tried, Rules(), {}, CASH, None, "next_open", 2)
    pieces = task.pieces()
    np.testing.assert_array_equal(np.sort(np.concatenate(pieces)), np.arange(3 * distinct))
    assert all(np.unique(task.which[piece]).size <= 64 for piece in pieces)
    assert all(
        task.settings.of(int(task.which[row])) == {"window": tried.of(row)["window"]} for row in range(tried.size)
    )
