"""Tests of daytrader.services.market_calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from daytrader.services import market_calendar
from daytrader.services.market_calendar import is_final, session_close, session_dates
from daytrader.utils.days import date_of, days_since_epoch


def epoch(text: str) -> int:
    """Return an ISO moment as seconds."""
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2019, 1, 4), datetime(2019, 1, 4, 21, 0, tzinfo=UTC)),
        (date(2019, 7, 5), datetime(2019, 7, 5, 20, 0, tzinfo=UTC)),  # summer time
        (date(2015, 12, 24), datetime(2015, 12, 24, 18, 0, tzinfo=UTC)),  # half day
        (date(2001, 9, 12), None),  # closed after the attacks
        (date(2019, 1, 5), None),  # a Saturday
    ],
)
def test_a_session_ends_when_the_exchange_says(day: date, close: datetime | None) -> None:
    """Summer time, half days and holidays heeded."""
    assert session_close(day) == close


def test_a_daily_bar_is_final_half_an_hour_after_the_bell() -> None:
    """Vendors still correct it until then; a replay needs no settling."""
    day = date(2019, 1, 4)
    bell = datetime(2019, 1, 4, 21, 0, tzinfo=UTC)

    assert not is_final(day, bell + timedelta(minutes=29))
    assert is_final(day, bell + timedelta(minutes=30))
    assert is_final(day, bell, settling=timedelta())


def test_a_date_without_a_session_is_final_after_midnight_in_new_york() -> None:
    """Another exchange's bar."""
    saturday = date(2019, 1, 5)

    assert not is_final(saturday, datetime(2019, 1, 6, 5, 29, tzinfo=UTC))
    assert is_final(saturday, datetime(2019, 1, 6, 5, 30, tzinfo=UTC))


def test_new_yorks_date_of_a_moment() -> None:
    """Two in the morning UTC is the evening before in New York, an hour later in winter."""
    moments = ["2011-03-12T04:59:00Z", "2011-03-12T05:00:00Z", "2011-03-14T03:59:00Z", "2011-03-14T04:00:00Z"]

    dates = session_dates(np.array([epoch(moment) for moment in moments], np.int64))

    assert [date_of(day) for day in dates.tolist()] == [
        date(2011, 3, 11),
        date(2011, 3, 12),
        date(2011, 3, 13),
        date(2011, 3, 14),
    ]


def test_dates_and_days_are_inverse() -> None:
    """The core counts days since 1970."""
    assert days_since_epoch(date(1970, 1, 2)) == 1
    assert date_of(days_since_epoch(date(2013, 3, 1))) == date(2013, 3, 1)


@pytest.mark.parametrize(
    ("moment", "is_inside"),
    [
        ("2019-01-04T14:29:00Z", False),
        ("2019-01-04T14:30:00Z", True),
        ("2019-01-04T20:59:00Z", True),
        ("2019-01-04T21:00:00Z", False),  # the closing auction's bar
        ("2015-12-24T17:59:00Z", True),
        ("2015-12-24T18:00:00Z", False),  # half day
        ("2019-01-05T15:00:00Z", False),
    ],
)
def test_the_regular_session(moment: str, is_inside: bool) -> None:
    """From the opening bell to the last minute before the closing one."""
    assert market_calendar.in_regular_session(np.array([epoch(moment)])).tolist() == [is_inside]


def test_the_next_sessions_skip_weekends_and_holidays() -> None:
    """After Thursday, 2021-04-01: Good Friday is none; from a Saturday on it is the same."""
    expected = [date(2021, 4, 5), date(2021, 4, 6)]
    assert market_calendar.sessions_after(date(2021, 4, 1), 2) == expected
    assert market_calendar.sessions_after(date(2021, 4, 3), 2) == expected
    assert market_calendar.sessions_after(date(2021, 4, 1), 0) == []
