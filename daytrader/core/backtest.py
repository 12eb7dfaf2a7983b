"""A strategy on past bars: signals, the compiled loop, the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import numpy as np

from daytrader.core import kernel
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.money import to_cents
from daytrader.core.report import Report, Run, build_report
from daytrader.core.rules import RuleInts, Rules, all_in, settings
from daytrader.core.strategy import Signals, compute, get_strategy, resolve_params
from daytrader.core.trades import SPLIT_REASON, STOP_REASON, TARGET_REASON, Trade, TradeColumns
from daytrader.utils.errors import InsufficientDataError

Fill: TypeAlias = Literal["next_open", "close"]
Prices: TypeAlias = Literal["raw", "adjusted"]

BENCHMARK: Final = "buy_and_hold"
_EPOCH: Final = date(1970, 1, 1)


def run(
    bars: Bars,
    strategy_name: str,
    params: Mapping[str, object],
    rules: Rules,
    *,
    symbol: str,
    cash: Decimal,
    start: date | None = None,
    end: date | None = None,
    fill: Fill = "next_open",
    prices: Prices = "raw",
) -> Report:
    """
    Backtest a strategy on *bars* and return the report, with buy and hold and the target-first run beside it.

    Args:
        bars: The whole history: indicators start at its first bar whatever *start* is.
        strategy_name: One that `get_strategy` knows.
        params: The parameters that differ from their defaults.
        rules: Sizing, protection and costs.
        symbol: What the bars are of.
        cash: Initial balance, currency units.
        start: The first session that may be decided on.
        end: The last session.
        fill: Fill at the next open, or (research only) at the close that decides.
        prices: Whether *bars* are as traded or scaled by an adjusted close; pinned in the report.

    Raises:
        UnknownStrategyError: If no strategy has this name.
        InvalidParameterError: If a parameter or *cash* is out of bounds.
        InsufficientDataError: If there is no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
    """
    strategy = get_strategy(strategy_name)
    resolved = resolve_params(strategy, params)
    cents = to_cents(cash)
    if cents <= 0:
        raise InvalidParameterError("cash", "must be positive")
    used = bars if end is None else bars.until(_day(end))
    signals = compute(strategy, used, resolved)
    main = simulate(used, signals, rules, cents, start=start, fill=fill)
    return build_report(
        symbol,
        strategy.name,
        resolved,
        cents,
        main,
        buy_and_hold(used, rules, cents, _first_row(used, start), fill),
        # Nothing was ambiguous: the target-first run is the same run.
        simulate(used, signals, rules, cents, start=start, fill=fill, target_first=True)
        if main.ambiguous_bars
        else main,
        used.data_hash,
        used.interval_minutes,
        settings(rules, fill=fill, prices=prices, start=start),
    )


def simulate(
    bars: Bars,
    signals: Signals,
    rules: Rules,
    cash_cents: int,
    *,
    start: date | None = None,
    fill: Fill = "next_open",
    target_first: bool = False,
) -> Run:
    """
    Trade *signals* on *bars*, flat and armed at the first bar of *start*.

    Raises:
        InsufficientDataError: If there is no bar from *start* on.
        BoundsError: If an amount outgrows exact integers.
    """
    first = _first_row(bars, start)
    record = _record(bars, signals, rules.compiled, cash_cents, first, fill, target_first)
    return _run_of(bars, record, first, _trades(bars, signals, record))


def buy_and_hold(bars: Bars, rules: Rules, cents: int, first: int = 0, fill: Fill = "next_open") -> Run:
    """
    Return the benchmark: everything at once from row *first* on, unprotected, at the costs of *rules*.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    signals = compute(get_strategy(BENCHMARK), bars, {})
    record = _record(bars, signals, all_in(rules.compiled), cents, first, fill, target_first=False)
    return _run_of(bars, record, first, ())  # only its value is told


def _first_row(bars: Bars, start: date | None) -> int:
    first = 0 if start is None else int(np.searchsorted(bars.session, _day(start)))
    if first >= bars.n:
        raise InsufficientDataError("there is no bar to trade in the chosen dates")
    return first


def _record(
    bars: Bars, signals: Signals, book: RuleInts, cents: int, first: int, fill: Fill, target_first: bool
) -> kernel.Record:
    return kernel.run(
        _tape(bars),
        signals.entry,
        signals.exit,
        book,
        cents,
        first=first,
        last=bars.n,
        at_close=fill == "close",
        target_first=target_first,
    )


def _run_of(bars: Bars, record: kernel.Record, first: int, trades: Sequence[Trade]) -> Run:
    # Daily bars all close a session: a slice is a view, where row numbers would copy.
    is_every = record.close_row.size == bars.n - first
    rows = slice(first, bars.n) if is_every else record.close_row
    return Run(
        session=bars.session[rows],
        equity=record.equity,
        held=record.held,
        trades=trades,
        fees=record.fees,
        final_cash=record.cash,
        final_shares=record.shares,
        ambiguous_bars=record.ambiguous,
        close=bars.close[rows],
        split_factor=bars.split_factor[rows],
    )


def _tape(bars: Bars) -> kernel.Tape:
    prices, events = bars.micros, bars.events
    return kernel.Tape(*prices, bars.session, events.row, events.kind, events.num, events.den, events.micros)


def _trades(bars: Bars, signals: Signals, record: kernel.Record) -> TradeColumns:
    written = record.trades
    exits = written["exit"]
    is_open = exits == kernel.Exit.OPEN
    reasons = (*signals.reasons, STOP_REASON, TARGET_REASON, SPLIT_REASON)
    # Exit.STOP, TARGET and SPLIT are 1, 2 and 3: their reasons follow the strategy's.
    by_rule = exits + (len(signals.reasons) - 1)
    by_signal = signals.exit_code[written["exit_decided"]]
    return TradeColumns(
        entry_time=bars.time[written["entry_row"]],
        entry_price=written["entry_price"],
        shares=written["shares"],
        exit_time=np.where(is_open, -1, bars.time[written["exit_row"]]),
        exit_price=written["exit_price"],
        gain_loss=written["gain"],
        cost_basis=written["basis"],
        entry_code=signals.entry_code[written["entry_decided"]],
        exit_code=np.where(exits == kernel.Exit.SIGNAL, by_signal, by_rule),
        reasons=reasons,
    )


def _day(day: date) -> int:
    return (day - _EPOCH).days
