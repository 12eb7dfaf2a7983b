"""Tests of daytrader.services.data_providers.simulated."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from daytrader.models.enums import PriceSource
from daytrader.services import market_calendar
from daytrader.services.data_providers.errors import UnknownSymbolError
from daytrader.services.data_providers.simulated import SimulatedProvider
from daytrader.utils.days import date_of

NOW = datetime(2024, 1, 5, 22, 0, tzinfo=UTC)


def provider(seed: int = 0, now: datetime = NOW) -> SimulatedProvider:
    """Return a market that has come to *now*."""
    return SimulatedProvider(seed, lambda: now)


def test_the_same_seed_is_the_same_market() -> None:
    """On every machine; another seed and another symbol are others."""
    first = provider().history("ACME", 0, date(2023, 12, 1))

    assert first.close.tolist() == provider().history("acme", 0, date(2023, 12, 1)).close.tolist()
    assert first.close.tolist() != provider(1).history("ACME", 0, date(2023, 12, 1)).close.tolist()
    assert first.close.tolist() != provider().history("OTHR", 0, date(2023, 12, 1)).close.tolist()
    assert (first.source, first.events) == (PriceSource.SIMULATED, ())
    assert first.bars().n == first.time.size  # every bar is sound


def test_sessions_are_the_exchanges() -> None:
    """Holidays are closed, half days are short, and summer time moves the bell."""
    daily = provider().history("ACME", 0, date(2023, 11, 20), date(2023, 11, 26))
    assert [date_of(int(t) // 86_400).day for t in daily.time] == [20, 21, 22, 24]

    minutes = provider().history("ACME", 1, date(2023, 11, 22), date(2023, 11, 24))
    sessions = market_calendar.session_dates(minutes.time)
    assert [int((sessions == day).sum()) for day in np.unique(sessions)] == [390, 210]

    bells = [
        provider().history("ACME", 60, day, day).time[0] % 86_400 for day in (date(2023, 3, 10), date(2023, 3, 13))
    ]
    assert bells == [14.5 * 3600, 13.5 * 3600]


def test_a_part_of_the_history_is_what_the_whole_has_there() -> None:
    """Asking later, or for less, changes nothing."""
    whole = provider().history("ACME", 5, date(2023, 12, 1), date(2023, 12, 8))
    part = provider(now=datetime(2023, 12, 7, 16, 2, tzinfo=UTC)).latest(
        "ACME", 5, datetime(2023, 12, 7, 15, 0, tzinfo=UTC)
    )

    rows = np.searchsorted(whole.time, part.time)
    assert whole.close[rows][:-1].tolist() == part.close[:-1].tolist()  # the last one is growing
    assert part.time[0] == datetime(2023, 12, 7, 15, 0, tzinfo=UTC).timestamp()
    assert part.time[-1] == datetime(2023, 12, 7, 16, 0, tzinfo=UTC).timestamp()


def test_coarser_bars_and_sessions_are_made_of_the_minutes() -> None:
    """Whoever asks for hours sees the market of whoever asks for minutes."""
    day = date(2023, 12, 4)
    minutes = provider().history("ACME", 1, day, day)
    hours = provider().history("ACME", 60, day, day)
    session = provider().history("ACME", 0, day, day)

    assert hours.time.size == 7
    assert hours.high[0] == minutes.high[:60].max()
    assert hours.volume.sum() == minutes.volume.sum() == session.volume[0]
    assert (session.open[0], session.close[0]) == (minutes.open[0], minutes.close[-1])
    assert (session.high[0], session.low[0]) == (minutes.high.max(), minutes.low.min())


def test_volume_and_volatility_are_u_shaped() -> None:
    """High at the open, low at noon, high at the close, as on a real exchange."""
    minutes = provider().history("ACME", 1, date(2023, 10, 1), date(2023, 12, 20))
    place = (minutes.time - market_calendar.session_opens(minutes.time)) // 60
    moves = np.abs(np.log(minutes.close / minutes.open))

    def mean(values: np.ndarray, first: int, last: int) -> float:
        return float(values[(place >= first) & (place < last)].mean())

    for values in (minutes.volume, moves):
        opening, noon, closing = mean(values, 0, 30), mean(values, 180, 210), mean(values, 360, 390)
        assert opening > 1.3 * noon
        assert closing > 1.3 * noon


def test_what_cannot_be_a_symbol_has_no_prices() -> None:
    """Anything else has."""
    with pytest.raises(UnknownSymbolError):
        provider().history("../etc")
