"""
What happens to a position, step by step: the same compiled functions for one run and for members of a portfolio.

Every price, amount and level comes from `daytrader.core.fills`. Cash is the caller's, who is told what each step takes
or brings: a run has its own, the members of a portfolio share theirs.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from daytrader.core.corporate import EventKind
from daytrader.core.fills import (
    cash_in_lieu,
    cost_cents,
    dividend_cents,
    fee_cents,
    levels,
    lieu_price,
    most_cents,
    split_entry,
    split_level,
    split_shares,
)
from daytrader.core.rules import RuleInts

Records: TypeAlias = npt.NDArray[np.void]


class Exit(IntEnum):
    """Why a recorded trade ended."""

    OPEN = -1
    SIGNAL = 0
    STOP = 1
    TARGET = 2
    SPLIT = 3


OPEN_YET: Final = int(Exit.OPEN)
BY_SIGNAL: Final = int(Exit.SIGNAL)
BY_SPLIT: Final = int(Exit.SPLIT)
_BY_STOP: Final = int(Exit.STOP)
_SPLIT: Final = int(EventKind.SPLIT)


class Position:
    """What is held and what led to it: cents, micros, shares, rows and truth values, all int64."""

    shares: int
    stop: int  # 0: off, like the target
    target: int
    decided: int  # the row that decided what is pending
    armed: int
    trade: int  # index of the latest trade
    fees: int
    ambiguous: int


class TradeRecord:
    """A trade as the loops write it; rows are bars, *decided* ones those whose signal asked for the fill."""

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


def record_type(described: type) -> np.dtype[np.void]:
    """Return the dtype of a record with the fields of *described*, its bases' first."""
    names = (name for each in reversed(described.__mro__) for name in vars(each).get("__annotations__", ()))
    return np.dtype([(name, np.int64) for name in dict.fromkeys(names)], align=True)


TRADE_RECORD: Final = record_type(TradeRecord)


@njit(inline="always", error_model="numpy")
def rules_of(row: npt.NDArray[np.int64]) -> RuleInts:
    """Return the rules of an array's row."""
    return RuleInts(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11])


@njit(inline="always", error_model="numpy")
def buy(at: Position, trade: TradeRecord, book: RuleInts, row: int, shares: int, price: int) -> int:
    """Buy *shares* at *price* and return what they take, fee included."""
    cost = cost_cents(shares, price)
    fee = fee_cents(book, shares, cost)
    trade.entry_row, trade.entry_decided = row, at.decided
    trade.entry_price, trade.shares = price, shares
    trade.basis, trade.gain = cost + fee, 0
    trade.exit_row, trade.exit_decided, trade.exit_price, trade.exit = OPEN_YET, OPEN_YET, 0, OPEN_YET
    at.fees += fee
    at.shares = shares
    at.stop, at.target = levels(book, price)
    return cost + fee


@njit(inline="always", error_model="numpy")
def sell(at: Position, trade: TradeRecord, book: RuleInts, row: int, price: int, why: int) -> int:
    """Sell everything at *price* and return what it brings, less the fee; after a split there is none."""
    proceeds = cost_cents(at.shares, price)
    fee = fee_cents(book, at.shares, proceeds) if why != BY_SPLIT else 0
    trade.exit_row, trade.exit_decided = row, at.decided
    trade.exit_price, trade.exit = price, why
    trade.gain += proceeds - fee - trade.basis
    at.fees += fee
    at.shares = 0
    if why == _BY_STOP:
        at.armed = 0
    return proceeds - fee


@njit(error_model="numpy")
def sell_part(at: Position, trade: TradeRecord, book: RuleInts, shares: int, price: int, why: int) -> int:
    """Sell *shares*, fewer than there are, at *price* and return what they bring, less the fee."""
    proceeds = cost_cents(shares, price)
    fee = fee_cents(book, shares, proceeds)
    trade.gain += proceeds - fee
    at.fees += fee
    at.shares -= shares
    if why == _BY_STOP:
        at.armed = 0
    return proceeds - fee


@njit(error_model="numpy")
def act_on(
    at: Position, trade: TradeRecord, book: RuleInts, row: int, before: int, kind: int, num: int, den: int, micros: int
) -> int:
    """Pay a dividend on, or split, what was held at the close *before* and return the cents it brings."""
    if kind == _SPLIT:
        at.shares, rest = split_shares(at.shares, num, den)
        at.stop, at.target = split_level(at.stop, num, den), split_level(at.target, num, den)
        paid = cash_in_lieu(rest, before, num)
    else:
        paid = dividend_cents(at.shares, micros)
    trade.gain += paid
    if at.shares == 0:
        paid += sell(at, trade, book, row, lieu_price(before, num, den), BY_SPLIT)
    return paid


@njit(error_model="numpy")
def act_on_pending(book: RuleInts, shares: int, limit: int, kind: int, num: int, den: int) -> tuple[int, int]:
    """Return a pending entry's shares and limit after a split; a dividend is not for it."""
    if kind == _SPLIT and shares > 0:
        shares, limit = split_entry(book, shares, limit, most_cents(book, shares, limit), num, den)
    return shares, limit
