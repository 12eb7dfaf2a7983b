"""Compile, or load from the cache, the rules and figures that the engine and the books share with the backtester."""

from __future__ import annotations

from typing import Final

import numpy as np

from daytrader.core import fills, indicators, metrics, protection
from daytrader.core.bars import Bars
from daytrader.core.decision import Account, Accounts, decide, standings
from daytrader.core.rules import Rules
from daytrader.core.strategy import compute, get_strategy

_PRICE: Final = 10_000_000


def warm_up_rules() -> None:
    """Call each rule the way engine and paper broker do: they would otherwise compile while they hold locks."""
    book = Rules().compiled
    _, limit = fills.size_entry(book, 100_000, _PRICE)
    fills.worth_cents(1, _PRICE)
    fills.entry_fill(book, _PRICE, limit)
    fills.fee_cents(book, 1, fills.cost_cents(1, _PRICE))
    fills.buy_price(_PRICE, book.slippage_ppm)
    fills.sell_price(_PRICE, book.slippage_ppm)
    fills.floor_to_tick(fills.sizing_price(book, _PRICE))
    stop, target = fills.levels(book, _PRICE)
    fills.protective_fill(book, _PRICE, _PRICE, _PRICE, stop, target, False)
    fills.fillable(book, 1, 1.0)
    fills.average_price(3, 2)
    fills.dividend_cents(1, _PRICE)
    _, rest = fills.split_shares(3, 3, 2)
    fills.cash_in_lieu(rest, _PRICE, 3)
    fills.lieu_price(_PRICE, 3, 2)
    fills.split_level(stop, 3, 2)
    fills.split_limit(limit, 3, 2)
    fills.split_entry(book, 3, limit, fills.most_cents(book, 3, limit), 3, 2)
    prices = np.ones(2)
    indicators.crosses_above(prices, prices, prices)
    days = np.zeros(1, np.int32)
    metrics.figures_of(1, days.astype(np.int64), days, np.zeros(1, np.bool_), np.zeros(0, np.int64))  # of a ledger
    _warm_up_decisions()


def _warm_up_decisions() -> None:
    flat = np.full(2, 10.0)
    signals = compute(get_strategy("buy_and_hold"), Bars.build(np.arange(2) * 86_400, flat, flat, flat, flat), {})
    account = Account(0, 0, 0, "BUY", True, has_pending_entry=False, has_pending_exit=False, is_armed=True)
    decide(account, Rules(), signals, 0, _PRICE)
    one, yes = np.ones(2, np.int64), np.ones(2, np.bool_)
    standings(Accounts(one, one, yes, yes, yes), yes, yes)
    protection.any_reached(yes, yes, one, one, _PRICE, _PRICE)
    protection.is_reached(*protection.in_force(True, True, _PRICE, _PRICE), _PRICE, _PRICE)
