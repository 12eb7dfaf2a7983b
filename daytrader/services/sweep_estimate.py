"""What a sweep would take, found out by running a little of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from daytrader.core import ranking
from daytrader.core.arrays import IntArray
from daytrader.core.bars import Bars
from daytrader.core.combinations import Column, Combinations
from daytrader.core.errors import InvalidParameterError
from daytrader.services.backtest_service import Loaded
from daytrader.services.sweep_request import SweepRequest
from daytrader.utils.errors import InsufficientDataError, InvalidInputError

_SAMPLE: Final = 64
_SAMPLE_BARS: Final = 10_000_000  # combination-bars of a sample at most: the caller waits
_SMALLEST_SAMPLE: Final = 4
_TELLING_SECONDS: Final = 0.05
_GROWTH: Final = 8
_MOST_DECIMALS: Final = 6  # of any column that holds a setting
_PART_BARS: Final = 1 << 30  # combination-bars of a part: about a second of one core
_LARGEST_PART: Final = 65_536
_SMALLEST_PART: Final = 64


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a sweep would take; *seconds* is measured on a sample, on this machine."""

    combinations: int
    symbols: int
    backtests: int
    bars: int
    seconds: float
    part: int


def estimate(request: SweepRequest, first: Loaded) -> Estimate:
    """
    Return how long *request* takes, its walk-forward included, by running a sample of it on its first symbol.

    Raises:
        InvalidInputError: If there is no such strategy, setting or metric, or one is out of bounds.
        InsufficientDataError: If there is no bar to trade, or none to test a walk-forward on.
    """
    ranking.require_metric(request.metric)
    tried = request.combinations
    _check_bounds(request, first.bars, tried)
    each = _seconds_each(request, first.bars, tried)
    backtests = tried.size * len(request.symbols)
    seconds = each * backtests * (1 + _times_walked(request, first.bars))
    part = part_size(first.bars.n)
    return Estimate(tried.size, len(request.symbols), backtests, first.bars.n, seconds, part)


def part_size(bars: int) -> int:
    """Return how many combinations over so many *bars* are one part of a sweep's work."""
    return int(np.clip(_PART_BARS // max(1, bars), _SMALLEST_PART, _LARGEST_PART))


def _seconds_each(request: SweepRequest, bars: Bars, tried: Combinations) -> float:
    """Return the time of one combination, by samples that grow until they take long enough to tell."""
    wanted = int(np.clip(_SAMPLE_BARS // max(1, bars.n), _SMALLEST_SAMPLE, _SAMPLE))
    while True:
        # Neighbours, as a sweep meets them: what they have in common is computed once.
        size = min(wanted, tried.size)
        first = (tried.size - size) // 2
        began = time.perf_counter()
        request.search.run(bars, tried.part(first, first + size))
        taken = time.perf_counter() - began
        if taken >= _TELLING_SECONDS or size == tried.size:
            return taken / size
        wanted *= _GROWTH


def _times_walked(request: SweepRequest, bars: Bars) -> float:
    """Return how many passes over the bars the walk-forward is; one of several symbols may be too short for it."""
    try:
        return request.search.times_walked(bars)
    except InsufficientDataError:
        if len(request.symbols) == 1:
            raise
        return 0.0


def _check_bounds(request: SweepRequest, bars: Bars, tried: Combinations) -> None:
    """Try the extremes of every setting: what is out of bounds is told now, not in the middle of the night."""
    rows = {int(row) for column in tried.columns for row in (np.argmin(column), np.argmax(column), _finest(column))}
    extremes = np.array(sorted(rows))
    try:
        request.search.run(bars, tried.at(extremes), blocks=0)
    except InvalidParameterError:
        if request.method == "list":
            _refuse_row(request, bars, tried, extremes)
        raise


def _finest(column: Column) -> int:
    """Return the row of the number with the most decimals: between whole ones there may be some that are not."""
    for places in range(_MOST_DECIMALS, -1, -1):
        is_finer = column != np.round(column, places)
        if is_finer.any():
            return int(np.argmax(is_finer))
    return 0


def _refuse_row(request: SweepRequest, bars: Bars, tried: Combinations, rows: IntArray) -> None:
    """Raise InvalidInputError for the first of *rows* that is refused by itself, naming it."""
    for row in rows:
        try:
            request.search.run(bars, tried.part(row, row + 1), blocks=0)
        except InvalidParameterError as error:
            fields = {f"combinations.{row}.{name}": reasons for name, reasons in error.fields.items()}
            raise InvalidInputError(fields if error.name in tried.names else error.fields) from None
