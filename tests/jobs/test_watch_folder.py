"""Tests of daytrader.jobs.watch_folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from daytrader.jobs.watch_folder import MEMORY, FolderWatch
from daytrader.models import Stock, StockDailyPrice
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

HEADER = "date,open,high,low,close,volume\n"
GOOD = HEADER + "2024-01-02,3,4,3,4,10\n2024-01-03,4,5,4,5,10\n"


class Watched:
    """A folder, its watch, and what was said of it."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self.folder = folder / "in"
        self.folder.mkdir()
        self.memory = folder / MEMORY
        self.changes = 0
        self.watch = self.again()

    def again(self) -> FolderWatch:
        """Return a watch as the next start has it."""
        return FolderWatch(self.folder, self.memory, self._changed)

    def put(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def settle(self) -> int:
        """Look twice: what is at rest is imported; return how many files were."""
        return self.watch.look() + self.watch.look()

    @property
    def told(self) -> list[str]:
        """Return what was said."""
        events = [published.event for published in self._world.published]
        return [event.entity["message"] for event in events if event.name == "system:notification"]

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
def watched(world: World, tmp_path: Path) -> Watched:
    """An empty folder."""
    return Watched(world, tmp_path)


def closes() -> dict[str, list[float | None]]:
    """Return the stored closes by symbol."""
    with SessionManager(read_only=True) as session:
        query = select(Stock.symbol, StockDailyPrice.close_price).join(Stock).order_by(StockDailyPrice.price_date)
        found: dict[str, list[float | None]] = {}
        for symbol, close in session.execute(query):
            found.setdefault(symbol, []).append(close)
        return found


def test_a_file_is_imported_once_also_over_a_restart(watched: Watched) -> None:
    """Of the stock that its name begins with; the engine is told once."""
    watched.put("ACME_2024.csv", GOOD)
    watched.put("notes.md", "nothing of ours")

    assert watched.settle() == 1
    assert closes() == {"ACME": [4, 5]}
    assert watched.told == ["ACME_2024.csv was imported: 2 bars of ACME"]
    assert watched.settle() == 0
    watched.watch = watched.again()
    assert watched.settle() == 0
    assert watched.changes == 1


def test_a_changed_file_is_imported_again(watched: Watched) -> None:
    """What is stored is updated, what is new is added."""
    watched.put("ACME.csv", GOOD)
    watched.settle()
    watched.put("ACME.csv", GOOD.replace("4,5,4,5", "4,6,4,6") + "2024-01-04,5,6,5,6,10\n")

    assert watched.settle() == 1
    assert closes() == {"ACME": [4, 6, 6]}


def test_a_file_that_is_being_written_is_waited_for(watched: Watched) -> None:
    """It must not change between two looks."""
    watched.put("ACME.csv", GOOD[:-20])
    assert watched.watch.look() == 0
    watched.put("ACME.csv", GOOD)
    assert watched.watch.look() == 0
    assert watched.watch.look() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "2024-01-04,5,1,5,6,10\n", "1 bad rows: line 4"),
        ("<html>not found</html>", "ACME.csv was not imported: "),
    ],
)
def test_a_bad_file_is_told_once_and_leaves_nothing(watched: Watched, text: str, said: str) -> None:
    """All or nothing; the others are imported, and a mended file is too."""
    watched.put("ACME.csv", text)
    watched.put("OTHR.csv", GOOD)

    assert watched.settle() == 2
    assert set(closes()) == {"OTHR"}
    assert len(watched.told) == 2
    assert said in watched.told[0]

    watched.put("ACME.csv", GOOD)
    assert watched.settle() == 1
    assert set(closes()) == {"ACME", "OTHR"}


def test_a_lost_memory_changes_nothing(watched: Watched) -> None:
    """Importing again is importing the same."""
    watched.put("ACME.csv", GOOD)
    watched.settle()
    watched.memory.write_text("half a", encoding="utf-8")
    watched.watch = watched.again()

    assert watched.settle() == 1
    with SessionManager(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(StockDailyPrice)) == 2
