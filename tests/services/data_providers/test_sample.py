"""Tests of daytrader.services.data_providers.sample: what the package ships is what was traded."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.models.enums import PriceSource
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.sample import SampleProvider, derive_dividends
from daytrader.utils.days import date_of, days_since_epoch
from daytrader.utils.errors import NotFoundError

ROWS = {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}


def dividends(series: PriceSeries) -> dict[str, Decimal]:
    """Return each dividend by its ex-date."""
    return {str(date_of(e.session)): e.amount for e in series.events if e.kind is EventKind.DIVIDEND}


def splits(series: PriceSeries) -> dict[str, tuple[int, int]]:
    """Return each ratio by its ex-date."""
    return {str(date_of(e.session)): (e.numerator, e.denominator) for e in series.events if e.kind is EventKind.SPLIT}


@pytest.mark.parametrize("symbol", ROWS)
def test_five_series_come_with_the_package(symbol: str) -> None:
    """Each until March 2013, with as many rows as its source."""
    series = SampleProvider().fetch(symbol)

    assert series.time.size == ROWS[symbol]
    assert date_of(int(series.time[-1]) // 86_400) == date(2013, 3, 1)
    assert series.source is PriceSource.HISTORICAL
    assert np.all(np.diff(series.time) > 0)


def test_prices_are_raw_as_traded() -> None:
    """Apple cost 130.31 on its first day here, and 4.19 adjusted for all that came later."""
    series = SampleProvider().fetch("aapl")

    assert (series.open[0], series.high[0], series.low[0], series.close[0]) == (118.56, 132.06, 118.5, 130.31)
    assert series.adj_close[0] == pytest.approx(4.186662803811)
    assert series.volume[0] == 9_616_100


def test_the_splits_of_the_period() -> None:
    """Two of Apple's and one of Microsoft's, 2:1 each."""
    provider = SampleProvider()

    assert splits(provider.fetch("AAPL")) == {"2000-06-21": (2, 1), "2005-02-28": (2, 1)}
    assert splits(provider.fetch("MSFT")) == {"2003-02-18": (2, 1)}
    assert all(not splits(provider.fetch(symbol)) for symbol in ("FB", "GOOG", "IBM"))


def test_dividends_follow_from_the_adjusted_close_without_phantoms() -> None:
    """IBM paid 52 times; Facebook and Google never; a split is no dividend."""
    provider = SampleProvider()

    assert dividends(provider.fetch("AAPL")) == {
        "2012-08-09": Decimal("2.6500"),
        "2012-11-07": Decimal("2.6500"),
        "2013-02-07": Decimal("2.6500"),
    }
    assert len(dividends(provider.fetch("IBM"))) == 52
    assert len(dividends(provider.fetch("MSFT"))) == 37
    assert dividends(provider.fetch("FB")) == dividends(provider.fetch("GOOG")) == {}


def test_microsofts_special_dividend_is_one_with_the_regular_one() -> None:
    """3.00 special and 0.08 regular went ex on the same day of 2004."""
    assert dividends(SampleProvider().fetch("MSFT"))["2004-11-15"] == Decimal("3.0800")


@pytest.mark.parametrize("symbol", ["AAPL", "IBM", "MSFT", "FB"])
def test_derived_dividends_are_those_another_vendor_lists(shared_data: Path | None, symbol: str) -> None:
    """Alpha Vantage's own dividend column, where the two overlap (from 1999 for Apple, 2005 for IBM and Microsoft)."""
    series = SampleProvider().fetch(symbol)
    if shared_data is None:
        assert all(amount == round(amount, 2) for amount in dividends(series).values())  # whole cents, as declared
        return
    with (shared_data / "daily" / f"{symbol}.csv").open() as file:
        rows = list(csv.DictReader(file))
    first, last = rows[0]["date"], str(date_of(int(series.time[-1]) // 86_400))
    listed = {r["date"]: Decimal(r["dividend"]) for r in rows if Decimal(r["dividend"]) and r["date"] <= last}

    assert {day: amount for day, amount in dividends(series).items() if day >= first} == listed


def test_the_rule_of_the_adjusted_close_is_the_sources() -> None:
    """Factor 1 / (split x (1 + dividend / close on the ex-date)), applied to every earlier close."""
    days = np.arange(18_000, 18_004)
    close = np.array([100.0, 101.0, 50.0, 51.0])
    before_split = 1 / (2 * (1 + 0.25 / 50.0))
    adjusted = close * np.array([before_split / (1 + 0.5 / 101.0), before_split, 1.0, 1.0])

    derived = derive_dividends(days, close, adjusted, [CorporateEvent(18_002, EventKind.SPLIT, 2, 1)])

    assert [(e.session, e.amount) for e in derived] == [(18_001, Decimal("0.5000")), (18_002, Decimal("0.2500"))]


def test_a_part_of_the_history_has_its_part_of_the_events() -> None:
    """Both ends are included."""
    series = SampleProvider().fetch("MSFT", date(2003, 2, 18), date(2003, 2, 19))

    assert [date_of(int(t) // 86_400) for t in series.time] == [date(2003, 2, 18), date(2003, 2, 19)]
    assert [(e.kind, e.session) for e in series.events] == [
        (EventKind.SPLIT, days_since_epoch(date(2003, 2, 18))),
        (EventKind.DIVIDEND, days_since_epoch(date(2003, 2, 19))),
    ]


def test_an_unknown_symbol_is_not_found() -> None:
    """The message lists what there is."""
    with pytest.raises(NotFoundError, match="AAPL, FB, GOOG, IBM, MSFT"):
        SampleProvider().fetch("TSLA")
