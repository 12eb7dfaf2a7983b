"""The jobs that bring prices in: of an uploaded file, or from a provider."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from daytrader.config import Settings
from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions, ImportReport
from daytrader.jobs.worker import Handler, JobControl, Outcome
from daytrader.models.enums import PriceSource
from daytrader.services import job_service, price_service
from daytrader.services.data_providers import get_provider
from daytrader.services.data_providers.backoff import patiently
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.price_upsert import OnConflict
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.utils.constants import DAILY

IMPORT: Final = "import_prices"
FETCH: Final = "fetch_prices"

_READING: Final = 0.6  # of the whole time; the rest is writing
_SHOWN_ERRORS: Final = 10_000
_ABANDONED_SECONDS: Final = 3600.0


def handlers(
    uploads: Path, *, address: str, on_prices: Callable[[], None], settings: Settings | None = None
) -> dict[str, Handler]:
    """
    Return who carries out the jobs of this module, by kind.

    Args:
        uploads: Where uploaded files wait.
        address: What the addresses of results begin with.
        on_prices: Called once prices have changed.
        settings: How the providers are set up; the environment's where None.
    """
    return {IMPORT: ImportJob(uploads, address, on_prices), FETCH: FetchJob(address, on_prices, settings)}


class ImportJob:
    """Imports an uploaded file, and removes it at the end."""

    def __init__(self, uploads: Path, address: str, on_prices: Callable[[], None]) -> None:
        self._uploads = uploads
        self._address = address
        self._on_prices = on_prices

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Validate and write as `import_prices` does; a file with bad rows fails unless a part was asked for."""
        options = ImportOptions(
            symbol=params["symbol"],
            interval=params["interval"],
            source=PriceSource(params["source"]),
            is_partial=params["is_partial"],
            is_dry_run=params["is_dry_run"],
            on_conflict=OnConflict(params["on_conflict"]),
            **_dates(params),
        )

        def report(phase: str, done: int, total: int) -> None:
            part = done / max(1, total)
            is_reading = phase == "reading"
            # One transaction holds SQLite's only write lock: nothing else can be stored meanwhile.
            control.report(
                part * _READING if is_reading else _READING + part * (1 - _READING),
                is_stored=is_reading or not database_is_locked,
            )

        with SessionManager(read_only=True) as session:
            database_is_locked = session.get_bind().dialect.name == "sqlite"
        found = import_prices(self._uploads / params["upload"], options, report)
        if found.is_written:
            self._on_prices()
        return self._outcome(found, options)

    def discard(self, params: Mapping[str, Any]) -> None:
        """Remove the uploaded file."""
        (self._uploads / params["upload"]).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove files that no job waits for; an hour's grace is for those whose job is about to be stored."""
        with SessionManager(read_only=True) as session:
            wanted = {job.params.get("upload") for job in job_service.unfinished(session)}
        for path in self._uploads.glob("*"):
            if path.name not in wanted and path.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)

    def _outcome(self, report: ImportReport, options: ImportOptions) -> Outcome:
        error = None
        if not report.is_written and not options.is_dry_run:
            refused = "1 row is" if report.refused == 1 else f"{report.refused:,} rows are"
            error = f"nothing was written: {refused} refused" if report.refused else "there is no row"
        errors = [row._asdict() for row in report.errors[:_SHOWN_ERRORS]]
        result = report.to_dict() | {"is_dry_run": options.is_dry_run}
        symbols = [stock.symbol for stock in report.stocks]
        shown = _list_address(self._address, report.interval, symbols) if report.is_written else None
        return Outcome(result, shown, error, errors)


def _dates(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of the file's dates; jobs of an earlier version say nothing."""
    order, zone = params.get("date_order"), params.get("timezone")
    said = {"date_order": order and DateOrder(order), "zone": zone and ZoneInfo(zone)}
    return {name: value for name, value in said.items() if value}


class FetchJob:
    """Stores what a provider gives for one stock."""

    def __init__(self, address: str, on_prices: Callable[[], None], settings: Settings | None = None) -> None:
        self._address = address
        self._on_prices = on_prices
        self._settings = settings

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Ask first, patiently and outside any transaction, then write in one."""
        start, end = (None if params[name] is None else date.fromisoformat(params[name]) for name in ("start", "end"))
        provider, interval = get_provider(params["provider"], self._settings), params.get("interval", DAILY)
        series = patiently(lambda: provider.history(params["symbol"], interval, start, end))
        control.report(_READING)
        stock = in_unit(lambda session: price_service.store_series(session, series))
        self._on_prices()
        result = {
            "symbol": stock.symbol,
            "interval": series.interval,
            "rows": int(series.time.size),
            "events": len(series.events),
            "provider": series.provider,
        }
        return Outcome(result, _list_address(self._address, series.interval, [stock.symbol]))

    def discard(self, params: Mapping[str, Any]) -> None:
        """Nothing was kept."""

    def tidy(self) -> None:
        """Nothing is left behind."""


def _list_address(address: str, interval: int, symbols: list[str]) -> str:
    kind = "daily" if interval == DAILY else "intraday"
    query = [f"interval={interval}"] if interval != DAILY else []
    if len(symbols) == 1:
        query.insert(0, f"symbol={symbols[0]}")
    return f"{address}/prices/{kind}" + (f"?{'&'.join(query)}" if query else "")
