"""A table of prices as it comes in, and which of its rows are no sound bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import BoolArray, DayArray, FloatArray, IntArray
from daytrader.core.errors import InvalidBarsError
from daytrader.core.money import MAX_PRICE, MICROS
from daytrader.utils.constants import MAX_VOLUME

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class RefusedBar:
    """A bar that was left out: its place in what was given (from 0), its time and the rule it breaks."""

    index: int
    time: int
    reason: str


class Columns(NamedTuple):
    """The columns of n rows, prices rounded to six decimals, nothing checked."""

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    session: DayArray

    def take(self, kept: BoolArray) -> Columns:
        """Return the rows where *kept*."""
        return Columns(
            self.time[kept],
            self.open[kept],
            self.high[kept],
            self.low[kept],
            self.close[kept],
            self.volume[kept],
            self.session[kept],
        )


def read_columns(
    time: npt.ArrayLike,
    open_: npt.ArrayLike,
    high: npt.ArrayLike,
    low: npt.ArrayLike,
    close: npt.ArrayLike,
    volume: npt.ArrayLike | None,
    session: npt.ArrayLike | None,
) -> Columns:
    """
    Return the given columns as arrays; no volume is NaN, no session is the UTC date.

    Raises:
        InvalidBarsError: If they differ in length.
    """
    times = _seconds(time)
    prices = [np.floor(np.asarray(column, np.float64) * MICROS + 0.5) / MICROS for column in (open_, high, low, close)]
    volumes = np.full(times.shape, np.nan) if volume is None else np.array(volume, np.float64)
    sessions = (times // _DAY).astype(np.int32) if session is None else np.array(session, np.int32)
    for column in (*prices, volumes, sessions):
        if column.shape != times.shape:
            raise InvalidBarsError(min(column.size, times.size), "columns differ in length")
    return Columns(times, prices[0], prices[1], prices[2], prices[3], volumes, sessions)


def _seconds(time: npt.ArrayLike) -> IntArray:
    """Return epoch seconds: of numbers as they are, of dates, datetimes, datetime64 or ISO text as UTC."""
    given = np.asarray(time)
    if given.dtype.kind in "OUM":  # objects, text, datetime64
        try:
            given = given.astype("datetime64[s]")
        except (ValueError, TypeError) as error:
            raise InvalidBarsError(0, f"time is neither epoch seconds nor a date: {error}") from error
        missing = np.flatnonzero(np.isnat(given))
        if missing.size:
            raise InvalidBarsError(int(missing[0]), "time is missing")
    return np.array(given, np.int64)


def breaches_of(columns: Columns, not_after: int | None) -> list[RefusedBar]:
    """Return the bars that break a rule, each with the first rule it breaks."""
    time, open_, high, low, close, volume, session = columns
    prices = np.stack((open_, high, low, close))
    lowest, highest = prices.min(axis=0), prices.max(axis=0)  # NaN where any is
    unsound: list[tuple[BoolArray, str]] = [
        (~np.isfinite(lowest + highest), "price is not a number"),
        (np.less_equal(lowest, 0), "price is not positive"),
        (np.greater(highest, MAX_PRICE // MICROS), f"price is above {MAX_PRICE // MICROS:,}"),
        (np.less(high, low), "high is below low"),
        (np.greater(low, np.minimum(open_, close)), "low is above open or close"),
        (np.less(high, np.maximum(open_, close)), "high is below open or close"),
        ((volume < 0) | (volume > MAX_VOLUME), f"volume is not from 0 to {MAX_VOLUME:,}"),
    ]
    if not_after is not None:
        unsound.append((time > not_after, "time is in the future"))
    bad = np.zeros(time.shape, np.bool_)
    for mask, _ in unsound:
        bad |= mask
    unsound.extend(_disordered(time, session, bad))
    for mask, _ in unsound[-2:]:
        bad |= mask
    return [
        RefusedBar(index, int(time[index]), next(rule for mask, rule in unsound if mask[index]))
        for index in np.flatnonzero(bad).tolist()
    ]


def _disordered(time: IntArray, session: DayArray, bad: BoolArray) -> list[tuple[BoolArray, str]]:
    """Return which bars repeat or precede the latest sound one before them."""
    never = np.iinfo(np.int64).min
    latest = np.maximum.accumulate(np.where(bad, never, time))
    before = np.concatenate(([never], latest[:-1]))
    day = np.maximum.accumulate(np.where(bad, np.iinfo(np.int32).min, session))
    repeated = time == before
    earlier = (time < before) | (session < day)
    return [(repeated, "time is repeated"), (earlier & ~repeated, "time is out of order")]
