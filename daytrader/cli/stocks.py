"""What can be traded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from daytrader.cli.context import console, open_database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group()
def stocks() -> None:
    """List, add and show stocks."""


@stocks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List every stock with its daily bars."""
    from rich.table import Table

    from daytrader.services import price_service, stock_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        rows = [
            (stock.symbol, stock.name, price_service.count_bars(session, stock.id), _last(session, stock.id))
            for stock in stock_service.listing(session)
        ]
    if as_json:
        names = ("symbol", "name", "daily_bars", "last_date")
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return
    table = Table("Symbol", "Name", "Daily bars", "Last")
    table.columns[2].justify = "right"
    for symbol, name, count, last in rows:
        table.add_row(symbol, name or "", f"{count:,}", last or "")
    console().print(table if rows else "No stocks yet: try `daytrader prices fetch sample`.")


@stocks.command()
@click.argument("symbol")
@click.option("--name", help="The company.")
@click.option("--sector", help="Its line of business.")
@click.option("--description", help="Anything worth knowing.")
def add(symbol: str, name: str | None, sector: str | None, description: str | None) -> None:
    """Add the stock SYMBOL, for which prices can then be imported."""
    from daytrader.services import stock_service
    from daytrader.services.actor import Actor
    from daytrader.services.session_manager import in_unit

    values = {"symbol": symbol, "name": name, "sector": sector, "description": description}
    open_database(writes=True, makes_new=True)
    given = {key: value for key, value in values.items() if value is not None}
    # Whoever may run commands beside the database is its administrator.
    stock = in_unit(lambda session: stock_service.create(session, Actor(user_id=0, is_admin=True), given))
    console().print(f"Added {stock.symbol}", markup=False)


@stocks.command()
@click.argument("symbol")
def show(symbol: str) -> None:
    """Show the stock SYMBOL: its bars of every interval, dividends and splits."""
    from rich.table import Table

    from daytrader.services import corporate_action_service, price_service, stock_service
    from daytrader.services.session_manager import SessionManager
    from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS

    open_database()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        actions = corporate_action_service.listing(session, stock.id)
        bars = [(i, price_service.count_bars(session, stock.id, i)) for i in (DAILY, *INTRADAY_INTERVALS)]
        last = price_service.last_price(session, stock.id)
    details = [part for part in (stock.name, stock.sector, stock.description) if part]
    console().print(" - ".join([stock.symbol, *details]), markup=False)
    for interval, count in bars:
        if count:
            console().print(f"{'daily' if interval == DAILY else f'{interval}-minute'} bars: {count:,}")
    if last is not None:
        console().print(f"last known close: {last.price:f} on {last.bar_time:%Y-%m-%d}")
    if actions:
        table = Table("Ex-date", "Event", "")
        for action in actions:
            what = (
                f"{action.ratio_numerator}:{action.ratio_denominator}" if action.amount == 0 else f"{action.amount:f}"
            )
            kept = f" (kept back as {action.id}: above 20 % of the price)" if action.is_quarantined else ""
            table.add_row(str(action.ex_date), action.kind.value.lower(), what + kept)
        console().print(table)


@stocks.command()
@click.argument("dividend", type=int)
def release(dividend: int) -> None:
    """
    Let the DIVIDEND of this number, which was kept back as improbable, be paid.

    `daytrader stocks show SYMBOL` lists those kept back. It counts for bars that the engine has not taken yet, and in
    backtests.
    """
    from daytrader.services import audit_service, corporate_action_service
    from daytrader.services.session_manager import in_unit

    def release_it(session: Session) -> str:
        action = corporate_action_service.release(session, dividend)
        target = f"/corporate-actions/{action.id}/release"
        audit_service.record(session, audit_service.CONSOLE, "dividend.release", target)
        return f"Released the dividend of {action.amount:f} on {action.ex_date}"

    open_database()
    told = in_unit(release_it)
    console().print(told)


def _last(session: Session, stock_id: int) -> str | None:
    from daytrader.services import daily_price_service

    newest = daily_price_service.latest(session, stock_id)
    return None if newest is None else newest.price_date.isoformat()
