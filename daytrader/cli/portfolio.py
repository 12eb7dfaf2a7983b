"""Backtests of portfolios: several strategies on several stocks, out of one budget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daytrader.cli.context import console, use_own_strategies

if TYPE_CHECKING:
    from rich.table import Table

    from daytrader.core.portfolio_report import PortfolioReport


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page.")
def portfolio(file: Path, *, as_json: bool, html: Path | None) -> None:
    """
    Test several strategies on several stocks that share one budget, as the TOML file FILE tells.

    See "Portfolios" in docs/user-guide.md.
    """
    from daytrader.cli.portfolio_file import read_portfolio
    from daytrader.cli.report import show_summary, write_page
    from daytrader.core import portfolio as core

    use_own_strategies()
    read = read_portfolio(file)
    report = core.run(read.members, cash=read.cash, start=read.start, end=read.end, fill=read.fill, prices=read.prices)
    if html is not None:
        write_page(report.to_html(), html)
    if as_json:
        click.echo(json.dumps(report.to_dict(), allow_nan=False))
        return
    show_summary(report.whole)
    console().print(_members(report))
    if html is not None:
        console().print(f"Report: {html}", markup=False, soft_wrap=True)


def _members(report: PortfolioReport) -> Table:
    from rich.table import Table

    table = Table(title="Members", title_justify="left")
    for head in ("Member", "Strategy"):
        table.add_column(head, overflow="fold")
    for head in ("Gain", "Closed\ntrades", "Won", "In the\nmarket", "Fees", "Expired\nfor cash"):
        table.add_column(head, justify="right", no_wrap=True)  # no figure is cut off, however narrow the terminal
    for member in report.members:
        told: Mapping[str, Any] = member.to_dict()
        won = told["win_rate_pct"]
        table.add_row(
            member.name,
            member.strategy,
            f"{told['gain_loss']:+,.2f}",
            f"{told['trades']:,}",
            "-" if won is None else f"{won:.1f} %",
            f"{told['exposure_pct']:.1f} %",
            f"{told['fees']:,.2f}",
            f"{member.expired_for_cash:,}",
            style="green" if member.gain_loss > 0 else "red" if member.gain_loss < 0 else None,
        )
    return table
