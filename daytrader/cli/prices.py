"""Prices into the database: from files and from providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from daytrader.cli.context import console, open_database, warn

if TYPE_CHECKING:
    from datetime import date, datetime

    from daytrader.jobs.import_prices import Progress
    from daytrader.jobs.import_report import ImportReport
    from daytrader.services.data_providers.csv import RowError

_PRINTED_ERRORS: Final = 20
_INTERVALS: Final = {"daily": 0, "1": 1, "5": 5, "15": 15, "30": 30, "60": 60}


@click.group()
def prices() -> None:
    """Import, export and fetch prices."""


@prices.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--symbol", help="The stock of these prices, made if it is missing; needed unless the file names it.")
@click.option("--interval", type=click.Choice(list(_INTERVALS)), help="Minutes of a bar; found out by default.")
@click.option("--partial", "is_partial", is_flag=True, help="Keep the good rows of a file that has bad ones.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Check everything and write nothing.")
@click.option(
    "--on-conflict",
    type=click.Choice(["update", "skip"]),
    default="update",
    show_default=True,
    help="What happens to bars that are stored already.",
)
@click.option(
    "--timezone",
    default="America/New_York",
    show_default=True,
    metavar="ZONE",
    help="The zone of times that do not say theirs.",
)
@click.option(
    "--date-order",
    type=click.Choice(["mdy", "dmy"]),
    help="Which comes first in dates such as 03/04/2020, for files whose dates all leave it open.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done, with every row error, as JSON.")
@click.pass_context
def import_(
    ctx: click.Context,
    file: Path,
    *,
    symbol: str | None,
    interval: str | None,
    is_partial: bool,
    is_dry_run: bool,
    on_conflict: str,
    timezone: str,
    date_order: str | None,
    as_json: bool,
) -> None:
    """
    Store the bars, dividends and splits of FILE: CSV of any common vendor's layout or JSON, plain or gzip, or Parquet.

    A file with bad rows is refused as a whole, each with line and reason (exit code 1), unless --partial is given.
    """
    from daytrader.jobs.import_prices import import_prices
    from daytrader.jobs.import_report import ImportOptions
    from daytrader.services.data_providers.csv_dates import DateOrder
    from daytrader.services.price_upsert import OnConflict
    from daytrader.utils import validators

    options = ImportOptions(
        symbol=symbol,
        interval=None if interval is None else _INTERVALS[interval],
        is_partial=is_partial,
        is_dry_run=is_dry_run,
        on_conflict=OnConflict(on_conflict),
        creates_stocks=True,
        zone=validators.checked("timezone", validators.time_zone, timezone),
        date_order=None if date_order is None else DateOrder(date_order),
    )
    open_database(writes=not is_dry_run, makes_new=True)
    with _progress(is_shown=not as_json) as progress:
        report = import_prices(file, options, progress)
    if as_json:
        click.echo(json.dumps(_as_json(file, report, is_dry_run=is_dry_run), indent=2))
    else:
        _print(file, report, is_dry_run=is_dry_run)
    if not report.stocks or (report.refused and not is_partial):
        ctx.exit(1)


@prices.command()
@click.argument("symbol")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option(
    "--format", "form", type=click.Choice(["csv", "parquet", "json"]), help="What FILE's name ends in, else csv."
)
@click.option(
    "--interval", type=click.Choice(list(_INTERVALS)), default="daily", show_default=True, help="Minutes of a bar."
)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="The first session, YYYY-MM-DD.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="The last session, YYYY-MM-DD.")
def export(
    symbol: str, file: Path | None, *, form: str | None, interval: str, start: datetime | None, end: datetime | None
) -> None:
    """Write SYMBOL's stored bars to FILE, or to the screen; imported again they are the same bars."""
    from daytrader.services import price_export, stock_service
    from daytrader.services.price_export import ExportFormat
    from daytrader.services.session_manager import SessionManager

    known = {f".{one.value}": one for one in ExportFormat}
    chosen = ExportFormat(form) if form else known.get(file.suffix.lower() if file else "", ExportFormat.CSV)
    open_database()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        content = price_export.export(session, stock, chosen, _INTERVALS[interval], _date(start), _date(end))
        with click.open_file(str(file or "-"), "wb") as out:
            for part in content:
                out.write(part)


@prices.command()
@click.argument("words", nargs=-1, metavar="[PROVIDER] [SYMBOL]...")
@click.option("--provider", "provider", help="Who is asked; else the first word. docs/data.md lists them.")
@click.option(
    "--interval", type=click.Choice(list(_INTERVALS)), default="daily", show_default=True, help="Minutes of a bar."
)
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), help="The first session, YYYY-MM-DD.")
@click.option("--end", type=click.DateTime(["%Y-%m-%d"]), help="The last session, YYYY-MM-DD.")
def fetch(
    words: tuple[str, ...], provider: str | None, interval: str, start: datetime | None, end: datetime | None
) -> None:
    """
    Store a provider's bars of each SYMBOL, with dividends and splits; without symbols, of all that it lists.

    The provider "sample" comes with the package: AAPL, FB, GOOG, IBM and MSFT until March 2013; "simulated" makes
    prices up; "csv", "yahoo" and "alpaca" are set up by the environment. A provider that limits its requests is asked
    again when it allows it.
    """
    from daytrader.config import Settings
    from daytrader.services import price_service
    from daytrader.services.data_providers import get_provider, provider_names
    from daytrader.services.data_providers.backoff import patiently
    from daytrader.services.session_manager import in_unit
    from daytrader.utils.errors import InvalidInputError

    name, symbols = (provider, words) if provider else (words[0] if words else "", words[1:])
    if name not in provider_names():
        raise InvalidInputError({"provider": [f"must be one of {', '.join(provider_names())}"]})
    source = get_provider(name, Settings.from_environment())
    wanted = symbols or source.symbols()
    if not wanted:
        raise InvalidInputError({"symbol": [f"is required: {name} does not list its symbols"]})
    minutes, first, last = _INTERVALS[interval], _date(start), _date(end)
    if minutes not in source.capabilities.intervals:
        raise InvalidInputError({"interval": [f"{name} has no such bars"]})
    fetched = [patiently(partial(source.history, symbol, minutes, first, last)) for symbol in wanted]
    open_database(writes=True, makes_new=True)
    in_unit(lambda session: [price_service.store_series(session, series) for series in fetched])
    kind = "daily" if minutes == 0 else f"{minutes}-minute"
    for series in fetched:
        counts = f"{series.time.size:,} {kind} bars, {len(series.events)} dividends and splits"
        console().print(f"{series.symbol}: {counts} from {name}")


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@contextmanager
def _progress(*, is_shown: bool) -> Iterator[Progress | None]:
    """Show a bar for each phase on stderr, where a person sees it."""
    if not (is_shown and console(stderr=True).is_terminal):
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True), transient=True) as bars:

        def show(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield show


def _as_json(file: Path, report: ImportReport, *, is_dry_run: bool) -> dict[str, Any]:
    errors = [error._asdict() for error in report.errors]
    return {"file": file.name, "is_dry_run": is_dry_run, **report.to_dict(), "errors": errors}


def _print(file: Path, report: ImportReport, *, is_dry_run: bool) -> None:
    errors = console(stderr=True)
    for error in report.errors[:_PRINTED_ERRORS]:
        errors.print(_line_of(error), style="red", markup=False, soft_wrap=True)
    if report.refused > _PRINTED_ERRORS:
        errors.print(f"... and {report.refused - _PRINTED_ERRORS:,} more (--json lists them)", style="red")
    for warning in report.warnings:
        warn(f"{_line_of(warning)} (order does not matter, but look at the date)")
    if report.file_symbol is not None:
        warn(f"the file calls this stock {report.file_symbol}")
    for stock in report.stocks if report.is_written else ():
        _print_stock(report, stock)
    if not report.is_written:
        why = "dry run" if is_dry_run else "bad rows" if report.refused else "no rows"
        hint = " (--partial keeps the good ones)" if report.refused and report.rows and not is_dry_run else ""
        console().print(
            f"{file.name}: {report.rows:,} good rows, {report.refused:,} bad; nothing written: {why}{hint}",
            markup=False,
        )
    elif report.refused:
        console().print(f"{report.refused:,} bad rows were left out")


def _print_stock(report: ImportReport, stock: Any) -> None:
    kind = "daily" if report.interval == 0 else f"{report.interval}-minute"
    form = "%Y-%m-%d" if report.interval == 0 else "%Y-%m-%d %H:%M UTC"
    made = " (new stock)" if stock.is_new_stock else ""
    events = f"; dividends: {stock.dividends}, splits: {stock.splits}" if stock.dividends or stock.splits else ""
    console().print(
        f"{stock.symbol}{made}: {stock.rows:,} {kind} bars, {stock.new_rows:,} of them new, "
        f"{stock.first.strftime(form)} to {stock.last.strftime(form)}{events}",
        markup=False,
        soft_wrap=True,
    )
    if stock.quarantined:
        warn(f"{stock.symbol}: dividends above 20 % of the price are kept back, not paid: {stock.quarantined}")


def _line_of(error: RowError) -> str:
    return f"line {error.line}, {error.field}: {error.reason}"
