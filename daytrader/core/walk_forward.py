"""
Walk-forward: settings are chosen in a training window and traded in the test window after it, over and over.

Source: Pardo (2008), "The evaluation and optimization of trading strategies", 2nd edition. The test windows follow one
another without a gap; what they earned, stitched together, is what somebody would have had who always re-optimised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from daytrader.core import backtest, ranking, sweep
from daytrader.core.backtest import Fill, Prices
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations
from daytrader.core.fills import cost_cents, fee_cents, sell_price
from daytrader.core.report import Report, Run, build_report, figures
from daytrader.core.room import MEMORY, Room
from daytrader.core.rules import Rules, settings
from daytrader.core.strategy import Strategy, compute, get_strategy, resolve_params
from daytrader.core.sweep import Outcome
from daytrader.core.trades import TradeColumns
from daytrader.core.windows import Mode, Span, sessions_of, spans
from daytrader.utils.days import days_since_epoch

_Scalar = TypeVar("_Scalar", bound=np.generic)

WINDOW_REASON: Final = "end of the test window"
_DAYS: Final = ("train_start", "train_end", "test_start", "test_end")


@dataclass(frozen=True, slots=True)
class Window:
    """
    One step and what came of it.

    Attributes:
        train_start, train_end: First and last session of the training window.
        test_start, test_end: Likewise of the test window.
        chosen: Index of the combination, None if none traded in training; then nothing is traded.
        settings: Its settings by name, None likewise.
        in_sample: The metric in training; None likewise.
        out_of_sample: The metric in the test window, None where it is not defined.
        in_sample_annualized_pct: Annualised return in training, percent, None where it is not defined.
        out_of_sample_return_pct: Return over the test window, percent.
        trades: Closed in the test window.
    """

    train_start: date
    train_end: date
    test_start: date
    test_end: date
    chosen: int | None
    settings: Mapping[str, int | float] | None
    in_sample: float | None
    out_of_sample: float | None
    in_sample_annualized_pct: float | None
    out_of_sample_return_pct: float
    trades: int


@dataclass(frozen=True, eq=False, slots=True)
class WalkForward:
    """
    All steps of one walk-forward.

    Attributes:
        mode: Whether training windows keep their beginning or their length.
        metric: What was chosen by.
        windows: In the order of time.
        report: Of the stitched test windows, buy and hold over the same sessions beside it.
        efficiency: Annualised return of the stitched windows over the mean one in training; None unless that is
            positive. What is far below 1 was fitted to the past.
    """

    mode: Mode
    metric: str
    windows: tuple[Window, ...]
    report: Report
    efficiency: float | None

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values: a report as `Report.to_dict` has it, with the windows it is made of."""
        windows = []
        for window in self.windows:
            days = {name: getattr(window, name).isoformat() for name in _DAYS}
            windows.append({**asdict(window), **days})
        return {
            **self.report.to_dict(),
            "mode": self.mode,
            "metric": self.metric,
            "efficiency": self.efficiency,
            "windows": windows,
        }


def run(
    bars: Bars,
    strategy: str | Strategy,
    combinations: Combinations,
    rules: Rules,
    *,
    symbol: str,
    params: Mapping[str, object] | None = None,
    cash: Decimal,
    mode: Mode = "rolling",
    train: int = 504,
    test: int = 126,
    metric: str = "sharpe_ratio",
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    prices: Prices = "raw",
    threads: int | None = None,
    room: Room = MEMORY,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WalkForward:
    """
    Choose among *combinations* in each training window and trade the choice in the test window after it.

    Every training starts with *cash*; the test windows hand their cash on. A test window begins flat and armed, and
    what it still holds is sold at its last close, with slippage and fee. Nothing after a window's last bar is read.

    Args:
        bars: The whole history: indicators start at its first bar.
        strategy: Its name, or the strategy itself.
        combinations: What to choose from; the lowest index of equals.
        rules: Sizing, protection and costs where *combinations* names no other.
        symbol: What the bars are of.
        params: The strategy's parameters that are not tried.
        cash: Initial balance, currency units.
        mode: Whether training windows keep their beginning ("anchored") or their length ("rolling").
        train: Sessions of the first training window.
        test: Sessions of a test window; the last may be shorter.
        metric: What to choose by, see `ranking.METRICS`.
        start: First session of the first training window.
        end: Last session.
        fill: When decisions fill.
        prices: Whether bars are raw or adjusted; pinned in the report.
        threads: As many as there are cores where None; the result is the same.
        room: Where the results of one training after the other are made.
        progress: Told now and then: backtests done, and how many there are.
        should_stop: Asked as often whether to give up.

    Raises:
        UnknownStrategyError, InvalidParameterError: As `sweep.run`, and for *metric*, *mode*, *train* and *test*.
        InsufficientDataError: If no session is left to be tested on.
        SweepStoppedError: If *should_stop* said so.
    """
    ranking.require_metric(metric)
    traded_by = get_strategy(strategy)
    used = bars.until(end)
    days = sessions_of(used, start)
    steps = spans(len(days), train, test, mode)
    initial = balance = backtest.positive_cents(cash)
    runs: list[Run] = []
    windows: list[Window] = []
    for number, step in enumerate(steps):
        outcome = sweep.run(
            used.until(days[step.test - 1]),
            traded_by,
            combinations,
            rules,
            params=params,
            cash=cash,
            start=days[step.train],
            fill=fill,
            blocks=0,
            threads=threads,
            room=room,
            progress=_shifted(progress, number, len(steps), combinations.size),
            should_stop=should_stop,
        )
        chosen = ranking.best(ranking.scores(outcome, metric))
        seen = used.until(days[step.end - 1])
        if chosen is None:
            traded = _idle(seen, days[step.test], balance)
        else:
            own_rules, own_params = ranking.applied(combinations.of(chosen), rules, params)
            traded = _trade(seen, traded_by, own_params, own_rules, balance, days[step.test], fill)
        windows.append(_window(days, step, metric, combinations, outcome, chosen, traded, balance))
        runs.append(traded)
        balance = traded.final_cash
    fixed = settings(rules, fill=fill, prices=prices, start=start)
    for name in combinations.names:
        fixed.pop(name, None)  # each window had its own
    pinned = {"walk_forward": mode, "train": train, "test": test, "metric": metric, "combinations": combinations.size}
    report = build_report(
        symbol,
        traded_by.name,
        {},
        initial,
        _stitched(runs),
        backtest.buy_and_hold(used, rules, initial, used.first_of(days[train]), fill),
        None,
        used.data_hash,
        used.interval_minutes,
        {**fixed, **(params or {}), **pinned},
    )
    return WalkForward(mode, metric, tuple(windows), report, _efficiency(windows, report))


def _window(
    days: Sequence[date],
    step: Span,
    metric: str,
    combinations: Combinations,
    outcome: Outcome,
    chosen: int | None,
    traded: Run,
    balance: int,
) -> Window:
    """Return what is told of a step that began with *balance* cents; without any nothing is traded or lost."""
    is_ruined = balance <= 0
    return Window(
        train_start=days[step.train],
        train_end=days[step.test - 1],
        test_start=days[step.test],
        test_end=days[step.end - 1],
        chosen=chosen,
        settings=None if chosen is None else combinations.of(chosen),
        in_sample=None if chosen is None else float(getattr(outcome, metric)[chosen]),
        out_of_sample=None if is_ruined else figures(balance, traded, None)[metric],
        in_sample_annualized_pct=None if chosen is None else _known(outcome.annualized_return_pct[chosen]),
        out_of_sample_return_pct=0.0 if is_ruined else (int(traded.equity[-1]) / balance - 1) * 100,
        trades=len(traded.trades),
    )


def _trade(
    bars: Bars, strategy: Strategy, params: Mapping[str, object], rules: Rules, cash: int, start: date, fill: Fill
) -> Run:
    """Trade from *start* to the last bar and be flat at its close."""
    signals = compute(strategy, bars, resolve_params(strategy, params))
    run = backtest.simulate(bars, signals, rules, cash, start=start, fill=fill)
    if not run.final_shares:
        return run
    trades = TradeColumns.of(run.trades)
    book = rules.compiled
    price = sell_price(int(bars.micros.close[-1]), book.slippage_ppm)
    proceeds = cost_cents(run.final_shares, price)
    fee = fee_cents(book, run.final_shares, proceeds)
    cash = run.final_cash + proceeds - fee
    # While a trade is open its gain counts the dividends so far.
    gain = int(trades.gain_loss[-1]) + proceeds - fee - int(trades.cost_basis[-1])
    closed = replace(
        trades,
        exit_time=_with_last(trades.exit_time, int(bars.time[-1])),
        exit_price=_with_last(trades.exit_price, price),
        gain_loss=_with_last(trades.gain_loss, gain),
        exit_code=_with_last(trades.exit_code, len(trades.reasons)),
        reasons=(*trades.reasons, WINDOW_REASON),
    )
    return replace(
        run,
        equity=_with_last(run.equity, cash),
        held=_with_last(run.held, False),
        trades=closed,
        fees=run.fees + fee,
        final_cash=cash,
        final_shares=0,
    )


def _with_last(column: npt.NDArray[_Scalar], value: int) -> npt.NDArray[_Scalar]:
    changed = column.copy()
    changed[-1] = value
    return changed


def _idle(bars: Bars, start: date, cash: int) -> Run:
    """Return the run of somebody who does nothing from *start* on."""
    closes = bars.closes
    inside = slice(int(np.searchsorted(closes.session, days_since_epoch(start))), None)
    sessions = closes.session[inside].size
    return Run(
        session=closes.session[inside],
        equity=np.full(sessions, cash, np.int64),
        held=np.zeros(sessions, np.bool_),
        trades=TradeColumns.of(()),
        fees=0,
        final_cash=cash,
        final_shares=0,
        ambiguous_bars=0,
        close=closes.price[inside],
        split_factor=closes.split_factor[inside],
    )


def _stitched(runs: Sequence[Run]) -> Run:
    """Return the runs, each going on where the one before ended, as one."""
    return Run(
        session=np.concatenate([run.session for run in runs]),
        equity=np.concatenate([run.equity for run in runs]),
        held=np.concatenate([run.held for run in runs]),
        trades=TradeColumns.of(trade for run in runs for trade in run.trades),
        fees=sum(run.fees for run in runs),
        final_cash=runs[-1].final_cash,
        final_shares=0,
        ambiguous_bars=sum(run.ambiguous_bars for run in runs),
        close=np.concatenate([run.close for run in runs if run.close is not None]),
        # Each counts from the first bar of the history: they fit together.
        split_factor=np.concatenate([run.split_factor for run in runs if run.split_factor is not None]),
    )


def _efficiency(windows: Sequence[Window], report: Report) -> float | None:
    """Return the walk-forward efficiency (Pardo 2008)."""
    in_sample = [window.in_sample_annualized_pct for window in windows if window.in_sample_annualized_pct is not None]
    out_of_sample = report.metrics["annualized_return_pct"]
    if not in_sample or out_of_sample is None:
        return None
    mean = sum(in_sample) / len(in_sample)
    return out_of_sample / mean if mean > 0 else None


def _shifted(
    progress: Callable[[int, int], None] | None, number: int, steps: int, size: int
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, _: progress(number * size + done, steps * size)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
