"""
The compiled loop of a portfolio: the bars of several members in the order of time, over purses of cash they share.

It only keeps the order of things; what happens to a position is in `daytrader.core.steps`. Within one time
the members go through each step together, in the order they were listed: corporate actions, pending exits, pending
entries, stop and target, the decisions of those that hold, the decisions of those that do not.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numba import njit

from daytrader.core import fills, money, rules, steps
from daytrader.core.arrays import BoolArray, DayArray, FloatArray, IntArray, KindArray
from daytrader.core.errors import BoundsError
from daytrader.core.rules import RuleInts
from daytrader.core.steps import Position, Records, TradeRecord


class Market(NamedTuple):
    """
    All members' bars one after the other, shape (n,), and in which order their times come.

    `order` holds bars by time, then by member; `step` where each of the times begins in it, and n; `member` each bar's
    member; `event` where each bar's events begin, shape (n + 1,).
    """

    open: IntArray
    high: IntArray
    low: IntArray
    close: IntArray
    session: DayArray
    member: IntArray
    entry: BoolArray
    exit: BoolArray
    order: IntArray
    step: IntArray
    event: IntArray
    event_kind: KindArray
    event_num: IntArray
    event_den: IntArray
    event_micros: IntArray
    volume: FloatArray


class Standing(Position):
    """Where a member stands: cents, micros, shares, bars and truth values, all int64."""

    purse: int
    wanted: int  # shares of the pending entry
    limit: int
    reserved: int  # what it is expected to cost
    leaving: int  # whether an exit is pending, or what a bar's volume has left of one
    why: int  # for what
    sold: int  # shares of it, in parts
    worth: int  # and what they were sold at: shares x price
    starved: int  # entries that expired because others had taken the cash
    flow: int  # what trading has added to the purse
    close: int  # the latest


class MemberTrade(TradeRecord):
    """A trade and whose it is; its rows are places in `Market`."""

    member: int


_STANDING: Final = steps.record_type(Standing)
_TRADE: Final = steps.record_type(MemberTrade)


class Desk(NamedTuple):
    """
    What the members trade with, and what they write.

    `books` holds each member's rules, shape (k, 12); `standing` each member; `cash` and `reserved` the cents in each
    purse and those that pending entries are expected to cost; `written` is how many *trades* are written, shape (1,).
    """

    books: IntArray
    standing: Records
    cash: IntArray
    reserved: IntArray
    trades: Records
    written: IntArray


@njit()
def _book_of(desk: Desk, member: int) -> RuleInts:
    return steps.rules_of(desk.books[member])


@njit()
def _book(at: Standing, desk: Desk, cents: int) -> None:
    """Add *cents* to the member's purse."""
    desk.cash[at.purse] += cents
    at.flow += cents


@njit()
def _release(at: Standing, desk: Desk) -> None:
    """Forget the pending entry."""
    desk.reserved[at.purse] -= at.reserved
    at.wanted = at.reserved = 0


@njit()
def _buy(desk: Desk, member: int, bar: int, base: int, volume: float) -> None:
    """Fill the pending entry at *base* with what the bar's *volume* takes of it, or let it expire."""
    at, book = desk.standing[member], _book_of(desk, member)
    price = fills.entry_fill(book, base, at.limit)
    shares = fills.fillable(book, at.wanted, volume)
    if price > 0 and shares > 0:
        if fills.most_cents(book, shares, price) > desk.cash[at.purse] - book.minimum_balance:
            at.starved += 1
        else:
            at.trade = desk.written[0]
            desk.written[0] += 1
            trade = desk.trades[at.trade]
            trade.member = member
            _book(at, desk, -steps.buy(at, trade, book, bar, shares, price))
    _release(at, desk)


@njit()
def _leave(at: Standing, why: int) -> None:
    """Begin to sell everything."""
    at.leaving, at.why, at.sold, at.worth = 1, why, 0, 0


@njit()
def _sell(desk: Desk, member: int, bar: int, price: int, volume: float) -> None:
    """Sell at *price* what the bar's *volume* takes; the rest is sold at the next open, and is protected no more."""
    at, book = desk.standing[member], _book_of(desk, member)
    trade, part = desk.trades[at.trade], fills.fillable(book, at.shares, volume)
    if book.volume_limit_ppm > 0:
        if float(at.worth) + float(part) * float(price) > fills.LARGEST_WORTH:
            raise BoundsError("the parts of a sale are worth more than the largest amount")
        at.sold, at.worth = at.sold + part, at.worth + part * price
    if part == at.shares:
        _book(at, desk, steps.sell(at, trade, book, bar, price, at.why))
        if at.sold > 0:
            trade.exit_price = fills.average_price(at.worth, at.sold)
        at.leaving = 0
    elif part > 0:
        _book(at, desk, steps.sell_part(at, trade, book, part, price, at.why))


@njit()
def _corporate_action(desk: Desk, market: Market, event: int, member: int, bar: int) -> None:
    """Pay a dividend on, or split, what was held at the member's previous close; split what is pending."""
    at, book = desk.standing[member], _book_of(desk, member)
    kind, num, den = market.event_kind[event], market.event_num[event], market.event_den[event]
    if at.wanted > 0:
        at.wanted, at.limit = steps.act_on_pending(book, at.wanted, at.limit, kind, num, den)
        if at.wanted == 0:
            _release(at, desk)
    if at.shares > 0:
        before, micros = market.close[bar - 1], market.event_micros[event]
        _book(at, desk, steps.act_on(at, desk.trades[at.trade], book, bar, before, kind, num, den, micros))
        if at.shares == 0:
            at.leaving = 0


@njit()
def _open(desk: Desk, market: Market, now: IntArray) -> None:
    """Corporate actions, then what is to be sold at the open, then what is to be bought there."""
    for bar in now:
        for event in range(market.event[bar], market.event[bar + 1]):
            _corporate_action(desk, market, event, market.member[bar], bar)
    for bar in now:
        member = market.member[bar]
        if desk.standing[member].leaving:
            price = fills.sell_price(market.open[bar], _book_of(desk, member).slippage_ppm)
            _sell(desk, member, bar, price, market.volume[bar])
    for bar in now:
        if desk.standing[market.member[bar]].wanted > 0:
            _buy(desk, market.member[bar], bar, market.open[bar], market.volume[bar])


@njit()
def _within(desk: Desk, market: Market, now: IntArray, target_first: bool) -> None:
    """Let stops and targets act."""
    for bar in now:
        member = market.member[bar]
        at = desk.standing[member]
        at.close = market.close[bar]
        if at.shares > 0 and not at.leaving:
            trigger, price, is_ambiguous = fills.protective_fill(
                _book_of(desk, member),
                market.open[bar],
                market.high[bar],
                market.low[bar],
                at.stop,
                at.target,
                target_first,
            )
            if trigger > 0:
                at.ambiguous += is_ambiguous and fills.fillable(_book_of(desk, member), 1, market.volume[bar]) > 0
                _leave(at, trigger)
                _sell(desk, member, bar, price, market.volume[bar])


@njit()
def _close(desk: Desk, market: Market, now: IntArray, at_close: bool) -> None:
    """Decide: first those that hold, then those that do not, each seeing what those before it have ordered."""
    for bar in now:
        member = market.member[bar]
        at = desk.standing[member]
        if not market.entry[bar]:
            at.armed = 1
        if at.shares > 0 and not at.leaving and market.exit[bar]:
            at.decided = bar
            _leave(at, steps.BY_SIGNAL)
            if at_close:
                price = fills.sell_price(market.close[bar], _book_of(desk, member).slippage_ppm)
                _sell(desk, member, bar, price, market.volume[bar])
    for bar in now:
        member = market.member[bar]
        at = desk.standing[member]
        if at.shares == 0 and market.entry[bar] and at.armed:
            book, close = _book_of(desk, member), market.close[bar]
            spendable = max(0, desk.cash[at.purse] - desk.reserved[at.purse] - book.minimum_balance)
            at.decided = bar
            at.wanted, at.limit = fills.size_entry(book, spendable, close)
            if at.wanted > 0:
                at.reserved = fills.most_cents(book, at.wanted, fills.sizing_price(book, close))
                desk.reserved[at.purse] += at.reserved
                if at_close:
                    _buy(desk, member, bar, close, market.volume[bar])


def _compile(stamp: int) -> Callable[..., int]:
    """Return the loop, compiled or loaded from the cache; for the *stamp* see `daytrader.core.kernel`."""

    @njit(cache=True)
    def loop(
        desk: Desk,
        market: Market,
        first: int,
        at_close: bool,
        target_first: bool,
        equity: IntArray,
        closes: IntArray,
        gains: IntArray,
        held: BoolArray,
    ) -> int:
        _ = stamp
        last, sessions = market.step.size - 2, 0
        for step in range(first, last + 1):
            now = market.order[market.step[step] : market.step[step + 1]]
            _open(desk, market, now)
            _within(desk, market, now, target_first)
            _close(desk, market, now, at_close)
            session = market.session[now[0]]
            if step == last or market.session[market.order[market.step[step + 1]]] != session:
                equity[sessions] = desk.cash.sum()
                closes[sessions] = session
                for member in range(desk.standing.size):
                    at = desk.standing[member]
                    worth = fills.cost_cents(at.shares, at.close) if at.shares > 0 else 0
                    equity[sessions] += worth
                    gains[member, sessions] = at.flow + worth
                    held[member, sessions] = at.shares > 0
                sessions += 1
        return sessions

    return loop


_loop = _compile(zlib.crc32("".join(inspect.getsource(module) for module in (fills, money, rules, steps)).encode()))


class Record(NamedTuple):
    """
    What a run of k members leaves after m sessions.

    `session` days, `equity` cents at each session close, shape (m,); `gains` cents that each member has brought since
    the start, `held` whether it held shares there, shape (k, m); `cash` of the purses; `standing` of the members;
    `trades` in the order of their entries.
    """

    session: IntArray
    equity: IntArray
    gains: IntArray
    held: BoolArray
    cash: IntArray
    standing: Records
    trades: Records


def run(
    market: Market,
    books: list[RuleInts],
    purses: list[int],
    cash: list[int],
    *,
    first: int,
    at_close: bool,
    target_first: bool,
) -> Record:
    """
    Trade from step *first* on, all flat and armed.

    Args:
        market: The bars.
        books: Each member's rules.
        purses: Which of *cash* each member trades with.
        cash: Cents in each purse.
        first: The first step that may be decided on.
        at_close: Fill at the close that decides instead of the next open (research only).
        target_first: Let the target win in bars that touch both levels.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    members, most = len(books), market.step.size - 1 - first  # no more sessions than that
    standing = np.zeros(members, _STANDING)
    standing["armed"], standing["purse"] = 1, purses
    purse_cents = np.array(cash, np.int64)
    trades, written = np.empty(market.order.size, _TRADE), np.zeros(1, np.int64)
    desk = Desk(np.array(books, np.int64), standing, purse_cents, np.zeros_like(purse_cents), trades, written)
    equity, closes = np.empty(most, np.int64), np.empty(most, np.int64)
    gains, held = np.empty((members, most), np.int64), np.empty((members, most), np.bool_)
    m = _loop(desk, market, first, at_close, target_first, equity, closes, gains, held)
    return Record(closes[:m], equity[:m], gains[:, :m], held[:, :m], purse_cents, standing, trades[: int(written[0])])
