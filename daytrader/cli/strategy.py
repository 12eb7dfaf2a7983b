"""Which strategies there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from daytrader.cli.context import console

if TYPE_CHECKING:
    from daytrader.core.strategy import Parameter


@click.group()
def strategy() -> None:
    """List and show strategies."""


@strategy.command("list")
def list_() -> None:
    """List the strategies that --strategy knows."""
    from rich.table import Table

    from daytrader.core.strategy import list_strategies

    table = Table("Strategy", "Parameters", "What it does")
    for found in list_strategies():
        params = ", ".join(f"{parameter.name}={parameter.default:g}" for parameter in found.parameters)
        table.add_row(found.name, params, found.description)
    console().print(table)


@strategy.command()
@click.argument("name")
def show(name: str) -> None:
    """Show what the strategy NAME does and what it can be told."""
    from rich.table import Table

    from daytrader.core.strategy import get_strategy

    found = get_strategy(name)
    console().print(f"{found.name}: {found.description}", markup=False)
    if not found.parameters:
        console().print("It has no parameters.")
        return
    table = Table("Parameter", "Kind", "Default", "From", "To", "What it is")
    for parameter in found.parameters:
        table.add_row(*_row(parameter))
    console().print(table)


def _row(parameter: Parameter) -> tuple[str, ...]:
    kind = "whole number" if parameter.type is int else "number"
    bounds = (f"{value:g}" for value in (parameter.default, parameter.minimum, parameter.maximum))
    return (parameter.name, kind, *bounds, parameter.description)
