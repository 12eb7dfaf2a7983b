"""Events: what everyone in a room receives."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from daytrader.models import EventOutbox, Stock
from daytrader.services.events import Event, PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from tests.conftest import World


def test_the_payload_is_the_contracts() -> None:
    """{event, action, entity, timestamp, sequence}: money as numbers, moments as ISO 8601 UTC."""
    event = Event("service:update", "updated", ("services",), {"id": 3, "current_balance": Decimal("9.95")}, owner_id=7)
    payload = PublishedEvent(event, 41, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)).payload()
    assert payload == {
        "event": "service:update",
        "action": "updated",
        "entity": {"id": 3, "current_balance": 9.95},
        "timestamp": "2024-01-02T03:04:05Z",
        "sequence": 41,
    }


def test_an_event_is_kept_in_the_outbox_with_its_rooms_and_owner(world: World) -> None:
    """So that it can be replayed to those who may see it."""
    user = world.user()
    with SessionManager() as session:
        events.record(session, Event("user:update", "updated", ("users", f"user_{user.id}"), {"id": user.id}, user.id))
    with SessionManager(read_only=True) as session:
        kept = session.scalars(select(EventOutbox).where(EventOutbox.name == "user:update")).one()
    assert (kept.action, kept.rooms, kept.entity) == ("updated", ["users", f"user_{user.id}"], {"id": user.id})
    assert kept.user_id == user.id
    assert world.published[-1].sequence == kept.id


def test_a_listener_that_fails_neither_undoes_the_commit_nor_silences_the_next_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fact stands whatever the listener does."""
    heard: list[str] = []

    def listen(published: PublishedEvent) -> None:
        heard.append(published.event.entity["symbol"])
        raise RuntimeError("deaf")

    monkeypatch.setattr(events, "publish", listen)
    with SessionManager() as session:
        for symbol in ("ACME", "IBM"):
            session.add(Stock(symbol=symbol))
            events.record(session, Event("stock:update", "created", ("stocks",), {"symbol": symbol}))
    assert heard == ["ACME", "IBM"]
    with SessionManager(read_only=True) as session:
        assert len(session.scalars(select(Stock)).all()) == 2
    assert world.published == []


def test_sequences_are_never_used_again(world: World) -> None:
    """Even after old rows were pruned: a client that has seen 5 must not meet another 5."""
    sequences = []
    for _ in range(2):
        with SessionManager() as session:
            events.record(session, Event("stock:update", "updated", ("stocks",), {}))
        sequences.append(world.published[-1].sequence)
        with SessionManager() as session:
            session.query(EventOutbox).delete()
    assert sequences[1] > sequences[0]
