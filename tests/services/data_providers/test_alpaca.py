"""Tests of daytrader.services.data_providers.alpaca, through its own client and a server that speaks its API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core.bars import EventKind
from daytrader.services.data_providers.alpaca import AlpacaProvider
from daytrader.services.data_providers.errors import (
    AccessError,
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    RateLimitError,
    RefusedAddressError,
    UnknownSymbolError,
)
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import ConfigurationError
from tests.services.data_providers.vendor_server import Answer, Request, Vendor, vendor

# The fields as https://docs.alpaca.markets/reference/stockbars and /reference/corporateactions-1 have them.
BARS = [
    {"t": "2020-08-28T04:00:00Z", "o": 504.05, "h": 505.77, "l": 498.31, "c": 499.23, "v": 46907479, "n": 1, "vw": 500},
    {"t": "2020-08-31T04:00:00Z", "o": 127.58, "h": 131.0, "l": 126.0, "c": 129.04, "v": 225702700, "n": 1, "vw": 129},
]
ACTIONS = {
    "forward_splits": [
        {"symbol": "AAPL", "new_rate": 4, "old_rate": 1, "ex_date": "2020-08-31"},
        {"symbol": "TSLA", "new_rate": 5, "old_rate": 1, "ex_date": "2020-08-31"},  # nobody has asked
    ],
    "cash_dividends": [
        {"symbol": "AAPL", "rate": 0.205, "special": False, "foreign": False, "ex_date": "2020-11-06"},
        {"symbol": "AAPL", "rate": 1.5, "special": True, "foreign": False, "ex_date": "2020-11-06"},
    ],
    "reverse_splits": [{"symbol": "AAPL", "new_rate": 1, "old_rate": 8, "ex_date": "2021-08-02"}],
    "stock_dividends": [{"symbol": "AAPL", "rate": 0.05, "ex_date": "2021-09-01"}],
}


def answers(request: Request) -> Answer:
    """Speak as Alpaca does, two bars on two pages."""
    if request.path == "/v1/corporate-actions":
        return Answer({"corporate_actions": ACTIONS, "next_page_token": None})
    page = 1 if "page_token" in request.query else 0
    return Answer({"bars": {"AAPL": [BARS[page]]}, "next_page_token": None if page else "QUFQTHxE"})


@pytest.fixture
def alpaca() -> Iterator[Vendor]:
    """A server that speaks as Alpaca does."""
    with vendor(answers) as server:
        yield server


def provider(server: Vendor) -> AlpacaProvider:
    """Return the provider that asks *server*."""
    return AlpacaProvider("key", "secret", address=server.address, allows_private=True)


def test_raw_bars_of_every_page_with_their_events(alpaca: Vendor) -> None:
    """A daily bar is labelled by its session's date, prices are as traded, dividends of one date are one."""
    series = provider(alpaca).history("aapl", 0, date(2020, 8, 28), date(2021, 12, 31))

    assert (series.time // 86_400).tolist() == [days_since_epoch(date(2020, 8, d)) for d in (28, 31)]
    assert series.close.tolist() == [499.23, 129.04]
    assert [(e.kind, e.numerator, e.denominator, e.amount) for e in series.events] == [
        (EventKind.SPLIT, 4, 1, Decimal(0)),
        (EventKind.DIVIDEND, 1, 1, Decimal("1.705")),
        (EventKind.SPLIT, 1, 8, Decimal(0)),
        (EventKind.SPLIT, 21, 20, Decimal(0)),
    ]
    asked = [request for request in alpaca.asked if request.path == "/v2/stocks/bars"]
    assert [request.query["adjustment"] for request in asked] == ["raw", "raw"]
    assert (asked[0].query["timeframe"], asked[0].query["feed"]) == ("1Day", "iex")
    assert asked[0].query["start"] == "2020-08-28T04:00:00+00:00"  # midnight in New York
    assert asked[0].headers["APCA-API-KEY-ID"] == "key"


def test_an_hour_begins_at_the_opening_bell(alpaca: Vendor) -> None:
    """Alpaca's own begins on the clock's: half hours are asked for and put together."""
    halves = [
        {"t": f"2020-08-31T{h}:{m:02}:00Z", "o": p, "h": p + 2, "l": p - 1, "c": p + 1, "v": 10}
        for h, m, p in ((13, 0, 1), (13, 30, 100), (14, 0, 101), (14, 30, 102))
    ]
    alpaca.answers = lambda _request: Answer({"bars": {"AAPL": halves}, "next_page_token": None})

    series = provider(alpaca).latest("AAPL", 60, datetime(2020, 8, 31, 13, 30, tzinfo=UTC))

    assert alpaca.asked[0].query["timeframe"] == "30Min"
    starts = [datetime(2020, 8, 31, hour, 30, tzinfo=UTC).timestamp() for hour in (13, 14)]
    assert series.time.tolist() == starts  # the half hour before the bell is left out
    assert (series.open[0], series.high[0], series.low[0], series.close[0], series.volume[0]) == (100, 103, 99, 102, 20)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer({"message": "too many requests."}, 429, {"Retry-After": "7"}), RateLimitError, "another 7 seconds"),
        (Answer({"message": "forbidden."}, 403), AccessError, "forbidden"),
        (Answer({"message": "subscription does not permit querying recent SIP data"}, 403), AccessError, "SIP"),
        (Answer("", 401), AccessError, "keys"),
        (Answer({"message": "invalid symbol: $"}, 400), UnknownSymbolError, "alpaca symbol"),
        (Answer({"message": "invalid start"}, 400), ProviderError, "invalid start"),
        (Answer("gateway", 502), NetworkError, "502"),
        (Answer("<html>", 200), MalformedAnswerError, "not understood"),
        (Answer("", 200), MalformedAnswerError, "not understood"),
        (Answer({"bars": {"AAPL": [{"t": "2020-08-31T04:00:00Z"}]}}), MalformedAnswerError, "KeyError"),
        (Answer({"bars": {"AAPL": "none"}}), MalformedAnswerError, "not understood"),
        (Answer("", 302, {"Location": "http://127.0.0.1:1/"}), ProviderError, "not understood"),
        (Answer({"bars": {}, "next_page_token": None}), UnknownSymbolError, "AAPL"),
    ],
)
def test_each_failure_has_its_kind(alpaca: Vendor, answer: Answer, error: type[Exception], words: str) -> None:
    """And the vendor is asked once: its client would ask three times more."""
    actions = Answer({"corporate_actions": {}, "next_page_token": None})
    alpaca.answers = lambda request: actions if request.path.startswith("/v1") else answer

    with pytest.raises(error, match=words):
        provider(alpaca).history("AAPL")

    assert sum(request.path == "/v2/stocks/bars" for request in alpaca.asked) == 1


def test_a_silent_server_is_a_network_error(alpaca: Vendor) -> None:
    """The client itself would wait for ever."""
    found = provider(alpaca)
    found._session._timeout = (0.2, 0.2)
    import time

    def late(_request: Request) -> Answer:
        time.sleep(0.6)
        return Answer({})

    alpaca.answers = late

    with pytest.raises(NetworkError, match="takes too long"):
        found.latest("AAPL", 1, datetime(2024, 1, 2, tzinfo=UTC))


def test_the_vendors_clock_is_compared(alpaca: Vendor) -> None:
    """By the Date of its answers."""
    found = provider(alpaca)
    alpaca.answers = lambda _request: Answer({"bars": {}, "next_page_token": None}, headers={"Date": OLD})

    found.latest("AAPL", 1, datetime(2024, 1, 2, tzinfo=UTC))

    skew = found.clock_skew()
    assert skew is not None
    assert skew.days > 300


OLD = "Tue, 02 Jan 2024 15:00:00 GMT"


def test_a_private_address_is_refused(alpaca: Vendor) -> None:
    """Security case 15: unless it is allowed, nothing is even connected to."""
    with pytest.raises(RefusedAddressError, match="private"):
        AlpacaProvider("key", "secret", address=alpaca.address).history("AAPL")

    assert alpaca.asked == []


def test_it_needs_keys() -> None:
    """And says which settings they are."""
    with pytest.raises(ConfigurationError, match="DAYTRADER_ALPACA_KEY"):
        AlpacaProvider("", "")


def test_volume_is_a_number(alpaca: Vendor) -> None:
    """Of shares."""
    assert provider(alpaca).history("AAPL", 0, date(2020, 8, 28)).volume.dtype == np.float64
