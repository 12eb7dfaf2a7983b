"""Tests of daytrader.services.data_providers.csv: every layout comes out right, damage is reported, never mended."""

from __future__ import annotations

import gzip
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from daytrader.core.bars import EventKind
from daytrader.services.data_providers import csv_layouts, csv_plain
from daytrader.services.data_providers.csv import PriceFile, RowError, UnreadableFileError, read_bars_file
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.services.data_providers.csv_layouts import Field
from daytrader.services.data_providers.csv_rows import RowParser
from daytrader.utils.days import date_of
from daytrader.utils.errors import DayTraderError, InsufficientDataError

DATA = Path(__file__).parents[2] / "data"
FORMATS = DATA / "formats"
AWKWARD = DATA / "awkward"

HEADER = "date,open,high,low,close,volume\n"


def times(path: Path) -> list[str]:
    """Return the bars' starts."""
    return [datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%d %H:%M") for t in read_bars_file(path).bars.time.tolist()]


def errors(path: Path) -> list[RowError]:
    """Return what is wrong with the file's rows."""
    return [error for block in PriceFile(path).blocks() for error in block.errors]


def written(folder: Path, text: str, name: str = "prices.csv") -> Path:
    """Return a file that holds *text*."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["yahoo.csv", "google_finance_descending.csv", "stooq_crlf.txt", "quantmod_prefixed.csv"]
)
def test_the_same_bars_in_every_vendors_layout(name: str) -> None:
    """Header names, date forms, order and line ends differ; the bars do not."""
    bars = read_bars_file(FORMATS / name).bars

    assert bars.interval_minutes == 0
    assert times(FORMATS / name) == ["2020-09-01 00:00", "2020-09-02 00:00", "2020-09-03 00:00"]
    np.testing.assert_array_equal(bars.open, [100.0, 101.5, 102.5])
    np.testing.assert_array_equal(bars.high, [102.5, 103.0, 102.6])
    np.testing.assert_array_equal(bars.low, [99.5, 101.0, 98.0])
    np.testing.assert_array_equal(bars.close, [101.25, 102.75, 98.25])
    np.testing.assert_array_equal(bars.volume, [1_200_000, 1_100_000, 2_500_000])
    assert bars.refused == ()


def test_yahoo_keeps_its_adjusted_close() -> None:
    """One value per bar, in the bars' order."""
    np.testing.assert_array_equal(read_bars_file(FORMATS / "yahoo.csv").adj_close, [100.5, 102.0, 97.5])


@pytest.mark.parametrize(
    ("name", "ratio"),
    [("quandl_wiki_descending.csv", (2, 1)), ("alphavantage_daily_adjusted.csv", (7, 1))],
)
def test_dividends_and_splits_of_a_file_are_events(name: str, ratio: tuple[int, int]) -> None:
    """A dividend on the second day, a split on the third; an inexact ratio (7.00000700001) is snapped."""
    bars = read_bars_file(FORMATS / name).bars

    assert bars.event_row.tolist() == [1, 2]
    assert bars.event_kind.tolist() == [EventKind.DIVIDEND, EventKind.SPLIT]
    assert bars.event_micros[0] == 250_000
    assert (bars.event_num[1], bars.event_den[1]) == ratio


def test_adjusted_columns_are_not_taken_for_raw_ones() -> None:
    """Quandl's Adj. Open stands beside Open: orders trade raw prices."""
    bars = read_bars_file(FORMATS / "quandl_wiki_descending.csv").bars

    np.testing.assert_array_equal(bars.open, [100.0, 101.5, 51.25])
    np.testing.assert_array_equal(
        read_bars_file(FORMATS / "quandl_wiki_descending.csv").adj_close, [50.5, 51.375, 49.125]
    )


def test_the_stocks_name_before_each_column_is_left_out() -> None:
    """quantmod writes ACME.Open; prices that are all adjusted stay refused."""
    columns = csv_layouts.columns_of(["Date", "BRK.B.Open", "BRK.B.High", "BRK.B.Low", "BRK.B.Close", "BRK.B.Adjusted"])
    assert [columns[field] for field in (*csv_layouts.PRICES, csv_layouts.Field.ADJ_CLOSE)] == [1, 2, 3, 4, 5]
    adjusted = csv_layouts.columns_of(["Date", "Adj. Open", "Adj. High", "Adj. Low", "Adj. Close"])
    assert csv_layouts.Field.OPEN not in adjusted


def test_nasdaq_prices_have_dollar_signs_and_thousands_marks() -> None:
    """$1,101.25 in quotes is a number; so is "2,500,000"."""
    bars = read_bars_file(FORMATS / "nasdaq_descending.csv").bars

    assert times(FORMATS / "nasdaq_descending.csv")[0] == "2020-09-10 00:00"  # month first: the 14th settles it
    np.testing.assert_array_equal(bars.close, [1101.25, 1102.75, 98.25])
    np.testing.assert_array_equal(bars.volume, [1_200_000, 1_100_000, 2_500_000])


def test_ninjatrader_stamps_the_end_of_a_bar_in_utc() -> None:
    """A minute is taken off; the night of the clock change is no matter of the file's; extended hours are left out."""
    assert times(FORMATS / "ninjatrader_minute_dst.txt") == [
        "2011-03-11 14:30",
        "2011-03-11 14:31",
        "2011-03-11 20:59",
        "2011-03-14 13:30",
        "2011-03-14 13:31",
    ]
    assert read_bars_file(FORMATS / "ninjatrader_minute_dst.txt").bars.interval_minutes == 1


def test_iso_times_with_an_offset() -> None:
    """New York's winter and summer time become UTC; the session is New York's date."""
    bars = read_bars_file(FORMATS / "iso_offset_15min.csv").bars

    assert bars.interval_minutes == 15
    assert times(FORMATS / "iso_offset_15min.csv") == [
        "2019-03-08 14:30",
        "2019-03-08 14:45",
        "2019-03-11 13:30",
        "2019-03-11 13:45",
    ]
    assert np.unique(bars.session).size == 2


def test_times_without_an_offset_are_the_exchanges() -> None:
    """Unless the caller knows better."""
    path = FORMATS / "alphavantage_intraday_new_york.csv"

    assert times(path) == ["2020-09-01 19:55", "2020-09-02 13:30", "2020-09-02 13:35"]
    elsewhere = read_bars_file(path, zone=UTC).bars  # 09:30 UTC is before the bell
    assert elsewhere.time.tolist() == [int(datetime(2020, 9, 1, 15, 55, tzinfo=UTC).timestamp())]


def test_decimal_commas_between_semicolons_behind_a_byte_order_mark() -> None:
    """1.001,25 is a thousand and one and a quarter."""
    bars = read_bars_file(FORMATS / "bom_semicolon_decimal_comma.csv").bars

    np.testing.assert_array_equal(bars.close, [1001.25, 1002.75])
    np.testing.assert_array_equal(bars.volume, [1_200_000, 1_100_000])


def test_tabs_month_names_and_abbreviated_volumes() -> None:
    """Investing.com's columns: Price is the close, 2.50M is two and a half million."""
    bars = read_bars_file(FORMATS / "investing_tabs.tsv").bars

    np.testing.assert_array_equal(bars.close, [102.75, 98.25])
    np.testing.assert_array_equal(bars.volume, [1_100_000, 2_500_000])


def test_a_symbol_column_holds_many_stocks() -> None:
    """One of them is read when it is named; none is guessed."""
    path = FORMATS / "many_stocks.csv"

    found = read_bars_file(path, symbol="bbb")

    assert found.symbol == "BBB"
    np.testing.assert_array_equal(found.bars.close, [20.5, 21.0])
    with pytest.raises(UnreadableFileError, match="2 symbols"):
        read_bars_file(path)


def test_stooqs_market_suffix_is_dropped() -> None:
    """ACME.US means ACME."""
    assert read_bars_file(FORMATS / "stooq_crlf.txt").symbol == "ACME"


def test_unix_seconds() -> None:
    """What chart programs export."""
    assert times(FORMATS / "unix_seconds.csv") == ["2020-09-01 13:30", "2020-09-01 13:35", "2020-09-01 13:40"]


def test_a_daily_bar_with_a_time_keeps_the_date_as_written() -> None:
    """Midnight in New York is no other day in UTC; "0.0" in Stock Splits is no split."""
    found = read_bars_file(FORMATS / "yfinance_daily_zoned.csv").bars

    assert found.interval_minutes == 0
    assert times(FORMATS / "yfinance_daily_zoned.csv") == ["2020-09-01 00:00", "2020-09-02 00:00", "2020-11-03 00:00"]
    assert found.event_kind.tolist() == [EventKind.DIVIDEND, EventKind.SPLIT]


def test_the_three_lines_that_yfinance_writes_above_prices_are_its_header() -> None:
    """What, of which stock, and that the lines go by date."""
    found = read_bars_file(FORMATS / "yfinance_levels.csv").bars

    assert times(FORMATS / "yfinance_levels.csv") == ["2020-09-01 00:00", "2020-09-02 00:00"]
    assert (found.close[0], found.open[1], found.volume[0]) == (101.25, 101.5, 1_200_000)


def test_prices_of_several_stocks_beside_each_other_are_refused(tmp_path: Path) -> None:
    """There is no saying which of them is meant."""
    path = tmp_path / "two.csv"
    lines = ("Price,Close,High,Low,Open", "Ticker,A,A,B,B", "Date,,,,", "2020-09-01,10,11,9,10")
    path.write_text("\n".join(lines))

    with pytest.raises(UnreadableFileError, match="no column for date"):
        read_bars_file(path)


def test_a_packed_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    """Gzip is recognised by its content."""
    packed = tmp_path / "prices.csv"
    packed.write_bytes(gzip.compress((FORMATS / "yahoo.csv").read_bytes()))

    assert times(packed) == times(FORMATS / "yahoo.csv")


def test_utf16_reads_too(tmp_path: Path) -> None:
    """A spreadsheet's "Unicode text"."""
    path = tmp_path / "prices.csv"
    path.write_bytes((FORMATS / "yahoo.csv").read_text().encode("utf-16"))

    assert times(path) == times(FORMATS / "yahoo.csv")


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


def test_a_declared_date_order_settles_what_the_file_leaves_open() -> None:
    """02/03 is the 2nd of March with the day first."""
    path = AWKWARD / "ambiguous_dates.csv"

    by_day = read_bars_file(path, date_order=DateOrder.DAY_FIRST).bars
    by_month = read_bars_file(path, date_order=DateOrder.MONTH_FIRST).bars

    assert [str(date_of(day)) for day in by_day.session.tolist()] == ["2020-02-01", "2020-03-02"]
    assert [str(date_of(day)) for day in by_month.session.tolist()] == ["2020-01-02", "2020-02-03"]


@pytest.mark.parametrize(
    ("close", "volume"),
    [
        ("1'210.25", "1'000'000"),
        ("1\u2019210.25", "1\u2019000\u2019000"),
        ("1 210,25", "1 000 000"),
        ("1\u202f210,25", "1\u202f000\u202f000"),
        ("1\u00a0210,25", "1000000"),
        ("1.210,25", "1.000.000"),
        ("1,210.25", "1,000,000"),
    ],
)
def test_thousands_are_marked_as_anywhere(tmp_path: Path, close: str, volume: str) -> None:
    """By apostrophes, points, commas or any space, beside either decimal mark."""
    path = tmp_path / "marks.csv"
    path.write_text(f"Date;Open;High;Low;Close;Volume\n2024-01-02;{close};{close};{close};{close};{volume}\n", "utf-8")

    bars = read_bars_file(path).bars

    assert (bars.close.tolist(), bars.volume.tolist()) == ([1210.25], [1_000_000])


@pytest.mark.parametrize("close", ["12'10.25", "1 21", "1'210 250", "12 100 2"])
def test_marks_in_other_places_are_no_thousands(tmp_path: Path, close: str) -> None:
    """Digits that happen to stand beside each other are not made one number."""
    path = tmp_path / "marks.csv"
    path.write_text(f"Date;Open;High;Low;Close\n2024-01-02;{close};{close};{close};{close}\n", "utf-8")
    with pytest.raises(InsufficientDataError):
        read_bars_file(path)


@pytest.mark.parametrize(
    ("dates", "first"), [(("03.04.2020", "02.04.2020"), "2020-04-02"), (("12.30.2020",), "2020-12-30")]
)
def test_dates_with_dots_have_the_day_first(tmp_path: Path, dates: tuple[str, ...], first: str) -> None:
    """Unless the file itself says otherwise."""
    path = tmp_path / "dots.csv"
    path.write_text(
        "Date;Open;High;Low;Close;Volume\n" + "".join(f"{day};1210,5;1211;1209;1210,25;1.000\n" for day in dates)
    )

    bars = read_bars_file(path).bars

    assert str(date_of(bars.session.tolist()[0])) == first
    assert bars.close.tolist()[0] == 1210.25


def test_the_date_order_is_decided_by_the_last_line_if_need_be(tmp_path: Path) -> None:
    """Far beyond the sample one day above 12 settles every line before it."""
    days = [f"{1 + n % 12:02}/{1 + n // 12:02}/{year}" for year in range(1900, 2020) for n in range(144)]
    early = "".join(f"{day},10,11,9,10,5\n" for day in days)
    path = written(tmp_path, HEADER + early + "31/12/2020,10,11,9,10,5\n")

    bars = read_bars_file(path).bars

    assert bars.n == 120 * 144 + 1
    assert str(date_of(int(bars.session[1]))) == "1900-01-02"


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


def test_fractions_of_shares_are_rounded(tmp_path: Path) -> None:
    """Vendors adjust volumes for splits."""
    path = written(tmp_path, HEADER + "2020-01-02,10,11,9,10,1000.5\n2020-01-03,10,11,9,10,\n")

    np.testing.assert_array_equal(read_bars_file(path).bars.volume, [1001, np.nan])


def test_bytes_of_another_encoding_are_row_errors(tmp_path: Path) -> None:
    """Never a UnicodeDecodeError."""
    path = tmp_path / "prices.csv"
    path.write_bytes(HEADER.encode() + b"2020-01-02,10,11,9,10,5\n2020-01-03,1\xff,11,9,10,5\n")

    assert errors(path) == [RowError(3, "open", "is not a number")]


@pytest.mark.parametrize(
    ("name", "interval", "rows", "first", "last"),
    [
        ("yahoo_2017plus_SPY.csv", 0, 92, ("2020-09-01", 352.600006), ("2021-01-12", 378.769989)),
        ("google_finance_desc_ORCL_2010.csv", 0, 252, ("2010-01-04", 24.85), ("2010-12-31", 31.30)),
        ("quandl_wiki_desc_ORCL_2000.csv", 0, 252, ("2000-01-03", 118.1), ("2000-12-29", 29.06)),
        ("alphavantage_daily_adjusted_AAPL_2014.csv", 0, 252, ("2014-01-02", 553.13), ("2014-12-31", 110.38)),
        ("rendered_nasdaq_desc_AAPL.csv", 0, 291, ("2012-01-03", 411.23), ("2013-03-01", 430.47)),
        ("rendered_stooq_AAPL.txt", 0, 291, ("2012-01-03", 411.23), ("2013-03-01", 430.47)),
        # 1,615 minutes of which 780 are of two regular sessions
        (
            "ninjatrader_SPY_1min_dst_weekend_2011.txt",
            1,
            780,
            ("2011-03-11 14:30", 129.72),
            ("2011-03-14 19:59", 130.07),
        ),
    ],
)
def test_real_files(
    shared_data: Path | None,
    name: str,
    interval: int,
    rows: int,
    first: tuple[str, float],
    last: tuple[str, float],
) -> None:
    """Real downloads; where they are not at hand the miniature of the same vendor stands for them."""
    if shared_data is None:
        assert read_bars_file(FORMATS / "yahoo.csv").bars.n == 3
        return
    bars = read_bars_file(shared_data / "formats" / name).bars

    assert (bars.interval_minutes, bars.n, bars.refused) == (interval, rows, ())
    for row, (when, close) in ((0, first), (-1, last)):
        moment = datetime.fromtimestamp(int(bars.time[row]), UTC)
        assert moment.strftime("%Y-%m-%d %H:%M").startswith(when)
        assert bars.close[row] == close


def test_all_real_files_are_read_or_refused_by_name(shared_data: Path | None) -> None:
    """No file ends in anything but bars or an expected error."""
    folders = (
        [AWKWARD, FORMATS]
        if shared_data is None
        else [AWKWARD, FORMATS, *(shared_data / n for n in ("awkward", "formats"))]
    )
    outcomes: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in folder.iterdir()):
        try:
            found = read_bars_file(path)
            outcomes[path.name] = "refused rows" if found.bars.refused else "sound"
        except DayTraderError as error:
            outcomes[path.name] = type(error).__name__

    assert outcomes["yahoo.csv"] == "sound"
    assert outcomes["high_below_low.csv"] == "refused rows"
    if shared_data is not None:
        assert {outcomes[f"{name}.csv"] for name in ("AOS", "LNT", "UA", "si_bad", "google_malformed_ORCL_2010")} == {
            "refused rows"
        }
        assert outcomes["alphavantage_error_body_BF.B.csv"] == "UnreadableFileError"
        assert outcomes["si_zeros.csv"] == "InsufficientDataError"


_HEADER = "date,symbol,open,high,low,close,volume"
_ROWS = [
    f"{date(2000, 1, 3) + timedelta(days=day)},S{stock},10,11.5,9.25,10.5,1000"
    for stock in (1, 2)
    for day in range(3000)
]


@pytest.mark.parametrize(
    "odd",
    [
        *("2000-01-03,S9,10,11.5,9.25,10.5,1000", "2000-01-03,S9,+10, 11.5 ,925e-2,10.50,-0"),  # as good as any
        *("2000-01-03,S9,10,11.5,9.25,10.5,", "2000-01-03,S9,,11.5,9.25,10.5,1000", "2000-01-03,S9,10,11.5,9.25"),
        *('2000-01-03,S9,"10",11.5,9.25,10.5,1000', "2000-01-03,S9,$10,11.5,9.25,10.5,1.2k", ",,,,,,", ""),
        *("2000-01-03,S9,1_0,11.5,9.25,10.5,1000", "2000-01-03,S9,nan,inf,1e400,0x1,1000", "2000-01-03,S9,1d,2f,1,1,1"),
        *("2000-01-03,S9,10,9,9.25,10.5,1000", "2000-01-03,S9,10,11.5,-1,10.5,1000", "2000-13-03,S9,10,11,9,10,1000"),
        *("2000-01-03,$%,10,11.5,9.25,10.5,1000", "2990-01-03,S9,10,11,9,10,1000", "2000-01-03,S9,10,11,9,10,1000\r"),
        *("2000-01-03, s9.us ,10,11,9,10,1000", "2000-01-03,S9,10,11,9,10,\u0661", "2000-01-03,S9,10,11,9,10,1000,9"),
    ],
)
def test_a_large_block_is_read_as_cell_by_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    """The same rows, symbols and errors, whatever stands in one of its lines."""
    path = written(tmp_path, "\n".join([_HEADER, *_ROWS[:4000], odd, *_ROWS[4000:], ""]))

    def told() -> list[object]:
        file = PriceFile(path)
        (block,) = file.blocks()
        values = {name: column.tolist() for name, column in block.values.items()}
        return [file.symbols, block.errors, block.line.tolist(), block.time.tolist(), block.symbol.tolist(), values]

    monkeypatch.setattr(csv_plain, "WORTH_LOADING", 0)
    at_once = told()
    monkeypatch.setattr(csv_plain, "WORTHWHILE", 10**9)

    assert repr(at_once) == repr(told())  # by their digits: NaN is no other NaN


def test_only_plain_blocks_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a plain one is, without a look at a single cell."""
    file = PriceFile(written(tmp_path, "\n".join([_HEADER, *_ROWS, ""])))
    monkeypatch.setattr(RowParser, "_cells", None)
    monkeypatch.setattr(csv_plain, "WORTH_LOADING", 0)

    (block,) = file.blocks()

    assert (block.line[0], block.line.size, file.symbols) == (2, 6000, ["S1", "S2"])
    assert set(block.values[Field.CLOSE].tolist()) == {10.5}


def test_a_short_file_loads_nothing_for_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second would be most of what it takes; what is loaded already costs nothing."""
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)
    assert not csv_plain.is_worthwhile(2, 20_000)
    assert csv_plain.is_worthwhile(60_002, 20_000)

    monkeypatch.setitem(sys.modules, "pyarrow", object())
    assert csv_plain.is_worthwhile(2, 20_000)
    assert not csv_plain.is_worthwhile(2, 4_000)
