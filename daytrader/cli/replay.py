"""Replays: stored bars through the real engine, without waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from daytrader.cli.context import console, open_database
from daytrader.cli.options import TradingOptions, trading_options

if TYPE_CHECKING:
    from daytrader.core.report import Report
    from daytrader.engine.replay import Listener

_OF_ANY_REPLAY: Final = ("source", "service_id", "as_json", "html")


@click.command()
@click.argument("source", metavar="[SYMBOL_OR_FILE]", required=False)
@click.option("--symbol", "wanted", metavar="SYMBOL", help="The one that is meant in a file of several.")
@click.option("--service", "service_id", type=int, metavar="ID", help="Replay this service of the instance instead.")
@click.option(
    "--database",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the replay's own database; a second run goes on there.",
)
@trading_options
@click.pass_context
def replay(
    ctx: click.Context,
    source: str | None,
    *,
    wanted: str | None,
    service_id: int | None,
    file: Path | None,
    options: TradingOptions,
) -> None:
    """Take stored bars, or a CSV file's, through the real engine and a database of its own, without waiting."""
    from daytrader.cli.report import deliver

    if service_id is None:
        if source is None:
            raise click.UsageError("name a symbol or a file, or a service with --service")
        deliver(_of_bars(source, wanted, file, options), options)
        return
    own = [name for name in ctx.params if name not in _OF_ANY_REPLAY and _is_given(ctx, name)]
    if own or file is not None:
        raise click.UsageError("a service trades by its own settings: --service goes with --json and --html only")
    deliver(_of_service(service_id, source, options), options)


def _of_bars(source: str, wanted: str | None, file: Path | None, options: TradingOptions) -> Report:
    from daytrader.cli.source import read_source
    from daytrader.engine.replay import Plan, replay

    symbol, bars = read_source(source, wanted, options)
    plan = Plan(
        symbol=symbol,
        strategy=options.strategy,
        params=options.params,
        rules=options.rules,
        cash=options.cash,
        start=options.start,
        end=options.end,
        fill=options.fill,
        prices=options.prices,
    )
    with _progress(symbol, is_shown=not options.json) as listener:
        return replay(bars, [plan], file=file, listener=listener)[0]


def _of_service(service_id: int, source: str | None, options: TradingOptions) -> Report:
    from daytrader.config import Settings
    from daytrader.engine.lock import engine_lock
    from daytrader.engine.replay import replay_service
    from daytrader.models.trading_service import TradingService
    from daytrader.services import engine_control
    from daytrader.services.session_manager import SessionManager
    from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError

    settings = Settings.from_environment()
    open_database(settings, writes=True)
    with engine_lock(settings.instance):
        with SessionManager(read_only=True) as session:
            if engine_control.is_paused(session):
                raise ConflictError("all trading is paused: `daytrader engine resume` ends that")
            service = session.get(TradingService, service_id)
            if service is None:
                raise NotFoundError("trading service")
            symbol = service.stock_symbol
        if source is not None and source.upper() != symbol:
            raise InvalidInputError({"symbol": [f"service {service_id} trades {symbol}"]})
        with _progress(symbol, is_shown=not options.json) as listener:
            return replay_service(service_id, listener=listener)


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


@contextmanager
def _progress(symbol: str, *, is_shown: bool) -> Iterator[Listener]:
    """Yield a listener that shows how far the replay is, on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from daytrader.engine.replay import Listener

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True, disable=not is_shown) as progress:
        task = progress.add_task(f"Replaying {symbol}", total=None)
        yield Listener(on_progress=lambda done, total: progress.update(task, completed=done, total=total))
