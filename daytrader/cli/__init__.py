"""The command line: ``daytrader COMMAND``. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from daytrader import __version__

if TYPE_CHECKING:
    from daytrader.utils.errors import DayTraderError

# name: (where it stands, what it does); the words are here so that --help imports no command.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "audit": ("daytrader.cli.audit:audit", "Prove the ledger of the whole database."),
    "backtest": ("daytrader.cli.backtest:backtest", "Test a strategy on a stored stock or a CSV file."),
    "db": ("daytrader.cli.db:db", "Look after the database."),
    "portfolio": ("daytrader.cli.portfolio:portfolio", "Test several strategies that share one budget."),
    "prices": ("daytrader.cli.prices:prices", "Import and fetch prices."),
    "replay": ("daytrader.cli.replay:replay", "Take stored bars through the real engine."),
    "run": ("daytrader.cli.run:run", "Start API, sockets and engine in one process."),
    "scan": ("daytrader.cli.scan:scan", "List what a strategy says today about every stored stock."),
    "stocks": ("daytrader.cli.stocks:stocks", "List, add and show stocks."),
    "strategy": ("daytrader.cli.strategy:strategy", "List, show and check strategies."),
    "sweep": ("daytrader.cli.sweep:sweep", "Try many settings, and say how much of the best is luck."),
    "user": ("daytrader.cli.user:user", "Create and mend accounts."),
}

FAILED: Final = 1
INVALID_INPUT: Final = 2


class LazyCommands(click.Group):
    """A group that imports a command when it is called, and says an expected failure in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands' names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """Write the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an expected failure becomes a message and an exit code, never a traceback."""
        from daytrader.utils.errors import DayTraderError

        try:
            return super().invoke(ctx)
        except DayTraderError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(_exit_code(error))


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="daytrader")
def main() -> None:
    """Self-hosted stock trading: services that decide, trade, explain and account to the cent."""


def _exit_code(error: DayTraderError) -> int:
    from daytrader.utils.errors import ConfigurationError, InvalidInputError

    return INVALID_INPUT if isinstance(error, InvalidInputError | ConfigurationError) else FAILED
