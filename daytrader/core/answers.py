"""What a strategy answers, held against the protocol: whatever else it does is its own failure, told with its line."""

from __future__ import annotations

import operator
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from daytrader.core.arrays import BoolArray, CodeArray
from daytrader.core.errors import BrokenStrategyError
from daytrader.core.signals import Signals
from daytrader.utils.errors import DayTraderError

if TYPE_CHECKING:
    from daytrader.core.bars import Bars
    from daytrader.core.strategy import Params, Strategy

_Answer = TypeVar("_Answer")
_FLAG, _CODE = np.dtype(np.bool_), np.dtype(np.int16)
_COLUMNS: Final = (("entry", _FLAG), ("exit", _FLAG), ("entry_code", _CODE), ("exit_code", _CODE))


def answer(strategy: Strategy, asked: str, call: Callable[[], _Answer]) -> _Answer:
    """
    Return what *call* does, which asks *strategy* for its signals or its warm-up; *asked* says so in words.

    Raises:
        BrokenStrategyError: If it fails, with the last of the strategy's own lines.
        DayTraderError: As the strategy raised it.
    """
    try:
        return call()
    except DayTraderError:
        raise
    except Exception as error:
        raise _failed(strategy, asked, error) from error


def first_signal_row(strategy: Strategy, params: Params) -> int:
    """
    Return the first row (from 0) that may carry a signal.

    Raises:
        BrokenStrategyError: If the strategy fails, or its warm-up is no number of rows.
    """
    told: Any = answer(strategy, "to tell its warm-up", lambda: strategy.warmup(params))
    try:
        first = -1 if isinstance(told, bool) else operator.index(told)
    except TypeError:
        first = -1
    if first < 0:
        raise BrokenStrategyError(f"{strategy.name}: the warm-up must be a whole number from 0, was {told!r}")
    return first


def raw_signals(strategy: Strategy, bars: Bars, params: Params) -> Signals:
    """
    Return what *strategy* says, of the bars' length and of the kinds that `Signals` has.

    Raises:
        BrokenStrategyError: If it fails or says anything else.
    """
    n = bars.n
    try:  # as `answer` does; a sweep asks a million times, and words are made only of failures
        raw: Any = strategy.signals(bars, params)
    except DayTraderError:
        raise
    except Exception as error:
        raise _failed(strategy, f"on {n:,} bars", error) from error
    if not isinstance(raw, Signals):
        raise BrokenStrategyError(f"{strategy.name}: signals must return Signals, was {type(raw).__name__}")
    shape = (n,)
    for name, kind in _COLUMNS:
        column: Any = getattr(raw, name)
        if not isinstance(column, np.ndarray):
            raise BrokenStrategyError(f"{strategy.name}: {name} must be an array, was {type(column).__name__}")
        if column.shape != shape or column.dtype != kind:
            raise BrokenStrategyError(
                f"{strategy.name}: {name} must be {n} values of {kind}, was {column.shape} of {column.dtype}"
            )
    reasons: tuple[Any, ...] = raw.reasons
    if not all(isinstance(reason, str) for reason in reasons):
        raise BrokenStrategyError(f"{strategy.name}: reasons must be words, were {reasons!r}")
    for side, holds, codes in (("entry", raw.entry, raw.entry_code), ("exit", raw.exit, raw.exit_code)):
        row = _first_without_reason(holds, codes, len(reasons))
        if row is not None:
            raise BrokenStrategyError(
                f"{strategy.name}: the {side}'s reason on row {row:,} is none of its {len(reasons)} reasons"
            )
    return raw


def failure(error: BaseException, file: str | None = None) -> str:
    """Return what *error* says and where: the last line of *file* it came through, else the line that raised it."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    where = next((frame for frame in reversed(frames) if frame.filename == file), frames[-1] if frames else None)
    place = f"{where.filename}, line {where.lineno}: " if where else ""
    return f"{place}{type(error).__name__}: {error}"


def _failed(strategy: Strategy, asked: str, error: Exception) -> BrokenStrategyError:
    module = sys.modules.get(type(strategy).__module__)
    where = failure(error, getattr(module, "__file__", None))
    return BrokenStrategyError(f"{strategy.name} fails {asked}: {where}")


def _first_without_reason(holds: BoolArray, codes: CodeArray, reasons: int) -> int | None:
    """Return the first row that holds and whose code is no place among *reasons*, None if there is none."""
    if not codes.size:
        return None
    # One number may stand for all rows (`Signals.of`): then it alone is looked at. Negative ones are large unsigned.
    highest = codes[0] if codes.strides == (0,) else codes.view(np.uint16).max()
    if 0 <= highest < reasons:
        return None
    wild = np.flatnonzero(holds & ((codes < 0) | (codes >= reasons)))
    return int(wild[0]) if wild.size else None
