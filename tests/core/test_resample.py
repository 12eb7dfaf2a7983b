"""Bars of longer periods equal what pandas makes of the same rows, and splits within a period do not show."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest

from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.core.resample import Period, last_session, resample
from tests.core.builders import sample_with_events

EPOCH = date(1970, 1, 1)
FREQUENCIES = {Period.WEEK: "W-FRI", Period.MONTH: "ME", Period.QUARTER: "QE", Period.YEAR: "YE"}


def day(text: str) -> int:
    """Return an ISO date as the core counts days."""
    return (date.fromisoformat(text) - EPOCH) // timedelta(days=1)


def daily(dates: list[str], rows: list[tuple[float, float, float, float, float]], *events: CorporateEvent) -> Bars:
    """Return daily bars of open, high, low, close and volume."""
    columns = np.array(rows, np.float64).T
    return Bars.build([day(text) * 86_400 for text in dates], *columns, events=events)


@pytest.mark.parametrize("period", FREQUENCIES)
@pytest.mark.parametrize("symbol", ["GOOG", "IBM"])
def test_equals_pandas(symbol: str, period: Period) -> None:
    """Open first, high max, low min, close last, volume sum; weeks end on Friday, the last period is as it stands."""
    bars = sample_with_events(symbol)
    frame = pd.DataFrame(
        {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close, "volume": bars.volume},
        index=pd.to_datetime(bars.time, unit="s"),
    )
    rules = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.resample(FREQUENCIES[period]).agg(rules).dropna()

    made = resample(bars, period)

    for name in rules:
        np.testing.assert_allclose(getattr(made, name), expected[name].to_numpy(), rtol=1e-12)


@pytest.mark.parametrize("period", FREQUENCIES)
@pytest.mark.parametrize("symbol", ["AAPL", "MSFT"])
def test_signals_read_the_same_prices(symbol: str, period: Period) -> None:
    """On series with splits: the highs and closes that strategies read are those of the days within."""
    bars = sample_with_events(symbol)
    made = resample(bars, period)
    first = np.searchsorted(bars.time, made.time)

    assert bars.split_factor[-1] > 1
    np.testing.assert_allclose(made.signal.high, np.maximum.reduceat(bars.signal.high, first), rtol=1e-6)
    np.testing.assert_allclose(made.signal.low, np.minimum.reduceat(bars.signal.low, first), rtol=1e-6)
    np.testing.assert_allclose(made.signal.open, bars.signal.open[first], rtol=1e-6)
    np.testing.assert_allclose(made.signal.volume, np.add.reduceat(bars.signal.volume, first), rtol=1e-9)


def test_a_week_runs_from_saturday_to_friday() -> None:
    """Labelled by its first session, dated by its last; a short week is a week."""
    bars = daily(
        ["2020-12-24", "2020-12-28", "2020-12-31", "2021-01-04"],
        [(10, 11, 9, 10, 1), (12, 15, 12, 14, 2), (14, 14, 8, 9, 3), (9, 10, 9, 10, 4)],
    )

    made = resample(bars, Period.WEEK)

    assert (made.time // 86_400).tolist() == [day("2020-12-24"), day("2020-12-28"), day("2021-01-04")]
    assert made.session.tolist() == [day("2020-12-24"), day("2020-12-31"), day("2021-01-04")]
    assert [column[1] for column in (made.open, made.high, made.low, made.close, made.volume)] == [12, 15, 8, 9, 5]


def test_months_quarters_and_years_end_with_the_calendar() -> None:
    """March and April part months and quarters, December and January all three."""
    dates = ["2020-12-31", "2021-01-04", "2021-03-31", "2021-04-01"]
    bars = daily(dates, [(1, 1, 1, 1, 1)] * 4)

    assert [resample(bars, period).n for period in (Period.MONTH, Period.QUARTER, Period.YEAR)] == [4, 3, 2]


def test_a_split_within_a_week_does_not_show() -> None:
    """What came before it is brought to the week's last shares; the bar carries the split for the weeks before."""
    split = CorporateEvent(day("2021-01-06"), EventKind.SPLIT, 2, 1)
    bars = daily(
        ["2020-12-31", "2021-01-04", "2021-01-06"],
        [(100, 100, 100, 100, 10), (100, 120, 90, 110, 10), (55, 58, 50, 52, 30)],
        split,
    )

    made = resample(bars, Period.WEEK)

    assert [column[1] for column in (made.open, made.high, made.low, made.close, made.volume)] == [50, 60, 45, 52, 50]
    assert (made.close[0], made.signal.close.tolist()) == (100, [100, 104])


def test_a_volume_unknown_on_one_day_is_unknown() -> None:
    """Half a sum would look like a quiet week."""
    bars = daily(["2021-01-04", "2021-01-05"], [(1, 1, 1, 1, np.nan), (1, 1, 1, 1, 5)])

    assert np.isnan(resample(bars, Period.WEEK).volume).all()


def test_sessions_are_made_of_intraday_bars() -> None:
    """By the exchange's date, labelled by midnight UTC as daily bars are."""
    start = day("2021-01-04") * 86_400 + 52_200  # 14:30 UTC
    time = [start, start + 1800, start + 86_400]
    session = [day("2021-01-04")] * 2 + [day("2021-01-05")]
    bars = Bars.build(time, [1, 2, 3], [4, 5, 3], [1, 1, 3], [2, 4, 3], [7, 8, 9], interval_minutes=30, session=session)

    made = resample(bars, Period.SESSION)

    assert made.interval_minutes == 0
    assert made.time.tolist() == [day("2021-01-04") * 86_400, day("2021-01-05") * 86_400]
    assert (made.open.tolist(), made.high.tolist(), made.low.tolist()) == ([1, 3], [5, 3], [1, 3])
    assert (made.close.tolist(), made.volume.tolist()) == ([4, 3], [15, 9])
    assert last_session(bars).time.tolist() == time[2:]
    assert last_session(bars.head(2)).close.tolist() == [2, 4]


def test_daily_bars_are_sessions_already() -> None:
    """And no bars make none."""
    bars = daily(["2021-01-04"], [(1, 1, 1, 1, 1)])

    assert resample(bars, Period.SESSION) is bars
    assert resample(bars.head(0), Period.YEAR).n == 0
    assert last_session(bars.head(0)).n == 0
