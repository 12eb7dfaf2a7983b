"""The audit of the whole database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, open_database

if TYPE_CHECKING:
    from rich.table import Table

    from daytrader.services.ledger_service import Breach

BREACHED: Final = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the breaches as JSON.")
@click.pass_context
def audit(ctx: click.Context, *, as_json: bool) -> None:
    """Prove L1 to L8 of the trading rules for every service; exit with 1 and the breaches otherwise."""
    from sqlalchemy import func, select

    from daytrader.models.trading_service import TradingService
    from daytrader.services import ledger_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        services = session.scalar(select(func.count()).select_from(TradingService)) or 0
        breaches = ledger_service.audit(session)
    if as_json:
        found = [asdict(breach) for breach in breaches]
        click.echo(json.dumps({"services": services, "is_clean": not breaches, "breaches": found}))
    elif breaches:
        console().print(_table(breaches))
    else:
        console().print(f"clean: L1 to L8 hold for {services} service{'' if services == 1 else 's'}")
    if breaches:
        ctx.exit(BREACHED)


def _table(breaches: Sequence[Breach]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Service", "Rule", "Breach", title=f"{len(breaches)} breach{'' if len(breaches) == 1 else 'es'}")
    for breach in breaches:
        table.add_row(str(breach.service_id), breach.rule, escape(breach.message))
    return table
