"""Tests of daytrader.services.idempotency_service: whose a key is, and how long it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daytrader.services import idempotency_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import clock
from daytrader.utils.errors import ConflictError
from tests.conftest import World

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)


def claim(user_id: int, asked: str, at: datetime = NOW) -> int:
    """Return the status of the answer that the key has already, 0 for none; then it is given one."""
    with clock(lambda: at), SessionManager() as session:
        kept = idempotency_service.claim(session, user_id, "order-1", asked)
        status = kept.status or 0
        idempotency_service.store(kept, 201, None, asked)
        return status


def found(user_id: int, asked: str, at: datetime = NOW) -> int | None:
    """Return the status of the answer that is found under the key, None where there is none."""
    with clock(lambda: at), SessionManager(read_only=True) as session:
        kept = idempotency_service.find(session, user_id, "order-1", asked)
        return None if kept is None else kept.status


def test_a_key_is_its_users_own(world: World) -> None:
    """Others may choose the same one: nobody is answered with another's, nor refused for it."""
    alice, bob = world.user("alice").id, world.user("bob").id

    assert (claim(alice, "of alice"), found(bob, "of bob"), claim(bob, "of bob")) == (0, None, 0)

    assert (claim(alice, "of alice"), found(alice, "of alice"), found(bob, "of bob")) == (201, 201, 201)


@pytest.mark.parametrize(("age", "is_kept"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)])
def test_a_key_is_kept_for_a_day(world: World, age: timedelta, is_kept: bool) -> None:
    """Until then it is refused to another request, afterwards it is as new."""
    alice = world.user("alice").id
    claim(alice, "first")

    assert found(alice, "first", NOW + age) == (201 if is_kept else None)
    if is_kept:
        for look in (found, claim):
            with pytest.raises(ConflictError, match="different request"):
                look(alice, "second", NOW + age)
    else:
        assert (found(alice, "second", NOW + age), claim(alice, "second", NOW + age)) == (None, 0)
