"""Tests of daytrader.jobs.import_prices: all of a file or nothing, and every bad row by line."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions, ImportReport
from daytrader.models import CorporateAction, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import corporate_action_service, price_service, stock_service
from daytrader.services.data_providers.csv import RowError, UnreadableFileError
from daytrader.services.price_upsert import OnConflict
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import InvalidInputError
from tests.services.data_providers.price_texts import AWKWARD, FORMATS

from ..conftest import World
from ..engine.builders import Market

SHARED_AWKWARD = Path(__file__).parents[3] / "shared" / "data" / "awkward"

HEADER = "date,open,high,low,close,volume"


def run(path: Path, symbol: str | None = "ACME", **options: object) -> ImportReport:
    """Import *path*, making the stock."""
    settings = {"creates_stocks": True} | options
    return import_prices(path, ImportOptions(symbol=symbol, **settings))  # type: ignore[arg-type]


def counts() -> tuple[int, int, int, int]:
    """Return how many stocks, daily bars, intraday bars and corporate actions are stored."""
    with SessionManager(read_only=True) as session:
        stocks, daily, intraday, actions = (
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Stock, StockDailyPrice, StockIntradayPrice, CorporateAction)
        )
    return stocks, daily, intraday, actions


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Return a file of *rows*."""
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


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
    [*sorted(AWKWARD.iterdir()), *(sorted(SHARED_AWKWARD.iterdir()) if SHARED_AWKWARD.is_dir() else [])],
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

    report = import_prices(
        AWKWARD / "missing_dates.csv", ImportOptions(symbol="ACME", creates_stocks=True, is_partial=True), delete_all
    )

    assert (report.is_written, report.stocks[0].new_rows) == (True, 0)
    assert counts()[:2] == (1, 0)


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


def closes(symbol: str) -> list[float]:
    """Return the stock's stored daily closes."""
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        return [float(close) for close in price_service.load_bars(session, stock.id).close]


def test_a_symbol_column_imports_many_stocks_at_once(world: World) -> None:
    """Each is made, stored and announced by itself."""
    report = run(FORMATS / "many_stocks.csv", symbol=None)

    assert [(stock.symbol, stock.rows) for stock in report.stocks] == [("AAA", 2), ("BBB", 2)]
    assert closes("BBB") == [20.5, 21.0]
    assert sorted(e.event.entity["symbol"] for e in world.published if "price_updates" in e.event.rooms) == [
        "AAA",
        "BBB",
    ]


def test_a_symbol_column_sorted_by_date(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """Stocks that take turns repeat no date; a real repetition among them is found."""
    rows = [f"2020-01-0{day},1,1,1,1,5,{symbol}" for day in (2, 3) for symbol in ("AAA", "BBB")]
    path = written(tmp_path, *rows, "2020-01-02,1,1,1,1,5,BBB", header=f"{HEADER},symbol")

    assert run(path, symbol=None).errors == (RowError(6, "date", "repeats line 3"),)


def test_who_the_prices_are_of_must_be_said_once(world: World) -> None:  # noqa: ARG001 (the database)
    """By the file or by the caller; one stock for a file of many is refused, another name for one is told."""
    with pytest.raises(InvalidInputError, match="symbol"):
        run(FORMATS / "yahoo.csv", symbol=None)
    with pytest.raises(InvalidInputError, match="symbol"):
        run(FORMATS / "yahoo.csv", symbol="not a symbol")

    report = run(FORMATS / "stooq_crlf.txt", symbol="MINE")
    assert (report.stocks[0].symbol, report.file_symbol) == ("MINE", "ACME")


@pytest.mark.parametrize("is_partial", [False, True])
@pytest.mark.usefixtures("world")
def test_rows_of_another_stock_than_asked_for_are_refused_by_line(tmp_path: Path, is_partial: bool) -> None:
    """However far down; only where a part will do are those of the stock itself kept."""
    rows = [f"{date(2000, 1, 1) + timedelta(days=day)},1,1,1,1,5,AAA" for day in range(4000)]
    rows[3500] = rows[3500].replace("AAA", "BBB")
    path = written(tmp_path, *rows, header=f"{HEADER},symbol")

    report = run(path, symbol="AAA", is_partial=is_partial)

    assert report.errors == (RowError(3502, "symbol", "is of another stock than was asked for: leave the symbol out"),)
    assert counts() == ((1, 3999, 0, 0) if is_partial else (0, 0, 0, 0))
    assert run(path, symbol="CCC", is_partial=is_partial).refused == 4000
    assert run(path, symbol=None).refused == 0


def test_a_suffix_of_the_exchange_is_no_part_of_the_symbol(world: World) -> None:  # noqa: ARG001 (the database)
    """XYZ.US means XYZ, whoever says it."""
    assert run(FORMATS / "yahoo.csv", symbol="xyz.us").stocks[0].symbol == "XYZ"


def test_unknown_stocks_are_row_errors_where_none_are_made(world: World) -> None:
    """As an import through the API has it."""
    world.stock("AAA")

    report = run(FORMATS / "many_stocks.csv", symbol=None, creates_stocks=False)
    assert [(e.line, e.field, e.reason) for e in report.errors] == [
        (4, "symbol", "is not a known stock"),
        (5, "symbol", "is not a known stock"),
    ]

    report = run(FORMATS / "many_stocks.csv", symbol=None, creates_stocks=False, is_partial=True)
    assert [stock.symbol for stock in report.stocks] == ["AAA"]
    assert counts()[:2] == (1, 2)


def test_dividends_and_splits_become_corporate_actions(world: World) -> None:  # noqa: ARG001 (the database)
    """Ratios snapped: 7.00000700001 is 7/1."""
    report = run(FORMATS / "alphavantage_daily_adjusted.csv")

    assert (report.stocks[0].dividends, report.stocks[0].splits) == (1, 1)
    with SessionManager(read_only=True) as session:
        dividend, split = corporate_action_service.listing(session, stock_service.by_symbol(session, "ACME").id)
    assert (dividend.ex_date, dividend.amount, dividend.source) == (date(2020, 9, 2), Decimal("0.25"), "csv")
    assert (split.ex_date, split.ratio_numerator, split.ratio_denominator) == (date(2020, 9, 3), 7, 1)


def test_an_improbable_dividend_is_kept_back(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """A spin-off in the dividend column of half the price is stored but not paid."""
    path = written(
        tmp_path,
        "2014-04-02,100,101,99,100,5,0",
        "2014-04-03,50,51,49,50,5,50.5",
        header=f"{HEADER},dividend",
    )

    assert run(path).stocks[0].quarantined == 1
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock_service.by_symbol(session, "ACME").id)
    assert bars.event_row.size == 0


def test_the_events_of_a_left_out_row_are_left_out(world: World, tmp_path: Path) -> None:  # noqa: ARG001
    """Also when the row merely repeats another."""
    path = written(
        tmp_path,
        "2020-01-02,10,11,9,10,5,0",
        "2020-01-03,10,11,9,10,5,0",
        "2020-01-02,10,11,9,10,5,0.5",
        header=f"{HEADER},dividend",
    )

    report = run(path, is_partial=True)

    assert (report.refused, report.stocks[0].dividends) == (1, 0)
    assert counts()[3] == 0


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


_MEASURE = """
import pathlib, resource, sys
from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions
from daytrader.services import database
database.upgrade(database.connect(f"sqlite:///{sys.argv[1]}", is_durable=False))
for file in sys.argv[2:]:
    import_prices(pathlib.Path(file), ImportOptions(symbol=None, creates_stocks=True))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_process_that_imports_stays_small(tmp_path: Path) -> None:
    """Four times the rows, 200,000, add next to nothing to the most memory that the process ever held."""
    days = [str(date(1990, 1, 1) + timedelta(days=day)) for day in range(10_000)]
    files = []
    for stocks in (5, 20):
        files.append(tmp_path / f"{stocks}.csv")
        with files[-1].open("w") as file:
            file.write(f"{HEADER},symbol\n")
            file.writelines(f"{day},10.25,11.5,9.75,10.5,1000000,S{stock}\n" for stock in range(stocks) for day in days)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, tmp_path / "own.db", *files],
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    of_few, of_many = (int(line) for line in done.stdout.split())
    assert of_many < 1.1 * of_few, "in kilobytes"


def test_memory_stays_flat(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """Twice the rows take no more of it."""

    def peak(stocks: int) -> int:
        days = [str(date(2000, 1, 1) + timedelta(days=day)) for day in range(5_000)]
        rows = (f"{day},10.25,11.5,9.75,10.5,1000000,S{stock}" for stock in range(stocks) for day in days)
        path = written(tmp_path, *rows, header=f"{HEADER},symbol")
        tracemalloc.start()
        assert run(path, symbol=None).rows == stocks * 5_000
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)  # what is made once
    assert peak(12) < 1.2 * peak(6)


def test_what_a_service_has_booked_is_not_corrected(world: World, tmp_path: Path) -> None:
    """The dividend that was paid stays as it was paid, with a warning that names its line; others are corrected."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 6)
    market.dividend(2, "0.5")
    market.split(3, 2, 1)
    market.dividend(5, "0.5")
    service = market.service()
    market.run(last=4)
    path = written(
        tmp_path,
        "2020-01-03,10,10,10,10,5,0.7,1",
        "2020-01-04,10,10,10,10,5,0,3",
        "2020-01-06,10,10,10,10,5,0.7,1",
        header=f"{HEADER},dividend,split",
    )
    expected = (
        RowError(2, "dividend", "differs from what a service has booked, which stays"),
        RowError(3, "split", "differs from what a service has booked, which stays"),
    )

    assert run(path, is_dry_run=True).warnings == expected
    assert run(path).warnings == expected

    market.reload(service)  # audited
    with SessionManager(read_only=True) as session:
        stored = corporate_action_service.listing(session, market.stock.id)
    assert [(action.amount, action.ratio_numerator) for action in stored] == [
        (Decimal("0.5"), 1),
        (Decimal(0), 2),
        (Decimal("0.7"), 1),
    ]
