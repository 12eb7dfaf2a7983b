"""Tests of daytrader.services.data_providers.csv: dates and numbers that can be read in more than one way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daytrader.services.data_providers.csv import read_bars_file
from daytrader.services.data_providers.csv_dates import DateOrder
from daytrader.utils.days import date_of
from daytrader.utils.errors import InsufficientDataError
from tests.services.data_providers.price_texts import AWKWARD, HEADER, written


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


def test_fractions_of_shares_are_rounded(tmp_path: Path) -> None:
    """Vendors adjust volumes for splits."""
    path = written(tmp_path, HEADER + "2020-01-02,10,11,9,10,1000.5\n2020-01-03,10,11,9,10,\n")

    np.testing.assert_array_equal(read_bars_file(path).bars.volume, [1001, np.nan])
