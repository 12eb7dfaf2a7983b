"""What a strategy says today about every stored stock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from daytrader.cli.context import console, open_database, use_own_strategies, warn
from daytrader.cli.options import KeyValueType

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table
    from sqlalchemy.orm import Session

    from daytrader.core.bars import Bars
    from daytrader.core.scan import Signal


@dataclass
class _Found:
    """Signals of last bars, and what was seen on the way."""

    signals: list[Signal] = field(default_factory=list)
    seen: int = 0
    newest: int = -1  # session, days since 1970-01-01
    last: dict[str, int] = field(default_factory=dict)


@click.command()
@click.argument("symbols", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every stored stock; so it is without SYMBOLS.")
@click.option("--strategy", "name", default="technical", show_default=True, help="See `daytrader strategy list`.")
@click.option("--param", "params", type=KeyValueType(), multiple=True, help="A parameter of the strategy; repeatable.")
@click.option("--side", type=click.Choice(["buy", "sell"]), help="Only these.")
@click.option("--new", "only_new", is_flag=True, help="Only what was not said on the bar before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def scan(
    symbols: tuple[str, ...],
    *,
    is_all: bool,
    name: str,
    params: tuple[tuple[str, str], ...],
    side: str | None,
    only_new: bool,
    as_json: bool,
) -> None:
    """List what a strategy says at the last bar of every stored stock, or of SYMBOLS, with reason and figures."""
    from daytrader.utils.errors import InvalidInputError

    if symbols and is_all:
        raise InvalidInputError({"symbols": ["name symbols or take --all, not both"]})
    use_own_strategies()
    open_database()
    found = _scan(symbols, name, dict(params))
    old = sorted(symbol for symbol, session in found.last.items() if session != found.newest)
    signals = [
        one
        for one in found.signals
        if one.symbol not in old and (side is None or one.side.value == side) and (one.is_new or not only_new)
    ]
    if old:
        warn(f"{len(old)} stocks end before the others and have no signal today: {', '.join(old[:5])}")
    if as_json:
        click.echo(json.dumps({"strategy": name, "stocks": found.seen, "signals": [_values(one) for one in signals]}))
        return
    if signals:
        console().print(_table(signals))
    console().print(f"{len(signals):,} signals of {name} on {found.seen:,} stocks", markup=False)


def _scan(symbols: Sequence[str], name: str, params: dict[str, str]) -> _Found:
    from daytrader.core.scan import last_signal
    from daytrader.core.strategy import get_strategy, resolve_params
    from daytrader.services import price_service, stock_service
    from daytrader.services.session_manager import SessionManager

    strategy = get_strategy(name)
    resolved = resolve_params(strategy, params)
    found = _Found()
    with SessionManager(read_only=True) as session:
        until = price_service.market_time(session)
        stocks = [stock_service.by_symbol(session, symbol) for symbol in symbols] or stock_service.listing(session)
        for stock in stocks:
            bars = _bars(session, stock.id, until)
            if not bars.n:
                continue
            found.seen += 1
            found.last[stock.symbol] = int(bars.session[-1])
            signal = last_signal(stock.symbol, bars, strategy, resolved)
            if signal is not None:
                found.signals.append(signal)
    found.newest = max(found.last.values(), default=-1)
    return found


def _bars(session: Session, stock_id: int, until: datetime | None) -> Bars:
    """Return the bars that may be decided on: those that a replay has shown, else the final ones."""
    from daytrader.services import price_service
    from daytrader.utils.constants import DAILY
    from daytrader.utils.current_datetime import get_current_datetime

    if until is not None:
        return price_service.load_bars(session, stock_id, until=until)
    return price_service.load_final_bars(session, stock_id, DAILY, get_current_datetime())


def _values(signal: Signal) -> dict[str, object]:
    return {
        "symbol": signal.symbol,
        "side": signal.side.value,
        "session": signal.session.isoformat(),
        "close": signal.close,
        "reason": signal.reason,
        "evidence": dict(signal.evidence),
        "is_new": signal.is_new,
    }


def _table(signals: Sequence[Signal]) -> Table:
    from rich.table import Table

    table = Table("Symbol", "Signal", "Session", "Close", "Why", "Figures", "New")
    table.columns[3].justify = "right"
    for one in signals:
        figures = ", ".join(f"{name} {value:,.2f}" for name, value in one.evidence.items() if value is not None)
        style = "green" if one.side.value == "buy" else "red"
        table.add_row(
            one.symbol,
            one.side.value,
            one.session.isoformat(),
            f"{one.close:,.2f}",
            one.reason,
            figures,
            "yes" if one.is_new else "",
            style=style,
        )
    return table
