"""The audit of the whole database, and of what services decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, open_database

if TYPE_CHECKING:
    from rich.table import Table

    from daytrader.services.ledger_service import Breach
    from daytrader.services.parity_audit import Parity

BREACHED: Final = 1
_DAY: Final = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--parity", is_flag=True, help="Decide every bar once more instead, from the recorded state before it.")
@click.option("--service", "service_id", type=int, help="With --parity: only the service of this id.")
@click.option("--from", "start", type=_DAY, help="With --parity: the first day.", metavar="YYYY-MM-DD")
@click.option("--to", "end", type=_DAY, help="With --parity: the last day.", metavar="YYYY-MM-DD")
@click.pass_context
def audit(
    ctx: click.Context,
    *,
    as_json: bool,
    parity: bool,
    service_id: int | None,
    start: datetime | None,
    end: datetime | None,
) -> None:
    """
    Prove L1 to L8 of the trading rules for every service; exit with 1 and the breaches otherwise.

    With --parity decide every bar of every service once more; exit with 1 where a decision comes out otherwise.
    """
    if parity:
        _parity(ctx, service_id, start, end, as_json=as_json)
    elif (service_id, start, end) != (None, None, None):
        raise click.UsageError("--service, --from and --to belong to --parity")
    else:
        _ledger(ctx, as_json=as_json)


def _ledger(ctx: click.Context, *, as_json: bool) -> None:
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


def _parity(
    ctx: click.Context, service_id: int | None, start: datetime | None, end: datetime | None, *, as_json: bool
) -> None:
    from sqlalchemy import select

    from daytrader.cli.context import use_own_strategies
    from daytrader.models.base import json_ready
    from daytrader.models.trading_service import TradingService
    from daytrader.services import parity_audit
    from daytrader.services.session_manager import SessionManager
    from daytrader.utils.errors import NotFoundError

    open_database()
    use_own_strategies()
    first, last = _date(start), _date(end)
    with SessionManager(read_only=True) as session:
        query = select(TradingService).order_by(TradingService.id)
        services = session.scalars(query if service_id is None else query.where(TradingService.id == service_id)).all()
        if service_id is not None and not services:
            raise NotFoundError("service")
        names = {service.id: service.name for service in services}
        found = [parity_audit.audit(session, service, first, last) for service in services]
    if as_json:
        told = [one.to_dict() | {"items": [asdict(each) for each in one.differences]} for one in found]
        click.echo(json.dumps(json_ready({"services": told})))
    else:
        console().print(_parity_table(found, names))
        for one in found:
            _tell_first(one)
    if not all(one.are_decisions_equal for one in found):
        ctx.exit(BREACHED)


def _parity_table(found: Sequence[Parity], names: dict[int, str]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from daytrader.services.parity_audit import DifferenceKind

    table = Table(
        "Service", "Bars", "Decided again", *(kind.value.capitalize() for kind in DifferenceKind), "Explained"
    )
    for one in found:
        counts = (one.bars, one.decisions_compared, *one.by_class.values(), sum(one.explained.values()))
        table.add_row(f"{one.service_id} {escape(names[one.service_id])}", *(f"{count:,}" for count in counts))
    return table


def _tell_first(one: Parity) -> None:
    first = one.first_difference
    if first is not None:
        told = f"{first.message}: {first.recorded}, should be {first.expected}"
        console().print(
            f"{one.service_id} first on {first.bar_time:%Y-%m-%d %H:%M}, {first.kind}: {told}",
            markup=False,
            soft_wrap=True,
        )


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
