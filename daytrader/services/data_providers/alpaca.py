"""Alpaca's market data, by its own client: raw prices, with dividends and splits as its corporate actions say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self, TypeVar

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from alpaca.data.enums import Adjustment as VendorAdjustment
from alpaca.data.enums import CorporateActionsType, DataFeed
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.requests import CorporateActionsRequest, StockBarsRequest
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit

from daytrader.config import Settings
from daytrader.core.bars import CorporateEvent, EventKind, snap_ratio
from daytrader.core.errors import InvalidParameterError
from daytrader.models.enums import PriceSource
from daytrader.services.data_providers.base import Adjustment, Capabilities, PriceSeries
from daytrader.services.data_providers.errors import (
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    UnknownSymbolError,
)
from daytrader.services.data_providers.http import VendorSession, failure
from daytrader.services.data_providers.resampled import resampled
from daytrader.services.market_calendar import EXCHANGE_ZONE
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import days_since_epoch
from daytrader.utils.errors import ConfigurationError
from daytrader.utils.timed_answers import why

T = TypeVar("T")

FIRST: Final = date(2016, 1, 1)
"""Since when Alpaca has prices."""

_DAY: Final = 86_400
_HOUR: Final = 60
_HALF_HOUR: Final = 30
_KINDS: Final = (
    CorporateActionsType.FORWARD_SPLIT,
    CorporateActionsType.REVERSE_SPLIT,
    CorporateActionsType.STOCK_DIVIDEND,
    CorporateActionsType.CASH_DIVIDEND,
)


class AlpacaProvider:
    """
    Bars of Alpaca's data API v2, asked for unadjusted, and the corporate actions of its API v1.

    Its client is kept from what it does by itself: it would try a refused request three times more, three seconds
    apart, and wait for an answer without end.

    Args:
        key: The key's id.
        secret: The key's secret.
        data_feed: ``iex`` or ``sip``.
        address: Of another server that speaks the same, for tests.
        allows_private: Whether that may be on a private network.
    """

    name = "alpaca"
    capabilities = Capabilities((DAILY, 1, 5, 15, 30, 60), Adjustment.RAW)

    def __init__(
        self, key: str, secret: str, *, data_feed: str = "iex", address: str = "", allows_private: bool = False
    ) -> None:
        if not (key and secret):
            raise ConfigurationError("DAYTRADER_ALPACA_KEY and DAYTRADER_ALPACA_SECRET must be set for Alpaca's prices")
        if data_feed not in {DataFeed.IEX.value, DataFeed.SIP.value}:
            raise ConfigurationError("DAYTRADER_ALPACA_DATA_FEED must be iex or sip")
        self._feed = DataFeed(data_feed)
        self._session = VendorSession(allows_private=allows_private)
        self._bars = StockHistoricalDataClient(key, secret, raw_data=True, url_override=address or None)
        self._actions = CorporateActionsClient(key, secret, raw_data=True, url_override=address or None)
        for client in (self._bars, self._actions):
            _tame(client, self._session)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """
        Return the provider with the installation's keys.

        Raises:
            ConfigurationError: If they are missing.
        """
        return cls(
            settings.alpaca_key,
            settings.alpaca_secret,
            data_feed=settings.alpaca_data_feed,
            address=settings.alpaca_data_url,
            allows_private=settings.private_providers,
        )

    def symbols(self) -> tuple[str, ...]:
        """Return nothing: there are thousands."""
        return ()

    def history(
        self, symbol: str, interval: int = DAILY, start: date | None = None, end: date | None = None
    ) -> PriceSeries:
        """
        Return the bars of the sessions from *start* (at first 2016) to *end*, both included.

        Raises:
            UnknownSymbolError: If Alpaca does not know *symbol*, or never had a price of it.
            ProviderError: If it refuses, cannot be reached or is not understood.
        """
        first = max(start or FIRST, FIRST)
        begin = datetime.combine(first, time(), EXCHANGE_ZONE)
        until = None if end is None else datetime.combine(end, time(23, 59, 59), EXCHANGE_ZONE)
        events = self._events(symbol, first, end) if interval == DAILY else []
        series = self._fetch(symbol, interval, begin, until, events)
        if start is None and not series.time.size:
            raise UnknownSymbolError(self.name, symbol[:20])
        return series

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the bars that start at or after *since*, of daily ones with the events since then."""
        if interval != DAILY:
            return self._fetch(symbol, interval, since, None, [])
        return self.history(symbol, interval, since.date())

    def clock_skew(self) -> timedelta | None:
        """Return how far this machine's clock was ahead of Alpaca's at the last answer."""
        return self._session.clock_skew

    def _fetch(
        self, symbol: str, interval: int, begin: datetime, until: datetime | None, events: Sequence[CorporateEvent]
    ) -> PriceSeries:
        # Alpaca's hours begin on the hour, ours at the opening bell.
        asked = _HALF_HOUR if interval == _HOUR else interval
        frame = TimeFrame(1, TimeFrameUnit.Day) if asked == DAILY else TimeFrame(asked, TimeFrameUnit.Minute)
        request = StockBarsRequest(
            symbol_or_symbols=symbol.upper(),
            timeframe=frame,
            start=begin,
            end=until,
            adjustment=VendorAdjustment.RAW,
            feed=self._feed,
        )
        answer = self._ask(symbol, lambda: self._bars.get_stock_bars(request))
        rows = _list(answer, symbol.upper())
        series = parse_bars(symbol.upper(), asked, rows, events)
        return resampled(series, interval) if interval != asked else series

    def _events(self, symbol: str, first: date, end: date | None) -> list[CorporateEvent]:
        request = CorporateActionsRequest(
            symbols=[symbol.upper()],
            types=list(_KINDS),
            start=first,
            end=end or get_current_datetime().astimezone(EXCHANGE_ZONE).date(),
        )
        answer = self._ask(symbol, lambda: self._actions.get_corporate_actions(request))
        found = []
        try:
            for kind in ("forward_splits", "reverse_splits"):
                found += [
                    _split(row["ex_date"], row["new_rate"], row["old_rate"]) for row in _own(answer, kind, symbol)
                ]
            # A dividend of 0.05 shares for each: as a split of 1.05.
            found += [_split(row["ex_date"], 1 + row["rate"], 1) for row in _own(answer, "stock_dividends", symbol)]
            found += _dividends(_own(answer, "cash_dividends", symbol))
        except (KeyError, TypeError, ValueError, InvalidOperation, InvalidParameterError) as error:
            raise _malformed(error) from error
        return found

    def _ask(self, symbol: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except APIError as error:
            response = error.response
            if response is None:
                raise NetworkError("alpaca did not answer") from error
            raise _meant(symbol, response) from error
        except requests.exceptions.JSONDecodeError as error:
            raise _malformed(error) from error
        except requests.exceptions.RequestException as error:
            raise NetworkError(f"alpaca cannot be reached: {why(error)}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Its client reads an answer without looking whether it is one.
            raise _malformed(error) from error


def _tame(client: RESTClient, session: VendorSession) -> None:
    """Let *client* ask once, through our session."""
    client._session = session
    client._retry = 0


def _meant(symbol: str, response: requests.Response) -> ProviderError | UnknownSymbolError:
    if response.status_code in {400, 404, 422} and "symbol" in response.text.lower():
        return UnknownSymbolError("alpaca", symbol[:20])
    return failure("alpaca", response.status_code, response.headers, response.text)


def _list(answer: object, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(answer, Mapping):
        raise _malformed(TypeError("no object"))
    rows = answer.get(name) or []
    if not isinstance(rows, list):
        raise _malformed(TypeError(f"{name} is no list"))
    return rows


def _own(answer: object, kind: str, symbol: str) -> list[Mapping[str, Any]]:
    """Return the corporate actions of *symbol*: another stock's split must not move this one's shares."""
    return [row for row in _list(answer, kind) if row["symbol"] == symbol.upper()]


def parse_bars(
    symbol: str, interval: int, rows: Sequence[Mapping[str, Any]], events: Sequence[CorporateEvent]
) -> PriceSeries:
    """
    Return bars as Alpaca has them, of its answers and its stream alike.

    Raises:
        MalformedAnswerError: If a row is no bar.
    """
    try:
        moments = [datetime.fromisoformat(row["t"]) for row in rows]
        columns = [[float(row[name]) for row in rows] for name in ("o", "h", "l", "c", "v")]
        times = [_label(moment, interval) for moment in moments]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(error) from error
    source = PriceSource.HISTORICAL if interval == DAILY else PriceSource.REAL_TIME
    return PriceSeries.of(
        symbol, times, columns, provider=AlpacaProvider.name, events=events, interval=interval, source=source
    )


def _label(moment: datetime, interval: int) -> int:
    """Return a bar's start; a daily bar is labelled by midnight in New York, in ours by midnight UTC of that date."""
    if interval == DAILY:
        return days_since_epoch(moment.astimezone(EXCHANGE_ZONE).date()) * _DAY
    return int(moment.astimezone(UTC).timestamp())


def _split(ex_date: str, new: float, old: float) -> CorporateEvent:
    numerator, denominator = snap_ratio(float(new) / float(old))
    return CorporateEvent(
        days_since_epoch(date.fromisoformat(ex_date)), EventKind.SPLIT, numerator=numerator, denominator=denominator
    )


def _dividends(rows: Sequence[Mapping[str, Any]]) -> list[CorporateEvent]:
    """Return one dividend for each ex-date: a special and a regular one may share it."""
    amounts: dict[str, Decimal] = {}
    for row in rows:
        amounts[row["ex_date"]] = amounts.get(row["ex_date"], Decimal(0)) + Decimal(str(row["rate"]))
    return [
        CorporateEvent(days_since_epoch(date.fromisoformat(day)), EventKind.DIVIDEND, amount=round(amount, 6))
        for day, amount in amounts.items()
    ]


def _malformed(error: Exception) -> MalformedAnswerError:
    return MalformedAnswerError(f"alpaca's answer is not understood: {type(error).__name__}: {str(error)[:100]}")
