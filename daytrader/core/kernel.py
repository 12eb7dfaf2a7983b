"""
The compiled loop: many runs of one service's rules over one stock's bars, or one.

It only keeps the order of things; every price, amount and level comes from `daytrader.core.fills`, every figure from
`daytrader.core.metrics`. It visits the bars on which something can happen: without a position it leaps to the next
entry signal, with one it looks for the first bar that touches the stop or the target before the next exit signal, and
marks the sessions in between.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core import fills, metrics, money, rules, tape
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.corporate import EventKind
from daytrader.core.fills import (
    LARGEST_WORTH,
    cash_in_lieu,
    cost_cents,
    dividend_cents,
    entry_fill,
    fee_cents,
    levels,
    lieu_price,
    most_cents,
    protective_fill,
    sell_price,
    size_entry,
    split_entry,
    split_level,
    split_shares,
    worth_cents,
)
from daytrader.core.metrics import FIGURES, Curve, Gains, begun, marked, tell
from daytrader.core.rules import RuleInts
from daytrader.core.tape import (
    CLOSE,
    EVENT_DEN,
    EVENT_KIND,
    EVENT_MICROS,
    EVENT_NUM,
    EVENT_ROW,
    HIGH,
    LOW,
    OPEN,
    Tape,
)

Records: TypeAlias = npt.NDArray[np.void]
AheadArray: TypeAlias = npt.NDArray[np.int32]


class Exit(IntEnum):
    """Why a recorded trade ended."""

    OPEN = -1
    SIGNAL = 0
    STOP = 1
    TARGET = 2
    SPLIT = 3


class Standing:
    """Where a run stands: cents, micros, shares, rows and counts, all int64."""

    cash: int
    shares: int
    stop: int  # 0: off, like the target
    target: int
    decided: int  # the row that decided what is pending
    armed: int
    event: int  # the next one to come
    trade: int  # index of the latest trade
    fees: int
    ambiguous: int
    held: int  # sessions at whose close shares were held
    won: int
    gained: int
    lost: int
    block: int  # of sessions, the one that is being summed


class TradeRecord:
    """A trade as the loop writes it; rows are bars, *decided* ones those whose signal asked for the fill."""

    entry_row: int
    entry_decided: int
    entry_price: int
    shares: int
    basis: int
    exit_row: int
    exit_decided: int
    exit_price: int
    exit: int
    gain: int  # while open: the dividends and cash in lieu so far


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


STANDING: Final = np.dtype([(name, np.int64) for name in Standing.__annotations__], align=True)
TRADE_RECORD: Final = np.dtype([(name, np.int64) for name in TradeRecord.__annotations__], align=True)

_OPEN: Final = int(Exit.OPEN)
_BY_SIGNAL: Final = int(Exit.SIGNAL)
_BY_STOP: Final = int(Exit.STOP)
_BY_SPLIT: Final = int(Exit.SPLIT)
_SPLIT: Final = int(EventKind.SPLIT)
_NEVER: Final = np.iinfo(np.int64).max


@njit(error_model="numpy")
def _begin(at: Standing, cash: int) -> None:
    at.cash, at.shares, at.stop, at.target = cash, 0, 0, 0
    at.decided, at.armed, at.event, at.trade = 0, 1, 0, -1
    at.fees, at.ambiguous, at.held, at.block = 0, 0, 0, 0
    at.won, at.gained, at.lost = 0, 0, 0


@njit(error_model="numpy")
def _buy(at: Standing, trade: TradeRecord, book: RuleInts, row: int, shares: int, price: int) -> None:
    """Buy *shares* at *price*."""
    cost = cost_cents(shares, price)
    fee = fee_cents(book, shares, cost)
    trade.entry_row, trade.entry_decided = row, at.decided
    trade.entry_price, trade.shares = price, shares
    trade.basis, trade.gain = cost + fee, 0
    trade.exit_row, trade.exit_decided, trade.exit_price, trade.exit = _OPEN, _OPEN, 0, _OPEN
    at.cash -= cost + fee
    at.fees += fee
    at.shares = shares
    at.stop, at.target = levels(book, price)


@njit(error_model="numpy")
def _sell(at: Standing, trade: TradeRecord, book: RuleInts, row: int, price: int, why: int) -> None:
    """Sell everything at *price*."""
    proceeds = cost_cents(at.shares, price)
    fee = fee_cents(book, at.shares, proceeds) if why != _BY_SPLIT else 0
    trade.exit_row, trade.exit_decided = row, at.decided
    trade.exit_price, trade.exit = price, why
    trade.gain += proceeds - fee - trade.basis
    at.cash += proceeds - fee
    at.fees += fee
    at.shares = 0
    at.armed = why != _BY_STOP
    at.won += trade.gain > 0
    at.gained += max(trade.gain, 0)
    at.lost += max(-trade.gain, 0)


@njit(error_model="numpy")
def _split_pending(
    at: Standing, book: RuleInts, events: IntArray, row: int, shares: int, limit: int
) -> tuple[int, int]:
    """Return a pending entry's shares (0: there is none) and limit at the open of *row*; no dividend is for it."""
    while at.event < events.shape[0] and events[at.event, EVENT_ROW] <= row:
        event = events[at.event]
        if event[EVENT_KIND] == _SPLIT and shares > 0:
            reserved = most_cents(book, shares, limit)
            shares, limit = split_entry(book, shares, limit, reserved, event[EVENT_NUM], event[EVENT_DEN])
        at.event += 1
    return shares, limit


@njit(error_model="numpy")
def _corporate_actions(
    at: Standing, trade: TradeRecord, book: RuleInts, quotes: IntArray, events: IntArray, row: int
) -> None:
    """Pay the dividends of *row* on, and split, what was held at the previous close."""
    before = quotes[row - 1, CLOSE]
    while at.shares > 0 and at.event < events.shape[0] and events[at.event, EVENT_ROW] == row:
        event = events[at.event]
        num, den = event[EVENT_NUM], event[EVENT_DEN]
        at.event += 1
        if event[EVENT_KIND] == _SPLIT:
            at.shares, rest = split_shares(at.shares, num, den)
            at.stop, at.target = split_level(at.stop, num, den), split_level(at.target, num, den)
            paid = cash_in_lieu(rest, before, num)
        else:
            paid = dividend_cents(at.shares, event[EVENT_MICROS])
        at.cash += paid
        trade.gain += paid
        if at.shares == 0:
            _sell(at, trade, book, row, lieu_price(before, num, den), _BY_SPLIT)


@njit(inline="always", error_model="numpy")
def _first_touch(quotes: IntArray, row: int, end: int, stop: int, target: int) -> int:
    """Return the first bar from *row* on that touches *stop* or *target*, *end* if none does."""
    if target == 0:
        target = _NEVER
    while row < end and quotes[row, LOW] > stop and quotes[row, HIGH] < target:
        row += 1
    return row


@njit(inline="always", error_model="numpy")
def _mark_held(
    curve: Curve, at: Standing, close: IntArray, day: IntArray, edges: IntArray, sums: FloatArray, first: int, last: int
) -> Curve:
    """Return *curve* with sessions *first* to *last* - 1, at whose closes the position was held."""
    cash, shares = at.cash, at.shares
    session = first
    while session < last:
        stop = min(last, edges[at.block + 1])
        for each in range(session, stop):
            curve = marked(curve, cash + worth_cents(shares, close[each]), each, day)
        session = stop
        if session == edges[at.block + 1]:
            sums[0, at.block], sums[1, at.block] = curve.sum, curve.squares
            at.block += 1
    at.held += last - first
    return curve


@njit(inline="always", error_model="numpy")
def _mark_flat(
    curve: Curve, at: Standing, day: IntArray, edges: IntArray, sums: FloatArray, first: int, last: int
) -> Curve:
    """Return *curve* with sessions *first* to *last* - 1 without a position: after the first, nothing changes."""
    if first < last:
        curve = marked(curve, at.cash, first, day)
        if first + 1 < last:
            curve = marked(curve, at.cash, last - 1, day)
        while at.block + 1 < edges.size and edges[at.block + 1] <= last:
            sums[0, at.block], sums[1, at.block] = curve.sum, curve.squares
            at.block += 1
    return curve


@njit(error_model="numpy")
def _note(at: Standing, close: IntArray, equity: IntArray, held: BoolArray, first: int, last: int) -> None:
    """Write the equity of sessions *first* to *last* - 1."""
    for session in range(first, last):
        equity[session] = at.cash + (worth_cents(at.shares, close[session]) if at.shares > 0 else 0)
        held[session] = at.shares > 0


@njit(error_model="numpy")
def _check_worth(shares: int, close: IntArray, first: int, last: int) -> None:
    """Raise if the position's worth is beyond its bound at a close of sessions *first* to *last* - 1."""
    for session in range(first, last):
        cost_cents(shares, close[session])


@njit(error_model="numpy")
def _trade(  # noqa: PLR0912, PLR0915 - one state, one loop: parts of it would hand everything to and fro
    bars: Tape,
    entry: AheadArray,
    exit_: AheadArray,
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
    quotes, session_of, close, day, highest, events = bars
    keeps = equity.size > 0
    rows, sessions, coming = session_of.size, close.size, events.shape[0]
    _begin(at, cash)
    begin = marked_to = session_of[first]
    curve = begun(cash, begin)
    trade = trades[0]
    row = first
    while row < rows:
        # without a position, on the way to the next close that buys
        if not at.armed:
            while row < rows and entry[row] == row:
                row += 1
            at.armed = 1
            continue
        row = entry[row]
        if row == rows:
            break
        if at.event < coming:
            _split_pending(at, book, events, row, 0, 0)
        at.decided = row
        base = quotes[row, CLOSE]
        shares, limit = size_entry(book, max(0, at.cash - book.minimum_balance), base)
        if not at_close:
            row += 1
            if row == rows:
                break
            if at.event < coming:
                shares, limit = _split_pending(at, book, events, row, shares, limit)
            base = quotes[row, OPEN]
        price = entry_fill(book, base, limit) if shares > 0 else 0
        if price == 0:
            row += at_close
            continue
        session = session_of[row]
        curve = _mark_flat(curve, at, day, edges, sums, marked_to, session)
        if keeps:
            _note(at, close, equity, held, marked_to, session)
        marked_to = session
        at.trade += 1
        trade = trades[min(at.trade, trades.size - 1)]
        _buy(at, trade, book, row, shares, price)
        row += at_close
        # with one: from event to event, until it is sold
        while at.shares > 0:
            leave = exit_[row] if row < rows else rows
            sale = leave if at_close else leave + 1
            event = events[at.event, EVENT_ROW] if at.event < coming else rows
            end = min(leave + 1, event, rows)
            touched = _first_touch(quotes, row, end, at.stop, at.target)
            row = touched if touched < end else min(sale, event, rows)
            session = session_of[row] if row < rows else sessions
            if float(at.shares) * float(highest) > LARGEST_WORTH:
                _check_worth(at.shares, close, marked_to, session)
            curve = _mark_held(curve, at, close, day, edges, sums, marked_to, session)
            if keeps:
                _note(at, close, equity, held, marked_to, session)
            marked_to = session
            if row == rows:
                break
            if touched < end:
                trigger, price, is_ambiguous = protective_fill(
                    book, quotes[row, OPEN], quotes[row, HIGH], quotes[row, LOW], at.stop, at.target, target_first
                )
                at.ambiguous += is_ambiguous
                _sell(at, trade, book, row, price, trigger)
                continue
            if row == event:
                _corporate_actions(at, trade, book, quotes, events, row)
                if at_close:
                    continue  # the bar comes first, then its close
            if row == sale and at.shares > 0:
                at.decided = leave
                base = quotes[row, CLOSE] if at_close else quotes[row, OPEN]
                _sell(at, trade, book, row, sell_price(base, book.slippage_ppm), _BY_SIGNAL)
    curve = _mark_flat(curve, at, day, edges, sums, marked_to, sessions)
    if keeps:
        _note(at, close, equity, held, marked_to, sessions)
    for block in range(edges.size - 2, 0, -1):
        sums[0, block] -= sums[0, block - 1]
        sums[1, block] -= sums[1, block - 1]
    tell(
        told,
        curve,
        Gains(at.trade + 1 - (at.shares > 0), at.won, at.gained, at.lost),
        cash,
        sessions - begin,
        at.held,
    )
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
        ahead: AheadArray,
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
        at = np.zeros(1, STANDING)[0]
        for run in range(which.size):
            own = books[run]
            book = RuleInts(
                own[0], own[1], own[2], own[3], own[4], own[5], own[6], own[7], own[8], own[9], own[10]
            )  # fmt: skip
            entry, exit_ = ahead[which[run], 0], ahead[which[run], 1]
            kept = min(run, notes.equity.shape[0] - 1)
            _trade(
                bars,
                entry,
                exit_,
                book,
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


_loop = _compile(zlib.crc32("".join(inspect.getsource(each) for each in (fills, metrics, money, rules, tape)).encode()))


@njit(cache=True)
def _look_ahead(entry: BoolArray, exit_: BoolArray, ahead: AheadArray) -> None:
    next_entry = next_exit = entry.size
    for row in range(entry.size - 1, -1, -1):
        next_entry = row if entry[row] else next_entry
        next_exit = row if exit_[row] else next_exit
        ahead[0, row], ahead[1, row] = next_entry, next_exit


def look_ahead(entry: BoolArray, exit_: BoolArray, ahead: AheadArray) -> None:
    """
    Write to *ahead*, shape (2, n), the next row at or after each with an entry, and with an exit; n where none is left.

    Args:
        entry: Entry signals, shape (n,).
        exit_: Exit signals, shape (n,), false wherever *entry* is true.
        ahead: What is written.
    """
    _look_ahead(entry, exit_, ahead)


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
    ahead: AheadArray,
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
        ahead: The signals of each of *books*, from `look_ahead`, shape (r, 2, n).
        books: The rules.
        cash: Cents to start with, positive.
        first: The first row that may be decided on.
        at_close: Fill at the close that decides instead of the next open (research only).
        target_first: Let the target win in bars that touch both levels.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    begin, sessions, runs = int(bars.session[first]), bars.close.size, len(books)
    room = (runs, sessions)
    notes = Notes(np.empty(bars.session.size, TRADE_RECORD), np.empty(room, np.int64), np.empty(room, np.bool_))
    edges = np.array([begin, sessions])
    told = np.empty(runs, FIGURES)
    sums = np.empty((runs, 2, 1))
    _loop(bars, ahead, np.arange(runs), np.array(books), cash, first, at_close, target_first, edges, sums, notes, told)
    trades = int(told[-1]["trades"]) + (int(told[-1]["final_shares"]) > 0)
    return Record(told, notes.equity[:, begin:], notes.held[:, begin:], notes.trades[:trades])


def run_many(
    bars: Tape,
    ahead: AheadArray,
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
        ahead: Signals, from `look_ahead`, shape (d, 2, n).
        which: By which of them each run trades, shape (k,).
        books: By which rules, in the order of `RuleInts`, shape (k, 11).
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
    _loop(bars, ahead, which, books, cash, first, at_close, False, edges, sums, notes, told)
