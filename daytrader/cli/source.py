"""The bars a command is about: a stored stock's, or a file's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from daytrader.cli.context import open_database, warn

if TYPE_CHECKING:
    from daytrader.cli.options import Prices, TradingOptions
    from daytrader.core.bars import Bars


def read_source(source: str, wanted: str | None, options: TradingOptions) -> tuple[str, Bars]:
    """
    Return the symbol and the whole history of *source*, and warn of what the reader should know about it.

    Args:
        source: A stored symbol, or a path; a path needs no database.
        wanted: Which symbol is meant in a file of several.
        options: Raw or adjusted prices, and the interval.

    Raises:
        NotFoundError: If no stock has the symbol.
        InvalidInputError: If the file is no price table.
        InsufficientDataError: If adjusted prices are asked for and there are none.
    """
    return read_bars(source, wanted, prices=options.prices, interval=options.interval)


def read_bars(
    source: str, wanted: str | None = None, *, prices: Prices = "raw", interval: int | None = None
) -> tuple[str, Bars]:
    """
    Return the symbol and the whole history of *source*, and warn of what the reader should know about it.

    Args:
        source: A stored symbol, or a path; a path needs no database.
        wanted: Which symbol is meant in a file of several.
        prices: Raw or adjusted.
        interval: Minutes of a bar, 0 for daily; None is daily for a stored stock, and whatever a file holds.

    Raises:
        NotFoundError: If no stock has the symbol.
        InvalidInputError: If the file is no price table.
        InsufficientDataError: If there are no such prices.
    """
    if _is_file(source):
        return _from_file(Path(source), wanted, prices, interval)
    return _from_database(source, prices, interval or 0)


def _is_file(source: str) -> bool:
    return "/" in source or "\\" in source or Path(source).suffix.lower() in (".csv", ".txt", ".gz", ".tsv")


def _from_file(path: Path, wanted: str | None, prices: Prices, interval: int | None) -> tuple[str, Bars]:
    from dataclasses import replace

    from daytrader.core.bars import EventKind
    from daytrader.services.data_providers.csv import read_bars_file
    from daytrader.services.price_service import scaled
    from daytrader.utils.errors import InsufficientDataError

    symbol, bars, adj_close = read_bars_file(path, symbol=wanted, interval=interval)
    if bars.refused:
        first = bars.refused[0]
        warn(f"{len(bars.refused)} rows of {path} were left out, the first is line {first.index + 1}: {first.reason}")
    if prices == "adjusted":
        if adj_close is None:
            raise InsufficientDataError(f"{path} has no adjusted close: use --prices raw")
        bars = scaled(replace(bars, refused=()), adj_close)
    else:
        _warn_of_splits(str(path), has_splits=bool((bars.event_kind == EventKind.SPLIT).any()))
    return symbol or path.name.split(".")[0].upper(), bars


def _from_database(symbol: str, prices: Prices, interval: int) -> tuple[str, Bars]:
    from daytrader.services import corporate_action_service, price_service, stock_service
    from daytrader.services.session_manager import SessionManager
    from daytrader.utils.errors import InsufficientDataError

    open_database()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        bars = price_service.load_bars(session, stock.id, interval, prices=prices)
        if prices == "raw":
            _warn_of_splits(stock.symbol, has_splits=corporate_action_service.has_splits(session, stock.id))
        if bars.refused:
            warn(f"{len(bars.refused)} stored bars of {stock.symbol} were left out: {bars.refused[0].reason}")
        if not bars.n:
            raise InsufficientDataError(f"no {_interval_name(interval)} prices of {stock.symbol} are stored")
        return stock.symbol, bars


def _interval_name(interval: int) -> str:
    return f"{interval}-minute" if interval else "daily"


def _warn_of_splits(name: str, *, has_splits: bool) -> None:
    if not has_splits:
        warn(f"no split is known for {name}: if there was one, raw prices show it as a crash (see --prices)")
