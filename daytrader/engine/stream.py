"""Minute bars as they are sent, coarser ones made of them, and whatever was not sent asked for."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import numpy as np
import structlog

from daytrader.engine.asked_bars import put_together
from daytrader.engine.feeds import wanted
from daytrader.engine.live_feed import Key
from daytrader.engine.poll import AGAIN_SECONDS, PollCollector
from daytrader.services import market_calendar, price_service
from daytrader.services.data_providers.base import DataProvider, PriceSeries
from daytrader.services.data_providers.errors import ClockError, MalformedAnswerError, ProviderError
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import DayTraderError

logger = structlog.get_logger(__name__)

GRACE: Final = timedelta(seconds=5)
"""How long a bar that was not sent is waited for before it is asked for."""
_KEPT_MINUTES: Final = 120
_COLUMNS: Final = ("open", "high", "low", "close", "volume")


class Stream(Protocol):
    """A connection that sends minute bars and is made again when it is lost (see `AlpacaStream`)."""

    def listen(
        self,
        symbols: Callable[[], list[str]],
        on_connected: Callable[[], None],
        on_bar: Callable[[PriceSeries], None],
        on_failure: Callable[[ProviderError], None],
        stopping: threading.Event,
    ) -> None:
        """Call *on_bar* with each minute until *stopping* is set."""
        ...


class StreamCollector(PollCollector):
    """
    Stores the bars that *stream* sends; *provider* fills what was not sent, and gives daily bars.

    A bar is stored only when those before it are, or the provider has said that there are none: a lost connection
    makes no gap. A coarser bar is made of sent minutes when all of it was heard, else it is asked for.
    """

    def __init__(
        self,
        provider: DataProvider,
        stream: Stream,
        *,
        clock: Callable[[], datetime] = get_current_datetime,
        settling: timedelta = market_calendar.SETTLING,
    ) -> None:
        super().__init__(provider, clock=clock, settling=settling, grace=GRACE)
        self._stream = stream
        self._heard_since: dict[str, float] = {}  # by symbol: when it was subscribed, in the connection that there is
        self._minutes: dict[str, PriceSeries] = {}
        self._listener: threading.Thread | None = None
        self._loss: str | None = None

    def start(self, on_bars: Callable[[Key], None]) -> None:
        """Begin to listen and to ask."""
        super().start(on_bars)
        self._listener = threading.Thread(target=self._listen, args=(self._stopping,), name="stream", daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """End both."""
        super().stop()
        if self._listener is not None:
            self._listener.join(1.0)

    def connected(self) -> None:
        """Take note that bars are heard from now on, and not what was sent before."""
        self._heard_since.clear()
        self._minutes.clear()
        self._loss = None

    def lost(self, failure: ProviderError) -> None:
        """Take note that nothing is heard."""
        self._loss = str(failure)

    @property
    def error(self) -> str | None:
        """What is wrong with the provider, else with the stream."""
        return self._error or self._loss

    @error.setter
    def error(self, words: str | None) -> None:
        self._error = words

    def heard(self, minute: PriceSeries) -> None:
        """Store the bars that *minute*, one bar, completes."""
        now = self._clock()
        minutes = self._with(minute)
        if not self.fence.is_held:
            return  # the engine that trades hears it, too
        with SessionManager(read_only=True) as session:
            keys = [Key(*key) for key in wanted(session) if key[2] == minute.symbol and key[1] != DAILY]
        for key in keys:
            bar = _bar_of(put_together(minutes, key.interval), int(minute.time[0]))
            if bar is None or (key.interval > 1 and bar.time[0] < self._heard_since.get(key.symbol, math.inf)):
                continue  # it is not complete, or its beginning was not heard
            try:
                self._check_clock(bar, now)
            except ClockError as error:
                self._failed(key, error, now)
                continue
            if self._has_all_before(key, int(bar.time[0]), now):
                self._take(key, bar, now)

    def _listen(self, stopping: threading.Event) -> None:
        """Listen until the end, whatever raises: what was not stored meanwhile is asked for."""
        while not stopping.is_set():
            try:
                self._stream.listen(self._symbols, self.connected, self.heard, self.lost, stopping)
            except Exception as error:  # the listener's edge: what is broken is said, and tried again
                logger.exception("stream failed")
                self.lost(MalformedAnswerError(f"the stream fails: {type(error).__name__}: {error}"))
                stopping.wait(AGAIN_SECONDS)

    def _with(self, minute: PriceSeries) -> PriceSeries:
        """Return the last minutes of the stock, *minute* among them."""
        known = self._minutes.get(minute.symbol)
        joined = minute
        if known is not None:
            joined = PriceSeries.of(
                minute.symbol,
                np.concatenate([known.time, minute.time]),
                [np.concatenate([getattr(known, name), getattr(minute, name)]) for name in _COLUMNS],
                provider=minute.provider,
                interval=1,
                source=minute.source,
            )
        self._minutes[minute.symbol] = joined.where(slice(-_KEPT_MINUTES, None))
        return self._minutes[minute.symbol]

    def _has_all_before(self, key: Key, start: int, now: datetime) -> bool:
        """Return whether all bars before *start* are stored, or the provider, asked now, has no others."""
        with SessionManager(read_only=True) as session:
            newest = price_service.last_price(session, key.stock_id, key.interval, as_of=now)
        if newest is None:
            return False  # a stock's history comes first
        last = int(newest.bar_time.timestamp())
        before = market_calendar.complete_bars(last, now, key.interval, settling=self._settling)
        if not np.any(before < start):
            return True
        answer = self._ask(key, newest.bar_time, now)
        if isinstance(answer, DayTraderError):
            self._failed(key, answer, now)
            return False
        self._take(key, answer, now)
        return True

    def _symbols(self) -> list[str]:
        """Return whose minutes are wanted; each is heard from when the stream, which subscribes it then, first asks."""
        with SessionManager(read_only=True) as session:
            symbols = sorted({symbol for _, interval, symbol in wanted(session) if interval != DAILY})
        now = self._clock().timestamp()
        for symbol in symbols:
            self._heard_since.setdefault(symbol, now)
        return symbols


def _bar_of(series: PriceSeries, moment: int) -> PriceSeries | None:
    """Return the bar of *series* that *moment* lies in, None where there is none yet."""
    row = int(np.searchsorted(series.time, moment, side="right")) - 1
    if row < 0 or moment >= series.time[row] + series.interval * 60:
        return None
    return series.where(slice(row, row + 1))
