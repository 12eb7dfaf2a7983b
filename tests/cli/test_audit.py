"""Tests of ``daytrader audit``: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.engine.stock_bars import StockBars
from daytrader.models import TradingService
from daytrader.models.enums import ServiceState
from daytrader.services import demo, price_service
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


@pytest.fixture
def replayed(filled: Path) -> Path:
    """The same database, in which the second service has traded."""
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE trading_services SET name = 'the [bold] one' WHERE id = 2")
    with SessionManager() as session:
        service = session.get_one(TradingService, 2)
        service.state = ServiceState.ACTIVE
        assert service.stock_id is not None
        bars = price_service.load_bars(session, service.stock_id)
        stock = StockBars(service.stock_id, service.stock_symbol, 0, bars)
    runner = Runner(PaperBroker(), only=(2,))
    for row in range(100):
        runner.step(stock, row)
    return filled


@pytest.mark.usefixtures("replayed")
def test_parity_says_what_was_decided_again(daytrader: Command) -> None:
    """One row for each service; code 0 where all is equal."""
    result = daytrader("audit", "--parity")
    assert (result.exit_code, "the [bold] one" in result.stdout) == (0, True)
    told = json.loads(daytrader("audit", "--parity", "--service", "2", "--json").stdout)
    (one,) = told["services"]
    assert (one["service_id"], one["bars"], one["decisions_compared"], one["differences"]) == (2, 100, 100, 0)
    assert (one["first_difference"], one["items"]) == (None, [])


def test_a_decision_that_comes_out_otherwise_ends_with_1(daytrader: Command, replayed: Path) -> None:
    """And the first difference is told, with what was done and what should have been."""
    with sqlite3.connect(replayed) as connection:
        connection.execute("UPDATE decisions SET reason = 'a hunch' WHERE id = (SELECT min(id) FROM decisions)")
    result = daytrader("audit", "--parity", "--service", "2")
    assert result.exit_code == 1
    assert "decision: the same was done for another reason: NOTHING: a hunch, should be NOTHING: " in result.stdout
    told = json.loads(daytrader("audit", "--parity", "--json").stdout)
    (one,) = [service for service in told["services"] if service["differences"]]
    assert (one["service_id"], one["by_class"]["decision"], len(one["items"])) == (2, 1, 1)
    day = one["first_difference"]["bar_time"][:10]
    assert daytrader("audit", "--parity", "--service", "2", "--from", day, "--to", day).exit_code == 1


@pytest.mark.usefixtures("filled")
def test_what_belongs_to_parity_is_refused_without_it(daytrader: Command) -> None:
    """And a service that is not there is said to be missing."""
    assert daytrader("audit", "--service", "1").exit_code == 2
    assert daytrader("audit", "--parity", "--from", "soon").exit_code == 2
    assert daytrader("audit", "--parity", "--service", "99").exit_code != 0
