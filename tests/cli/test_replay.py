"""``daytrader replay`` and ``daytrader audit``: as a user would run them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from daytrader.engine.lock import engine_lock
from daytrader.models import TradingService, User
from daytrader.services import price_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command
from tests.conftest import PASSWORD

PERIOD = ("--start", "2004-03-01", "--end", "2004-06-30")
FAST = ("--strategy", "sma_cross", "--param", "fast=3", "--param", "slow=8")


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A file of forty sessions that go up and down."""
    lines = ["Date,Open,High,Low,Close,Volume"]
    for day in range(40):
        price = 100 + 3 * (day % 9) - (day % 5)
        lines.append(f"{date(2020, 1, 1) + timedelta(days=day)},{price},{price + 2},{price - 2},{price + 1},1000")
    file = tmp_path / "acme.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture
def service(daytrader: Command, instance: Path) -> TradingService:  # noqa: ARG001 (sets the scene)
    """An ACTIVE service in the instance's database, whose stock has a stored history."""
    assert daytrader("db", "upgrade").exit_code == 0
    with SessionManager() as session:
        price_service.store_series(session, SampleProvider().fetch("IBM", date(2004, 1, 1), date(2004, 5, 31)))
        user = User(username="alice", email="alice@example.com", password=PASSWORD)
        session.add(user)
        session.flush()
        values = {"name": "swing", "stock_symbol": "IBM", "initial_balance": "10000", "strategy": "technical"}
        made = trading_service.create(session, Actor(user.id), values)
        return trading_service.activate(session, Actor(user.id), made.id)


def test_a_file_is_replayed_as_it_is_backtested(daytrader: Command, prices: Path) -> None:
    """The same options, the same report, without a database of the user's."""
    options = (*FAST, "--commission-per-order", "1", "--stop-loss", "2", "--shares", "7", "--json")

    replayed, tested = (daytrader(command, prices, *options) for command in ("replay", "backtest"))

    assert replayed.exit_code == 0, replayed.output
    assert json.loads(replayed.stdout) == json.loads(tested.stdout)
    assert json.loads(replayed.stdout)["metrics"]["trades"] > 0


def test_a_stored_stock_is_replayed_as_it_is_backtested(daytrader: Command, service: TradingService) -> None:
    """The instance's own database stays as it was."""
    replayed, tested = (daytrader(command, "IBM", *PERIOD, *FAST, "--json") for command in ("replay", "backtest"))

    assert json.loads(replayed.stdout) == json.loads(tested.stdout)
    with SessionManager(read_only=True) as session:
        assert session.get_one(TradingService, service.id).last_bar_time is None


def test_people_read_tables(daytrader: Command, prices: Path, tmp_path: Path) -> None:
    """Without --json: a summary, the last trades, and the page that was asked for."""
    page = tmp_path / "report.html"

    result = daytrader("replay", prices, *FAST, "--html", page)

    assert result.exit_code == 0
    assert "Closed trades" in result.stdout
    assert "<html" in page.read_text()


def test_a_kept_database_can_be_audited(
    daytrader: Command, prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--database keeps the replay's books; a second run reports the same."""
    file = tmp_path / "kept.db"

    first, second = (daytrader("replay", prices, *FAST, "--database", file, "--json") for _ in range(2))

    assert json.loads(first.stdout) == json.loads(second.stdout)
    monkeypatch.setenv("DAYTRADER_DATABASE_URL", f"sqlite:///{file}")
    audited = daytrader("audit")
    assert audited.stdout == "clean: L1 to L8 hold for 2 services\n"


def test_a_service_is_replayed_in_the_instance(daytrader: Command, service: TradingService) -> None:
    """Its books are written; a second run has nothing more to do and reports the same."""
    first = daytrader("replay", "--service", service.id, "--json")
    second = daytrader("replay", "IBM", "--service", service.id, "--json")

    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == json.loads(second.stdout)
    with SessionManager(read_only=True) as session:
        assert session.get_one(TradingService, service.id).buy_count > 0
    assert daytrader("audit", "--json").stdout == '{"services": 1, "is_clean": true, "breaches": []}\n'


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("replay",), "name a symbol or a file"),
        (("replay", "--service", "1", "--cash", "5"), "a service trades by its own settings"),
        (("replay", "--service", "99"), "not found"),
        (("replay", "AAPL", "--service", "1"), "service 1 trades IBM"),
        (("replay", "NOSUCH"), "not found"),
    ],
)
def test_what_cannot_be_replayed_is_said(
    daytrader: Command,
    service: TradingService,  # noqa: ARG001 (a database)
    words: tuple[str, ...],
    message: str,
) -> None:
    """One line, no traceback."""
    result = daytrader(*words)

    assert result.exit_code in (1, 2)
    assert message in result.stderr


def test_a_running_engine_is_not_disturbed(daytrader: Command, service: TradingService, instance: Path) -> None:
    """Two engines on one database would trade twice."""
    with engine_lock(instance):
        result = daytrader("replay", "--service", service.id)

    assert result.exit_code == 1
    assert "engine is running" in result.stderr


def test_the_audit_shows_breaches_and_fails(daytrader: Command, service: TradingService) -> None:
    """Scripts see the exit code, people the table."""
    daytrader("db", "status")
    with SessionManager() as session:
        session.execute(text(f"UPDATE trading_services SET current_balance = 1 WHERE id = {service.id}"))

    table, data = daytrader("audit"), daytrader("audit", "--json")

    assert (table.exit_code, data.exit_code) == (1, 1)
    assert "L1" in table.stdout
    assert {breach["rule"] for breach in json.loads(data.stdout)["breaches"]} >= {"L1", "L5", "L7"}
