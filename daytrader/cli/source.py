"""The bars a command is about: a stored stock's, or a file's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daytrader.cli.context import open_database, warn

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from daytrader.cli.options import Prices, TradingOptions
    from daytrader.core.bars import Bars
    from daytrader.utils.errors import InsufficientDataError


def read_source(source: str, wanted: str | None, options: TradingOptions) -> tuple[str, Bars]:
    """
    Return the symbol and the whole history of *source*, and warn of what the reader should know about it.

    Args:
        source: A stored symbol, or a path; a path needs no database.
        wanted: Which symbol is meant in a file of several, or what to call the bars of a file that names none.
        options: Raw or adjusted prices, the interval, and whether volume counts.

    Raises:
        NotFoundError: If no stock has the symbol.
        InvalidInputError: If the file is no price table, or does not hold the symbol that is wanted.
        InsufficientDataError: If adjusted prices are asked for and there are none.
    """
    symbol, bars = read_bars(source, wanted, prices=options.prices, interval=options.interval)
    if options.rules.volume_limit_percent is not None and not (bars.volume > 0).any():
        warn(f"the prices of {symbol} have no volume: under a volume limit nothing fills")
    return symbol, bars


def read_bars(
    source: str, wanted: str | None = None, *, prices: Prices = "raw", interval: int | None = None
) -> tuple[str, Bars]:
    """
    Return the symbol and the whole history of *source*, and warn of what the reader should know about it.

    Args:
        source: A stored symbol, or a path; a path needs no database.
        wanted: Which symbol is meant in a file of several, or what to call the bars of a file that names none.
        prices: Raw or adjusted.
        interval: Minutes of a bar, 0 for daily; None is daily for a stored stock, and whatever a file holds.

    Raises:
        NotFoundError: If no stock has the symbol.
        InvalidInputError: If the file is no price table, or does not hold the symbol that is wanted.
        InsufficientDataError: If there are no such prices.
    """
    from daytrader.utils import validators

    if _is_file(source):
        named = wanted and validators.checked("symbol", validators.symbol, wanted)
        return _from_file(Path(source), named, prices, interval)
    if wanted is not None:
        raise click.UsageError(f"--symbol chooses within a file, and {source} is a stored stock")
    return _from_database(source, prices, interval or 0)


def read_sources(
    sources: Sequence[str],
    options: TradingOptions,
    *,
    is_all: bool,
    leave_out: Callable[[str, InsufficientDataError], None],
) -> Iterator[tuple[str, Bars]]:
    """
    Yield symbol and bars of each of *sources*, or of every stored stock with prices, one after the other.

    Arguments and errors as for `read_source`, but of several stored stocks *leave_out* is told of those that have no
    such prices. What the reader should know of many stocks is said once, at the end.

    Raises:
        InvalidInputError: If there are neither sources nor all, or both.
    """
    from daytrader.utils.errors import InvalidInputError

    if bool(sources) == is_all:
        raise InvalidInputError({"source": ["name symbols or files, or take all stored stocks with --all"]})
    if len(sources) == 1:
        yield read_source(sources[0], None, options)
        return
    for source in sources:
        if _is_file(source):
            yield read_source(source, None, options)
    stored = [source for source in sources if not _is_file(source)]
    if stored or is_all:
        yield from _many_from_database(stored, options, leave_out)


def _many_from_database(
    symbols: Sequence[str], options: TradingOptions, leave_out: Callable[[str, InsufficientDataError], None]
) -> Iterator[tuple[str, Bars]]:
    """Yield the stocks of *symbols*, every one that has prices if there are none."""
    from daytrader.services import corporate_action_service, price_service, stock_service
    from daytrader.services.session_manager import SessionManager
    from daytrader.utils.errors import InsufficientDataError

    open_database()
    with SessionManager(read_only=True) as session:
        found = [stock_service.by_symbol(session, symbol) for symbol in symbols] or stock_service.listing(session)
        stocks = [(stock.id, stock.symbol) for stock in found]
    seen = without = 0
    for stock_id, symbol in stocks:
        with SessionManager(read_only=True) as session:  # a sweep in between takes its time: nothing is held open
            if not symbols and not price_service.count_bars(session, stock_id, options.interval or 0):
                continue
            try:
                bars = _stored_bars(session, stock_id, symbol, options.prices, options.interval or 0)
            except InsufficientDataError as error:
                leave_out(symbol, error)
                continue
            has_splits = corporate_action_service.has_splits(session, stock_id)
        seen += 1
        without += not has_splits
        yield symbol, bars
    if without and options.prices == "raw":
        warn(f"no split is known for {without} of {seen} stocks: if there was one, raw prices show it as a crash")


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
    return symbol or wanted or path.name.split(".")[0].upper(), bars


def _from_database(symbol: str, prices: Prices, interval: int) -> tuple[str, Bars]:
    from daytrader.services import corporate_action_service, stock_service
    from daytrader.services.session_manager import SessionManager

    open_database()
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        bars = _stored_bars(session, stock.id, stock.symbol, prices, interval)
        if prices == "raw":
            _warn_of_splits(stock.symbol, has_splits=corporate_action_service.has_splits(session, stock.id))
        if bars.refused:
            warn(f"{len(bars.refused)} stored bars of {stock.symbol} were left out: {bars.refused[0].reason}")
        return stock.symbol, bars


def _stored_bars(session: Session, stock_id: int, symbol: str, prices: Prices, interval: int) -> Bars:
    from daytrader.services import price_service
    from daytrader.utils.errors import InsufficientDataError

    bars = price_service.load_bars(session, stock_id, interval, prices=prices)
    if not bars.n:
        raise InsufficientDataError(f"no {_interval_name(interval)} prices of {symbol} are stored")
    return bars


def _interval_name(interval: int) -> str:
    return f"{interval}-minute" if interval else "daily"


def _warn_of_splits(name: str, *, has_splits: bool) -> None:
    if not has_splits:
        warn(f"no split is known for {name}: if there was one, raw prices show it as a crash (see --prices)")
