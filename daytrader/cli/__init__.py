"""The command line: ``daytrader COMMAND``. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from daytrader import __version__

# name: (where it stands, what it does); the words are here so that --help imports no command.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "audit": ("daytrader.cli.audit:audit", "Prove the ledger of the whole database."),
    "backtest": ("daytrader.cli.backtest:backtest", "Test a strategy on a stored stock or a CSV file."),
    "db": ("daytrader.cli.db:db", "Look after the database."),
    "engine": ("daytrader.cli.engine:engine", "Pause and resume all trading; run an engine of its own."),
    "portfolio": ("daytrader.cli.portfolio:portfolio", "Test several strategies that share one budget."),
    "prices": ("daytrader.cli.prices:prices", "Import and fetch prices."),
    "promotion": ("daytrader.cli.promotion:promotion", "Show what a service lacks before it may trade live."),
    "replay": ("daytrader.cli.replay:replay", "Take stored bars through the real engine."),
    "run": ("daytrader.cli.run:run", "Start API, sockets and engine in one process."),
    "scan": ("daytrader.cli.scan:scan", "List what a strategy says today about every stored stock."),
    "serve": ("daytrader.cli.serve:serve", "Serve in production: gunicorn, TLS in front."),
    "stocks": ("daytrader.cli.stocks:stocks", "List, add and show stocks."),
    "strategy": ("daytrader.cli.strategy:strategy", "List, show and check strategies."),
    "sweep": ("daytrader.cli.sweep:sweep", "Try many settings, and say how much of the best is luck."),
    "worker": ("daytrader.cli.worker:worker", "Do the jobs in a process of its own."),
    "user": ("daytrader.cli.user:user", "Create and mend accounts."),
}


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
        """Run the command; whatever fails becomes a message and an exit code, never a traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click's own, which it shows itself
        except Exception as error:  # the edge of the command line
            from daytrader.cli import failures

            if failures.is_broken_pipe(error):
                raise
            ctx.exit(failures.explain(error))


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="daytrader")
def main() -> None:
    """Self-hosted stock trading: services that decide, trade, explain and account to the cent."""
    from daytrader.utils import garbage

    garbage.collect_seldom()  # until a server has been put together; other commands are over soon

    from daytrader.cli import failures
    from daytrader.config import Settings
    from daytrader.utils import logs

    failures.keep_interrupts()
    logs.configure(Settings.from_environment().log_level)
