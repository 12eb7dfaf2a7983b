"""An exchange that a test writes down, a clock that a test turns, and the real feed and runner between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from daytrader.brokers.paper import PaperBroker
from daytrader.core.bars import CorporateEvent
from daytrader.engine.live_feed import LiveFeed
from daytrader.engine.poll import PollCollector
from daytrader.engine.runner import Runner
from daytrader.models import TradeDecision, TradingService
from daytrader.services import ledger_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.data_providers.base import Capabilities, PriceSeries
from daytrader.services.market_calendar import SETTLING
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import clock
from tests.conftest import World
from tests.engine.builders import FLAT, PLAIN, Ohlc

BEFORE = "2024-01-02T14:36:30"
"""Tuesday, the bell has rung at 14:30 UTC: the first bar of five minutes is complete."""


def at(text: str) -> datetime:
    """Return an ISO moment, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Exchange:
    """A provider that has what a test gave it, in the order in which it was given."""

    name = "exchange"

    def __init__(self, *intervals: int) -> None:
        self.capabilities = Capabilities(intervals)
        self.rows: list[tuple[int, Ohlc]] = []
        self.events: list[CorporateEvent] = []
        self.skew: timedelta | None = None
        self.failure: Exception | None = None
        self.asked: list[tuple[str, int, datetime]] = []

    def give(self, moment: str, row: Ohlc = FLAT) -> None:
        """Let there be a bar that starts at *moment*."""
        self.rows.append((int(at(moment).timestamp()), row))

    def symbols(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def history(
        self,
        symbol: str,
        interval: int = 0,
        start: date | None = None,
        end: date | None = None,  # noqa: ARG002 (the protocol's)
    ) -> PriceSeries:
        """Return what `latest` would; daily questions within sessions are for events."""
        if interval not in self.capabilities.intervals:
            return PriceSeries.of(symbol, [], [[]] * 5, provider=self.name, events=self.events)
        return self.latest(symbol, interval, datetime.combine(start or date(2000, 1, 1), datetime.min.time(), UTC))

    def latest(self, symbol: str, interval: int, since: datetime) -> PriceSeries:
        """Return the given bars since *since*."""
        self.asked.append((symbol, interval, since))
        if self.failure is not None:
            raise self.failure
        rows = [(time, row) for time, row in self.rows if time >= since.timestamp()]
        columns = [list(column) for column in zip(*(row for _, row in rows), strict=True)] or [[]] * 4
        volume = [100.0] * len(rows)
        series = PriceSeries.of(
            symbol, [time for time, _ in rows], [*columns, volume], provider=self.name, interval=interval
        )
        return series

    def clock_skew(self) -> timedelta | None:
        """Return what the test says."""
        return self.skew


class Live:
    """One stock, services on it, and a feed that goes by the test's clock."""

    def __init__(self, world: World, provider: Any, interval: int, now: str, settling: timedelta = SETTLING) -> None:
        self.world = world
        self.provider = provider
        self.interval = interval
        self.now = at(now)
        self.stock = world.stock("ACME")
        self.owner = Actor(world.user().id)
        self._settling = settling
        self.restart()

    def restart(self) -> None:
        """Begin anew, as a process does."""
        self.collector = PollCollector(self.provider, clock=lambda: self.now, settling=self._settling)
        self.feed = LiveFeed("poll", self.collector, clock=lambda: self.now, settling=self._settling)
        self.collector._on_bars = self.feed.renew

    def service(self, **overrides: Any) -> TradingService:
        """Open an ACTIVE service by plain rules that buys at once and holds, changed as the test needs."""
        values = {"name": "live", "stock_symbol": "ACME", "interval": self.interval, **PLAIN, **overrides}
        with SessionManager() as session:
            service = trading_service.create(session, self.owner, values)
            return trading_service.activate(session, self.owner, service.id)

    def stop(self, service: TradingService) -> None:
        """Trade with *service* no more."""
        with SessionManager() as session:
            trading_service.stop(session, self.owner, service.id)

    def turn(self, moment: str | timedelta) -> int:
        """Let it be *moment*, poll once and take what is there; return how many bars were taken."""
        self.now = at(moment) if isinstance(moment, str) else self.now + moment
        self.collector.collect()
        return self.take()

    def take(self) -> int:
        """Take what is there through the runner; return how many bars that were."""
        runner, taken = Runner(PaperBroker()), 0
        with clock(lambda: self.now):
            while (tick := self.feed.next()) is not None:
                for stock, row in tick.bars:
                    runner.step(stock, row)
                    taken += 1
                self.feed.done(tick)
        return taken

    def decisions(self, service: TradingService) -> Sequence[tuple[str, str, str]]:
        """Return the bar, action and reason of each decision, once the audit has found nothing wrong."""
        with SessionManager(read_only=True) as session:
            assert ledger_service.audit(session) == []
            query = select(TradeDecision).where(TradeDecision.service_id == service.id).order_by(TradeDecision.bar_time)
            return [(f"{d.bar_time:%m-%d %H:%M}", d.action.value, d.reason) for d in session.scalars(query)]
