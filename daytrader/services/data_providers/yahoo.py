"""Yahoo Finance, by yfinance's session: its prices are split-adjusted, and made raw again by its splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import yfinance
from curl_cffi import CurlOpt
from curl_cffi import requests as curl
from yfinance.data import YfData
from yfinance.exceptions import YFException, YFRateLimitError

from daytrader.config import Settings
from daytrader.core.bars import CorporateEvent, EventKind, snap_ratio
from daytrader.core.errors import InvalidParameterError
from daytrader.models.enums import PriceSource
from daytrader.services import market_calendar
from daytrader.services.data_providers.addresses import public_address
from daytrader.services.data_providers.base import Adjustment, Capabilities, PriceSeries, unsplit
from daytrader.services.data_providers.errors import (
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    RateLimitError,
    UnknownSymbolError,
)
from daytrader.services.data_providers.http import TIMEOUT, VendorSession, failure, retry_after, skew_of
from daytrader.services.data_providers.resampled import resampled
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.timed_answers import why

_CHART: Final = "https://query2.finance.yahoo.com/v8/finance/chart/"
_DAY: Final = 86_400
_INTERVALS: Final = {DAILY: "1d", 1: "1m", 5: "5m", 15: "15m", 60: "60m"}
_FINER: Final = {30: 15}  # Yahoo's own half hours have gaps
_KEPT_DAYS: Final = {1: 7, 5: 59, 15: 59, 30: 59, 60: 729}
"""How far back Yahoo has intraday bars."""
_PRICES: Final = ("open", "high", "low", "close", "volume")
_REDIRECTS: Final = 3
_LINE: Final[Mapping[type[Exception], str]] = {
    curl.exceptions.CertificateVerifyError: "its certificate is not accepted",
    curl.exceptions.ConnectionError: "the connection is refused or lost",
    curl.exceptions.Timeout: "its answer takes too long",
}


class CurlSession(curl.Session[curl.Response]):
    """The browser-like session that Yahoo answers to, with every address judged and pinned before it is called."""

    def __init__(self) -> None:
        super().__init__(impersonate="chrome", timeout=TIMEOUT[1], trust_env=False)
        self.last_headers: Mapping[str, str] = {}

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request and follow its redirects, each to a public address."""
        kwargs["allow_redirects"] = False
        for _ in range(_REDIRECTS + 1):
            parts = urlsplit(url)
            if parts.scheme != "https" or parts.hostname is None:
                raise ProviderError("yahoo sends to an address that is not https")
            port = parts.port or 443
            address = public_address(parts.hostname, port)
            shown = f"[{address}]" if ":" in address else address
            self.curl_options = {CurlOpt.RESOLVE: [f"{parts.hostname}:{port}:{shown}"]}  # type: ignore[dict-item]  # curl takes a list here
            response = super().request(method, url, *args, **kwargs)
            self.last_headers = {name: value or "" for name, value in response.headers.items()}
            target = response.headers.get("Location")
            if not target or not HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST:
                return response
            url, method = urljoin(url, target), "GET"
            kwargs.pop("params", None)
        raise ProviderError("yahoo sends in circles")


class YahooProvider:
    """
    The chart API that Yahoo's own pages read.

    Yahoo divides prices and dividends by every later split. To undo that a question always reaches to today, whatever
    end is wanted, so that all splits since are known. `adj_close` is Yahoo's, adjusted for dividends too.

    Args:
        session: yfinance's way out; a browser-like session of our own by default.
    """

    name = "yahoo"
    capabilities = Capabilities((DAILY, 1, 5, 15, 30, 60), Adjustment.SPLITS, source=PriceSource.DELAYED)

    def __init__(self, session: VendorSession | CurlSession | None = None) -> None:
        self._session = CurlSession() if session is None else session
        self._data = YfData(session=self._session)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the provider; what yfinance remembers between two starts is in the instance folder."""
        folder = settings.instance / "yahoo"
        folder.mkdir(parents=True, exist_ok=True)
        yfinance.set_tz_cache_location(str(folder))
        return cls()

    def symbols(self) -> tuple[str, ...]:
        """Return nothing: there are too many."""
        return ()

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return the bars of the sessions from *start* to *end*, both included, raw, with dividends and splits.

        Raises:
            UnknownSymbolError: If Yahoo does not know *symbol*.
            InvalidInputError: If it has no such bars, or none as old as *start*.
            ProviderError: If it refuses, cannot be reached or is not understood.
        """
        today = get_current_datetime().date()
        oldest = None if interval == DAILY else today - timedelta(days=_KEPT_DAYS.get(interval, 0))
        if interval != DAILY and interval not in _KEPT_DAYS:
            raise InvalidInputError({"interval": [f"yahoo has no bars of {interval} minutes"]})
        if start is not None and oldest is not None and start < oldest:
            raise InvalidInputError({"start": [f"yahoo has {interval}-minute bars since {oldest}"]})
        asked = _FINER.get(interval, interval)
        first = start or oldest
        series = self._chart(symbol.upper(), asked, 0 if first is None else days_since_epoch(first) * _DAY)
        series = unsplit(series)
        if asked != interval:
            series = resampled(series, interval)
        last = days_since_epoch(end or today) + 1
        kept = series.where(series.time < last * _DAY)
        events = tuple(event for event in kept.events if event.session < last)
        return PriceSeries.of(
            kept.symbol,
            kept.time,
            [getattr(kept, name) for name in _PRICES],
            provider=self.name,
            events=events,
            adj_close=kept.adj_close,
            interval=interval,
            source=PriceSource.HISTORICAL if interval == DAILY else PriceSource.DELAYED,
            name=kept.name,
        )

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the bars that start at or after *since*."""
        return self.history(symbol, interval, since.date()).since(since)

    def clock_skew(self) -> timedelta | None:
        """Return how far this machine's clock was ahead of Yahoo's at the last answer."""
        if isinstance(self._session, VendorSession):
            return self._session.clock_skew
        return skew_of(self._session.last_headers)

    def _chart(self, symbol: str, interval: int, begin: int) -> PriceSeries:
        tomorrow = datetime.combine(get_current_datetime().date() + timedelta(days=1), time(), UTC)
        params = {
            "period1": begin,
            "period2": int(tomorrow.timestamp()),
            "interval": _INTERVALS[interval],
            "includePrePost": "false",
            "events": "div,splits",
        }
        answer = self._ask(symbol, params)
        try:
            return _parsed(symbol, interval, answer)
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise _malformed(error) from error
        except (InvalidParameterError, ZoneInfoNotFoundError) as error:
            raise _malformed(error) from error

    def _ask(self, symbol: str, params: Mapping[str, object]) -> Mapping[str, Any]:
        try:
            response = self._data.get(_CHART + quote(symbol), params=params, timeout=TIMEOUT[1])
        except YFRateLimitError as error:
            raise RateLimitError(self.name, retry_after(getattr(self._session, "last_headers", {}))) from error
        except ProviderError:
            raise
        except (OSError, YFException, curl.exceptions.RequestException) as error:
            raise NetworkError(f"yahoo cannot be reached: {_words(error)}") from error
        try:
            body = response.json()
        except ValueError as error:
            if response.status_code != HTTPStatus.OK:
                raise failure(self.name, response.status_code, response.headers, response.text) from error
            raise _malformed(error) from error
        chart = body.get("chart") if isinstance(body, Mapping) else None
        if not isinstance(chart, Mapping):
            raise (
                failure(self.name, response.status_code, response.headers)
                if not response.ok
                else _malformed(ValueError("no chart"))
            )
        if chart.get("error"):
            raise self._meant(symbol, response.status_code, chart["error"])
        result: Mapping[str, Any] = (chart.get("result") or [{}])[0]
        return result

    def _meant(self, symbol: str, status: int, error: object) -> ProviderError | UnknownSymbolError:
        said = error if isinstance(error, Mapping) else {}
        if status == HTTPStatus.NOT_FOUND or said.get("code") == "Not Found":
            return UnknownSymbolError(self.name, symbol[:20])
        return failure(self.name, status, {}, str(said.get("description", "")))


def _parsed(symbol: str, interval: int, answer: Mapping[str, Any]) -> PriceSeries:
    meta = answer["meta"]
    zone = ZoneInfo(meta["exchangeTimezoneName"])
    times = np.array(answer.get("timestamp") or [], np.int64)
    indicators = answer["indicators"]
    quotes = indicators["quote"][0]
    columns = [_column(quotes.get(name), times.size) for name in _PRICES]
    adjusted = indicators.get("adjclose")
    adj_close = _column(adjusted[0].get("adjclose"), times.size) if adjusted else np.full(times.size, np.nan)
    events = _events(answer.get("events") or {}, zone)
    kept = ~np.all(np.isnan(columns[:4]), axis=0)  # a row without any price is a day or a minute without trade
    if interval == DAILY:
        labels = np.array([_date(moment, zone) * _DAY for moment in times.tolist()], np.int64)
    else:
        labels = times
        # The last row is the last price, whatever the time is: no bar.
        opens = market_calendar.session_opens(times)
        kept &= (times - opens) % (interval * 60) == 0
    return PriceSeries.of(
        symbol,
        labels[kept],
        [column[kept] for column in columns],
        provider=YahooProvider.name,
        events=events,
        adj_close=adj_close[kept],
        interval=interval,
        adjustment=Adjustment.SPLITS,
        name=meta.get("longName") or meta.get("shortName"),
    )


def _column(values: Sequence[float | None] | None, size: int) -> np.ndarray:
    column = np.array([np.nan if value is None else float(value) for value in values or []], np.float64)
    if column.size != size:
        raise ValueError("columns differ in length")
    return column


def _events(events: Mapping[str, Any], zone: ZoneInfo) -> list[CorporateEvent]:
    found = []
    for row in (events.get("splits") or {}).values():
        numerator, denominator = snap_ratio(float(row["numerator"]) / float(row["denominator"]))
        found.append(CorporateEvent(_date(row["date"], zone), EventKind.SPLIT, numerator, denominator))
    for row in (events.get("dividends") or {}).values():
        amount = round(Decimal(str(row["amount"])), 6)
        found.append(CorporateEvent(_date(row["date"], zone), EventKind.DIVIDEND, amount=amount))
    return found


def _words(error: Exception) -> str:
    """Return what is wrong with the line to Yahoo; `CurlSession` has errors of its own."""
    return next((words for kind, words in _LINE.items() if isinstance(error, kind)), None) or why(error)


def _date(moment: int, zone: ZoneInfo) -> int:
    return days_since_epoch(datetime.fromtimestamp(moment, zone).date())


def _malformed(error: Exception) -> MalformedAnswerError:
    return MalformedAnswerError(f"yahoo's answer is not understood: {type(error).__name__}: {str(error)[:100]}")
