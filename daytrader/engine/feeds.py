"""Where bars come from: what every feed does, and stored bars, replayed as if they happened now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from daytrader.engine.runner import Fence, NoFence
from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import STATES_AT_WORK
from daytrader.models.trading_service import TradingService
from daytrader.services import data_feed, feed_positions, price_service
from daytrader.services.feed_positions import REPLAY_FEED, UnreadablePositionError
from daytrader.services.session_manager import SessionManager, in_unit


@dataclass(frozen=True, slots=True)
class Tick:
    """
    One market time, the bars that are complete at it, and how many such times a second are wanted (0: no limit).

    *complete_at* is when the last of them was complete by the clock on the wall; None in a replay, where that is now.
    """

    time: datetime
    bars: Sequence[tuple[StockBars, int]]
    speed: float
    complete_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """
    Where a feed is: its *name*, *provider* and last market time, the bars a second wanted, and what is wrong.

    *stale* is how many stocks, at each interval, have no prices that are current.
    """

    name: str | None
    position: datetime | None
    speed: float | None = None
    provider: str | None = None
    error: str | None = None
    stale: int = 0


class Feed(Protocol):
    """What the engine takes its bars from, one market time after the other."""

    fence: Fence
    """Asked in each unit of work in which the feed writes: only the engine that trades may."""

    @property
    def has_looked(self) -> bool:
        """Whether dividends and splits have been asked for since the start: what goes to an account waits for that."""

    def start(self) -> None:
        """Begin to gather bars, where that takes a thread of its own."""
        ...

    def stop(self) -> None:
        """Gather no more."""
        ...

    def next(self) -> Tick | None:
        """Return the next market time and its bars, None when there is none; never one that is `done`."""
        ...

    def done(self, tick: Tick) -> None:
        """Keep the position: every service has had the bars of *tick*."""
        ...

    def bars_of(self, stock_id: int, interval: int) -> StockBars:
        """Return the stored bars of one stock at one interval."""
        ...

    def forget(self, stock_ids: Collection[int] | None = None) -> None:
        """Read stored bars, only those of *stock_ids* where given, again when they are next needed."""
        ...

    def status(self) -> FeedStatus:
        """Return where the feed is."""
        ...


@dataclass(slots=True)
class ReplayFeed:
    """
    Walks the stored bars of every stock that a service trades, one market time after the other.

    Its position is kept in the database, so that a second start goes on where the first one was. Bars are read when
    their stock first turns up; `forget` reads them again.
    """

    fence: Fence = field(default_factory=NoFence)
    has_looked: bool = True
    _stored: dict[tuple[int, int], StockBars] = field(default_factory=dict)

    def start(self) -> None:
        """Do nothing: what is stored is there."""

    def stop(self) -> None:
        """Do nothing."""

    def status(self) -> FeedStatus:
        """Return the stored position; no name where nobody has asked for a replay."""
        try:
            with SessionManager(read_only=True) as session:
                cursor = feed_positions.replay(session)
        except UnreadablePositionError as error:
            return FeedStatus(REPLAY_FEED, None, error=str(error))
        if cursor is None:
            return FeedStatus(None, None)
        return FeedStatus(REPLAY_FEED, cursor.position, cursor.bars_per_second)

    def next(self) -> Tick | None:
        """Return the market time after the position, None when there is none, or no bar after it."""
        with SessionManager(read_only=True) as session:
            cursor = feed_positions.replay(session)
            if cursor is None:
                return None
            stocks = [self._stock(session, *key) for key in wanted(session)]
        starts_at = cursor.starts_at
        rows = [(stock, stock.row_after(cursor.position)) for stock in stocks]
        if cursor.position is None and starts_at is not None:
            rows = [(stock, stock.row_from(starts_at)) for stock in stocks]
        waiting = [(stock, row) for stock, row in rows if row < stock.bars.n]
        if not waiting:
            return None
        time = min(stock.time(row) for stock, row in waiting)
        return Tick(time, [(stock, row) for stock, row in waiting if stock.time(row) == time], cursor.bars_per_second)

    def done(self, tick: Tick) -> None:
        """Keep the position: every service has had the bars of *tick*."""

        def unit(session: Session) -> None:
            self.fence.require(session)
            cursor = feed_positions.replay(session)
            if cursor is not None:
                cursor.position = tick.time
            data_feed.announce(session, tick.time, [(stock.stock_id, stock.interval) for stock, _ in tick.bars])

        in_unit(unit)

    def bars_of(self, stock_id: int, interval: int) -> StockBars:
        """Return the stored bars of one stock at one interval."""
        with SessionManager(read_only=True) as session:
            symbol = session.scalars(
                select(TradingService.stock_symbol).where(TradingService.stock_id == stock_id)
            ).first()
            return self._stock(session, stock_id, interval, symbol or "")

    def forget(self, stock_ids: Collection[int] | None = None) -> None:
        """Read stored bars again when they are next needed: prices have been imported."""
        self._stored = remembered(self._stored, stock_ids)

    def _stock(self, session: Session, stock_id: int, interval: int, symbol: str) -> StockBars:
        key = (stock_id, interval)
        if key not in self._stored:
            bars = price_service.load_bars(session, stock_id, interval)
            self._stored[key] = StockBars(stock_id, symbol, interval, bars)
        return self._stored[key]


def remembered(
    stored: Mapping[tuple[int, int], StockBars], stock_ids: Collection[int] | None
) -> dict[tuple[int, int], StockBars]:
    """Return what of *stored* (by stock id and interval) is left without *stock_ids*; nothing where they are None."""
    return {} if stock_ids is None else {key: bars for key, bars in stored.items() if key[0] not in stock_ids}


def wanted(session: Session) -> list[tuple[int, int, str]]:
    """Return (stock id, interval, symbol) of every stock that a service trades or holds."""
    query = (
        select(TradingService.stock_id, TradingService.interval, TradingService.stock_symbol)
        .where(
            TradingService.stock_id.is_not(None),
            or_(TradingService.state.in_(STATES_AT_WORK), TradingService.current_shares > 0),
        )
        .distinct()
        .order_by(TradingService.stock_id, TradingService.interval)
    )
    return [(stock_id or 0, interval, symbol) for stock_id, interval, symbol in session.execute(query)]
