"""Backtests of stored stocks and of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from daytrader.cli.context import warn
from daytrader.cli.options import TradingOptions, trading_options

if TYPE_CHECKING:
    from daytrader.core.bars import Bars


@click.command()
@click.argument("source", metavar="SYMBOL_OR_FILE")
@click.option("--symbol", "wanted", metavar="SYMBOL", help="The one that is meant in a file of several.")
@trading_options
def backtest(source: str, *, wanted: str | None, options: TradingOptions) -> None:
    """Test a strategy on a stored stock, or directly on a CSV file: then no database is needed."""
    from daytrader.cli.report import deliver
    from daytrader.cli.source import read_source
    from daytrader.core import backtest as core

    symbol, bars = read_source(source, wanted, options)
    _tell_of_warmup(bars.until(options.end), options)
    report = core.run(
        bars,
        options.strategy,
        options.params,
        options.rules,
        symbol=symbol,
        cash=options.cash,
        start=options.start,
        end=options.end,
        fill=options.fill,
        prices=options.prices,
    )
    deliver(report, options)


def _tell_of_warmup(bars: Bars, options: TradingOptions) -> None:
    """Say why nothing will be traded where the history ends before the strategy has warmed up."""
    from daytrader.core.answers import first_signal_row
    from daytrader.core.strategy import get_strategy, resolve_params

    strategy = get_strategy(options.strategy)
    first = first_signal_row(strategy, resolve_params(strategy, options.params))
    if 0 < bars.n <= first:
        warn(f"{strategy.name} may signal from bar {first + 1:,} on, and there are {bars.n:,}: it never trades")
