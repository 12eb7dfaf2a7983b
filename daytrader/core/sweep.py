"""
Many backtests of one stock's bars: every combination's figures, as columns.

Each row is, in every bit, what `backtest.run` tells for those settings; neither threads nor the way a sweep is cut into
parts change it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from daytrader.core import backtest
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.backtest import Fill
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations, grid, listed, random
from daytrader.core.errors import InvalidParameterError, SweepStoppedError
from daytrader.core.money import to_cents
from daytrader.core.report import figures
from daytrader.core.rules import RULE_FIELDS, Rules
from daytrader.core.strategy import Strategy, compute, get_strategy, resolve_params

__all__ = ["BlockSums", "Combinations", "Fill", "Outcome", "Statistics", "grid", "listed", "random", "run"]

Statistics: TypeAlias = Literal["full", "basic"]
_STEP: Final = 256


@dataclass(frozen=True, eq=False, slots=True)
class BlockSums:
    """
    Session returns summed over B contiguous blocks of the sessions, as even as they can be.

    Attributes:
        count: Sessions in each block, shape (B,).
        sum: Of the simple returns, shape (k, B).
        squares: Of their squares, shape (k, B).
    """

    count: IntArray
    sum: FloatArray
    squares: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """
    What k combinations came to; every column has shape (k,).

    The figures are those of a report's `metrics`, NaN where it says null. A combination that the strategy refuses is
    not `is_valid`: zero in whole numbers, NaN in the others. After `statistics="basic"`, so are the figures that need
    every session's return or every trade's gain.

    Attributes:
        is_valid: Whether the strategy takes these settings.
        final_equity: Cents.
        total_return_pct, annualized_return_pct, max_drawdown_pct, volatility, sharpe_ratio, sortino_ratio,
            calmar_ratio, win_rate_pct, profit_factor, expectancy, exposure_pct, fees: As reported.
        max_drawdown_days, trades, ambiguous_bars: Likewise, whole numbers.
        blocks: Session returns by block.
    """

    is_valid: BoolArray
    final_equity: IntArray
    total_return_pct: FloatArray
    annualized_return_pct: FloatArray
    max_drawdown_pct: FloatArray
    max_drawdown_days: IntArray
    volatility: FloatArray
    sharpe_ratio: FloatArray
    sortino_ratio: FloatArray
    calmar_ratio: FloatArray
    trades: IntArray
    win_rate_pct: FloatArray
    profit_factor: FloatArray
    expectancy: FloatArray
    exposure_pct: FloatArray
    fees: FloatArray
    ambiguous_bars: IntArray
    blocks: BlockSums

    @property
    def size(self) -> int:
        """Return the number of combinations."""
        return int(self.final_equity.size)

    @property
    def skipped(self) -> int:
        """Return how many combinations the strategy refused."""
        return int(np.count_nonzero(~self.is_valid))

    @classmethod
    def joined(cls, parts: Sequence[Outcome]) -> Outcome:
        """Return the outcomes of consecutive `Combinations.part`s as one."""
        columns = {
            column.name: np.concatenate([getattr(part, column.name) for part in parts])
            for column in fields(cls)
            if column.name != "blocks"
        }
        blocks = BlockSums(
            parts[0].blocks.count,
            np.concatenate([part.blocks.sum for part in parts]),
            np.concatenate([part.blocks.squares for part in parts]),
        )
        return cls(**columns, blocks=blocks)


def run(
    bars: Bars,
    strategy_name: str,
    combinations: Combinations,
    rules: Rules,
    *,
    params: Mapping[str, object] | None = None,
    cash: Decimal,
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    blocks: int = 16,
    threads: int | None = None,  # noqa: ARG001
    statistics: Statistics = "full",  # noqa: ARG001
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Outcome:
    """
    Backtest every combination on *bars*.

    A value outside its setting's bounds refuses the whole sweep. A combination of allowed values that the strategy
    refuses (`sma_cross` with fast >= slow) is skipped, and `Outcome.skipped` counts it.

    Args:
        bars: The whole history: indicators start at its first bar whatever *start* is.
        strategy_name: One that `get_strategy` knows.
        combinations: What to try.
        rules: Sizing, protection and costs where *combinations* does not name them.
        params: The strategy's parameters that differ from their defaults and that *combinations* does not name.
        cash: Initial balance, currency units.
        start: The first session that may be decided on.
        end: The last session.
        fill: Fill at the next open, or (research only) at the close that decides.
        blocks: Into how many blocks `Outcome.blocks` sums returns, 0 for none.
        threads: As many as there are cores where None.
        statistics: "basic" leaves out what takes longest.
        progress: Told now and then, in this thread: combinations done, and how many there are.
        should_stop: Asked as often.

    Raises:
        UnknownStrategyError: If no strategy has this name.
        InvalidParameterError: If a setting or *cash* is out of bounds or is named twice.
        InsufficientDataError: If there is no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
        SweepStoppedError: If *should_stop* said so.
    """
    strategy = get_strategy(strategy_name)
    fixed = dict(params or {})
    for name in combinations.names:
        if name in fixed:
            raise InvalidParameterError(name, "must be fixed or tried, not both")
    cents = to_cents(cash)
    if cents <= 0:
        raise InvalidParameterError("cash", f"must be positive, was {cash}")
    k = combinations.size
    rows: list[_Row] = []
    for index in range(k):
        if index % _STEP == 0:
            if should_stop is not None and should_stop():
                raise SweepStoppedError(index, k)
            if progress is not None and index:
                progress(index, k)
        rows.append(_one(bars, strategy, combinations.of(index), rules, fixed, cents, start, end, fill, blocks))
    if progress is not None:
        progress(k, k)
    return _outcome(rows, blocks)


_Row: TypeAlias = "tuple[bool, int, Mapping[str, float | int | None], FloatArray]"


def _one(
    bars: Bars,
    strategy: Strategy,
    given: Mapping[str, int | float],
    rules: Rules,
    fixed: Mapping[str, object],
    cents: int,
    start: date | None,
    end: date | None,
    fill: Fill,
    blocks: int,
) -> _Row:
    own = rules.changed({name: value for name, value in given.items() if name in RULE_FIELDS})
    params = {**fixed, **{name: value for name, value in given.items() if name not in RULE_FIELDS}}
    resolved = resolve_params(strategy, params)
    used = bars if end is None else bars.until((end - date(1970, 1, 1)).days)
    try:
        signals = compute(strategy, used, resolved)
    except InvalidParameterError:
        return False, 0, {}, np.full((2, blocks), np.nan)
    told = backtest.simulate(used, signals, own, cents, start=start, fill=fill)
    equity = np.concatenate(([cents], told.equity)).astype(np.float64)
    returns = np.diff(equity) / equity[:-1]
    bounds = _block_bounds(returns.size, blocks)
    sums = np.array([[part.sum(), (part * part).sum()] for part in np.split(returns, bounds[1:-1])]).reshape(-1, 2)
    return True, int(told.equity[-1]), {**figures(cents, told, None), "_sessions": returns.size}, sums[:blocks].T


def _block_bounds(sessions: int, blocks: int) -> IntArray:
    """Return where each block of *sessions* begins, and the end."""
    return np.arange(blocks + 1) * sessions // max(1, blocks)


def _outcome(rows: Sequence[_Row], blocks: int) -> Outcome:
    columns: dict[str, Any] = {}
    for field in fields(Outcome):
        if field.name in ("max_drawdown_days", "trades", "ambiguous_bars"):
            columns[field.name] = np.array([told.get(field.name) or 0 for _, _, told, *_ in rows], np.int64)
        elif field.name not in ("is_valid", "final_equity", "blocks"):
            figures_ = [told.get(field.name) for _, _, told, *_ in rows]
            columns[field.name] = np.array([np.nan if figure is None else figure for figure in figures_], np.float64)
    columns["is_valid"] = np.array([valid for valid, *_ in rows], np.bool_)
    columns["final_equity"] = np.array([final for _, final, *_ in rows], np.int64)
    sums = np.array([block for *_, block in rows]).reshape(len(rows), 2, blocks)
    sessions = next((told["_sessions"] for _, _, told, *_ in rows if told), 0)
    columns["blocks"] = BlockSums(np.diff(_block_bounds(int(sessions or 0), blocks)), sums[:, 0], sums[:, 1])
    return Outcome(**columns)
