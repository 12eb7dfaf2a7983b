"""Several strategies on several stocks, out of one budget: members that share cash, and the report of the whole."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np

from daytrader.core import portfolio_kernel
from daytrader.core.arrays import DayArray, IntArray
from daytrader.core.backtest import Fill, Prices, buy_and_hold, positive_cents, require_ways
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.money import CENTS, from_cents
from daytrader.core.portfolio_kernel import Market, Record
from daytrader.core.portfolio_report import MemberResult, PortfolioReport
from daytrader.core.reasons import SPLIT_REASON, STOP_REASON, TARGET_REASON
from daytrader.core.report import Run, build_report
from daytrader.core.rules import Rules, settings
from daytrader.core.steps import Exit
from daytrader.core.strategy import Signals, Strategy, compute, get_strategy, resolve_params
from daytrader.core.trades import TradeColumns
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import InsufficientDataError

_RULE_REASONS: Final = (STOP_REASON, TARGET_REASON, SPLIT_REASON)
_SEVERAL: Final = "portfolio"


@dataclass(frozen=True, slots=True)
class Member:
    """
    One position of a portfolio: a stock, what it is traded by, and with which money.

    Attributes:
        symbol: What the bars are of.
        bars: The whole history: indicators start at its first bar.
        strategy: Its name, or the strategy itself.
        params: The parameters that differ from their defaults.
        rules: Sizing, protection and costs; the allocation is of the cash that this member can spend.
        budget: Cash set aside for this member alone, currency units; None: it shares the rest with the others.
        name: What the report calls it; empty: its symbol, with its strategy where that is not enough.
    """

    symbol: str
    bars: Bars
    strategy: str | Strategy
    params: Mapping[str, object]
    rules: Rules
    budget: Decimal | None = None
    name: str = ""


def run(
    members: Sequence[Member],
    *,
    cash: Decimal,
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    prices: Prices = "raw",
) -> PortfolioReport:
    """
    Backtest *members* out of one budget, with buy and hold and the target-first run beside it.

    Members act in the order they are listed (docs/trading.md, "Portfolios").

    Args:
        members: At least one, with bars of one interval.
        cash: All the money there is at the beginning, the members' own budgets included.
        start: The first session that may be decided on.
        end: The last session.
        fill: Fill at the next open, or (research only) at the close that decides.
        prices: Whether the bars are as traded or scaled by an adjusted close; pinned in the report.

    Raises:
        UnknownStrategyError: If no strategy has a member's name.
        InvalidParameterError: If a parameter, *cash* or a budget is out of bounds, *fill* or *prices* is none of its
            values, or intervals differ.
        InsufficientDataError: If a member has no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
    """
    require_ways(fill, prices)
    cents = positive_cents(cash)
    purses, purse_cents = _purses(members, cents)
    cut = [replace(member, bars=member.bars.until(end)) for member in members]
    strategies = [get_strategy(member.strategy) for member in cut]
    params = [resolve_params(own, member.params) for own, member in zip(strategies, cut, strict=True)]
    signals = [compute(own, one.bars, of) for own, one, of in zip(strategies, cut, params, strict=True)]
    market = _market(cut, signals)
    _check_dates(cut, start)
    step_days = market.session[market.order[market.step[:-1]]]
    first = 0 if start is None else int(np.searchsorted(step_days, days_since_epoch(start)))

    def trade(*, target_first: bool) -> Record:
        return portfolio_kernel.run(
            market,
            [member.rules.compiled for member in cut],
            purses,
            purse_cents,
            first=first,
            at_close=fill == "close",
            target_first=target_first,
        )

    record = trade(target_first=False)
    trades, of_member = _trades(cut, signals, record)
    main = _whole(record, trades)
    other = _whole(trade(target_first=True), ()) if main.ambiguous_bars else main
    results = _results(cut, params, record, trades, of_member)
    pins = [settings(member.rules, fill=fill, prices=prices, start=start) for member in cut]
    is_one = len(cut) == 1 and cut[0].budget is None
    whole = build_report(
        ", ".join(dict.fromkeys(member.symbol for member in cut)),
        strategies[0].name if len({own.name for own in strategies}) == 1 else _SEVERAL,
        params[0] if is_one else {},
        cents,
        main,
        _benchmark(cut, cents, main.session, start, fill),
        other,
        cut[0].bars.data_hash if is_one else _hash(cut),
        cut[0].bars.interval_minutes,
        pins[0] if is_one else {"members": [_pin(*each) for each in zip(results, cut, pins, strict=True)]},
    )
    return PortfolioReport(whole, results, of_member)


def _purses(members: Sequence[Member], cents: int) -> tuple[list[int], list[int]]:
    """Return which purse each member trades with, and the cents in each; the first one is shared."""
    if not members:
        raise InvalidParameterError("members", "there must be at least one")
    if len({member.bars.interval_minutes for member in members}) > 1:
        raise InvalidParameterError("members", "all must have bars of one interval")
    purses, amounts = [], [cents]
    for member in members:
        if member.budget is None:
            purses.append(0)
            continue
        budget = positive_cents(member.budget, "budget")
        purses.append(len(amounts))
        amounts.append(budget)
        amounts[0] -= budget
    if amounts[0] < 0:
        raise InvalidParameterError("budget", f"the members' budgets exceed the cash by {from_cents(-amounts[0])}")
    return purses, amounts


def _check_dates(members: Sequence[Member], start: date | None) -> None:
    for member in members:
        if member.bars.first_of(start) == member.bars.n:
            raise InsufficientDataError(f"{member.symbol} has no bar to trade in the chosen dates")


def _market(members: Sequence[Member], signals: Sequence[Signals]) -> Market:
    """Put the members' bars one after the other, and their times in order."""
    bars = [member.bars for member in members]
    lengths = np.array([one.n for one in bars])
    start = np.concatenate(([0], np.cumsum(lengths)))
    time, owner = np.concatenate([one.time for one in bars]), np.repeat(np.arange(len(bars)), lengths)
    order = np.lexsort((owner, time))
    ordered = time[order]
    steps = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    event_bar = np.concatenate([one.event_row + offset for one, offset in zip(bars, start, strict=False)])
    return Market(
        np.concatenate([one.micros.open for one in bars]),
        np.concatenate([one.micros.high for one in bars]),
        np.concatenate([one.micros.low for one in bars]),
        np.concatenate([one.micros.close for one in bars]),
        np.concatenate([one.session for one in bars]),
        owner,
        np.concatenate([one.entry for one in signals]),
        np.concatenate([one.exit for one in signals]),
        order,
        np.append(steps, order.size),
        np.searchsorted(event_bar, np.arange(order.size + 1)),
        np.concatenate([one.event_kind for one in bars]),
        np.concatenate([one.event_num for one in bars]),
        np.concatenate([one.event_den for one in bars]),
        np.concatenate([one.event_micros for one in bars]),
        np.concatenate([one.volume for one in bars]),
    )


def _trades(members: Sequence[Member], signals: Sequence[Signals], record: Record) -> tuple[TradeColumns, IntArray]:
    """Return all trades in the order of their entries, and whose each is."""
    time = np.concatenate([member.bars.time for member in members])
    entry_code = np.concatenate([one.entry_code for one in signals])
    exit_code = np.concatenate([one.exit_code for one in signals])
    counts = [len(one.reasons) for one in signals]
    base = np.concatenate(([0], np.cumsum([count + len(_RULE_REASONS) for count in counts])))
    written = record.trades
    owner, exits = written["member"], written["exit"]
    offset = base[owner]
    # Exit.STOP, TARGET and SPLIT are 1, 2 and 3: their reasons follow the strategy's.
    by_rule = offset + np.array(counts)[owner] + exits - 1
    trades = TradeColumns(
        entry_time=time[written["entry_row"]],
        entry_price=written["entry_price"],
        shares=written["shares"],
        exit_time=np.where(exits == Exit.OPEN, -1, time[written["exit_row"]]),
        exit_price=written["exit_price"],
        gain_loss=written["gain"],
        cost_basis=written["basis"],
        entry_code=offset + entry_code[written["entry_decided"]],
        exit_code=np.where(exits == Exit.SIGNAL, offset + exit_code[written["exit_decided"]], by_rule),
        reasons=tuple(reason for one in signals for reason in (*one.reasons, *_RULE_REASONS)),
    )
    return trades, owner


def _whole(record: Record, trades: TradeColumns | tuple[()]) -> Run:
    return Run(
        session=record.session.astype(np.int32),
        equity=record.equity,
        held=np.asarray(record.held.any(axis=0)),
        trades=trades,
        fees=int(record.standing["fees"].sum()),
        final_cash=int(record.cash.sum()),
        final_shares=int(record.standing["shares"].sum()),
        ambiguous_bars=int(record.standing["ambiguous"].sum()),
    )


def _results(
    members: Sequence[Member],
    params: Sequence[Mapping[str, int | float]],
    record: Record,
    trades: TradeColumns,
    of_member: IntArray,
) -> tuple[MemberResult, ...]:
    names = _names(members)
    return tuple(
        MemberResult(
            names[place],
            member.symbol,
            get_strategy(member.strategy).name,
            params[place],
            None if member.budget is None else positive_cents(member.budget),
            record.gains[place],
            record.held[place],
            trades.where(of_member == place),
            *(int(record.standing[place][name]) for name in ("shares", "fees", "ambiguous", "starved")),
        )
        for place, member in enumerate(members)
    )


def _names(members: Sequence[Member]) -> list[str]:
    """Return a name for each member: its own, its symbol, with its strategy or a number where others have the same."""
    names = [member.name or member.symbol for member in members]
    counts = Counter(names)
    names = [
        name if member.name or counts[name] == 1 else f"{name} {get_strategy(member.strategy).name}"
        for name, member in zip(names, members, strict=True)
    ]
    counts, seen = Counter(names), Counter[str]()
    for place, name in enumerate(names):
        seen[name] += 1
        if counts[name] > 1:
            names[place] = f"{name} {seen[name]}"
    return names


def _benchmark(members: Sequence[Member], cents: int, session: DayArray, start: date | None, fill: Fill) -> Run:
    """Return buy and hold of all members: the cash in equal parts, each all in at its member's first bar."""
    part, rest = divmod(cents, len(members))
    equity = np.zeros(session.size, np.int64)
    for place, member in enumerate(members):
        own = part + (place < rest)
        held = buy_and_hold(member.bars, member.rules, own, member.bars.first_of(start), fill)
        latest = np.searchsorted(held.session, session, side="right") - 1  # sessions without a bar keep the last value
        equity += np.where(latest < 0, own, held.equity[latest])
    nothing = np.zeros(session.size, np.bool_)
    return Run(session, equity, nothing, (), 0, 0, 0, 0)


def _hash(members: Sequence[Member]) -> str:
    return hashlib.sha256(" ".join(member.bars.data_hash for member in members).encode()).hexdigest()


def _pin(result: MemberResult, member: Member, pins: Mapping[str, object]) -> dict[str, object]:
    return {
        "name": result.name,
        "symbol": result.symbol,
        "strategy": result.strategy,
        "budget": None if result.budget is None else result.budget / CENTS,
        "data_hash": member.bars.data_hash,
        **pins,
        **result.params,
    }
