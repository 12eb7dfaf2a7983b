"""
The compiled loop: many runs of one service's rules over one stock's bars, or one.

It only keeps the order of things; what happens to a position is in `daytrader.core.steps`, every figure in
`daytrader.core.metrics`. It visits the bars on which something can happen: without a position it leaps to the next
entry signal, with one it looks for the first bar that touches the stop or the target before the next exit signal, and
marks the sessions in between.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from daytrader.core import fills, flags, marks, metrics, money, rules, steps, tape, touches, unwind
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.flags import FlagArray
from daytrader.core.marks import Purse
from daytrader.core.metrics import FIGURES, Gains
from daytrader.core.rules import RuleInts
from daytrader.core.steps import TRADE_RECORD, Position, Records, TradeRecord
from daytrader.core.tape import Tape


class Standing(Purse, Position):
    """Where a run stands: cents, micros, shares, rows and counts, all int64."""

    event: int  # the next one to come
    won: int
    gained: int
    lost: int


class Notes(NamedTuple):
    """
    What runs write besides their figures, where there is room for it.

    Attributes:
        trades: The last run's, shape (t,); where there are fewer places, the last is used again.
        equity: Cents at each session close of each run, shape (r, m), or (1, 0): not kept.
        held: Whether shares were held there, likewise.
    """

    trades: Records
    equity: IntArray
    held: BoolArray


_STANDING: Final = steps.record_type(Standing)


@njit(error_model="numpy")
def _begin(at: Standing, cash: int) -> None:
    at.cash, at.shares, at.stop, at.target = cash, 0, 0, 0
    at.decided, at.armed, at.event, at.trade = 0, 1, 0, -1
    at.fees, at.ambiguous, at.held, at.block = 0, 0, 0, 0
    at.won, at.gained, at.lost = 0, 0, 0


@njit(error_model="numpy")
def _pass_events(at: Standing, book: RuleInts, events: IntArray, row: int, shares: int, limit: int) -> tuple[int, int]:
    """Return a pending entry's shares (0: there is none) and limit at the open of *row*."""
    while at.event < events.shape[0] and events[at.event, tape.EVENT_ROW] <= row:
        event = events[at.event]
        kind, num, den = event[tape.EVENT_KIND], event[tape.EVENT_NUM], event[tape.EVENT_DEN]
        shares, limit = steps.act_on_pending(book, shares, limit, kind, num, den)
        at.event += 1
    return shares, limit


@njit(inline="always", error_model="numpy")
def _count(at: Standing, trade: TradeRecord) -> None:
    """Count a trade that is closed."""
    at.won += trade.gain > 0
    at.gained += max(trade.gain, 0)
    at.lost += max(-trade.gain, 0)


# One function, long as it is: arrays handed to parts are counted each time, a fifth of a sweep's speed, and parts that
# are inlined still cost a few percent of it while branches and statements stay beyond the limits (ADR 0036).
@njit(error_model="numpy")
def _trade(  # noqa: PLR0912, PLR0915 - see above
    bars: Tape,
    entry: FlagArray,
    exit_: FlagArray,
    book: RuleInts,
    cash: int,
    first: int,
    at_close: bool,
    target_first: bool,
    at: Standing,
    edges: IntArray,
    sums: FloatArray,
    trades: Records,
    equity: IntArray,
    held: BoolArray,
    told: metrics.Figures,
) -> None:
    """Trade from row *first* on, flat and armed at the start."""
    # Arrays are unpacked once: each time that one is read from a tuple, its references are counted.
    opens, highs, lows, closes, unit, session_of, begin, settled, day, highest, events, volumes = bars
    rows, sessions, coming = session_of.size, settled.size, events.shape[0]
    is_limited = book.volume_limit_ppm > 0
    _begin(at, cash)
    session = session_of[first]  # the next that is to be marked
    curve = metrics.begun(cash, day[session])
    row = first
    while row < rows:
        if not at.armed:
            row = flags.next_clear(entry, row, rows)
            at.armed = 1
            continue
        row = flags.next_set(entry, row, rows)
        if row == rows:
            break
        if at.event < coming:
            _pass_events(at, book, events, row, 0, 0)
        at.decided = row
        base = closes[row] * unit
        shares, limit = fills.size_entry(book, max(0, at.cash - book.minimum_balance), base)
        if not at_close:
            row += 1
            if row == rows:
                break
            if at.event < coming:
                shares, limit = _pass_events(at, book, events, row, shares, limit)
            base = opens[row] * unit
        if is_limited:
            shares = fills.fillable(book, shares, volumes[row])
        price = fills.entry_fill(book, base, limit) if shares > 0 else 0
        if price == 0:
            row += at_close
            continue
        if row >= begin[session + 1]:
            curve = marks.mark_flat(curve, at, day, edges, sums, session, session_of[row])
            if equity.size > 0:
                marks.note(at, settled, equity, held, session, session_of[row])
            session = session_of[row]
        at.trade += 1
        trade = trades[min(at.trade, trades.size - 1)]
        at.cash -= steps.buy(at, trade, book, row, shares, price)
        row += at_close
        while at.shares > 0:
            leave = flags.next_set(exit_, row, rows)
            sale = leave if at_close else leave + 1
            event = events[at.event, tape.EVENT_ROW] if at.event < coming else rows
            end = min(leave + 1, event, rows)
            touched = touches.first_touch(highs, lows, unit, row, end, at.stop, at.target)
            row = touched if touched < end else min(sale, event, rows)
            if row >= begin[session + 1]:
                now = session_of[row] if row < rows else sessions
                if float(at.shares) * float(highest) > fills.LARGEST_WORTH:
                    marks.check_worth(at.shares, settled, session, now)
                curve = marks.mark_held(curve, at, settled, day, edges, sums, session, now)
                if equity.size > 0:
                    marks.note(at, settled, equity, held, session, now)
                session = now
            if row == rows:
                break
            why = steps.OPEN_YET
            if touched < end:
                open_, high, low = opens[row] * unit, highs[row] * unit, lows[row] * unit
                why, price, is_ambiguous = fills.protective_fill(
                    book, open_, high, low, at.stop, at.target, target_first
                )
                at.ambiguous += is_ambiguous and (not is_limited or fills.fillable(book, 1, volumes[row]) > 0)
            else:
                if row == event:
                    unwind.corporate_actions(at, trade, book, closes, unit, events, row)
                    if at_close and at.shares > 0:
                        continue  # the bar comes first, then its close
                if row == sale and at.shares > 0:
                    at.decided = leave
                    base = closes[row] * unit if at_close else opens[row] * unit
                    price = fills.sell_price(base, book.slippage_ppm)
                    why = steps.BY_SIGNAL
            if why != steps.OPEN_YET:
                if not is_limited or fills.fillable(book, at.shares, volumes[row]) == at.shares:
                    at.cash += steps.sell(at, trade, book, row, price, why)
                else:
                    curve, session, row = unwind.sell_down(
                        bars, entry, book, at, trade, edges, sums, equity, held, curve, session, row, price, why
                    )
            if at.shares == 0:
                _count(at, trade)
    curve = marks.mark_flat(curve, at, day, edges, sums, session, sessions)
    if equity.size > 0:
        marks.note(at, settled, equity, held, session, sessions)
    marks.split_sums(sums)
    gains = Gains(at.trade + 1 - (at.shares > 0), at.won, at.gained, at.lost)
    metrics.tell(told, curve, gains, cash, sessions - session_of[first], at.held)
    told.final_cash, told.final_shares = at.cash, at.shares
    told.fees, told.ambiguous_bars = at.fees, at.ambiguous


def _compile(stamp: int) -> Callable[..., None]:
    """
    Return the loop, compiled or loaded from the cache.

    Numba's cache notices when this file changes, not when those below it do. The *stamp* of their sources is part of
    the cache's key because the loop closes over it, and the steps above are not cached on their own: a rule that was
    changed can never run as it was.
    """

    @njit(cache=True, nogil=True, error_model="numpy")
    def loop(
        bars: Tape,
        signals: FlagArray,
        which: IntArray,
        books: IntArray,
        cash: int,
        first: int,
        at_close: bool,
        target_first: bool,
        edges: IntArray,
        sums: FloatArray,
        notes: Notes,
        told: Records,
    ) -> None:
        _ = stamp
        at = np.zeros(1, _STANDING)[0]
        for run in range(which.size):
            kept = min(run, notes.equity.shape[0] - 1)
            _trade(
                bars,
                signals[which[run], 0],
                signals[which[run], 1],
                steps.rules_of(books[run]),
                cash,
                first,
                at_close,
                target_first,
                at,
                edges,
                sums[run],
                notes.trades,
                notes.equity[kept],
                notes.held[kept],
                told[run],
            )

    return loop


_RULES: Final = (fills, flags, marks, metrics, money, rules, steps, tape, touches, unwind)
_loop = _compile(zlib.crc32("".join(inspect.getsource(each) for each in _RULES).encode()))


class Record(NamedTuple):
    """
    What r runs leave over m sessions: their `Figures`, and at each close their equity in cents and whether they held.

    `trades` are the last run's, with the fields of `TradeRecord`; its last one is open if shares are held at the end.
    """

    figures: Records
    equity: IntArray
    held: BoolArray
    trades: Records


def run(
    bars: Tape,
    signals: FlagArray,
    books: Sequence[RuleInts],
    cash: int,
    *,
    first: int,
    at_close: bool,
    target_first: bool,
) -> Record:
    """
    Trade rows *first* to the last by each of *books*.

    Args:
        bars: The bars.
        signals: The signals of each of *books*, from `flags_of`, shape (r, 2, w).
        books: The rules.
        cash: Cents to start with, positive.
        first: The first row that may be decided on.
        at_close: Fill at the close that decides instead of the next open (research only).
        target_first: Let the target win in bars that touch both levels.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    begin, sessions, runs = int(bars.session[first]), bars.settled.size, len(books)
    room = (runs, sessions)
    entries = int(np.bitwise_count(signals[-1, 0]).sum())  # no more trades than that
    notes = Notes(np.empty(max(1, entries), TRADE_RECORD), np.empty(room, np.int64), np.empty(room, np.bool_))
    edges = np.array([begin, sessions])
    told = np.empty(runs, FIGURES)
    sums = np.empty((runs, 2, 1))
    _loop(
        bars, signals, np.arange(runs), np.array(books), cash, first, at_close, target_first, edges, sums, notes, told
    )
    trades = int(told[-1]["trades"]) + (int(told[-1]["final_shares"]) > 0)
    return Record(told, notes.equity[:, begin:], notes.held[:, begin:], notes.trades[:trades])


def run_many(
    bars: Tape,
    signals: FlagArray,
    which: IntArray,
    books: IntArray,
    cash: int,
    *,
    first: int,
    at_close: bool,
    edges: IntArray,
    told: Records,
    sums: FloatArray,
) -> None:
    """
    Write to *told* the figures of k runs; threads may each do their part of them.

    Args:
        bars: The bars.
        signals: Signals, from `flags_of`, shape (d, 2, w).
        which: By which of them each run trades, shape (k,).
        books: By which rules, in the order of `RuleInts`, shape (k, 12).
        cash: Cents to start with, positive.
        first: The first row that may be decided on.
        at_close: Fill at the close that decides instead of the next open (research only).
        edges: Where blocks of sessions begin, and the end, shape (B + 1,).
        told: The figures, shape (k,).
        sums: The sums of the returns of each block and of their squares, shape (k, 2, B).

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    notes = Notes(np.empty(1, TRADE_RECORD), np.empty((1, 0), np.int64), np.empty((1, 0), np.bool_))
    _loop(bars, signals, which, books, cash, first, at_close, False, edges, sums, notes, told)
