"""Tests of ``daytrader audit``: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from daytrader.services import demo
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command

STOLEN = "UPDATE trading_services SET current_balance = current_balance - 1 WHERE id <= ?"


@pytest.fixture
def filled(daytrader: Command, instance: Path) -> Path:
    """The database of the demo's five services, which have not traded."""
    assert daytrader("db", "upgrade").exit_code == 0
    with SessionManager() as session:
        demo.fill(session, demo.credentials(instance))
    return instance / "daytrader.db"


def _steal(database: Path, services: int) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(STOLEN, (services,))


def test_clean_books_are_said_to_be_clean(daytrader: Command, filled: Path) -> None:
    """With the number of services that were looked at."""
    assert filled.exists()
    result = daytrader("audit")
    assert (result.exit_code, result.stdout) == (0, "clean: L1 to L8 hold for 5 services\n")
    assert json.loads(daytrader("audit", "--json").stdout) == {"services": 5, "is_clean": True, "breaches": []}


def test_a_cent_that_is_missing_is_a_breach(daytrader: Command, filled: Path) -> None:
    """Exit code 1, and each breach with its service, its rule and what it should say."""
    _steal(filled, 1)
    result = daytrader("audit")
    assert result.exit_code == 1
    assert "the service says 9999.00 and 0 shares, its journal 10000.00 and 0" in result.stdout
    told = json.loads(daytrader("audit", "--json").stdout)
    assert (told["services"], told["is_clean"]) == (5, False)
    assert {breach["service_id"] for breach in told["breaches"]} == {1}
    assert f"{len(told['breaches'])} breaches" in result.stdout


def test_one_breach_is_no_breaches(daytrader: Command, filled: Path) -> None:
    """Numbers and nouns agree."""
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE trading_services SET stock_symbol = 'NONE' WHERE id = 1")
    (title, *_) = daytrader("audit").stdout.splitlines()
    assert title.strip() == "1 breach"
