"""Tests of daytrader.jobs.import_prices: all of a file or nothing, and every bad row by line."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete

from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.models import StockDailyPrice
from daytrader.services import price_service, stock_service
from daytrader.services.data_providers.csv import RowError, UnreadableFileError
from daytrader.services.price_upsert import OnConflict
from daytrader.services.session_manager import SessionManager
from tests.conftest import SHARED_DATA, World
from tests.services.data_providers.price_texts import AWKWARD, FORMATS

from .conftest import closes, counts, run, written

SHARED_FILES = SHARED_DATA / "awkward"


def test_a_good_file_is_stored_and_announced_once(world: World) -> None:
    """One price:update for the stock, after the commit, with its newest bar."""
    report = run(FORMATS / "yahoo.csv")

    assert (report.rows, report.refused, report.is_written) == (3, 0, True)
    (stock,) = report.stocks
    assert (stock.symbol, stock.is_new_stock, stock.new_rows) == ("ACME", True, 3)
    assert (stock.first.date(), stock.last.date()) == (date(2020, 9, 1), date(2020, 9, 3))
    updates = [e.event for e in world.published if "price_updates" in e.event.rooms]
    assert [(e.entity["symbol"], e.entity["close_price"]) for e in updates] == [("ACME", 98.25)]


@pytest.mark.parametrize(
    ("name", "interval", "rows"),
    [
        ("google_finance_descending.csv", 0, 3),
        ("quandl_wiki_descending.csv", 0, 3),
        ("alphavantage_daily_adjusted.csv", 0, 3),
        ("nasdaq_descending.csv", 0, 3),
        ("stooq_crlf.txt", 0, 3),
        ("ninjatrader_minute_dst.txt", 1, 6),
        ("iso_offset_15min.csv", 15, 4),
        ("unix_seconds.csv", 5, 3),
    ],
)
def test_every_layout_is_stored(world: World, name: str, interval: int, rows: int) -> None:  # noqa: ARG001
    """Daily or intraday as the file is; bars outside the regular session are stored too."""
    report = run(FORMATS / name)

    assert (report.interval, report.rows, report.refused) == (interval, rows, 0)
    stocks, daily, intraday, _ = counts()
    assert (stocks, daily, intraday) == ((1, rows, 0) if interval == 0 else (1, 0, rows))


@pytest.mark.parametrize(
    "path",
    [*sorted(AWKWARD.iterdir()), *(sorted(SHARED_FILES.iterdir()) if SHARED_FILES.is_dir() else [])],
    ids=lambda path: path.name,
)
def test_a_bad_file_leaves_nothing_behind(world: World, path: Path) -> None:
    """Refused in a sentence, or row by row; not a stock, not a bar, not an event is half-written."""
    with suppress(UnreadableFileError):  # the file as a whole; any other exception fails
        report = run(path)
        if report.refused == 0:  # odd but sound: dates out of order, each told
            assert report.warnings
            return
        assert all(error.line > 1 and error.field and error.reason for error in report.errors)
        assert len(report.errors) == report.refused
        assert not report.is_written
    assert counts() == (0, 0, 0, 0)
    assert world.published == []


def test_partial_keeps_the_good_rows(world: World) -> None:  # noqa: ARG001 (the database)
    """And says which were left out."""
    report = run(AWKWARD / "missing_dates.csv", is_partial=True)

    assert (report.rows, report.refused, report.is_written) == (2, 3, True)
    assert [error.line for error in report.errors] == [3, 4, 5]
    assert counts()[1] == 2


def test_what_somebody_deletes_meanwhile_is_not_counted(world: World) -> None:  # noqa: ARG001 (the database)
    """A partial import lets others write between its chunks; it ends all the same."""

    def delete_all(phase: str, _done: int, _total: int) -> None:
        if phase == "writing":
            with SessionManager() as session:
                session.execute(delete(StockDailyPrice))

    options = ImportOptions(symbol="ACME", creates_stocks=True, is_partial=True)
    report = import_prices(AWKWARD / "missing_dates.csv", options, delete_all)

    assert (report.is_written, report.stocks[0].new_rows) == (True, 0)
    assert counts()[:2] == (1, 0)

    import_prices(AWKWARD / "missing_dates.csv", options)
    again = import_prices(AWKWARD / "missing_dates.csv", options, delete_all)
    assert (again.is_written, again.stocks[0].new_rows) == (True, 0)


def test_partial_without_a_good_row_writes_nothing(world: World) -> None:  # noqa: ARG001 (the database)
    """Not even the stock."""
    report = run(AWKWARD / "zeros_bom.csv", is_partial=True)

    assert (report.rows, report.is_written) == (0, False)
    assert counts() == (0, 0, 0, 0)


def test_a_dry_run_checks_everything_and_writes_nothing(world: World) -> None:
    """It tells what would come in."""
    report = run(FORMATS / "yahoo.csv", is_dry_run=True)

    assert (report.rows, report.is_written) == (3, False)
    assert report.stocks[0].rows == 3
    assert counts() == (0, 0, 0, 0)
    assert world.published == []


def test_a_repeated_date_names_both_lines(world: World) -> None:  # noqa: ARG001 (the database)
    """However far apart the two are; the first one counts."""
    report = run(AWKWARD / "repeated_date.csv")
    assert report.errors == (RowError(4, "date", "repeats line 2"),)

    report = run(AWKWARD / "repeated_date.csv", is_partial=True)
    assert (report.rows, report.refused) == (2, 1)


def test_a_date_that_comes_three_times_repeats_its_first_line(world: World, tmp_path: Path) -> None:  # noqa: ARG001
    """Both later ones are errors."""
    path = written(tmp_path, *["2020-01-02,10,11,9,10,5"] * 3)

    assert run(path).errors == (RowError(3, "date", "repeats line 2"), RowError(4, "date", "repeats line 2"))


def test_disorder_is_told_and_sorted(world: World) -> None:  # noqa: ARG001 (the database)
    """Order does not matter to the database; a date out of order may be a wrong year, so it is named."""
    report = run(AWKWARD / "wrong_year.csv")

    assert (report.rows, report.refused, report.is_written) == (3, 0, True)
    assert report.warnings == (RowError(3, "date", "is out of order"),)


def test_a_descending_file_is_in_order(world: World) -> None:  # noqa: ARG001 (the database)
    """Newest first is a vendor's habit, no oddity."""
    assert run(FORMATS / "google_finance_descending.csv").warnings == ()


def test_bars_that_are_stored_already(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """Updated by default, left alone on demand; the report counts what is new."""
    run(written(tmp_path, "2020-01-02,10,11,9,10,5"))
    more = written(tmp_path, "2020-01-02,10,12,9,11,6", "2020-01-03,11,12,9,10,7")

    skipped = run(more, on_conflict=OnConflict.SKIP)
    assert (skipped.stocks[0].rows, skipped.stocks[0].new_rows) == (2, 1)
    assert closes("ACME") == [10.0, 10.0]

    run(more)
    assert closes("ACME") == [11.0, 10.0]


def test_an_import_equals_the_files_own_bars(world: World) -> None:  # noqa: ARG001 (the database)
    """What a backtest reads from the file and what it reads from the database is the same data."""
    from daytrader.services.data_providers.csv import read_bars_file

    for name in ("quandl_wiki_descending.csv", "ninjatrader_minute_dst.txt", "yfinance_daily_zoned.csv"):
        symbol = name[:5].upper()
        interval = run(FORMATS / name, symbol=symbol).interval
        with SessionManager(read_only=True) as session:
            stored = price_service.load_bars(session, stock_service.by_symbol(session, symbol).id, interval)
        assert stored.data_hash == read_bars_file(FORMATS / name).bars.data_hash


def test_progress_is_told(world: World) -> None:  # noqa: ARG001 (the database)
    """Reading in bytes, writing in rows, both to the end."""
    heard: list[tuple[str, int, int]] = []
    path = FORMATS / "yahoo.csv"

    import_prices(path, ImportOptions(symbol="ACME", creates_stocks=True), lambda *what: heard.append(what))

    assert heard == [("reading", path.stat().st_size, path.stat().st_size), ("writing", 3, 3)]


def test_an_unreadable_file_is_no_job(world: World) -> None:  # noqa: ARG001 (the database)
    """The error is the provider's own."""
    with pytest.raises(UnreadableFileError):
        run(AWKWARD / "error_body.csv")
