"""The bars a command is about: a stored stock's, or a file's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from daytrader.cli.context import open_database, warn

if TYPE_CHECKING:
    from daytrader.cli.options import TradingOptions
    from daytrader.core.bars import Bars


def read_source(source: str, wanted: str | None, options: TradingOptions) -> tuple[str, Bars]:
    """
    Return the symbol and the whole history of *source*, and warn of what the reader should know about it.

    Args:
        source: A stored symbol, or a path; a path needs no database.
        wanted: Which symbol is meant in a file of several.
        options: Raw or adjusted prices.

    Raises:
        NotFoundError: If no stock has the symbol.
        InvalidInputError: If the file is no price table.
        InsufficientDataError: If adjusted prices are asked for and there are none.
    """
    return _from_file(Path(source), wanted, options) if _is_file(source) else _from_database(source, options)


def _is_file(source: str) -> bool:
    return "/" in source or "\\" in source or Path(source).suffix.lower() in (".csv", ".txt", ".gz", ".tsv")


def _from_file(path: Path, wanted: str | None, options: TradingOptions) -> tuple[str, Bars]:
    from dataclasses import replace

    from daytrader.core.bars import EventKind
    from daytrader.services.data_providers.csv import read_bars_file
    from daytrader.services.price_service import scaled
    from daytrader.utils.errors import InsufficientDataError

    symbol, bars, adj_close = read_bars_file(path, symbol=wanted)
    if bars.refused:
        first = bars.refused[0]
        warn(f"{len(bars.refused)} rows of {path} were left out, the first is line {first.index + 1}: {first.reason}")
    if options.prices == "adjusted":
        if adj_close is None:
            raise InsufficientDataError(f"{path} has no adjusted close: use --prices raw")
        bars = scaled(replace(bars, refused=()), adj_close)
    else:
        _warn_of_splits(str(path), has_splits=bool((bars.event_kind == EventKind.SPLIT).any()))
    return symbol or path.name.split(".")[0].upper(), bars


def _from_database(symbol: str, options: TradingOptions) -> tuple[str, Bars]:
    from daytrader.services import corporate_action_service, price_service, stock_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        bars = price_service.load_bars(session, stock.id, prices=options.prices)
        if options.prices == "raw":
            _warn_of_splits(stock.symbol, has_splits=corporate_action_service.has_splits(session, stock.id))
        if bars.refused:
            warn(f"{len(bars.refused)} stored bars of {stock.symbol} were left out: {bars.refused[0].reason}")
        return stock.symbol, bars


def _warn_of_splits(name: str, *, has_splits: bool) -> None:
    if not has_splits:
        warn(f"no split is known for {name}: if there was one, raw prices show it as a crash (see --prices)")
