"""Tests of daytrader.api.live_metrics on PostgreSQL: the last figures told are of all that has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from daytrader.api.live_metrics import LiveMetrics
from daytrader.models import TradingService
from daytrader.models.base import json_ready
from daytrader.services import database, event_payloads, performance_service
from daytrader.services.events import PublishedEvent, events
from daytrader.services.performance_service import Metrics
from daytrader.services.session_manager import SessionManager
from tests.waiting import eventually

from ..conftest import World


@pytest.fixture
def world(postgres_url: str) -> Iterator[World]:
    """An empty PostgreSQL."""
    engine = database.connect(postgres_url)
    yield World(engine)
    engine.dispose()


def decide(service: TradingService, balance: int) -> None:
    """Let *service* have decided, and have *balance* now."""
    with SessionManager() as session:
        row = session.get_one(TradingService, service.id, with_for_update=True)
        row.current_balance = Decimal(balance)
        decision = {"service_id": service.id}
        events.record(session, event_payloads.decision_new(row.user_id, decision, json.dumps(decision)))


@pytest.mark.parametrize("processes", [1, 2])
def test_what_happens_while_figures_are_computed_is_told_of_after_them(
    world: World, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """Figures that were told after an event may be of before it: the next ones are not left out for their sake."""
    service = world.service(world.user(), world.stock())
    followers = [LiveMetrics(lambda _rooms: True) for _ in range(processes)]
    told: list[Mapping[str, Any]] = []
    later = [2000]

    def publish(event: PublishedEvent) -> None:
        if event.event.name == "metrics:update":
            told.append(event.event.entity)
        for follower in followers:
            follower.notice(event)

    def compute(session: Session, row: TradingService) -> Metrics:
        found = computed(session, row)
        if later:
            decide(service, later.pop(0))
        return found

    computed = performance_service.metrics
    monkeypatch.setattr(events, "publish", publish)
    monkeypatch.setattr(performance_service, "metrics", compute)
    decide(service, 1000)

    eventually(lambda: bool(told) and told[-1]["current_balance"] == 2000)
    with SessionManager(read_only=True) as session:
        now = asdict(computed(session, session.get_one(TradingService, service.id)))
    assert json_ready(told[-1]) == json_ready({"service_id": service.id} | now)
