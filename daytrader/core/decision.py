"""What a service does about one completed bar: buy, sell or nothing, always with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numba import njit

from daytrader.core.arrays import BoolArray, IntArray, KindArray
from daytrader.core.fills import size_entry
from daytrader.core.money import from_micros
from daytrader.core.rules import Costs, RuleInts, Rules
from daytrader.core.strategy import Signals

__all__ = [
    "ACTS",
    "MODES",
    "Account",
    "Accounts",
    "Action",
    "Costs",
    "Decision",
    "RuleInts",
    "Rules",
    "as_told",
    "decide",
    "evidence_of",
    "is_idle",
    "rearmed",
    "spendable_cents",
    "standing_reason",
    "standings",
]

MODES: Final = ("BUY", "SELL", "HOLD")
"""What a service waits for; compiled code knows each by its place."""
ACTS: Final = 0
"""The standing of an account that acts on its signal: all others are reasons to do nothing."""

_BUY, _SELL, _HOLD = range(3)
(
    _PAUSED,
    _INACTIVE,
    _EXIT_PENDING,
    _ENTRY_PENDING,
    _HOLDS,
    _KEEPS,
    _NO_EXIT,
    _EMPTY,
    _ONLY_EXIT,
    _NO_ENTRY,
    _DISARMED,
) = range(1, 12)
_REASONS: Final = {
    _PAUSED: "service is paused",
    _INACTIVE: "service is not active",
    _EXIT_PENDING: "waiting for the pending exit",
    _ENTRY_PENDING: "waiting for the pending entry",
    _HOLDS: "mode is HOLD: signals are not taken",
    _KEEPS: "mode is BUY: the position is not sold on a signal",
    _NO_EXIT: "no exit signal",
    _EMPTY: "mode is SELL: there is nothing to sell",
    _ONLY_EXIT: "exit signal, nothing to sell",
    _NO_ENTRY: "no entry signal",
    _DISARMED: "waiting for the entry signal to clear after the stop",
}
_BY_OWNER: Final[Mapping[str, Mapping[str, bool | str]]] = {
    _REASONS[_PAUSED]: {"is_paused": True},
    _REASONS[_INACTIVE]: {"is_active": False},
    _REASONS[_HOLDS]: {"mode": "HOLD"},
    _REASONS[_KEEPS]: {"mode": "BUY"},
    _REASONS[_EMPTY]: {"mode": "SELL"},
}
"""What the owner had set, by the reasons that tell of it."""


class Action(StrEnum):
    """What a decision asks for."""

    BUY = "BUY"
    SELL = "SELL"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Account:
    """
    A service's state at a bar's close, as far as a decision depends on it.

    Attributes:
        cash: Current balance in cents.
        reserved: Cents held for pending orders.
        shares: Held now.
        mode: BUY, SELL or HOLD.
        is_active: State ACTIVE and not archived.
        is_paused: State PAUSED.
        has_pending_entry: A buy is under way.
        has_pending_exit: A sale is under way.
        is_armed: False after a stop-loss until the entry signal was false once.
    """

    cash: int
    reserved: int
    shares: int
    mode: str
    is_active: bool
    has_pending_entry: bool
    has_pending_exit: bool
    is_armed: bool
    is_paused: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """
    The states of n services without a pending order, as columns of shape (n,): see `Account`.

    Attributes:
        shares: Held now.
        mode: Each an index into `MODES`.
        is_active: State ACTIVE and not archived.
        is_paused: State PAUSED.
        is_armed: False after a stop-loss until the entry signal was false once.
    """

    shares: IntArray
    mode: IntArray
    is_active: BoolArray
    is_paused: BoolArray
    is_armed: BoolArray


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What to do, and why.

    Attributes:
        action: BUY, SELL or NOTHING.
        shares: To buy or sell; 0 for NOTHING.
        limit: The most a buy may pay for a share, in micros; 0 for everything else.
        reason: In words a trader understands.
        evidence: The strategy's figures and the close, by name, as JSON numbers or None.
    """

    action: Action
    shares: int
    limit: int
    reason: str
    evidence: Mapping[str, object]


def decide(account: Account, rules: Rules, signals: Signals, row: int, close_micros: int) -> Decision:
    """
    Return the decision at the close of bar *row* (its raw close is *close_micros*).

    Pure: the same input gives the same decision, in a backtest, a replay or live.

    Raises:
        BoundsError: If the account holds more cash than exact integers allow.
    """
    evidence = evidence_of(signals, row, close_micros)
    standing = _standing(
        account.is_paused,
        account.is_active,
        account.has_pending_exit,
        account.has_pending_entry,
        MODES.index(account.mode),
        account.shares,
        account.is_armed,
        bool(signals.entry[row]),
        bool(signals.exit[row]),
    )
    if standing != ACTS:
        return Decision(Action.NOTHING, 0, 0, standing_reason(standing), evidence)
    if account.shares > 0:
        return Decision(Action.SELL, account.shares, 0, signals.exit_reason(row), evidence)
    shares, limit = size_entry(rules.compiled, spendable_cents(account, rules), close_micros)
    if shares == 0:
        return Decision(Action.NOTHING, 0, 0, "allocation too small", evidence)
    return Decision(Action.BUY, shares, limit, signals.entry_reason(row), evidence)


def standings(accounts: Accounts, entry: BoolArray, exit_: BoolArray) -> tuple[KindArray, BoolArray]:
    """
    Decide, but for the size of orders, for many at once.

    Args:
        accounts: As they stand at the close, not yet re-armed.
        entry: Whether each one's strategy wants to be in the market, shape (n,).
        exit_: Whether it wants to get out, shape (n,).

    Returns:
        For each whether it `ACTS`, or what keeps it from that, and whether its entry is armed after the bar.
    """
    is_armed = accounts.is_armed | ~entry
    found: KindArray = _standings(
        accounts.is_paused, accounts.is_active, accounts.mode, accounts.shares, is_armed, entry, exit_
    )
    return found, is_armed


def standing_reason(standing: int) -> str:
    """Return what keeps an account from acting, in words a trader understands."""
    return _REASONS[standing]


def as_told(account: Account, reason: str) -> Account:
    """Return *account* with the state and the mode that its owner had set, by the *reason* of a past decision."""
    told = _BY_OWNER.get(reason)
    return account if told is None else replace(account, **told)  # type: ignore[arg-type]  # each of its field's type


def is_idle(reason: str) -> bool:
    """Return whether the *reason* of a past decision is that its service took no signals, and so no target."""
    return reason in {_REASONS[_PAUSED], _REASONS[_INACTIVE], _REASONS[_HOLDS]}


def evidence_of(signals: Signals, row: int, close_micros: int) -> dict[str, object]:
    """Return the close and the strategy's figures of a row, by name."""
    return {"close": float(from_micros(close_micros)), **signals.evidence(row)}


def rearmed(is_armed: bool, signals: Signals, row: int) -> bool:
    """Return whether entry is armed after the close of bar *row*: it is once the entry signal was false."""
    return is_armed or not signals.entry[row]


def spendable_cents(account: Account, rules: Rules) -> int:
    """Return the cents an order may use: never what is reserved, never below the minimum balance."""
    return max(0, account.cash - account.reserved - rules.compiled.minimum_balance)


@njit(cache=True)
def _standing(
    is_paused: bool,
    is_active: bool,
    has_pending_exit: bool,
    has_pending_entry: bool,
    mode: int,
    shares: int,
    is_armed: bool,
    entry: bool,
    exit_: bool,
) -> int:
    """Return `ACTS` or the first reason that holds: the one rule, for one account and for a hundred thousand."""
    if is_paused:
        return _PAUSED
    if not is_active:
        return _INACTIVE
    if has_pending_exit:
        return _EXIT_PENDING
    if has_pending_entry:
        return _ENTRY_PENDING
    return _HOLDS if mode == _HOLD else _of_signal(mode, shares, is_armed, entry, exit_)


@njit(cache=True)
def _of_signal(mode: int, shares: int, is_armed: bool, entry: bool, exit_: bool) -> int:
    if shares > 0:
        if mode != _SELL:
            return _KEEPS
        return ACTS if exit_ else _NO_EXIT
    if mode != _BUY:
        return _EMPTY
    if not entry:
        return _ONLY_EXIT if exit_ else _NO_ENTRY
    return ACTS if is_armed else _DISARMED


@njit(cache=True)
def _standings(
    is_paused: BoolArray,
    is_active: BoolArray,
    mode: IntArray,
    shares: IntArray,
    is_armed: BoolArray,
    entry: BoolArray,
    exit_: BoolArray,
) -> KindArray:
    found = np.empty(shares.size, np.int8)
    for place in range(shares.size):
        found[place] = _standing(
            is_paused[place],
            is_active[place],
            False,
            False,
            mode[place],
            shares[place],
            is_armed[place],
            entry[place],
            exit_[place],
        )
    return found
