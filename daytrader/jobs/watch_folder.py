"""A folder whose price files are imported as they come: each state of a file once, all of it or nothing."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.services import system_events
from daytrader.services.data_providers.csv_folder import SUFFIXES
from daytrader.services.data_providers.price_files import open_price_file
from daytrader.services.events import events
from daytrader.services.session_manager import in_unit
from daytrader.services.system_events import Severity
from daytrader.utils.errors import DayTraderError, UnavailableError

logger = structlog.get_logger(__name__)

MEMORY: Final = "watched-files.json"
"""What the file in the instance folder is called that says which files were imported."""
_SECONDS: Final = 2.0
_State = tuple[int, int]


class FolderWatch:
    """
    Imports the new and changed price files of *folder*.

    A file is read once it has not changed between two looks, so that nobody has to rename one that is being written.
    One that names no stocks is of the one that its own name begins with. What was imported is remembered in *memory*;
    should that be lost, importing again changes nothing.

    Args:
        folder: Where files are put.
        memory: The file that remembers them.
        on_prices: Called once prices have changed.
    """

    def __init__(self, folder: Path, memory: Path, on_prices: Callable[[], None]) -> None:
        self._folder = folder
        self._memory = memory
        self._on_prices = on_prices
        self._seen: dict[str, _State] = {}
        self._done = _remembered(memory)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, every two seconds."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a file in hand is imported as a whole or, should the process end before, again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def look(self) -> int:
        """Import what is new and at rest, and return how many files that were."""
        found = 0
        for path in sorted(self._folder.iterdir()):
            if not path.name.lower().endswith((*SUFFIXES, ".parquet")) or not path.is_file():
                continue
            stat = path.stat()
            state = (stat.st_mtime_ns, stat.st_size)
            if self._done.get(path.name) == state:
                continue
            if self._seen.get(path.name) != state:
                self._seen[path.name] = state
                continue
            self._import(path)
            self._done[path.name] = state
            self._remember()
            found += 1
        return found

    def _run(self) -> None:
        while not self._stopping.wait(_SECONDS):
            try:
                self.look()
            except UnavailableError:
                continue  # the database is busy: the file is looked at again
            except Exception:  # the job's edge: another file may do better
                logger.exception("watched folder failed", folder=str(self._folder))

    def _import(self, path: Path) -> None:
        try:
            symbol = None if open_price_file(path).names_stocks else _symbol_of(path)
            report = import_prices(path, ImportOptions(symbol=symbol, creates_stocks=True))
        except UnavailableError:
            raise
        except (DayTraderError, OSError) as error:
            self._tell(Severity.WARNING, f"{path.name} was not imported: {error}")
            return
        if report.is_written:
            self._on_prices()
            names = ", ".join(stock.symbol for stock in report.stocks[:5])
            self._tell(Severity.INFO, f"{path.name} was imported: {report.rows:,} bars of {names}")
            return
        first = next(iter(report.errors), None)
        why = "it has no row" if first is None else f"line {first.line}, {first.field}: {first.reason}"
        self._tell(Severity.WARNING, f"{path.name} was not imported, {report.refused:,} bad rows: {why}")

    def _tell(self, severity: Severity, message: str) -> None:
        logger.info("watched file", message=message)
        told = system_events.notification(severity, "watch", message)
        in_unit(lambda session: events.record(session, told))

    def _remember(self) -> None:
        written = self._memory.with_suffix(".new")
        written.write_text(json.dumps(self._done, indent=1), encoding="utf-8")
        os.replace(written, self._memory)


def _symbol_of(path: Path) -> str:
    stem = path.name.split(".csv")[0].split(".txt")[0].split(".parquet")[0]
    return stem.replace("_", "-").split("-")[0]


def _remembered(memory: Path) -> dict[str, _State]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
        return {str(name): (int(state[0]), int(state[1])) for name, state in found.items()}
    except (OSError, ValueError, AttributeError, IndexError, TypeError):
        return {}
