"""Tests of daytrader.services.broker_credentials: which accounts have work."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from daytrader.services import broker_credentials
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from tests.conftest import World


def _statements(world: World) -> list[str]:
    """Return what is asked of the database to find the accounts at work, of which there are none."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    try:
        with SessionManager(read_only=True) as session:
            assert broker_credentials.at_work(session, get_current_datetime() - timedelta(days=1)) in ([], ())
    finally:
        event.remove(world.engine, "before_cursor_execute", note)
    return asked


def test_without_an_account_nothing_is_looked_for(world: World) -> None:
    """It is asked twice a second, and services and orders may be many."""
    assert not any("trading_services" in statement for statement in _statements(world))
    world.broker_account(world.user().id)
    assert any("trading_services" in statement for statement in _statements(world))
