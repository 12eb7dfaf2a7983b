"""A strategy on past bars: signals, the compiled loop, the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from daytrader import __version__
from daytrader.core import kernel
from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.core.flags import FlagArray, always, beside_always, flags_of
from daytrader.core.money import to_cents
from daytrader.core.reasons import SPLIT_REASON, STOP_REASON, TARGET_REASON
from daytrader.core.report import Pinned, Report, Run, metrics_of
from daytrader.core.rules import RuleInts, Rules, all_in, settings
from daytrader.core.steps import BY_SIGNAL, OPEN_YET
from daytrader.core.strategy import Signals, Strategy, compute_resolved, get_strategy, resolve_params
from daytrader.core.trades import OPEN, LateTrades, Trade, TradeColumns
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError, InsufficientDataError

Fill: TypeAlias = Literal["next_open", "close"]
Prices: TypeAlias = Literal["raw", "adjusted"]

_FILLS: Final = get_args(Fill)
_PRICES: Final = get_args(Prices)


def run(
    bars: Bars,
    strategy: str | Strategy,
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
        strategy: Its name, or the strategy itself.
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
        InvalidParameterError: If a parameter or *cash* is out of bounds, or *fill* or *prices* is none of its values.
        InsufficientDataError: If there is no bar between *start* and *end*.
        BoundsError: If an amount outgrows exact integers.
    """
    require_ways(fill, prices)
    chosen = get_strategy(strategy)
    resolved = resolve_params(chosen, params)
    cents = positive_cents(cash)
    used = bars.until(end)
    first = first_row(used, start)
    signals = compute_resolved(chosen, used, resolved)
    book = rules.compiled
    flags = beside_always(signals.entry, signals.exit)
    record = _record(used, flags, (all_in(book), book), cents, first, fill)
    benchmark, main = record.figures["total_return_pct"].tolist()
    target_first = main
    if record.figures[-1]["ambiguous_bars"]:  # otherwise it is the same run
        again = _record(used, flags[1:], (book,), cents, first, fill, target_first=True)
        target_first = float(again.figures["total_return_pct"][0])
    return Report(
        symbol,
        chosen.name,
        resolved,
        cents,
        _run_of(used, record, first, _trades(used, signals, record)),
        metrics_of(record.figures[-1], benchmark, target_first),
        Pinned(used.data_hash, {**settings(rules, fill=fill, prices=prices, start=start), **resolved}, __version__),
        used.interval_minutes,
        record.equity[0],
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
    Trade *signals* on *bars*, flat and armed at the first bar of *start*; trades are looked up when they are read.

    Raises:
        InsufficientDataError: If there is no bar from *start* on.
        BoundsError: If an amount outgrows exact integers.
    """
    first = first_row(bars, start)
    flags = flags_of(signals.entry, signals.exit)[None]
    record = _record(bars, flags, (rules.compiled,), cash_cents, first, fill, target_first)
    return _run_of(bars, record, first, LateTrades(record.trades.size, lambda: _trades(bars, signals, record)))


def buy_and_hold(bars: Bars, rules: Rules, cents: int, first: int = 0, fill: Fill = "next_open") -> Run:
    """
    Return the benchmark: everything at once from row *first* on, unprotected, at the costs of *rules*.

    Raises:
        BoundsError: If an amount outgrows exact integers.
    """
    flags = always(bars.n)[None]
    record = _record(bars, flags, (all_in(rules.compiled),), cents, first, fill)
    return _run_of(bars, record, first, ())  # only its value is told


def require_ways(fill: str, prices: str = "raw") -> None:
    """
    Check how orders fill and what the prices are: a misspelt one would silently be the default.

    Raises:
        InvalidParameterError: If it is none of its values.
    """
    for name, value, allowed in (("fill", fill, _FILLS), ("prices", prices, _PRICES)):
        if value not in allowed:
            raise InvalidParameterError(name, f"must be {' or '.join(allowed)}")


def positive_cents(cash: Decimal, name: str = "cash") -> int:
    """
    Return an initial balance in cents; any number is taken as it is written.

    Raises:
        InvalidParameterError: If it is no number, or not positive.
        BoundsError: If it is beyond the largest amount.
    """
    try:
        cents = to_cents(validators.decimal(cash))
    except BrokenRuleError as error:
        raise InvalidParameterError(name, str(error)) from None
    if cents <= 0:
        raise InvalidParameterError(name, "must be positive")
    return cents


def first_row(bars: Bars, start: date | None) -> int:
    """
    Return the first row from *start* on.

    Raises:
        InsufficientDataError: If there is none.
    """
    first = bars.first_of(start)
    if first >= bars.n:
        raise InsufficientDataError("there is no bar to trade in the chosen dates")
    return first


def _record(
    bars: Bars,
    flags: FlagArray,
    books: Sequence[RuleInts],
    cents: int,
    first: int,
    fill: Fill,
    target_first: bool = False,
) -> kernel.Record:
    return kernel.run(bars.tape, flags, books, cents, first=first, at_close=fill == "close", target_first=target_first)


def _run_of(bars: Bars, record: kernel.Record, first: int, trades: Sequence[Trade]) -> Run:
    told, closes = record.figures[-1], bars.closes
    sessions = slice(int(bars.tape.session[first]), None)
    return Run(
        session=closes.session[sessions],
        equity=record.equity[-1],
        held=record.held[-1],
        trades=trades,
        fees=int(told["fees"]),
        final_cash=int(told["final_cash"]),
        final_shares=int(told["final_shares"]),
        ambiguous_bars=int(told["ambiguous_bars"]),
        close=closes.price[sessions],
        split_factor=closes.split_factor[sessions],
        dates=closes.date[sessions],
    )


def _trades(bars: Bars, signals: Signals, record: kernel.Record) -> TradeColumns:
    written = record.trades
    exits = written["exit"]
    exit_time = bars.time[written["exit_row"]]
    if exits.size and exits[-1] == OPEN_YET:  # only the last can be
        exit_time[-1] = OPEN
    reasons = (*signals.reasons, STOP_REASON, TARGET_REASON, SPLIT_REASON)
    # Exit.STOP, TARGET and SPLIT are 1, 2 and 3: their reasons follow the strategy's.
    by_rule = exits + (len(signals.reasons) - 1)
    by_signal = signals.exit_code[written["exit_decided"]]
    return TradeColumns(
        entry_time=bars.time[written["entry_row"]],
        entry_price=written["entry_price"],
        shares=written["shares"],
        exit_time=exit_time,
        exit_price=written["exit_price"],
        gain_loss=written["gain"],
        cost_basis=written["basis"],
        entry_code=signals.entry_code[written["entry_decided"]],
        exit_code=np.where(exits == BY_SIGNAL, by_signal, by_rule),
        reasons=reasons,
    )
