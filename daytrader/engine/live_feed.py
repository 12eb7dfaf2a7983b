"""Bars as they happen: whoever gathers them stores them, and here they come in order, each once, or are refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple, Protocol

import numpy as np
import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daytrader.engine import bar_journal
from daytrader.engine.feeds import FeedStatus, Tick, wanted
from daytrader.engine.runner import Fence, NoFence
from daytrader.engine.stock_bars import StockBars
from daytrader.models.trading_service import TradingService
from daytrader.services import (
    data_feed,
    decision_journal,
    feed_positions,
    market_calendar,
    price_service,
    system_events,
)
from daytrader.services.events import events
from daytrader.services.feed_positions import UnreadablePositionError
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.services.system_events import Severity
from daytrader.utils.current_datetime import get_current_datetime

logger = structlog.get_logger(__name__)

PREFIX: Final = "live"
"""What the names of the positions begin with: one for each stock and interval."""


class Key(NamedTuple):
    """One stock at one interval."""

    stock_id: int
    interval: int
    symbol: str


class Collector(Protocol):
    """Gathers bars and stores them; calls *on_bars* with the keys that have new ones."""

    provider: str
    error: str | None
    fence: Fence
    has_looked: bool
    """Whether its first round of questions has ended."""

    @property
    def stale(self) -> int:
        """How many stocks, at each interval, have no prices that are current."""
        ...

    def start(self, on_bars: Callable[[Key], None]) -> None:
        """Begin, in a thread of its own."""
        ...

    def stop(self) -> None:
        """End, and wait for the thread."""
        ...


@dataclass(frozen=True, slots=True)
class _Due:
    key: Key
    stock: StockBars
    row: int
    missing: tuple[datetime, ...]


class LiveFeed:
    """
    The stored bars of every stock that a service trades, in order, once they are complete.

    Each stock and interval has a position of its own in the database. A bar that was missed while no engine ran is
    taken as if it had been there; what is too old for services at a real broker, `LiveBar` says. One that comes later
    than its own length (at least a minute) while the engine runs is taken without a decision, and one that does not
    come before the next is given up; both with the reason in the journal.

    Args:
        name: What the feed is called.
        collector: Who gathers the bars.
        clock: What time it is.
        settling: How long after the bell a daily bar is taken as final.
    """

    def __init__(
        self,
        name: str,
        collector: Collector,
        *,
        clock: Callable[[], datetime] = get_current_datetime,
        settling: timedelta = market_calendar.SETTLING,
    ) -> None:
        self._name = name
        self._collector = collector
        self._clock = clock
        self._settling = settling
        self._stored: dict[tuple[int, int], StockBars] = {}
        self._generation = 0
        self._trouble: str | None = None  # with a position
        self._unreadable: set[str] = set()  # the positions of which it was told
        self._started_at = clock()
        self.fence = NoFence()

    @property
    def fence(self) -> Fence:
        """What is asked in each unit of work in which the feed, or who gathers for it, writes."""
        return self._fence

    @fence.setter
    def fence(self, fence: Fence) -> None:
        self._fence = self._collector.fence = fence

    @property
    def has_looked(self) -> bool:
        """Whether dividends and splits have been asked for."""
        return self._collector.has_looked

    def start(self) -> None:
        """Begin to gather bars; what was complete before has been missed, and is taken first."""
        self._started_at = self._clock()
        self._collector.start(self.renew)

    def stop(self) -> None:
        """Gather no more."""
        self._collector.stop()

    def next(self) -> Tick | None:
        """Return the earliest market time that some stock has not had, None where no complete bar waits."""
        now = self._clock()
        with SessionManager(read_only=True) as session:
            keys = [Key(*key) for key in wanted(session)]
            positions, unreadable = feed_positions.of_all(session, PREFIX)
        self._tell_of_junk(keys, unreadable)
        self._trouble = next(iter(unreadable.values()), None) or _ahead(keys, positions, now)
        keys = [key for key in keys if _name_of(key) not in unreadable]
        due = [found for key in keys if (found := self._due(key, positions.get(_name_of(key)), now)) is not None]
        if not due:
            return None
        time = min(found.stock.time(found.row) for found in due)
        together = [found for found in due if found.stock.time(found.row) == time]
        for found in together:
            self._give_up(found)
        complete = max(
            self._complete_at(found.stock.bars.time[found.row :][:1], found.key.interval) for found in together
        )
        bars = [(self._judged(found, now), found.row) for found in together]
        return Tick(time, bars, 0, datetime.fromtimestamp(complete, UTC))

    def done(self, tick: Tick) -> None:
        """Keep the position of each stock in *tick*."""

        def unit(session: Session) -> None:
            self.fence.require(session)
            for stock, _ in tick.bars:
                feed_positions.keep(session, _name_of(Key(stock.stock_id, stock.interval, stock.symbol)), tick.time)
            data_feed.announce(session, tick.time, [(stock.stock_id, stock.interval) for stock, _ in tick.bars])

        in_unit(unit)

    def bars_of(self, stock_id: int, interval: int) -> StockBars:
        """Return the stored bars of one stock at one interval."""
        with SessionManager(read_only=True) as session:
            symbol = session.scalars(
                select(TradingService.stock_symbol).where(TradingService.stock_id == stock_id)
            ).first()
        return self._bars(Key(stock_id, interval, symbol or ""))

    def forget(self, stock_ids: Collection[int] | None = None) -> None:
        """Read stored bars, only those of *stock_ids* where given, again when they are next needed."""
        self._generation += 1
        for key in list(self._stored):
            if stock_ids is None or key[0] in stock_ids:
                self._stored.pop(key, None)

    def renew(self, key: Key) -> None:
        """Read the bars of *key* again when they are next needed."""
        self._generation += 1
        self._stored.pop((key.stock_id, key.interval), None)

    def status(self) -> FeedStatus:
        """Return whose bars they are, the last market time that was taken and what is wrong with the provider."""
        with SessionManager(read_only=True) as session:
            position = feed_positions.newest(session, PREFIX)
        collector = self._collector
        return FeedStatus(
            self._name,
            position,
            provider=collector.provider,
            error=collector.error or self._trouble,
            stale=collector.stale + len(self._unreadable),
        )

    def _due(self, key: Key, position: datetime | None, now: datetime) -> _Due | None:
        if position is None:
            position = self._begin(key, now)
        stock = self._bars(key)
        row = stock.row_after(position)
        if row >= stock.bars.n:
            return None
        start = stock.bars.time[row : row + 1]
        if self._complete_at(start, key.interval) > now.timestamp():
            return None
        after = int(position.timestamp())
        between = market_calendar.complete_bars(after, now, key.interval, settling=self._settling)
        between = between[between < start[0]]
        ends = market_calendar.complete_at(between, key.interval, settling=self._settling)
        missing = between[ends >= self._began]
        return _Due(key, stock, row, tuple(datetime.fromtimestamp(at, UTC) for at in missing.tolist()))

    def _begin(self, key: Key, now: datetime) -> datetime:
        """Return where a stock that had no position begins: with the next bar, or where its services stopped."""

        def unit(session: Session) -> datetime:
            self.fence.require(session)
            services = select(func.min(TradingService.last_bar_time)).where(
                TradingService.stock_id == key.stock_id,
                TradingService.interval == key.interval,
                ~decision_journal.is_astray(),
            )
            newest = market_calendar.last_complete_bar(now, key.interval, settling=self._settling)
            position = session.scalar(services) or datetime.fromtimestamp(newest, UTC)
            feed_positions.keep(session, _name_of(key), position)
            return position

        return in_unit(unit)

    def _give_up(self, found: _Due) -> None:
        """Journal what did not come, and what a service is too young for."""
        key = found.key
        is_missed = self._complete_at(found.stock.bars.time[found.row : found.row + 1], key.interval) < self._began
        if not (found.missing or is_missed):
            return

        def unit(session: Session) -> None:
            self.fence.require(session)
            bar_journal.refuse(session, key.stock_id, key.interval, found.missing, "no bar came before the next one")
            if is_missed:
                newest = market_calendar.last_complete_bar(self._started_at, key.interval, settling=self._settling)
                bar_journal.refuse(
                    session,
                    key.stock_id,
                    key.interval,
                    [datetime.fromtimestamp(newest, UTC)],
                    "nothing was decided before the engine was down: it begins with the next bar",
                    is_undecided_only=True,
                )

        in_unit(unit)

    @property
    def _began(self) -> int:
        return int(self._started_at.timestamp())

    def _judged(self, found: _Due, now: datetime) -> StockBars:
        end = self._complete_at(found.stock.bars.time[found.row : found.row + 1], found.key.interval)
        late = now.timestamp() - end
        if end < self._began or late <= market_calendar.longest_delay(found.key.interval).total_seconds():
            return found.stock
        reason = f"the bar came {late / 60:.0f} minutes late: {decision_journal.STALE}"
        logger.warning("stale bar", symbol=found.key.symbol, interval=found.key.interval, seconds=late)
        return replace(found.stock, refusals={found.row: reason})

    def _tell_of_junk(self, keys: Sequence[Key], unreadable: Mapping[str, str]) -> None:
        """Say once whose position cannot be read, and once that it can be again."""
        now = {_name_of(key) for key in keys} & unreadable.keys()
        told = []
        for key in keys:
            name = _name_of(key)
            if name in now - self._unreadable:
                logger.error(
                    "a position cannot be read", symbol=key.symbol, interval=key.interval, why=unreadable[name]
                )
                words = f"No bar of {key.symbol} is taken, for stops neither: {unreadable[name]}"
                told.append(system_events.notification(Severity.WARNING, "feed", words))
            elif name in self._unreadable - now:
                told.append(system_events.notification(Severity.INFO, "feed", f"Bars of {key.symbol} are taken again"))
        for event in told:
            in_unit(partial(events.record, event=event))
        self._unreadable = now

    def _complete_at(self, start: np.ndarray, interval: int) -> int:
        return int(market_calendar.complete_at(start, interval, settling=self._settling)[0])

    def _bars(self, key: Key) -> StockBars:
        place = (key.stock_id, key.interval)
        found = self._stored.get(place)
        if found is None:
            generation = self._generation
            with SessionManager(read_only=True) as session:
                bars = price_service.load_bars(session, key.stock_id, key.interval)
            found = StockBars(key.stock_id, key.symbol, key.interval, bars)
            if generation == self._generation:  # else newer ones were stored while these were read
                self._stored[place] = found
        return found


def position_of(session: Session, key: Key) -> datetime | None:
    """Return the last bar of *key* that services have had, None before the first and where that cannot be read."""
    try:
        return feed_positions.position_of(session, _name_of(key))
    except UnreadablePositionError:
        return None  # no bar is taken meanwhile, and whoever takes them tells why


def _name_of(key: Key) -> str:
    return f"{PREFIX}:{key.stock_id}:{key.interval}"


def _ahead(keys: Sequence[Key], positions: Mapping[str, datetime | None], now: datetime) -> str | None:
    """Return what to say where a stock has had bars that are still to come: somebody wrote there, or set a clock."""
    for key in keys:
        at = positions.get(_name_of(key))
        if at is not None and at > now:
            return f"{key.symbol}: its last bar is of {at:%Y-%m-%d %H:%M} UTC, none is taken before"
    return None
