"""What a strategy says today about every stored stock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from daytrader.cli.context import console, open_database, use_own_strategies, warn
from daytrader.cli.options import KeyValueType

if TYPE_CHECKING:
    from rich.table import Table

    from daytrader.core.scan import Signal


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
    from daytrader.jobs import scan as jobs
    from daytrader.utils.errors import InvalidInputError

    if symbols and is_all:
        raise InvalidInputError({"symbols": ["name symbols or take --all, not both"]})
    use_own_strategies()
    open_database()
    found = jobs.scan(name, dict(params), symbols)
    signals = [
        one for one in found.signals if (side is None or one.side.value == side) and (one.is_new or not only_new)
    ]
    if found.stale:
        some = ", ".join(found.stale[:5])
        warn(f"{len(found.stale)} stocks end before the others and have no signal today: {some}")
    if as_json:
        told = {"strategy": name, "stocks": found.stocks, "signals": [one.to_dict() for one in signals]}
        click.echo(json.dumps(told))
        return
    if signals:
        console().print(_table(signals))
    console().print(f"{len(signals):,} signals of {name} on {found.stocks:,} stocks", markup=False)


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
