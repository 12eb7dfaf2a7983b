"""Which strategies there are, and whether they keep their promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, use_own_strategies, warn
from daytrader.cli.options import KeyValueType

if TYPE_CHECKING:
    from daytrader.core.bars import Bars
    from daytrader.core.strategy import Strategy
    from daytrader.core.strategy_check import Verdict
    from daytrader.services.strategy_catalogue import Entry

_BROKEN: Final = 1


@click.group()
def strategy() -> None:
    """List, show and check strategies."""
    use_own_strategies()


@strategy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(*, as_json: bool) -> None:
    """List the strategies that --strategy knows."""
    from rich.table import Table

    from daytrader.services import strategy_catalogue

    found = strategy_catalogue.entries()
    if as_json:
        click.echo(json.dumps([_plain(entry) for entry in found]))
        return
    table = Table("Strategy", "Parameters", "What it does")
    for entry in found:
        params = ", ".join(f"{setting.name}={setting.default:g}" for setting in entry.parameters)
        table.add_row(entry.name, params, entry.description)
    console().print(table)


@strategy.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(name: str, *, as_json: bool) -> None:
    """Show what the strategy NAME does and what it can be told."""
    from rich.table import Table

    from daytrader.core.strategy import get_strategy
    from daytrader.services import strategy_catalogue

    entry = strategy_catalogue.entry_of(get_strategy(name))
    if as_json:
        click.echo(json.dumps(_plain(entry)))
        return
    console().print(f"{entry.name}: {entry.description}", markup=False)
    console().print(f"With its defaults it may signal from bar {entry.warmup + 1:,} of the stored history on.")
    if not entry.parameters:
        console().print("It has no parameters.")
        return
    table = Table("Parameter", "Kind", "Default", "From", "To", "What it is")
    for setting in entry.parameters:
        kind = "whole number" if setting.type == "integer" else "number"
        bounds = (f"{value:g}" for value in (setting.default, setting.minimum, setting.maximum))
        table.add_row(setting.name, kind, *bounds, setting.description)
    console().print(table)


@strategy.command()
@click.argument("name", metavar="NAME_OR_FILE")
@click.option("--param", "param", type=KeyValueType(), multiple=True, help="A parameter of the strategy; repeatable.")
@click.option(
    "--on",
    "sources",
    metavar="SYMBOL_OR_FILE",
    multiple=True,
    help="Prices to check on; repeatable. Without it: the sample series that come with DayTrader.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def check(name: str, param: tuple[tuple[str, str], ...], sources: tuple[str, ...], *, as_json: bool) -> None:
    """
    Prove that a strategy sees no later bar, warms up long enough and minds no price scale.

    NAME_OR_FILE is a strategy, or a Python file that defines some: nothing is installed and no database is needed.
    The exit code is 1 when a rule is broken.
    """
    found = {one.name: _checked(one, dict(param), sources) for one in _named(name)}
    if as_json:
        click.echo(json.dumps({name: _as_plain(told) for name, told in found.items()}))
    else:
        for one, told in found.items():
            _print(one, told)
    if not all(verdict.is_kept for told in found.values() for verdicts in told.values() for verdict in verdicts):
        raise SystemExit(_BROKEN)


def _checked(one: Strategy, params: dict[str, str], sources: tuple[str, ...]) -> dict[str, list[Verdict]]:
    """Return the verdicts on each series; of the samples those that end before the warm-up does are left out."""
    from daytrader.core import strategy_check
    from daytrader.utils.errors import InsufficientDataError

    told, too_short = dict[str, list["Verdict"]](), None
    for symbol, bars in _bars(sources):
        try:
            told[symbol] = strategy_check.check(one, bars, params)
        except InsufficientDataError as error:
            if sources:
                raise
            too_short = error
            warn(f"{symbol} is left out: {error}")
    if too_short is not None and not told:
        raise too_short
    return told


def _named(name: str) -> list[Strategy]:
    """
    Return the strategy called *name*, or those that the file of this name defines.

    Raises:
        UnknownStrategyError: If there is no strategy of this name.
        BrokenStrategyError: If the file cannot be run, or defines none.
    """
    from daytrader.core.strategy import get_strategy
    from daytrader.services import strategy_folder

    if Path(name).suffix == ".py":
        return [get_strategy(one) for one in strategy_folder.read_file(Path(name))]
    return [get_strategy(name)]


def _bars(sources: tuple[str, ...]) -> Iterator[tuple[str, Bars]]:
    if not sources:
        from daytrader.services.data_providers.sample import SampleProvider

        provider = SampleProvider()
        for symbol in provider.symbols():
            yield symbol, provider.fetch(symbol).bars()
    for source in sources:
        from daytrader.cli.source import read_bars

        yield read_bars(source)


def _print(name: str, told: dict[str, list[Verdict]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    for symbol, verdicts in told.items():
        if len(told) > 1 and all(verdict.is_kept for verdict in verdicts):
            seen = verdicts[0].told
            console().print(f"{name} on {symbol}: all {len(verdicts)} rules kept, {seen}", markup=False, soft_wrap=True)
            continue
        table = Table("Rule", "", "What was seen", title=f"{name} on {symbol}", title_justify="left")
        for verdict in verdicts:
            where = "" if verdict.row is None else f" (row {verdict.row:,}, {verdict.bar})"
            mark = "[green]kept[/green]" if verdict.is_kept else "[red]BROKEN[/red]"
            table.add_row(verdict.rule, mark, escape(verdict.told) + where)
        console().print(table)


def _as_plain(told: dict[str, list[Verdict]]) -> dict[str, list[dict[str, object]]]:
    return {
        symbol: [
            {"rule": one.rule, "is_kept": one.is_kept, "told": one.told, "row": one.row, "bar": one.bar}
            for one in verdicts
        ]
        for symbol, verdicts in told.items()
    }


def _plain(entry: Entry) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(entry)
