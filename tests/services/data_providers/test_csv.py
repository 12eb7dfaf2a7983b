"""Tests of daytrader.services.data_providers.csv: every vendor's layout comes out right."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from daytrader.core.bars import EventKind
from daytrader.services.data_providers import csv_layouts
from daytrader.services.data_providers.csv import UnreadableFileError, read_bars_file
from daytrader.utils.errors import DayTraderError
from tests.services.data_providers.price_texts import AWKWARD, FORMATS, assert_the_three_days, times


@pytest.mark.parametrize(
    "name", ["yahoo.csv", "google_finance_descending.csv", "stooq_crlf.txt", "quantmod_prefixed.csv"]
)
def test_the_same_bars_in_every_vendors_layout(name: str) -> None:
    """Header names, date forms, order and line ends differ; the bars do not."""
    bars = read_bars_file(FORMATS / name).bars

    assert bars.interval_minutes == 0
    assert times(FORMATS / name) == ["2020-09-01 00:00", "2020-09-02 00:00", "2020-09-03 00:00"]
    assert_the_three_days(bars)


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


@pytest.mark.parametrize(
    "written",
    [
        "2020-01-02T{} UTC",
        "2020-01-02 {} UTC",
        "2020-01-02 {}UTC",
        "20200102 {} UTC",
        "01/13/2020 {} UTC",
        "2 Jan 2020 {} UTC",
    ],
)
def test_times_may_name_utc(tmp_path: Path, written: str) -> None:
    """However the date before them is written, and whatever parts the two."""
    file = tmp_path / "prices.csv"
    lines = [f"{written.format(clock)},10,11,9,10,5" for clock in ("14:30:00", "14:31:00", "20:59:00")]
    file.write_text("\n".join(["timestamp,open,high,low,close,volume", *lines]))

    day = "2020-01-13" if "13" in written else "2020-01-02"
    assert times(file) == [f"{day} 14:30", f"{day} 14:31", f"{day} 20:59"]


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
