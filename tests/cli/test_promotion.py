"""Tests of ``daytrader promotion``: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from daytrader.models import AuditEntry, Promotion
from daytrader.services import demo
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _filled(daytrader: Command, instance: Path) -> None:
    """The demo's five services, which have not traded."""
    assert daytrader("db", "upgrade").exit_code == 0
    with SessionManager() as session:
        demo.fill(session, demo.credentials(instance))


def test_every_criterion_is_shown_and_a_shut_gate_ends_with_one(daytrader: Command) -> None:
    """For scripts: nothing is permitted that was not shown."""
    result = daytrader("promotion", "show", 1)
    assert result.exit_code == 1
    assert result.stdout.count("NOT MET") == 12  # there are no voids
    assert "Service 1 may not trade live: the owner has not opted in" in result.stdout
    told = json.loads(daytrader("promotion", "show", 1, "--json").stdout)
    assert (told["is_permitted"], len(told["criteria"])) == (False, 13)
    assert "not found" in daytrader("promotion", "show", 99).output


def test_an_opt_in_is_withdrawn_at_the_console(daytrader: Command) -> None:
    """Once, and the audit log knows."""
    with SessionManager() as session:
        session.add(Promotion(service_id=1, opted_in_at=get_current_datetime()))
    assert daytrader("promotion", "withdraw", 1, "--reason", "a drill").exit_code == 0
    with SessionManager(read_only=True) as session:
        kept = session.scalars(select(Promotion)).one()
        assert (kept.opted_in_at, kept.revoked_reason) == (None, "a drill")
        assert "promotion.withdraw" in session.scalars(select(AuditEntry.action)).all()
    assert daytrader("promotion", "withdraw", 1).exit_code != 0
