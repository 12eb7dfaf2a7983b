"""Prices as columns that validate themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from daytrader.core.arrays import DayArray, FloatArray, IntArray, KindArray
from daytrader.core.columns import Columns, RefusedBar, breaches_of, read_columns
from daytrader.core.corporate import CorporateEvent, EventColumns, EventKind, place, snap_ratio, split_factors
from daytrader.core.errors import InvalidBarsError
from daytrader.core.labels import dates_of
from daytrader.core.money import MICROS, from_micros, micros_array, scaled
from daytrader.core.tape import Tape, tape_of
from daytrader.utils.days import days_since_epoch

if TYPE_CHECKING:
    from daytrader.core.whole_crossings import Ticks

__all__ = ["Bars", "CorporateEvent", "EventKind", "RefusedBar", "SignalView", "adjusted", "snap_ratio"]


class Micros(NamedTuple):
    """Prices in whole micros, each of shape (n,)."""

    open: IntArray
    high: IntArray
    low: IntArray
    close: IntArray


class SignalView(NamedTuple):
    """What strategies read: prices and volumes adjusted for the splits up to each bar, each of shape (n,)."""

    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray


class Closes(NamedTuple):
    """
    What reports show of m sessions whatever was traded; read-only.

    Attributes:
        session: Dates, days since 1970-01-01, shape (m,).
        date: The same as YYYY-MM-DD.
        price: Raw prices of the last bars, currency units, shape (m,).
        split_factor: Products of the split ratios up to them, shape (m,).
    """

    session: DayArray
    date: list[str]
    price: FloatArray
    split_factor: FloatArray


@dataclass(frozen=True, eq=False)
class Bars:
    """
    One stock's bars in ascending order, raw prices rounded to six decimals, with its dividends and splits.

    Attributes:
        time: Start of each bar, epoch seconds UTC, shape (n,).
        open, high, low, close: Raw prices, currency units, shape (n,).
        volume: Shares traded, NaN where unknown, shape (n,).
        session: The exchange's date of each bar, days since 1970-01-01, shape (n,).
        interval_minutes: Length of a bar; 0 is a session.
        event_row, event_kind, event_num, event_den, event_micros, event_ref: The events, shape (k,), by row,
            dividends before splits; the amount is in micros.
        split_factor: Product of the split ratios up to each bar, shape (n,).
        refused: Bars that `sift` left out.
        quarantined: Dividends too large to be paid without a person's word.
    """

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    session: DayArray
    interval_minutes: int
    event_row: IntArray
    event_kind: KindArray
    event_num: IntArray
    event_den: IntArray
    event_micros: IntArray
    event_ref: IntArray
    split_factor: FloatArray
    refused: tuple[RefusedBar, ...] = ()
    quarantined: tuple[CorporateEvent, ...] = ()

    @classmethod
    def build(
        cls,
        time: npt.ArrayLike,
        open: npt.ArrayLike,
        high: npt.ArrayLike,
        low: npt.ArrayLike,
        close: npt.ArrayLike,
        volume: npt.ArrayLike | None = None,
        *,
        interval_minutes: int = 0,
        session: npt.ArrayLike | None = None,
        events: Iterable[CorporateEvent] = (),
        not_after: int | None = None,
    ) -> Bars:
        """
        Return bars of which every one is sound.

        Args:
            time: Epoch seconds UTC, or dates, datetime64 or ISO text in UTC; strictly ascending.
            open: Likewise *high*, *low*, *close*: currency units; they are rounded to six decimals.
            volume: Shares, or None where unknown.
            interval_minutes: 0 for daily bars.
            session: Days since 1970-01-01; the UTC date where None.
            events: Dividends and splits, in any order.
            not_after: The latest time a bar may have, if there is one.

        Raises:
            InvalidBarsError: At the first bar that is not finite, positive, ordered, unique, ascending or in bounds,
                or if *time* is no time.
        """
        columns = read_columns(time, open, high, low, close, volume, session)
        breaches = breaches_of(columns, not_after)
        if breaches:
            first = breaches[0]
            raise InvalidBarsError(first.index, first.reason)
        return cls._of(columns, interval_minutes, events, (), frozenset())

    @classmethod
    def sift(
        cls,
        time: npt.ArrayLike,
        open: npt.ArrayLike,
        high: npt.ArrayLike,
        low: npt.ArrayLike,
        close: npt.ArrayLike,
        volume: npt.ArrayLike | None = None,
        *,
        interval_minutes: int = 0,
        session: npt.ArrayLike | None = None,
        events: Iterable[CorporateEvent] = (),
        not_after: int | None = None,
    ) -> Bars:
        """Return the sound ones of the given bars, the others listed in `refused`; arguments as for `build`."""
        columns = read_columns(time, open, high, low, close, volume, session)
        breaches = breaches_of(columns, not_after)
        if not breaches:
            return cls._of(columns, interval_minutes, events, (), frozenset())
        kept = np.ones(columns.time.size, np.bool_)
        kept[[breach.index for breach in breaches]] = False
        refused_sessions = frozenset(columns.session[~kept].tolist()) - frozenset(columns.session[kept].tolist())
        return cls._of(columns.take(kept), interval_minutes, events, tuple(breaches), refused_sessions)

    @classmethod
    def _of(
        cls,
        columns: Columns,
        interval_minutes: int,
        events: Iterable[CorporateEvent],
        refused: tuple[RefusedBar, ...],
        refused_sessions: frozenset[int],
    ) -> Bars:
        placed, quarantined = place(events, columns.session, micros_array(columns.close), refused_sessions)
        factor = split_factors(placed, columns.time.size)
        # What many strategies read, none may write: an attempt is an error at once, not a wrong trade later.
        for column in (columns.open, columns.high, columns.low, columns.close, columns.volume):
            column.flags.writeable = False
        return cls(
            columns.time,
            columns.open,
            columns.high,
            columns.low,
            columns.close,
            columns.volume,
            columns.session,
            interval_minutes,
            *placed,
            factor,
            refused,
            quarantined,
        )

    @property
    def n(self) -> int:
        """Return the number of bars."""
        return int(self.time.size)

    @property
    def events(self) -> EventColumns:
        """Return the events' columns together."""
        return EventColumns(
            self.event_row, self.event_kind, self.event_num, self.event_den, self.event_micros, self.event_ref
        )

    def corporate_events(self) -> list[CorporateEvent]:
        """Return the placed events one by one, each dated by the session of its bar."""
        return [
            CorporateEvent(
                int(self.session[row]), EventKind(kind), int(num), int(den), from_micros(int(micros)), int(ref), True
            )
            for row, kind, num, den, micros, ref in zip(*self.events, strict=True)
        ]

    @cached_property
    def micros(self) -> Micros:
        """Return the raw prices as integers: what orders, fills, stops and marks are made with."""
        return Micros(
            micros_array(self.open), micros_array(self.high), micros_array(self.low), micros_array(self.close)
        )

    @cached_property
    def tape(self) -> Tape:
        """Return the bars, at least one, as the compiled loop reads them."""
        return tape_of(self)

    @cached_property
    def closes(self) -> Closes:
        """Return what the bars, at least one, show at the close of each session: the same in every report on them."""
        ends = self.tape.begin[1:] - 1
        columns = (self.session[ends], self.tape.settled / MICROS, self.split_factor[ends])
        for column in columns:
            column.flags.writeable = False
        session, price, split_factor = columns
        return Closes(session, dates_of(session), price, split_factor)

    @cached_property
    def signal(self) -> SignalView:
        """Return what strategies read; later splits never change earlier rows."""
        if not np.any(self.event_kind == EventKind.SPLIT):
            return SignalView(self.open, self.high, self.low, self.close, self.volume)
        factor = self.split_factor
        view = SignalView(
            self.open * factor, self.high * factor, self.low * factor, self.close * factor, self.volume / factor
        )
        for column in view:
            column.flags.writeable = False
        return view

    @cached_property
    def ticks(self) -> Ticks | None:
        """Return the closes that strategies read in whole ticks, None where they are none."""
        from daytrader.core.whole_crossings import whole_ticks  # and with it TA-Lib, which bars alone need not wait for

        return whole_ticks(self.signal.close)

    @cached_property
    def data_hash(self) -> str:
        """Return the SHA-256, in hex, of every column and event: the data a result was made from."""
        digest = hashlib.sha256(f"bars/1 {self.interval_minutes} {self.n}".encode())
        volume = np.where(np.isnan(self.volume), -1.0, self.volume)  # one NaN, whatever its bits
        columns = (self.time, self.open, self.high, self.low, self.close, volume, self.session, *self.events[:-1])
        for column in columns:
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def head(self, rows: int) -> Bars:
        """Return the first *rows* bars and their events, without copying."""
        rows = max(0, min(rows, self.n))
        events = self.events.head(rows)
        last = int(self.session[rows - 1]) if rows else -1
        end = int(self.time[rows - 1]) if rows else -1
        return Bars(
            self.time[:rows],
            self.open[:rows],
            self.high[:rows],
            self.low[:rows],
            self.close[:rows],
            self.volume[:rows],
            self.session[:rows],
            self.interval_minutes,
            *events,
            self.split_factor[:rows],
            tuple(bar for bar in self.refused if bar.time <= end),
            tuple(event for event in self.quarantined if event.session <= last),
        )

    def until(self, end: date | None) -> Bars:
        """Return the bars of sessions up to and including *end*, all of them for None."""
        rows = self.n if end is None else int(np.searchsorted(self.session, days_since_epoch(end), side="right"))
        return self if rows == self.n else self.head(rows)

    def first_of(self, start: date | None) -> int:
        """Return the first row of a session from *start* on, n if there is none; 0 for None."""
        return 0 if start is None else int(np.searchsorted(self.session, days_since_epoch(start)))


def adjusted(bars: Bars, adj_close: FloatArray) -> Bars:
    """
    Return *bars* scaled by *adj_close* / close, shape (n,), rounded to six decimals, without events.

    An approximation for sources that only have an adjusted close: orders then trade prices nobody ever paid.

    Raises:
        InvalidBarsError: If a scaled bar is not sound.
    """
    # The same arithmetic for all four keeps them ordered.
    return Bars.build(
        bars.time,
        scaled(bars.open, adj_close, bars.close),
        scaled(bars.high, adj_close, bars.close),
        scaled(bars.low, adj_close, bars.close),
        scaled(bars.close, adj_close, bars.close),
        bars.volume * bars.close / adj_close,
        interval_minutes=bars.interval_minutes,
        session=bars.session,
    )
