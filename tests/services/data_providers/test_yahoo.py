"""Tests of daytrader.services.data_providers.yahoo, through yfinance's own session and a server in Yahoo's place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from sqlalchemy import select

from daytrader.core.bars import EventKind
from daytrader.models import CorporateAction, StockDailyPrice
from daytrader.services import market_calendar, price_service
from daytrader.services.data_providers.errors import (
    AccessError,
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    RateLimitError,
    RefusedAddressError,
    UnknownSymbolError,
)
from daytrader.services.data_providers.http import VendorSession
from daytrader.services.data_providers.yahoo import CurlSession, YahooProvider
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import InvalidInputError
from tests.conftest import World
from tests.services.data_providers.vendor_server import Answer, Request, Vendor, vendor
from tests.waiting import PATIENCE


def opening(day: str) -> int:
    """Return the opening bell of a day in summer, as Yahoo labels its daily bars."""
    return int(datetime.fromisoformat(f"{day}T13:30:00+00:00").timestamp())


def chart(times: list[int], rows: list[list[float | None]], events: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a chart: rows of open, high, low, close and volume."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
    quote = dict(zip(("open", "high", "low", "close", "volume"), columns, strict=True))
    result = {
        "meta": {"symbol": "AAPL", "exchangeTimezoneName": "America/New_York", "longName": "Apple Inc."},
        "timestamp": times,
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": columns[3]}]},
        "events": events or {},
    }
    return {"chart": {"result": [result], "error": None}}


# Apple split 4:1 on 2020-08-31; Yahoo shows the Friday before at a quarter of what was paid, volumes fourfold.
SPLIT = chart(
    [opening("2020-08-07"), opening("2020-08-28"), opening("2020-08-31")],
    [
        [113.205002, 113.675003, 110.292503, 111.112503, 198045600],
        [126.012497, 126.442497, 124.577499, 124.807503, 187629916],
        [127.580002, 131.000000, 126.000000, 129.039993, 225702700],
    ],
    {
        "splits": {"1": {"date": opening("2020-08-31"), "numerator": 4, "denominator": 1, "splitRatio": "4:1"}},
        "dividends": {
            "1": {"amount": 0.205, "date": opening("2020-08-07")},
            "2": {"amount": 0.205, "date": opening("2020-11-06")},
        },
    },
)


class Elsewhere(VendorSession):
    """Takes every request for Yahoo to another server."""

    def __init__(self, address: str) -> None:
        super().__init__(allows_private=True, timeout=(PATIENCE, PATIENCE))
        self._address = urlsplit(address)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send it there."""
        parts = urlsplit(str(url))
        moved = parts._replace(scheme=self._address.scheme, netloc=self._address.netloc)
        return super().request(method, urlunsplit(moved), *args, **kwargs)


@pytest.fixture
def yahoo() -> Iterator[Vendor]:
    """A server that has cookies, crumbs and one chart."""
    with vendor(lambda _request: Answer(SPLIT)) as server:
        server.answers = lambda request: answered(request, Answer(SPLIT))
        yield server


def answered(request: Request, answer: Answer) -> Answer:
    """Return a crumb, a cookie or, to a question for a chart, *answer*."""
    if request.path == "/v1/test/getcrumb":
        return Answer("crumb")
    return answer if request.path.startswith("/v8/finance/chart/") else Answer("", 404)


def provider(server: Vendor) -> YahooProvider:
    """Return a provider that asks *server* and knows no cookie yet."""
    found = YahooProvider(Elsewhere(server.address))
    found._data._crumb = found._data._cookie = None
    return found


def test_prices_before_a_split_are_made_raw(yahoo: Vendor) -> None:
    """Four times what Yahoo shows, to the cent that was paid; the dividend before it too; volume a quarter."""
    series = provider(yahoo).history("aapl", 0, date(2020, 8, 1), date(2020, 12, 31))

    assert series.close.tolist() == pytest.approx([444.45, 499.23, 129.04], abs=1e-4)
    assert series.open.tolist() == pytest.approx([452.82, 504.05, 127.58], abs=1e-4)
    assert series.volume.tolist() == [49511400, 46907479, 225702700]
    assert [(e.kind, e.numerator, e.amount) for e in series.events] == [
        (EventKind.DIVIDEND, 1, Decimal("0.82")),
        (EventKind.SPLIT, 4, Decimal(0)),
        (EventKind.DIVIDEND, 1, Decimal("0.205")),
    ]


def test_the_question_reaches_to_today_whatever_end_is_wanted(yahoo: Vendor) -> None:
    """A split after the end has moved the prices before it all the same; the split itself is not within."""
    series = provider(yahoo).history("AAPL", 0, date(2020, 8, 1), date(2020, 8, 28))

    assert series.close[-1] == pytest.approx(499.23, abs=1e-4)
    assert [event.kind for event in series.events] == [EventKind.DIVIDEND]
    asked = next(request for request in yahoo.asked if request.path == "/v8/finance/chart/AAPL")
    assert int(asked.query["period2"]) > get_current_datetime().timestamp()
    assert asked.query["events"] == "div,splits"


def test_what_is_stored_is_raw_with_its_source(yahoo: Vendor, world: World) -> None:
    """Prices, dividends and splits, the adjusted close beside them."""
    series = provider(yahoo).history("AAPL", 0, date(2020, 8, 1), date(2020, 12, 31))

    with SessionManager() as session:
        price_service.store_series(session, series)

    with SessionManager(read_only=True) as session:
        price = session.scalars(select(StockDailyPrice).order_by(StockDailyPrice.price_date)).all()[1]
        sources = set(session.scalars(select(CorporateAction.source)))
    assert price.close_price == pytest.approx(499.23)
    assert price.adj_close == pytest.approx(124.807503)
    assert sources == {"yahoo"}
    assert world.published


def test_the_last_price_is_no_bar_and_a_silent_minute_neither(yahoo: Vendor) -> None:
    """Yahoo ends an intraday chart with the last trade, whatever the time is, and has nulls where nothing traded."""
    day = market_calendar.sessions_after(get_current_datetime().date() - timedelta(days=12), 1)[0]
    bell = int(market_calendar.bar_starts(day, day, 1)[0])
    row: list[float | None] = [10.0, 11.0, 9.0, 10.0, 100]
    body = chart([bell, bell + 300, bell + 600, bell + 737], [row, [None] * 5, row, row])
    yahoo.answers = lambda request: answered(request, Answer(body))

    series = provider(yahoo).history("AAPL", 5, day)

    assert series.time.tolist() == [bell, bell + 600]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer("Too Many Requests\r\n", 429), RateLimitError, "no more requests"),
        (
            Answer({"chart": {"result": None, "error": {"code": "Not Found", "description": "may be delisted"}}}, 404),
            UnknownSymbolError,
            "yahoo symbol",
        ),
        (
            Answer(
                {"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": "60 days"}}}, 422
            ),
            ProviderError,
            "60 days",
        ),
        (Answer({"finance": {"result": None, "error": {"code": "Unauthorized"}}}, 401), AccessError, "401"),
        (Answer("<html>consent</html>", 200), MalformedAnswerError, "not understood"),
        (Answer("<html>down</html>", 503), NetworkError, "503"),
        (Answer(chart([1, 2], [[1.0] * 5])), MalformedAnswerError, "length"),
        (Answer({"chart": {"result": [{}], "error": None}}), MalformedAnswerError, "meta"),
        (Answer({"chart": None}), MalformedAnswerError, "chart"),
    ],
)
def test_each_failure_has_its_kind(yahoo: Vendor, answer: Answer, error: type[Exception], words: str) -> None:
    """In words that a person can act on."""
    yahoo.answers = lambda request: answered(request, answer)

    with pytest.raises(error, match=words):
        provider(yahoo).history("AAPL")


def test_how_far_back_intraday_bars_go_is_said_before_asking(yahoo: Vendor) -> None:
    """Yahoo itself would say 422."""
    with pytest.raises(InvalidInputError, match="1-minute bars since"):
        provider(yahoo).history("AAPL", 1, date(2020, 1, 2))

    assert yahoo.asked == []


def test_the_browser_like_session_calls_no_private_address() -> None:
    """Security case 15: by name, by number, and without TLS."""
    session = CurlSession()

    for url in ("https://localhost/v8", "https://127.0.0.1/v8", "https://[::1]/v8", "https://169.254.169.254/"):
        with pytest.raises(RefusedAddressError):
            session.get(url)
    with pytest.raises(ProviderError, match="https"):
        session.get("http://query2.finance.yahoo.com/")


def test_a_bar_is_labelled_by_new_yorks_date() -> None:
    """In winter the bell rings an hour later; the date is the same."""
    assert datetime.fromtimestamp(opening("2020-08-07"), UTC).date() == date(2020, 8, 7)
