"""One decision for each bar, always with its reason."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest

from daytrader.core.decision import (
    ACTS,
    MODES,
    Account,
    Accounts,
    Action,
    Rules,
    decide,
    rearmed,
    spendable_cents,
    standing_reason,
    standings,
)
from tests.core.builders import free_rules, signals_of

ACCOUNT = Account(
    cash=100_000,
    reserved=0,
    shares=0,
    mode="BUY",
    is_active=True,
    has_pending_entry=False,
    has_pending_exit=False,
    is_armed=True,
)
HOLDING = replace(ACCOUNT, shares=7, mode="SELL")
SIGNALS = signals_of(3, entries=[0], exits=[1])  # row 0 in, row 1 out, row 2 nothing
TEN = 10_000_000


def test_an_entry_buys_what_the_allocation_pays() -> None:
    """With a limit that the whole purse pays, the strategy's reason and the figures behind it."""
    decision = decide(ACCOUNT, free_rules("0.5"), SIGNALS, 0, TEN)
    assert (decision.action, decision.shares, decision.limit) == (Action.BUY, 50, 20_000_000)
    assert decision.reason == "in"
    assert decision.evidence == {"close": 10.0}


def test_an_exit_sells_everything() -> None:
    """At the market: no limit."""
    decision = decide(HOLDING, free_rules(), SIGNALS, 1, TEN)
    assert (decision.action, decision.shares, decision.limit, decision.reason) == (Action.SELL, 7, 0, "out")


@pytest.mark.parametrize(
    ("account", "row", "reason"),
    [
        (ACCOUNT, 2, "no entry signal"),
        (ACCOUNT, 1, "exit signal, nothing to sell"),
        (HOLDING, 2, "no exit signal"),
        (HOLDING, 0, "no exit signal"),
        (replace(ACCOUNT, cash=999), 0, "allocation too small"),
        (replace(ACCOUNT, is_armed=False), 0, "waiting for the entry signal to clear after the stop"),
        (replace(ACCOUNT, is_paused=True), 0, "service is paused"),
        (replace(HOLDING, is_paused=True), 1, "service is paused"),
        (replace(ACCOUNT, is_active=False), 0, "service is not active"),
        (replace(ACCOUNT, has_pending_entry=True), 0, "waiting for the pending entry"),
        (replace(HOLDING, has_pending_exit=True), 1, "waiting for the pending exit"),
        (replace(ACCOUNT, mode="HOLD"), 0, "mode is HOLD: signals are not taken"),
        (replace(HOLDING, mode="HOLD"), 1, "mode is HOLD: signals are not taken"),
        (replace(ACCOUNT, mode="SELL"), 0, "mode is SELL: there is nothing to sell"),
        (replace(HOLDING, mode="BUY"), 1, "mode is BUY: the position is not sold on a signal"),
    ],
)
def test_nothing_always_says_why(account: Account, row: int, reason: str) -> None:
    """And asks for no shares."""
    decision = decide(account, free_rules(), SIGNALS, row, TEN)
    assert (decision.action, decision.shares, decision.limit) == (Action.NOTHING, 0, 0)
    assert decision.reason == reason


def test_what_is_reserved_or_the_minimum_is_not_spent() -> None:
    """Never less than nothing."""
    rules = Rules(minimum_balance=Decimal(300))
    assert spendable_cents(replace(ACCOUNT, reserved=20_000), rules) == 50_000
    assert spendable_cents(replace(ACCOUNT, reserved=90_000), rules) == 0


def test_entry_is_armed_again_once_it_was_false() -> None:
    """A row with an exit counts as entry false; armed stays armed."""
    assert not rearmed(False, SIGNALS, 0)
    assert rearmed(False, SIGNALS, 1)
    assert rearmed(False, SIGNALS, 2)
    assert rearmed(True, SIGNALS, 0)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_many_decide_as_each_would_alone(row: int) -> None:
    """Every mix of shares, mode, state and armament, on every kind of signal: one reason, one re-arming."""
    mixes = list(product((0, 7), MODES, (True, False), (True, False), (True, False)))
    shares, modes, active, paused, armed = zip(*mixes, strict=True)
    accounts = Accounts(
        shares=np.array(shares, np.int64),
        mode=np.array([MODES.index(mode) for mode in modes], np.int64),
        is_active=np.array(active),
        is_paused=np.array(paused),
        is_armed=np.array(armed),
    )
    says = [np.full(len(mixes), column[row]) for column in (SIGNALS.entry, SIGNALS.exit)]

    found, rearmed_ = standings(accounts, *says)

    for place, (held, mode, is_active, is_paused, was_armed) in enumerate(mixes):
        is_armed = bool(rearmed(was_armed, SIGNALS, row))
        account = replace(ACCOUNT, shares=held, mode=mode, is_active=is_active, is_paused=is_paused, is_armed=is_armed)
        alone = decide(account, free_rules(), SIGNALS, row, TEN)
        assert bool(rearmed_[place]) is is_armed
        assert bool(found[place] == ACTS) is (alone.action is not Action.NOTHING)
        if found[place] != ACTS:
            assert standing_reason(int(found[place])) == alone.reason
