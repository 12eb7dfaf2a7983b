"""Tests of daytrader.services.data_providers, its base, backoff, csv_folder and resampled."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from daytrader.config import Settings
from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.services import data_providers, price_service
from daytrader.services.data_providers import get_provider, provider_names
from daytrader.services.data_providers.backoff import delay, patiently
from daytrader.services.data_providers.base import Adjustment, DataProvider, PriceSeries, unsplit
from daytrader.services.data_providers.csv_folder import CsvProvider
from daytrader.services.data_providers.errors import (
    AccessError,
    MalformedAnswerError,
    NetworkError,
    RateLimitError,
    UnknownSymbolError,
)
from daytrader.services.data_providers.http import retry_after
from daytrader.services.data_providers.resampled import resampled
from daytrader.services.data_providers.simulated import SimulatedProvider
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import BrokenRuleError, ConfigurationError, InvalidInputError, NotFoundError
from tests.conftest import World


def read(path: Path, interval: int) -> PriceSeries:
    """Return a file of the vendor's bars."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    times = [int(datetime.fromisoformat(row["ts"]).timestamp()) for row in rows]
    columns = [[float(row[name]) for row in rows] for name in ("open", "high", "low", "close", "volume")]
    return PriceSeries.of("X", times, columns, provider="file", interval=interval)


@pytest.mark.parametrize("symbol", ["SPY", "MSFT", "AMZN", "JPM", "V", "GLD"])
def test_resampled_minutes_are_the_vendors_own_quarter_hours(shared_data: Path | None, symbol: str) -> None:
    """All 130 bars of a week, open, high, low, close and volume; the vendor made its own from the same trades."""
    if shared_data is None:
        minutes = SimulatedProvider(clock=lambda: datetime(2024, 1, 3, tzinfo=UTC)).history(
            symbol, 1, date(2024, 1, 2), date(2024, 1, 2)
        )
        quarters = resampled(minutes, 15)
        assert quarters.high.tolist() == minutes.high.reshape(26, 15).max(axis=1).tolist()
        return
    folder = shared_data / "intraday"
    made = resampled(read(folder / f"{symbol}_1min_20190211_20190215.csv", 1), 15)
    given = read(folder / f"{symbol}_15min_20190104_20190215.csv", 15)
    week = given.where(given.time >= made.time[0])

    assert made.time.size == 130
    for name in ("time", "open", "high", "low", "close", "volume"):
        assert getattr(made, name).tolist() == getattr(week, name).tolist(), name


def test_every_provider_is_one() -> None:
    """What comes with the package has everything that the protocol asks for."""
    settings = Settings(csv=".", alpaca_key="key", alpaca_secret="secret")

    assert set(provider_names()) >= {"alpaca", "csv", "sample", "simulated", "yahoo"}
    for name in ("alpaca", "csv", "sample", "simulated"):
        found = get_provider(name, settings)
        assert isinstance(found, DataProvider)
        assert found.name == name


def test_a_missing_provider_or_setting_is_said() -> None:
    """The settings by the names they have in the environment."""
    with pytest.raises(NotFoundError, match="data provider"):
        get_provider("nobody")
    with pytest.raises(ConfigurationError, match="DAYTRADER_CSV"):
        get_provider("csv", Settings())
    with pytest.raises(ConfigurationError, match="DAYTRADER_ALPACA_KEY"):
        get_provider("alpaca", Settings())


def test_another_packages_provider_must_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an entry point names is looked at before it is used."""
    half = EntryPoint("half", "builtins:object", data_providers.ENTRY_POINTS)
    monkeypatch.setattr(data_providers, "provider_names", lambda: ("half",))
    monkeypatch.setattr(data_providers, "_found", lambda: {"half": half})

    with pytest.raises(ConfigurationError, match="lacks"):
        get_provider("half")


def test_rows_in_any_order_and_twice() -> None:
    """Sorted; of several rows of one time the last counts: a correction follows what it corrects."""
    prices = [[3.0, 1.0, 2.0, 9.0]] * 5
    series = PriceSeries.of("X", [300, 100, 200, 100], prices, provider="p")

    assert (series.time.tolist(), series.close.tolist()) == ([100, 200, 300], [9.0, 2.0, 3.0])


def test_adjusted_for_dividends_is_never_stored(world: World) -> None:
    """What was paid cannot be told from it, and what is stored is traded."""
    full = PriceSeries.of("ACME", [86_400], [[1.0]] * 5, provider="p", adjustment=Adjustment.FULL)

    with pytest.raises(BrokenRuleError, match="cannot be made raw"):
        unsplit(full)
    with pytest.raises(BrokenRuleError, match="not raw"), SessionManager() as session:
        price_service.store_series(session, full)
    assert world.published == []


def test_two_splits_are_undone_one_after_the_other() -> None:
    """Each for what lies before it; raw prices are left as they are."""
    splits = [CorporateEvent(2, EventKind.SPLIT, 2, 1), CorporateEvent(3, EventKind.SPLIT, 1, 10)]
    dividend = CorporateEvent(1, EventKind.DIVIDEND, amount=Decimal("0.5"))
    days = [86_400 * day for day in (1, 2, 3)]
    adjusted = PriceSeries.of(
        "X", days, [[50.0, 50.0, 5.0]] * 4 + [[10.0] * 3], provider="p", events=[*splits, dividend]
    )
    adjusted = replace(adjusted, adjustment=Adjustment.SPLITS)

    raw = unsplit(adjusted)

    assert raw.close.tolist() == [10.0, 5.0, 5.0]
    assert raw.volume.tolist() == [50.0, 100.0, 10.0]
    assert [event.amount for event in raw.events if event.kind is EventKind.DIVIDEND] == [Decimal("0.1")]
    assert unsplit(raw) is raw


def test_what_may_pass_is_tried_again_and_nothing_else() -> None:
    """Four times at most, longer apart each time, and never before a vendor allows it."""
    waited: list[float] = []
    failures = [NetworkError("down"), RateLimitError("p", 40), MalformedAnswerError("half")]

    def ask() -> str:
        if failures:
            raise failures.pop(0)
        return "prices"

    assert patiently(ask, waited.append) == "prices"
    assert len(waited) == 3
    assert waited[1] >= 40

    failures.append(AccessError("keys"))
    with pytest.raises(AccessError):
        patiently(ask, waited.append)
    failures.append(RateLimitError("p", 86_400))  # a day is no wait
    with pytest.raises(RateLimitError):
        patiently(ask, waited.append)
    assert len(waited) == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "90"}, 90.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "\u00b2"}, None),
        ({"X-RateLimit-Reset": "9" * 400}, None),
        ({"X-RateLimit-Reset": "0"}, 0.0),
        ({}, None),
    ],
)
def test_how_long_a_vendor_wants_to_be_left_alone(headers: dict[str, str], seconds: float | None) -> None:
    """What is no number of seconds says nothing."""
    assert retry_after(headers) == seconds


def test_backoff_grows_to_five_minutes() -> None:
    """And is spread, so that many installations do not come back at once."""
    waits = [delay(attempt, NetworkError("down")) for attempt in range(1, 15)]

    assert waits[0] < 3
    assert waits[5] > 30
    assert max(waits) <= 301


HEADER = "date,open,high,low,close,volume\n"


def test_a_folder_of_files_named_after_stocks(tmp_path: Path) -> None:
    """Found by symbol and interval, several files of one are joined, a changed one is read again."""
    (tmp_path / "ACME_2023.csv").write_text(HEADER + "2023-12-28,1,2,1,2,10\n2023-12-29,2,3,2,3,10\n")
    (tmp_path / "ACME_2024.csv").write_text(HEADER + "2024-01-02,3,4,3,4,10\n")
    (tmp_path / "ACMEX.csv").write_text(HEADER + "2024-01-02,9,9,9,9,9\n")
    (tmp_path / "ACME-1.csv").write_text(
        HEADER + "".join(f"2024-01-02 09:{m}:00,{m},{m + 1},{m - 1},{m},1\n" for m in range(30, 42))
    )
    provider = CsvProvider(tmp_path)

    assert provider.history("acme").close.tolist() == [2, 3, 4]
    assert provider.history("ACME", 0, date(2023, 12, 29), date(2023, 12, 31)).close.tolist() == [3]
    five = provider.history("ACME", 5)
    assert (five.time.size, five.high.tolist()) == (3, [35, 40, 42])

    (tmp_path / "ACME_2024.csv").write_text(HEADER + "2024-01-02,3,4,3,4,10\n2024-01-03,4,5,4,5,10\n")
    assert provider.history("ACME").close.tolist() == [2, 3, 4, 5]


def test_what_a_folder_does_not_have(tmp_path: Path) -> None:
    """A symbol, an interval, a readable file; a symbol is never a path."""
    (tmp_path / "ACME.csv").write_text(HEADER + "2024-01-02,3,4,3,4,10\n")
    (tmp_path / "BAD.csv").write_text("<html>not found</html>")
    provider = CsvProvider(tmp_path)

    for symbol in ("OTHR", "../ACME", ""):
        with pytest.raises(UnknownSymbolError):
            provider.history(symbol)
    with pytest.raises(InvalidInputError, match="no such bars"):
        provider.history("ACME", 5)
    with pytest.raises(MalformedAnswerError, match=r"BAD\.csv"):
        provider.history("BAD")


def test_volumes_that_are_unknown_stay_unknown() -> None:
    """A sum with an unknown part is unknown."""
    bell = int(datetime(2024, 1, 2, 14, 30, tzinfo=UTC).timestamp())
    series = PriceSeries.of("X", [bell, bell + 60], [[1.0, 1.0]] * 4 + [[5.0, np.nan]], provider="p", interval=1)

    assert np.isnan(resampled(series, 5).volume[0])
