"""Tests of daytrader.jobs.import_prices: whose prices they are, said by the file or by the caller."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from daytrader.services.data_providers.csv import RowError
from daytrader.utils.errors import InvalidInputError
from tests.conftest import World
from tests.services.data_providers.price_texts import FORMATS

from .conftest import HEADER, closes, counts, run, written


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
