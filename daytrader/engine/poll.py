"""Asks a provider for each bar once the exchange's calendar says that it is complete, and stores what is sound."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import structlog
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from daytrader.core.bars import RefusedBar
from daytrader.engine import bar_journal
from daytrader.engine.asked_bars import complete_bars, put_together, sift
from daytrader.engine.event_questions import EventQuestions, stocks_at_brokers
from daytrader.engine.feeds import wanted
from daytrader.engine.live_feed import Key, position_of
from daytrader.engine.price_supply import PriceSupply
from daytrader.engine.runner import Fence, NoFence
from daytrader.services import corporate_action_service, market_calendar, price_service
from daytrader.services.data_providers.base import DataProvider, PriceSeries
from daytrader.services.data_providers.errors import ClockError, MalformedAnswerError
from daytrader.services.price_upsert import OnConflict, upsert
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import DayTraderError, InvalidInputError, LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

LARGEST_SKEW: Final = timedelta(seconds=60)
"""How far this machine's clock may be off before nothing is traded."""
_LOOK_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 5.0
"""Until a bar that has not come is asked for again, and what has failed is begun again."""
_SILENCE: Final = timedelta(minutes=15)  # without a bar, while there should be some: a minute may be without a trade
_DAILY_SILENCE: Final = timedelta(hours=1)
_SELDOM_SECONDS: Final = 300.0  # between two questions for a bar that has not come for as long as that
_AT_ONCE: Final = 8
_BACKFILL_DAYS: Final = {DAILY: 730, 1: 5}
_BACKFILL_INTRADAY_DAYS: Final = 50
_SECONDS: Final = 86_400
_LEAST_CHANGE: Final = 1e-6


class PollCollector:
    """
    Polls *provider* for every stock that a service trades.

    `collect` is one round; `start` has a thread of its own do it every second. A round asks only for bars that the
    calendar says are complete and that are not stored. What it gets is judged: bars that are still growing or lie
    outside of the session are left out, those that are not sound are refused, with the reason in the journal of the
    services that waited for them.

    Args:
        provider: Who is asked.
        clock: What time it is.
        settling: How long after the bell a daily bar is asked for.
        grace: How long after its end any bar is asked for.
    """

    error: str | None
    fence: Fence
    has_looked: bool

    def __init__(
        self,
        provider: DataProvider,
        *,
        clock: Callable[[], datetime] = get_current_datetime,
        settling: timedelta = market_calendar.SETTLING,
        grace: timedelta = timedelta(),
    ) -> None:
        self.provider = provider.name
        self.error = None
        self.fence = NoFence()
        self.has_looked = False
        self._grace = grace
        self._hand = threading.Lock()  # held while bars are stored
        self._source = provider
        self._clock = clock
        self._settling = settling
        self._supply = PriceSupply(provider.name)
        self._events = EventQuestions(provider)
        self._on_bars: Callable[[Key], None] = lambda _key: None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_bars: Callable[[Key], None]) -> None:
        """Begin to poll; *on_bars* is called with what has new bars."""
        self._on_bars = on_bars
        self.has_looked = False
        self._stopping.set()
        self._stopping = threading.Event()  # one of its own: whoever is slow to end goes by the one before
        self._thread = threading.Thread(target=self._run, args=(self._stopping,), name="feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a question on its way is not waited for longer than a moment."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_LOOK_SECONDS)

    def collect(self) -> int:
        """Ask once for whatever is due, store it, and return how many stocks got bars."""
        now = self._clock()
        with SessionManager(read_only=True) as session:
            keys = [Key(*key) for key in wanted(session)]
            due = [(key, since) for key in keys if (since := self._due(session, key, now)) is not None]
            early = [Key(stock_id, DAILY, symbol) for stock_id, symbol in stocks_at_brokers(session)]
        if self._supply.forget_all_but({*keys, *early}):
            self.error = self._supply.words
        early = [key for key in early if self._events.is_due(key.stock_id, now) and self._supply.may_ask(key, now)]
        if not (due or early) or self._supply.is_closed(now):
            return 0
        gained = 0
        with ThreadPoolExecutor(min(_AT_ONCE, len(due) + len(early)), "provider") as pool:
            asked = {pool.submit(self._ask, key, since, now): (key, True) for key, since in due}
            asked |= {pool.submit(self._ask_events, key, now): (key, False) for key in early}
            for answered in as_completed(asked):  # one that comes late holds up no other's bar
                answer, (key, is_of_bars) = answered.result(), asked[answered]
                if isinstance(answer, Exception):
                    self._failed(key, answer, now)
                else:
                    gained += self._take(key, answer, now, is_of_bars=is_of_bars)
        return gained

    @property
    def stale(self) -> int:
        """How many stocks, at each interval, have no prices that are current: none come, or only errors."""
        return self._supply.stale

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.wait(_LOOK_SECONDS):
            if not self.fence.is_held:
                self.has_looked = False
                continue  # the engine that trades asks
            try:
                self.collect()
            except Exception as error:  # the feed's edge: what is broken is said, and tried again
                logger.exception("feed failed")
                self.error = f"{type(error).__name__}: {error}"
                stopping.wait(AGAIN_SECONDS)
            if stopping.is_set():
                return
            self.has_looked = True  # or failed to: what protects at a broker does not wait for ever

    def _due(self, session: Session, key: Key, now: datetime) -> datetime | None:
        """Return since when bars of *key* are to be asked for, None where all that are complete are there."""
        if not self._supply.may_ask(key, now):
            return None
        newest = price_service.last_price(session, key.stock_id, key.interval, as_of=now)
        if newest is None:
            days = _BACKFILL_DAYS.get(key.interval, _BACKFILL_INTRADAY_DAYS)
            return now - timedelta(days=days)
        last = int(newest.bar_time.timestamp())
        if last >= self._last_complete(key, now - self._grace):
            return None
        return newest.bar_time  # the last one too: it may have been corrected

    def _ask(self, key: Key, since: datetime, now: datetime) -> PriceSeries | DayTraderError:
        return self._answer(key, lambda: self._bars(key, since, now))

    def _ask_events(self, key: Key, now: datetime) -> PriceSeries | DayTraderError:
        """Return the recent dividends and splits of a stock, without bars."""
        return self._answer(
            key,
            lambda: PriceSeries.of(
                key.symbol,
                (),
                [()] * 5,
                provider=self.provider,
                events=self._events.ask(key.stock_id, key.symbol, now),
            ),
        )

    def _bars(self, key: Key, since: datetime, now: datetime) -> PriceSeries:
        interval = self._asked(key.interval)
        series = self._source.latest(key.symbol, interval, since)
        self._check_clock(series, now)
        if key.interval == DAILY:
            return series
        events = self._events.ask(key.stock_id, key.symbol, now) or series.events
        return replace(put_together(series, key.interval), events=events)

    def _answer(self, key: Key, ask: Callable[[], PriceSeries]) -> PriceSeries | DayTraderError:
        try:
            return ask()
        except DayTraderError as error:
            return error
        except Exception as error:  # another package's provider: what it raises is its failure, not the feed's
            logger.exception("provider failed", provider=self.provider, symbol=key.symbol)
            return MalformedAnswerError(f"{self.provider} fails: {type(error).__name__}: {error}")

    def _asked(self, interval: int) -> int:
        """Return the interval to ask for: the coarsest that the wanted bars can be made of."""
        offered = self._source.capabilities.intervals
        if interval in offered:
            return interval
        finer = [minutes for minutes in offered if minutes and interval and interval % minutes == 0]
        if not finer:
            raise InvalidInputError({"interval": [f"{self.provider} has no bars of {interval or 'a day'}"]})
        return max(finer)

    def _check_clock(self, series: PriceSeries, now: datetime) -> None:
        skew = self._source.clock_skew()
        if skew is not None and abs(skew) > LARGEST_SKEW:
            ahead = "ahead of" if skew > timedelta() else "behind"
            minutes = abs(skew).total_seconds() / 60
            raise ClockError(f"this machine's clock is {minutes:.0f} minutes {ahead} {self.provider}'s")
        if series.interval != DAILY and series.time.size:
            lead = float(series.time[-1]) - now.timestamp()
            if lead > LARGEST_SKEW.total_seconds():
                raise ClockError(f"{self.provider} has a bar that begins in {lead / 60:.0f} minutes: a clock is wrong")

    def _take(self, key: Key, series: PriceSeries, now: datetime, *, is_of_bars: bool = True) -> int:
        """
        Store the sound bars of *series* and journal the others; return 1 where there was a new one.

        Without *is_of_bars* none were asked for.

        An engine that stands by stores nothing: the one that trades asks, too.
        """
        with self._hand:
            try:
                return self._store(key, series, now, is_of_bars=is_of_bars)
            except LostLeaseError:
                return 0
            except (UnavailableError, OperationalError, InternalError):
                raise  # the database's trouble is no provider's fault
            except Exception as error:  # what one stock's answer breaks must not keep the others' from being stored
                logger.exception("bars not stored", provider=self.provider, symbol=key.symbol)
                why = f"what {self.provider} says cannot be stored: {type(error).__name__}: {error}"
                self._failed(key, MalformedAnswerError(why), now)
                return 0

    def _store(self, key: Key, series: PriceSeries, now: datetime, *, is_of_bars: bool) -> int:
        complete = complete_bars(series, now, self._settling)
        bars = sift(complete)
        sound = complete.where(np.isin(complete.time, bars.time))

        def unit(session: Session) -> tuple[int, int]:
            self.fence.require(session)
            newest = price_service.last_price(session, key.stock_id, key.interval, as_of=now)
            before = 0 if newest is None else int(newest.bar_time.timestamp())
            self._refuse_unsound(session, key, bars.refused)
            self._refuse_late(session, key, sound)
            if sound.time.size:
                upsert(
                    session,
                    price_service.bar_table(key.stock_id, sound),
                    source=sound.source,
                    on_conflict=OnConflict.UPDATE,
                )
            past = [event for event in series.events if event.session <= now.timestamp() // _SECONDS]
            corporate_action_service.record(session, key.stock_id, past, source=series.provider)
            return before, max(before, int(sound.time[-1])) if sound.time.size else before

        before, last = in_unit(unit)
        if sound.time.size:
            self._on_bars(key)
        if is_of_bars:
            pause = 0.0 if last > before else self._pause(key, now)
            self._succeeded(key, now, pause, silence=self._silence(key, last, now))
        elif self._supply.is_failing(key):  # perhaps the bars, which may be due
            self._succeeded(key, now, AGAIN_SECONDS, silence=None)
        return int(last > before)

    def _silence(self, key: Key, last: int, now: datetime) -> str | None:
        """Return what to say where the newest bar, *last* (0: none), is older than what should have come long ago."""
        if last >= self._last_complete(key, now - _patience(key.interval)):
            return None
        if key.interval != DAILY and last:  # the last minutes of a session may be without a trade, too
            missing = market_calendar.complete_bars(last, now, key.interval)
            if missing.size * timedelta(minutes=key.interval) < _SILENCE:
                return None
        since = f" since that of {datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M} UTC" if last else ""
        length = f"{key.interval} minutes" if key.interval else "a day"
        return f"{self.provider} answers, but has no sound bar of {length}{since}"

    def _last_complete(self, key: Key, moment: datetime) -> int:
        return market_calendar.last_complete_bar(moment, key.interval, settling=self._settling)

    def _pause(self, key: Key, now: datetime) -> float:
        """Return for how many seconds not to ask again: after a session without its last bar, mostly until the next."""
        asked = now - self._grace
        if self._last_complete(key, asked - _patience(key.interval)) < self._last_complete(key, asked):
            return AGAIN_SECONDS
        following = market_calendar.next_completion(asked, key.interval, settling=self._settling)
        return min(_SELDOM_SECONDS, following - asked.timestamp())

    def _refuse_unsound(self, session: Session, key: Key, refused: Sequence[RefusedBar]) -> None:
        position = position_of(session, key)
        for bar in refused:
            moment = datetime.fromtimestamp(bar.time, UTC)
            if position is not None and moment > position:
                logger.warning("bar refused", symbol=key.symbol, interval=key.interval, bar=moment, why=bar.reason)
                bar_journal.refuse(session, key.stock_id, key.interval, [moment], f"the bar is refused: {bar.reason}")

    def _refuse_late(self, session: Session, key: Key, sound: PriceSeries) -> None:
        """Say of bars that services have gone past, and that are new or other than before, that they are history."""
        position = position_of(session, key)
        if position is None or not sound.time.size:
            return
        first = datetime.fromtimestamp(int(sound.time[0]), UTC)
        known = price_service.load_bars(session, key.stock_id, key.interval, since=first)
        place = {int(time): row for row, time in enumerate(known.time.tolist())}
        for row, time in enumerate(sound.time.tolist()):
            moment = datetime.fromtimestamp(time, UTC)
            if moment > position:
                break
            if time not in place:
                logger.warning("bar came too late", symbol=key.symbol, interval=key.interval, bar=moment)
            elif abs(known.close[place[time]] - sound.close[row]) >= _LEAST_CHANGE:
                logger.warning("bar corrected after its decision", symbol=key.symbol, interval=key.interval, bar=moment)

    def _failed(self, key: Key, error: Exception, now: datetime) -> None:
        self.error = self._supply.failed(key, error, now)

    def _succeeded(self, key: Key, now: datetime, pause: float, *, silence: str | None) -> None:
        self._supply.answered(key, not_before=now.timestamp() + pause if pause else 0.0, silence=silence)
        self.error = self._supply.words


def _patience(interval: int) -> timedelta:
    """Return how long after its end a bar may come before it counts as missing."""
    return _DAILY_SILENCE if interval == DAILY else max(_SILENCE, market_calendar.longest_delay(interval))
