"""
The compiled bar loop: one run of one service's rules over one stock's bars.

It only keeps the order of things; every price, amount and level comes from `daytrader.core.fills`.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core import fills, money, rules
from daytrader.core.arrays import BoolArray, DayArray, IntArray, KindArray
from daytrader.core.corporate import EventKind
from daytrader.core.fills import (
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
)
from daytrader.core.rules import RuleInts


class Exit(IntEnum):
    """Why a recorded trade ended."""

    OPEN = -1
    SIGNAL = 0
    STOP = 1
    TARGET = 2
    SPLIT = 3


class Tape(NamedTuple):
    """Bars as the loop takes them: raw prices in micros, sessions and events (`Bars` says how they are ordered)."""

    open: IntArray
    high: IntArray
    low: IntArray
    close: IntArray
    session: DayArray
    event_row: IntArray
    event_kind: KindArray
    event_num: IntArray
    event_den: IntArray
    event_micros: IntArray


class Standing:
    """Where a run stands between two steps: cents, micros, shares, rows and truth values, all int64."""

    cash: int
    shares: int
    stop: int
    target: int
    wanted: int  # shares of the pending entry
    limit: int
    leaving: int  # whether an exit is pending
    decided: int  # the row that decided what is pending
    armed: int
    trade: int  # index of the latest trade
    fees: int
    ambiguous: int
    sessions: int


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


STANDING: Final = np.dtype([(name, np.int64) for name in Standing.__annotations__], align=True)
TRADE_RECORD: Final = np.dtype([(name, np.int64) for name in TradeRecord.__annotations__], align=True)
TradeRecords: TypeAlias = npt.NDArray[np.void]

_OPEN: Final = int(Exit.OPEN)
_BY_SIGNAL: Final = int(Exit.SIGNAL)
_BY_STOP: Final = int(Exit.STOP)
_BY_SPLIT: Final = int(Exit.SPLIT)
_SPLIT: Final = int(EventKind.SPLIT)


@njit()
def _buy(at: Standing, trades: TradeRecords, book: RuleInts, row: int, base: int) -> None:
    """Fill the pending entry at *base*, or let it expire."""
    price = entry_fill(book, base, at.limit)
    if price > 0:
        cost = cost_cents(at.wanted, price)
        fee = fee_cents(book, at.wanted, cost)
        at.trade += 1
        trade = trades[at.trade]
        trade.entry_row, trade.entry_decided = row, at.decided
        trade.entry_price, trade.shares = price, at.wanted
        trade.basis, trade.gain = cost + fee, 0
        trade.exit_row, trade.exit_decided, trade.exit_price, trade.exit = _OPEN, _OPEN, 0, _OPEN
        at.cash -= cost + fee
        at.fees += fee
        at.shares = at.wanted
        at.stop, at.target = levels(book, price)
    at.wanted = 0


@njit()
def _sell(at: Standing, trades: TradeRecords, book: RuleInts, row: int, price: int, why: int) -> None:
    """Sell everything at *price*."""
    proceeds = cost_cents(at.shares, price)
    fee = fee_cents(book, at.shares, proceeds) if why != _BY_SPLIT else 0
    trade = trades[at.trade]
    trade.exit_row, trade.exit_decided = row, at.decided
    trade.exit_price, trade.exit = price, why
    trade.gain += proceeds - fee - trade.basis
    at.cash += proceeds - fee
    at.fees += fee
    at.shares = 0
    at.leaving = 0


@njit()
def _corporate_action(at: Standing, trades: TradeRecords, book: RuleInts, tape: Tape, event: int, row: int) -> None:
    """Pay a dividend on, or split, what was held at the previous close; split what is pending."""
    num, den = tape.event_num[event], tape.event_den[event]
    is_split = tape.event_kind[event] == _SPLIT
    if is_split and at.wanted > 0:
        reserved = most_cents(book, at.wanted, at.limit)
        at.wanted, at.limit = split_entry(book, at.wanted, at.limit, reserved, num, den)
    if at.shares == 0:
        return
    if is_split:
        at.shares, rest = split_shares(at.shares, num, den)
        at.stop, at.target = split_level(at.stop, num, den), split_level(at.target, num, den)
        paid = cash_in_lieu(rest, tape.close[row - 1], num)
    else:
        paid = dividend_cents(at.shares, tape.event_micros[event])
    at.cash += paid
    trades[at.trade].gain += paid
    if at.shares == 0:
        _sell(at, trades, book, row, lieu_price(tape.close[row - 1], num, den), _BY_SPLIT)


@njit()
def _protect(at: Standing, trades: TradeRecords, book: RuleInts, tape: Tape, row: int, target_first: bool) -> None:
    """Let the stop and the target act during a bar."""
    trigger, price, is_ambiguous = protective_fill(
        book, tape.open[row], tape.high[row], tape.low[row], at.stop, at.target, target_first
    )
    at.ambiguous += is_ambiguous
    if trigger > 0:
        _sell(at, trades, book, row, price, trigger)
        if trigger == _BY_STOP:
            at.armed = 0


@njit()
def _leave(at: Standing, trades: TradeRecords, book: RuleInts, close: int, row: int, at_close: bool) -> None:
    """Act on an exit signal: order for the next open, or sell at this close."""
    at.decided = row
    at.leaving = 1
    if at_close:
        _sell(at, trades, book, row, sell_price(close, book.slippage_ppm), _BY_SIGNAL)


@njit()
def _enter(at: Standing, trades: TradeRecords, book: RuleInts, close: int, row: int, at_close: bool) -> None:
    """Act on an entry signal: order for the next open, or buy at this close."""
    at.decided = row
    at.wanted, at.limit = size_entry(book, max(0, at.cash - book.minimum_balance), close)
    if at_close and at.wanted > 0:
        _buy(at, trades, book, row, close)


def _compile(stamp: int) -> Callable[..., None]:
    """
    Return the loop, compiled or loaded from the cache.

    Numba's cache notices when this file changes, not when those below it do. The *stamp* of their sources is part of
    the cache's key because the loop closes over it, and the steps above are not cached on their own: a rule that was
    changed can never run as it was.
    """

    @njit(cache=True)
    def loop(
        tape: Tape,
        entry: BoolArray,
        exit_: BoolArray,
        book: RuleInts,
        first: int,
        last: int,
        at_close: bool,
        target_first: bool,
        standing: npt.NDArray[np.void],
        equity: IntArray,
        close_row: IntArray,
        held: BoolArray,
        trades: TradeRecords,
    ) -> None:
        _ = stamp
        at = standing[0]
        events = tape.event_row.size
        event = 0
        while event < events and tape.event_row[event] < first:
            event += 1
        for row in range(first, last):
            while event < events and tape.event_row[event] == row:
                _corporate_action(at, trades, book, tape, event, row)
                event += 1
            if at.leaving:
                _sell(at, trades, book, row, sell_price(tape.open[row], book.slippage_ppm), _BY_SIGNAL)
            elif at.wanted > 0:
                _buy(at, trades, book, row, tape.open[row])
            if at.shares > 0:
                _protect(at, trades, book, tape, row, target_first)
            if not entry[row]:
                at.armed = 1
            if at.shares > 0:
                if exit_[row]:
                    _leave(at, trades, book, tape.close[row], row, at_close)
            elif entry[row] and at.armed:
                _enter(at, trades, book, tape.close[row], row, at_close)
            if row + 1 == last or tape.session[row + 1] != tape.session[row]:
                worth = cost_cents(at.shares, tape.close[row]) if at.shares > 0 else 0
                equity[at.sessions] = at.cash + worth
                close_row[at.sessions] = row
                held[at.sessions] = at.shares > 0
                at.sessions += 1

    return loop


_loop = _compile(zlib.crc32("".join(inspect.getsource(module) for module in (fills, money, rules)).encode()))


class Record(NamedTuple):
    """
    What a run leaves: its end, its m session closes and its k trades.

    `equity` is cents at each session close, `close_row` the bars of those closes, `held` whether shares were held;
    `trades` has the fields of `TradeRecord`; the last one is open when `shares` are held.
    """

    cash: int
    shares: int
    fees: int
    ambiguous: int
    equity: IntArray
    close_row: IntArray
    held: BoolArray
    trades: TradeRecords


def run(
    tape: Tape,
    entry: BoolArray,
    exit_: BoolArray,
    book: RuleInts,
    cash: int,
    *,
    first: int,
    last: int,
    at_close: bool,
    target_first: bool,
) -> Record:
    """
    Trade rows *first* to *last* - 1, flat and armed at the start.

    Args:
        tape: The bars.
        entry: Entry signals, shape (n,).
        exit_: Exit signals, shape (n,), false wherever *entry* is true.
        book: The rules.
        cash: Cents to start with.
        first: The first row that may be decided on.
        last: One past the last row.
        at_close: Fill at the close that decides instead of the next open (research only).
        target_first: Let the target win in bars that touch both levels.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    rows = last - first
    standing = np.zeros(1, STANDING)
    standing["cash"], standing["armed"], standing["trade"] = cash, 1, -1
    equity, close_row, held = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(rows, np.bool_)
    trades = np.empty(rows, TRADE_RECORD)
    _loop(tape, entry, exit_, book, first, last, at_close, target_first, standing, equity, close_row, held, trades)
    at = dict(zip(Standing.__annotations__, standing[0].tolist(), strict=True))
    m = at["sessions"]
    return Record(
        at["cash"],
        at["shares"],
        at["fees"],
        at["ambiguous"],
        equity[:m],
        close_row[:m],
        held[:m],
        trades[: at["trade"] + 1],
    )
