"""Tests of daytrader.services.data_providers.csv: damage is reported by line, field and reason, never mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from daytrader.services.data_providers.csv import PriceFile, RowError, UnreadableFileError, read_bars_file
from daytrader.utils.errors import InsufficientDataError
from tests.services.data_providers.price_texts import AWKWARD, FORMATS, HEADER, errors, written


def test_prices_of_several_stocks_beside_each_other_are_refused(tmp_path: Path) -> None:
    """There is no saying which of them is meant."""
    path = tmp_path / "two.csv"
    lines = ("Price,Close,High,Low,Open", "Ticker,A,A,B,B", "Date,,,,", "2020-09-01,10,11,9,10")
    path.write_text("\n".join(lines))

    with pytest.raises(UnreadableFileError, match="no column for date"):
        read_bars_file(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("error_body.csv", "no table of prices"),
        ("html_page.csv", "no table of prices"),
        ("no_low.csv", "no column for low"),
        ("ambiguous_dates.csv", "day or the month first"),
        ("contradicting_dates.csv", "line 2 has the day first, line 3 the month"),
        ("header_only.csv", "no rows"),
        ("empty.csv", "is empty"),
        ("binary.csv", "is not a text file"),
        ("parquet_named.csv", "Parquet"),
        ("damaged_gzip.csv.gz", "damaged gzip"),
        ("odd_interval.csv", "7 minutes apart"),
        ("not_there.csv", "does not exist"),
    ],
)
def test_what_is_no_price_table_is_refused_in_a_sentence(name: str, message: str) -> None:
    """The file as a whole, before any row."""
    with pytest.raises(UnreadableFileError, match=message):
        PriceFile(AWKWARD / name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("high_below_low.csv", [(3, "prices", "low price is above high price")]),
        ("low_above_open.csv", [(3, "prices", "low price is above open price")]),
        ("missing_values.csv", [(2, "open", "is missing")]),
        (
            "missing_dates.csv",
            [(3, "date", "is missing"), (4, "open", "is missing"), (5, "date", "is not a date like the others")],
        ),
        ("zeros_bom.csv", [(2, "open", "must be above 0"), (3, "open", "must be above 0")]),
        ("dash_for_a_price.csv", [(3, "open", "is missing")]),
        ("future_date.csv", [(3, "date", "must not be in the future")]),
        (
            "no_numbers.csv",
            [
                (3, "low", "is not a finite number"),
                (4, "open", "is missing"),
                (5, "open", "is not a number"),
                (6, "open", "is not a number"),
                (7, "open", "must be above 0"),
            ],
        ),
        ("ragged.csv", [(3, "row", "has 4 cells, the header 6"), (4, "row", "has 8 cells, the header 6")]),
        ("open_quote.csv", [(3, "row", "has 2 cells, the header 6")]),
        (
            "bad_events.csv",
            [
                (3, "split", "is no split ratio"),
                (4, "dividend", "must be at least 0 and at most 90,000,000"),
            ],
        ),
    ],
)
def test_every_bad_row_is_reported_with_line_field_and_reason(name: str, expected: list[tuple[int, str, str]]) -> None:
    """The good rows around it are read all the same."""
    assert errors(AWKWARD / name) == [RowError(*error) for error in expected]


def test_refused_rows_are_listed_with_the_bars() -> None:
    """A backtest of a file says what it left out: the index counts lines from 0."""
    bars = read_bars_file(AWKWARD / "repeated_date.csv").bars

    assert bars.n == 2
    assert [(bar.index, bar.reason) for bar in bars.refused] == [(3, "time is repeated")]


def test_a_refused_rows_dividend_goes_with_it(tmp_path: Path) -> None:
    """A bar that is not traded on pays nothing either."""
    header = "date,open,high,low,close,dividend\n"
    rows = "2020-01-02,10,11,9,10,0\n2020-01-03,10,9,11,10,0.5\n2020-01-06,10,11,9,10,0\n"

    bars = read_bars_file(written(tmp_path, header + rows)).bars

    assert bars.n == 2
    assert bars.event_row.size == 0


def test_a_file_without_a_sound_bar_is_refused() -> None:
    """There is nothing to test a strategy on."""
    with pytest.raises(InsufficientDataError):
        read_bars_file(AWKWARD / "zeros_bom.csv")


def test_lines_are_counted_across_blocks(tmp_path: Path) -> None:
    """The error of a row far down names its line."""
    days = [f"{1800 + n // 336}-{1 + n // 28 % 12:02}-{1 + n % 28:02}" for n in range(60_000)]
    good = "".join(f"{day},10.5,11.5,9.5,10.25,1000000\n" for day in days)
    path = written(tmp_path, HEADER + good + "\n2019-01-02,10,11,12,10,5\n2019-01-03,10,11,9,10,5\n")

    file = PriceFile(path)
    blocks = list(file.blocks())

    assert len(blocks) > 1
    assert [error.line for block in blocks for error in block.errors] == [60_003]
    assert sum(block.time.size for block in blocks) == 60_001


def test_an_interval_that_contradicts_the_file_is_refused() -> None:
    """Five-minute bars are not hourly, and daily ones have no minutes."""
    with pytest.raises(UnreadableFileError, match="5 minutes apart, not 60"):
        PriceFile(FORMATS / "unix_seconds.csv", interval=60)
    with pytest.raises(UnreadableFileError, match="daily"):
        PriceFile(FORMATS / "yahoo.csv", interval=5)


def test_bytes_of_another_encoding_are_row_errors(tmp_path: Path) -> None:
    """Never a UnicodeDecodeError."""
    path = tmp_path / "prices.csv"
    path.write_bytes(HEADER.encode() + b"2020-01-02,10,11,9,10,5\n2020-01-03,1\xff,11,9,10,5\n")

    assert errors(path) == [RowError(3, "open", "is not a number")]
