"""Prices that somebody else puts into files: one file of many stocks, or a folder with files named after stocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Self

import numpy as np
import structlog

from daytrader.config import Settings
from daytrader.services.data_providers.base import Capabilities, PriceSeries
from daytrader.services.data_providers.csv import BarsFile, UnreadableFileError, read_bars_file
from daytrader.services.data_providers.errors import MalformedAnswerError, UnknownSymbolError
from daytrader.services.data_providers.resampled import resampled
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import ConfigurationError, InsufficientDataError, InvalidInputError

logger = structlog.get_logger(__name__)

SUFFIXES: Final = (".csv", ".csv.gz", ".txt", ".txt.gz")
"""What price files end in."""


class CsvProvider:
    """
    Reads the file at *path*, or those of the folder: ``ACME.csv``, ``ACME-5.csv``, ``ACME_1min_2024.csv.gz``.

    A file is found by the stock's symbol at the beginning of its name, and what interval it has is found in it; one
    that is being written is read again at the next question. Bars that are not sound are left out.
    """

    name = "csv"
    capabilities = Capabilities((DAILY, *INTRADAY_INTERVALS))

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[tuple[Path, str], tuple[tuple[int, int], BarsFile]] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """
        Return what reads the installation's file or folder.

        Raises:
            ConfigurationError: If none is set, or it is not there.
        """
        if not settings.csv:
            raise ConfigurationError("DAYTRADER_CSV must name the file or folder that the provider csv reads")
        path = Path(settings.csv)
        if not path.exists():
            raise ConfigurationError(f"DAYTRADER_CSV names {path}, which is not there")
        return cls(path)

    def symbols(self) -> tuple[str, ...]:
        """Return nothing: what a file holds is known when it is read."""
        return ()

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return the bars from *start* to *end*, both included, of the file with that interval, or made from finer bars.

        Raises:
            UnknownSymbolError: If no file is of *symbol*.
            InvalidInputError: If it has none of *interval* or finer.
            MalformedAnswerError: If a file cannot be read.
        """
        found = [self._series(path, symbol) for path in self._files(symbol)]
        if not found:
            raise UnknownSymbolError(self.name, symbol[:20])
        fit = [one for one in found if one.interval == interval]
        fit = fit or [one for one in found if interval and one.interval and interval % one.interval == 0]
        if not fit:
            raise InvalidInputError({"interval": [f"{self.name} has no such bars of {symbol}"]})
        series = resampled(_joined(fit), interval) if interval else _joined(fit)
        first = days_since_epoch(start) * 86_400 if start else -(2**62)
        last = days_since_epoch(end) * 86_400 + 86_399 if end else 2**62
        return series.where((series.time >= first) & (series.time <= last))

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the bars that start at or after *since*."""
        return self.history(symbol, interval).since(since)

    def clock_skew(self) -> timedelta | None:
        """Return None: a file has no clock."""
        return None

    def _files(self, symbol: str) -> list[Path]:
        if self._path.is_file():
            return [self._path]
        # The folder is listed and compared: a symbol is never made a path.
        wanted = symbol.upper()
        paths = sorted(path for path in self._path.iterdir() if path.name.lower().endswith(SUFFIXES))
        return [path for path in paths if _is_of(path.name.upper(), wanted)]

    def _series(self, path: Path, symbol: str) -> PriceSeries:
        try:
            found = self._bars_of(path, symbol)
        except (UnreadableFileError, InsufficientDataError, OSError) as error:
            raise MalformedAnswerError(f"{path.name}: {error}") from error
        bars = found.bars
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        events = bars.corporate_events()
        return PriceSeries.of(
            symbol.upper(),
            bars.time,
            columns,
            provider=self.name,
            events=events,
            adj_close=found.adj_close,
            interval=bars.interval_minutes,
        )

    def _bars_of(self, path: Path, symbol: str) -> BarsFile:
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get((path, symbol))
        if known is None or known[0] != state:
            found = read_bars_file(path, symbol=symbol)
            if found.bars.refused:  # one that is half written is read again; of any other this is the only word
                count, last = len(found.bars.refused), found.bars.refused[-1]
                logger.warning("lines left out", file=path.name, lines=count, last=last.index + 1, why=last.reason)
            known = (state, found)
            self._read[path, symbol] = known
        return known[1]


def _is_of(name: str, symbol: str) -> bool:
    rest = name.removeprefix(symbol)
    return rest != name and not rest[:1].isalnum()


def _joined(parts: list[PriceSeries]) -> PriceSeries:
    """Return the bars of all *parts*, which have the finest interval among them only."""
    finest = min(part.interval for part in parts)
    same = [part for part in parts if part.interval == finest]
    if len(same) == 1:
        return same[0]
    columns = [np.concatenate([getattr(part, name) for part in same]) for name in ("open", "high", "low", "close")]
    events = {(event.session, event.kind): event for part in same for event in part.events}
    return PriceSeries.of(
        same[0].symbol,
        np.concatenate([part.time for part in same]),
        [*columns, np.concatenate([part.volume for part in same])],
        provider=same[0].provider,
        events=list(events.values()),
        adj_close=np.concatenate([part.adj_close for part in same]),
        interval=finest,
    )
