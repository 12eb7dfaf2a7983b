"""metrics:update: a service's figures after each trade and each bar, for as long as somebody listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import orjson
import structlog

from daytrader.api import rooms
from daytrader.models.base import json_ready
from daytrader.models.trading_service import TradingService
from daytrader.services import event_log, performance_service, system_events
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime

logger = structlog.get_logger(__name__)

SPACING: Final = 1.0
"""Seconds between two updates of one service, at least."""
_SOURCES: Final = frozenset({"decision:new", "transaction:new", "transaction:update", "transaction:complete"})


@dataclass(frozen=True, slots=True)
class _Due:
    """Whose service it is, and the sequence of the event that changed its figures."""

    owner_id: int
    sequence: int


@dataclass(frozen=True, slots=True)
class _Figures:
    """A service's figures as an event, of all that was committed up to the sequence *seen*, or of more."""

    event: Event
    seen: int


class LiveMetrics:
    """Computes figures in a thread of its own, which ends when there is nothing to tell."""

    def __init__(self, is_heard: Callable[[list[str]], bool]) -> None:
        """*is_heard* tells whether anybody is in one of these internal rooms."""
        self._is_heard = is_heard
        self._due: dict[int, _Due] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def notice(self, published: PublishedEvent) -> None:
        """Remember the service that *published* tells of, if its figures may be others now and somebody listens."""
        event = published.event
        if event.name not in _SOURCES or event.owner_id is None:
            return
        service_id = int(event.entity["service_id"])
        told = system_events.metrics_update(event.owner_id, service_id, {})
        if not self._is_heard(rooms.audience(told)):
            return
        with self._lock:
            self._due[service_id] = _Due(event.owner_id, published.sequence)
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="live-metrics", daemon=True)
                thread.start()
                self._thread = thread  # none where none could be started: the next event tries again

    def _work(self) -> None:
        while True:
            with self._lock:
                due, self._due = self._due, {}
                if not due:
                    self._thread = None
                    return
            try:
                self._tell(due)
            except Exception:  # the thread must outlive a database that is down for a while
                logger.exception("metrics not told")
            # From when they were told: figures that took long to compute would be followed by the next ones too soon.
            time.sleep(SPACING)

    def _tell(self, due: dict[int, _Due]) -> None:
        # Computed before anything is written: the figures of many services must not hold the database.
        found: dict[int, _Figures] = {}
        for service_id, one in due.items():
            with SessionManager(read_only=True) as session:
                seen = event_log.last_sequence(session)
                service = session.get(TradingService, service_id)
                if service is not None:
                    figures = asdict(performance_service.metrics(session, service))
                    event = system_events.metrics_update(one.owner_id, service_id, figures)
                    found[service_id] = _Figures(event, seen)
        with SessionManager() as session:
            told = event_log.metrics_told(session, found)
            lately = get_current_datetime() - timedelta(seconds=SPACING)
            for service_id, figures_now in found.items():
                last = told.get(service_id)
                if last is not None and last.sequence > due[service_id].sequence and _are_same(last, figures_now):
                    continue  # another process has noticed the same, and told it
                if last is not None and (last.timestamp > lately or last.sequence > figures_now.seen):
                    self._again(service_id, due[service_id])
                else:
                    events.record(session, figures_now.event)

    def _again(self, service_id: int, one: _Due) -> None:
        """Tell of the service in the next round: it was told of a moment ago, or of what may be newer than this."""
        with self._lock:
            self._due.setdefault(service_id, one)


def _are_same(told: PublishedEvent, now: _Figures) -> bool:
    """Return whether what was told is what would be told now: it may be of before the event that is due."""
    return bool(told.event.entity == orjson.loads(orjson.dumps(json_ready(now.event.entity))))
