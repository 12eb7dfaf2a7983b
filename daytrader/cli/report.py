"""How ``backtest`` and ``replay`` show what came of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console
from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from daytrader.cli.options import TradingOptions
    from daytrader.core.report import Report

LAST_TRADES: Final = 10
_FIGURES: Final = (
    ("Annualized return", "annualized_return_pct", "{:,.2f} %"),
    ("Buy and hold", "buy_and_hold_return_pct", "{:,.2f} %"),
    ("Maximum drawdown", "max_drawdown_pct", "{:,.2f} %"),
    ("Days under water, longest", "max_drawdown_days", "{:,}"),
    ("Sharpe ratio", "sharpe_ratio", "{:.2f}"),
    ("Sortino ratio", "sortino_ratio", "{:.2f}"),
    ("Closed trades", "trades", "{:,}"),
    ("Win rate", "win_rate_pct", "{:.1f} %"),
    ("Profit factor", "profit_factor", "{:.2f}"),
    ("Exposure", "exposure_pct", "{:.1f} %"),
    ("Fees", "fees", "{:,.2f}"),
    ("Ambiguous bars", "ambiguous_bars", "{:,}"),
)


def deliver(report: Report, options: TradingOptions) -> None:
    """
    Print *report* as JSON or as tables, and write the page that was asked for.

    Raises:
        ConfigurationError: If the page cannot be written.
    """
    if options.html is not None:
        write_page(report.to_html(), options.html)
    if options.json:
        click.echo(json.dumps(report.to_dict(), allow_nan=False))
        return
    show_summary(report)
    if len(report.run.trades):
        console().print(_trades(report))
    if options.html is not None:
        console().print(f"Report: {options.html}", markup=False, soft_wrap=True)


def write_page(page: str, path: Path) -> None:
    """
    Write *page* to *path*.

    Raises:
        ConfigurationError: If it cannot be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None


def show_summary(report: Report) -> None:
    """Print the figures of *report*."""
    console().print(_summary(report))


def _summary(report: Report) -> Table:
    from rich.table import Table

    params = ", ".join(f"{name} {value:g}" for name, value in report.params.items())
    table = Table(
        title=f"{report.symbol}: {report.strategy}{f' ({params})' if params else ''}",
        caption=f"{report.dates[0]} to {report.dates[-1]}, {len(report.dates):,} sessions",
        show_header=False,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column(style="bold")
    table.add_column(justify="right")
    shown = report.to_dict()
    table.add_row("Initial balance", f"{shown['initial_balance']:,.2f}")
    table.add_row("Final portfolio value", f"{shown['final_portfolio_value']:,.2f}")
    style = "green" if report.gain_loss_pct >= 0 else "red"
    table.add_row("Gain", f"{shown['gain_loss']:+,.2f} ({report.gain_loss_pct:+,.2f} %)", style=style)
    for label, name, form in _FIGURES:
        value = report.metrics.get(name)
        table.add_row(label, "-" if value is None else form.format(value))
    return table


def _trades(report: Report) -> Table:
    from rich.table import Table

    trades = report.run.trades[-LAST_TRADES:]
    clock = "" if report.interval_minutes == 0 else ", times in UTC"
    table = Table(title=f"Last {len(trades)} of {len(report.run.trades)} trades{clock}", title_justify="left")
    for head in ("Bought", "Price", "Shares", "Sold", "Price", "Gain", "Why sold"):
        is_figure = head in ("Price", "Shares", "Gain")
        table.add_column(head, justify="right" if is_figure else "left", no_wrap=head != "Why sold", overflow="fold")
    for trade in report.trade_dicts(trades):
        gain = trade["gain_loss"]
        table.add_row(
            _moment(str(trade["entry_date"])),
            _number(trade["entry_price"]),
            f"{trade['shares']:,}",
            _moment(str(trade["exit_date"] or "open")),
            _number(trade["exit_price"]),
            _number(gain, "{:+,.2f}"),
            str(trade["exit_reason"] or ""),
            style=None if not isinstance(gain, float) else "green" if gain > 0 else "red",
        )
    return table


def _moment(label: str) -> str:
    """Return a report's date, or its time under it, without the seconds that no bar begins with."""
    return label.replace("T", "\n").removesuffix(":00Z")


def _number(value: object, form: str = "{:,.4f}") -> str:
    return "" if value is None else form.format(value)
