"""The gate to live trading: how a service stands, and the end of an opt-in."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, open_database, use_own_strategies
from daytrader.utils.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from daytrader.models.trading_service import TradingService

SHUT: Final = 1


@click.group()
def promotion() -> None:
    """Show how a service stands before live trading; end an opt-in. Opting in takes its owner, signed in."""


@promotion.command()
@click.argument("service_id", type=int)
@click.option("--backtest", "backtest_id", type=int, help="As it would stand with this backtest of its owner.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def show(ctx: click.Context, *, service_id: int, backtest_id: int | None, as_json: bool) -> None:
    """Show every criterion of the service; exit with 1 where it may not trade live."""
    from rich.markup import escape
    from rich.table import Table

    from daytrader.models.base import json_ready
    from daytrader.services import promotion_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    use_own_strategies()
    with SessionManager(read_only=True) as session:
        found = promotion_service.state(session, _service(session, service_id), backtest_id)
    if as_json:
        click.echo(json.dumps(json_ready(asdict(found))))
    else:
        table = Table("", "Criterion", "Measured", "Asked for", "", box=None)
        for each in found.criteria:
            table.add_row(
                "met" if each.is_met else "NOT MET",
                each.description,
                _figure(each.measured),
                _figure(each.threshold),
                escape(each.note or ""),
            )
        console().print(table)
        word = "may trade live" if found.reason is None else f"may not trade live: {found.reason}"
        console().print(f"Service {service_id} {word}", markup=False)
    if not found.is_permitted:
        ctx.exit(SHUT)


@promotion.command()
@click.argument("service_id", type=int)
@click.option("--reason", default="withdrawn at the console", help="Why, for people.")
def withdraw(*, service_id: int, reason: str) -> None:
    """End the opt-in of the service: it buys no more where it trades live; stops and sales go on."""
    from daytrader.services import audit_service, promotion_service
    from daytrader.services.session_manager import in_unit

    def end(session: Session) -> None:
        service = _service(session, service_id, for_update=True)
        promotion_service.withdraw(session, service, reason)
        audit_service.record(session, audit_service.CONSOLE, "promotion.withdraw", f"/services/{service_id}")

    # No `writes`: whoever trades reads the opt-in before each entry.
    open_database()
    in_unit(end)
    console().print(f"Service {service_id} is no longer promoted")


def _service(session: Session, service_id: int, *, for_update: bool = False) -> TradingService:
    from daytrader.models.trading_service import TradingService

    service = session.get(TradingService, service_id, with_for_update=for_update or None)
    if service is None:
        raise NotFoundError("trading service")
    return service


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
