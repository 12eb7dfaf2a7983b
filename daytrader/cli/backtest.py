"""Backtests of stored stocks and of files."""

from __future__ import annotations

import click

from daytrader.cli.options import TradingOptions, trading_options


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
