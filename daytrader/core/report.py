"""The report of a run: the same from a backtest and from a ledger."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from operator import itemgetter
from typing import Any, Final

import numpy as np

from daytrader import __version__
from daytrader.core import metrics
from daytrader.core.arrays import BoolArray, DayArray, FloatArray, IntArray
from daytrader.core.errors import InvalidParameterError
from daytrader.core.labels import bar_labels, dates_of
from daytrader.core.money import CENTS, MICROS
from daytrader.core.trades import Trade, TradeColumns

__all__ = ["Pinned", "Report", "Run", "Trade", "build_report", "figures"]

_TOLD: Final = (
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
)
_KNOWN: Final = metrics.FIGURES.names or ()
_told_of: Final = itemgetter(*map(_KNOWN.index, _TOLD))
_counted_of: Final = itemgetter(_KNOWN.index("fees"), _KNOWN.index("ambiguous_bars"))


@dataclass(frozen=True, eq=False)
class Run:
    """
    What one run did, from the kernel or from ledger rows.

    Attributes:
        session: Dates of its sessions, days since 1970-01-01, shape (m,), m >= 1.
        equity: Cash and marked shares at each session close, cents, shape (m,).
        held: Whether shares were held at each session close, shape (m,).
        trades: In the order of their entries.
        fees: Cents, the open position's included.
        final_cash: Cents.
        final_shares: Held at the end.
        ambiguous_bars: Bars that touched stop and target, undecided by their open.
        close: Raw price at each session close, currency units, shape (m,), if it is to be drawn.
        split_factor: Product of the split ratios up to each session, shape (m,), where there were any.
        dates: Those of *session* as YYYY-MM-DD, where the bars have them already.
    """

    session: DayArray
    equity: IntArray
    held: BoolArray
    trades: Sequence[Trade]
    fees: int
    final_cash: int
    final_shares: int
    ambiguous_bars: int
    close: FloatArray | None = None
    split_factor: FloatArray | None = None
    dates: list[str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the result was made from: the data's hash, every setting, the version of the rules."""

    data_hash: str
    params: Mapping[str, object]
    engine_version: str


@dataclass(frozen=True, eq=False)
class Report:
    """
    A run with its figures.

    Attributes:
        symbol: What was traded.
        strategy: By which strategy, with which *params*.
        initial_cash: Cents.
        run: What happened.
        metrics: By name; None where a figure is not defined. Percentages are percent, money currency units.
        pinned: What it was made from.
        interval_minutes: Length of a bar; 0 is a session.
        benchmark: Buy and hold's cents at each session close, shape (m,), where they are known.
    """

    symbol: str
    strategy: str
    params: Mapping[str, int | float]
    initial_cash: int
    run: Run
    metrics: Mapping[str, float | int | None]
    pinned: Pinned
    interval_minutes: int
    benchmark: IntArray | None = None

    @property
    def final_equity(self) -> int:
        """Return cash and marked shares at the end, in cents."""
        return int(self.run.equity[-1])

    @property
    def gain_loss_pct(self) -> float:
        """Return what was gained in percent of the initial balance."""
        return (self.final_equity / self.initial_cash - 1) * 100

    @cached_property
    def dates(self) -> list[str]:
        """Return the sessions' dates, YYYY-MM-DD."""
        return dates_of(self.run.session) if self.run.dates is None else self.run.dates

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values; money and prices are numbers."""
        return {
            "symbol": self.symbol,
            "strategy": self.strategy,
            "params": dict(self.params),
            "start": self.dates[0],
            "end": self.dates[-1],
            "initial_balance": self.initial_cash / CENTS,
            "final_balance": self.run.final_cash / CENTS,
            "final_shares": self.run.final_shares,
            "final_portfolio_value": self.final_equity / CENTS,
            "gain_loss": (self.final_equity - self.initial_cash) / CENTS,
            "gain_loss_pct": self.gain_loss_pct,
            "days_simulated": int(self.run.session.size),
            "metrics": dict(self.metrics),
            "trades": self.trade_dicts(self.run.trades),
            "dates": self.dates,
            "portfolio_values": (self.run.equity / CENTS).tolist(),
            "pinned": {
                "data_hash": self.pinned.data_hash,
                "params": dict(self.pinned.params),
                "engine_version": self.pinned.engine_version,
            },
        }

    def trade_dict(self, trade: Trade) -> dict[str, object]:
        """Return one trade as JSON values; what is not known while it is open is None."""
        return self.trade_dicts((trade,))[0]

    def trade_dicts(self, trades: Sequence[Trade]) -> list[dict[str, object]]:
        """Return each trade as JSON values: computed by columns, in a fraction of the time it takes one by one."""
        told = TradeColumns.of(trades)
        open_ = told.open_rows
        basis, worthless = told.cost_basis, []
        if not basis.all():
            worthless = np.flatnonzero(basis == 0).tolist()
            basis = np.maximum(basis, 1)
        gain_pct = told.gain_loss / basis * 100
        left_at = told.exit_time
        if open_:  # any date will do
            left_at = left_at.copy()
            left_at[open_] = 0
        labels = bar_labels(np.concatenate((told.entry_time, left_at)), self.interval_minutes)
        reasons = told.reasons
        return [
            {
                "entry_date": entered,
                "entry_price": bought,
                "shares": shares,
                "exit_date": left,
                "exit_price": sold,
                "gain_loss": gain,
                "gain_loss_pct": gain_percent,
                "entry_reason": reasons[why_in],
                "exit_reason": None if left is None else reasons[why_out],
            }
            for entered, bought, shares, left, sold, gain, gain_percent, why_in, why_out in zip(
                labels[: len(told)],
                (told.entry_price / MICROS).tolist(),
                told.shares.tolist(),
                _unknown(open_, labels[len(told) :]),
                _unknown(open_, (told.exit_price / MICROS).tolist()),
                _unknown(open_, (told.gain_loss / CENTS).tolist()),
                _unknown(open_ + worthless, gain_pct.tolist()),
                told.entry_code.tolist(),
                told.exit_code.tolist(),
                strict=True,
            )
        ]

    def bar_label(self, time: int) -> str:
        """Return a bar's date, or its start in UTC where bars are shorter than a session."""
        return bar_labels(np.array([time]), self.interval_minutes)[0]

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page."""
        from daytrader.core.report_html import render

        return render(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return framed(self.to_html())


def framed(page: str) -> str:
    """Return *page* in a frame of its own, as a notebook shows it: neither styles the other."""
    return (
        f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" loading="lazy" '
        'style="width:100%;height:40rem;border:0"></iframe>'
    )


def _unknown(places: Sequence[int], values: list[Any]) -> list[Any]:
    """Return *values*, None at these *places*."""
    for place in places:
        values[place] = None
    return values


def build_report(
    symbol: str,
    strategy: str,
    params: Mapping[str, int | float],
    initial_cash: int,
    run: Run,
    benchmark: Run | None,
    target_first: Run | None,
    data_hash: str,
    interval_minutes: int,
    settings: Mapping[str, object] | None = None,
) -> Report:
    """
    Return the report of *run*.

    Args:
        symbol: What was traded.
        strategy: The strategy's name.
        params: Its resolved parameters.
        initial_cash: Cents, positive.
        run: The run, stops first.
        benchmark: Buy and hold over the same sessions, where it is known.
        target_first: The same run, targets first, where it is known.
        data_hash: `Bars.data_hash` of the bars that were read.
        interval_minutes: Length of a bar; 0 is a session.
        settings: Everything else that the result depends on, pinned with *params*.

    Raises:
        InvalidParameterError: If *initial_cash* is not positive.
    """
    if initial_cash <= 0:
        raise InvalidParameterError("cash", "must be positive")
    return Report(
        symbol,
        strategy,
        params,
        initial_cash,
        run,
        figures(initial_cash, run, benchmark, target_first),
        Pinned(data_hash, {**(settings or {}), **params}, __version__),
        interval_minutes,
        None if benchmark is None or benchmark.equity.size != run.equity.size else benchmark.equity,
    )


def figures(
    initial: int, run: Run, benchmark: Run | None, target_first: Run | None = None
) -> dict[str, float | int | None]:
    """Return a report's `metrics` of *run*, which began with *initial* cents (positive)."""
    trades = TradeColumns.of(run.trades)
    told = metrics.figures_of(initial, run.equity, run.session, run.held, trades.closed_gain_loss)
    told["fees"], told["ambiguous_bars"] = run.fees, run.ambiguous_bars
    return metrics_of(told, _return_pct(initial, benchmark), _return_pct(initial, target_first))


def metrics_of(
    told: np.void, buy_and_hold_return_pct: float | None, target_first_return_pct: float | None
) -> dict[str, float | int | None]:
    """Return a report's `metrics` from a run's `Figures`: null where they are NaN."""
    values = told.item()
    found: dict[str, float | int | None] = {
        name: None if math.isnan(value) else value for name, value in zip(_TOLD, _told_of(values), strict=True)
    }
    fees, ambiguous_bars = _counted_of(values)
    found["fees"] = fees / CENTS
    found["buy_and_hold_return_pct"] = buy_and_hold_return_pct
    found["ambiguous_bars"] = ambiguous_bars
    found["target_first_return_pct"] = target_first_return_pct
    return found


def _return_pct(initial: int, run: Run | None) -> float | None:
    return None if run is None else (int(run.equity[-1]) / initial - 1) * 100
