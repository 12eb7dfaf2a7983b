"""What a service does about one completed bar: buy, sell or nothing, always with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from daytrader.core.fills import size_entry
from daytrader.core.money import from_micros
from daytrader.core.rules import Costs, RuleInts, Rules
from daytrader.core.strategy import Signals

__all__ = ["Account", "Action", "Costs", "Decision", "RuleInts", "Rules", "decide", "rearmed", "spendable_cents"]


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
    evidence = {"close": float(from_micros(close_micros)), **signals.evidence(row)}
    reason = _why_not(account, signals, row)
    if reason is not None:
        return Decision(Action.NOTHING, 0, 0, reason, evidence)
    if account.shares > 0:
        return Decision(Action.SELL, account.shares, 0, signals.exit_reason(row), evidence)
    shares, limit = size_entry(rules.compiled, spendable_cents(account, rules), close_micros)
    if shares == 0:
        return Decision(Action.NOTHING, 0, 0, "allocation too small", evidence)
    return Decision(Action.BUY, shares, limit, signals.entry_reason(row), evidence)


def rearmed(is_armed: bool, signals: Signals, row: int) -> bool:
    """Return whether entry is armed after the close of bar *row*: it is once the entry signal was false."""
    return is_armed or not signals.entry[row]


def spendable_cents(account: Account, rules: Rules) -> int:
    """Return the cents an order may use: never what is reserved, never below the minimum balance."""
    return max(0, account.cash - account.reserved - rules.compiled.minimum_balance)


def _why_not(account: Account, signals: Signals, row: int) -> str | None:
    """Return what keeps *account* from acting on row *row*, None if nothing does."""
    standing = (
        (account.is_paused, "service is paused"),
        (not account.is_active, "service is not active"),
        (account.has_pending_exit, "waiting for the pending exit"),
        (account.has_pending_entry, "waiting for the pending entry"),
        (account.mode == "HOLD", "mode is HOLD: signals are not taken"),
    )
    for holds, reason in standing:
        if holds:
            return reason
    return (_why_not_sell if account.shares > 0 else _why_not_buy)(account, signals, row)


def _why_not_sell(account: Account, signals: Signals, row: int) -> str | None:
    if account.mode != "SELL":
        return "mode is BUY: the position is not sold on a signal"
    return None if signals.exit[row] else "no exit signal"


def _why_not_buy(account: Account, signals: Signals, row: int) -> str | None:
    if account.mode != "BUY":
        return "mode is SELL: there is nothing to sell"
    if not signals.entry[row]:
        return "exit signal, nothing to sell" if signals.exit[row] else "no entry signal"
    return None if account.is_armed else "waiting for the entry signal to clear after the stop"
