"""Tests of the /system resources over HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from daytrader.api import rooms
from daytrader.api.socket_protocol import DATA_EVENTS
from daytrader.config import Settings
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.models import AuditEntry, Order, TradingService
from daytrader.models.base import json_ready
from daytrader.models.enums import OrderState
from daytrader.services import database, system_service
from daytrader.services.session_manager import SessionManager, session_factory
from daytrader.services.settings_view import masked
from daytrader.utils.current_datetime import clock

from ..conftest import World
from ..made_once import copy_migrated_database
from .conftest import Caller
from .socket_client import Listener

SCRAPE_TOKEN = "what Prometheus sends"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a token for Prometheus."""
    return replace(settings, scrape_token=SCRAPE_TOKEN)


@pytest.fixture
def engine(app: Flask, tmp_path: Path) -> Iterator[EngineSupervisor]:
    """An engine in the application's process."""
    supervisor = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path)
    supervisor.start()
    assert supervisor.wait_until_ready(60)
    app.extensions["engine"] = supervisor
    yield supervisor
    assert supervisor.stop()


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("path", "word"), [("health", "ok"), ("ready", "not ready")])
def test_a_status_word_for_everyone_and_parts_for_admins(
    client: FlaskClient, alice: Caller, admin: Caller, path: str, word: str
) -> None:
    """Nobody else learns what runs here; a database that no migration made is not ready."""
    for answer in (client.get(f"/api/v1/system/{path}"), alice.get(f"/system/{path}")):
        assert answer.get_json() == {"status": word}
    assert admin.get(f"/system/{path}").get_json()["status"] == word


class TestOnMigratedDatabase:
    """What needs the real schema."""

    @pytest.fixture(autouse=True)
    def migrated(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
        """A database that the migrations made, in use."""
        monkeypatch.setitem(session_factory.kw, "bind", None)
        copy_migrated_database(tmp_path / "migrated.db")
        engine = database.connect(f"sqlite:///{tmp_path / 'migrated.db'}", is_durable=False)
        yield engine
        engine.dispose()

    @pytest.fixture
    def world(self, migrated: Engine) -> World:
        """Builders over it."""
        return World(migrated)

    def test_the_parts(self, client: FlaskClient, admin: Caller, engine: EngineSupervisor) -> None:
        """Database, engine, feed, jobs, redis and sockets, in health and ready alike."""
        assert client.get("/api/v1/system/ready").get_json() == {"status": "ready"}
        for path in ("health", "ready"):
            parts = admin.get(f"/system/{path}").get_json()["parts"]
            assert set(parts) == {"database", "engine", "feed", "jobs", "redis", "sockets"}
            assert (parts["database"], parts["feed"], parts["redis"]) == ("ok", "none", "none")
            assert parts["engine"]["is_ready"] is engine.is_ready

    def test_the_database(self, admin: Caller) -> None:
        """Where it is, how it agrees with the models, its migrations and its statements."""
        status = admin.get("/system/database/status").get_json()
        migrations = admin.get("/system/database/migrations").get_json()

        assert (status["dialect"], status["is_current"], status["pending"]) == ("sqlite", True, [])
        assert status["revision"] == status["head"] == database.revisions()[-1]
        assert status["size_bytes"] > 0
        assert migrations["applied"] == list(database.revisions())
        assert admin.get("/system/database/schema").get_json() == {"agrees": True, "differences": []}
        assert "CREATE TABLE trading_services" in admin.get("/system/database/ddl").get_json()["sql"]

    def test_figures_for_prometheus(self, client: FlaskClient, alice: Caller, admin: Caller) -> None:
        """Well-formed text, for admins and whoever has the token; routes, not addresses, are counted."""
        alice.get("/stocks/7")
        token = {"Authorization": f"Bearer {SCRAPE_TOKEN}"}

        answer = client.get("/api/v1/system/metrics", headers=token)

        assert answer.status_code == 200
        assert answer.mimetype == "text/plain"
        found = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
        counted = [s.labels for s in found["daytrader_http_requests"]]
        assert {"method": "GET", "route": "/api/v1/stocks/<int:stock_id>", "status": "404"} in counted
        assert found["daytrader_database_up"][0].value == 1
        assert {"daytrader_services", "daytrader_orders", "daytrader_jobs", "daytrader_sockets"} <= set(found)
        assert admin.get("/system/metrics").status_code == 200
        assert alice.get("/system/metrics").status_code == 403
        assert client.get("/api/v1/system/metrics").status_code == 401
        wrong = client.get("/api/v1/system/metrics", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401

    def test_a_backup(self, admin: Caller, settings: Settings, listen: Callable[[Caller], Listener]) -> None:
        """A whole copy in the instance's folder, told of to `database_admin`, entered in the audit log."""
        listener = listen(admin)
        listener.ask("join", "database_admin")

        answer = admin.post("/system/database/backup")

        assert answer.status_code == 201
        body = answer.get_json()
        made = settings.instance / "backups" / body["name"]
        assert made.stat().st_size == body["size_bytes"]
        with sqlite3.connect(made) as copy:
            assert copy.execute("SELECT username FROM users").fetchall() == [("root",)]
        assert listener.names(1) == ["database:event"]
        assert listener.heard[0][1]["entity"] == {
            "operation": "backup",
            "details": body,
        }
        entries = admin.get("/system/audit-log", action_like="backup").get_json()["items"]
        assert [(entry["result"], entry["actor_id"]) for entry in entries] == [("ok", admin.user.id)]


def test_a_refused_try_is_in_the_audit_log(world: World, alice: Caller, admin: Caller) -> None:
    """Also of what acts before its unit of work opens; the log is filtered as any list."""
    assert alice.post("/system/database/backup").status_code == 403
    assert alice.post("/system/engine/flatten").status_code == 403

    entries = admin.get("/system/audit-log", result="forbidden", sort="id").get_json()["items"]

    assert [(entry["action"], entry["actor_id"]) for entry in entries] == [
        ("POST /system/database/backup", alice.user.id),
        ("POST /system/engine/flatten", alice.user.id),
    ]
    with SessionManager(read_only=True) as session:
        assert session.query(AuditEntry).count() == 2
    assert world.published == []


@pytest.mark.usefixtures("world")
def test_settings_are_shown_without_secrets(admin: Caller, settings: Settings) -> None:
    """Whether a secret is set, never what it is."""
    answer = admin.get("/system/config")

    shown = answer.get_json()["settings"]
    assert (shown["secret_key"], shown["scrape_token"]) == ("***", "***")
    assert shown["limit_sockets"] == 5
    assert settings.secret_key not in answer.text
    assert SCRAPE_TOKEN not in answer.text


def test_addresses_are_shown_without_passwords() -> None:
    """Of the database and of Redis; parameters may hold one too."""
    shown = masked(
        Settings(
            database_url="postgresql+psycopg://me:canary@db.example:5432/x?password=canary",
            redis_url="redis://:canary@cache.example/0",
        )
    )

    assert shown["database_url"] == "postgresql+psycopg://me:***@db.example:5432/x?***"
    assert shown["redis_url"] == "redis://:***@cache.example/0"
    assert shown["secret_key"] is None


@pytest.mark.usefixtures("world")
def test_without_an_engine_there_is_none_to_pause(admin: Caller) -> None:
    """409."""
    for verb in ("pause", "resume"):
        assert admin.post(f"/system/engine/{verb}").status_code == 409
    assert admin.get("/system/engine").status_code == 409


def test_all_trading_pauses_and_goes_on(world: World, admin: Caller, engine: EngineSupervisor) -> None:
    """The engine takes no bar meanwhile, and everybody is told."""
    paused = admin.post("/system/engine/pause")
    assert (paused.status_code, engine.status()["state"]) == (200, "paused")
    assert paused.get_json()["state"] == admin.get("/system/engine").get_json()["state"] == "paused"
    assert admin.post("/system/engine/resume").get_json()["state"] != "paused"

    told = [e.event for e in world.published if e.event.name == "system:notification"]
    assert [event.rooms for event in told] == [("system", "system_warning")] * 2


@pytest.mark.usefixtures("engine")
def test_nobody_trades_past_the_pause(world: World, alice: Caller, admin: Caller) -> None:
    """Not by hand either: a strategy is not executed while all trading is paused."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0])
    service = world.service(alice.user, stock)
    alice.post(f"/services/{service.id}/activate")
    admin.post("/system/engine/pause")
    assert alice.post(f"/services/{service.id}/execute-strategy").status_code == 409

    admin.post("/system/engine/resume")

    assert alice.post(f"/services/{service.id}/execute-strategy").status_code == 200


def test_flattening_sells_everything_once(world: World, alice: Caller, bob: Caller, admin: Caller) -> None:
    """Services at work are paused, entries cancelled, positions sold at the next open; again changes nothing."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0])
    holding, waiting, idle = (world.service(user, stock) for user in (alice.user, bob.user, alice.user))
    for caller, service in ((alice, holding), (bob, waiting)):
        assert caller.post(f"/services/{service.id}/activate").status_code == 200
    alice.post("/transactions", {"service_id": holding.id, "shares": 5})
    with SessionManager() as session:
        session.get_one(TradingService, waiting.id).strategy = "buy_and_hold"
    assert bob.post(f"/services/{waiting.id}/execute-strategy").get_json()["action"] == "BUY"

    first, again = admin.post("/system/engine/flatten"), admin.post("/system/engine/flatten")

    assert first.get_json() == {"paused": 2, "cancelled": 1, "selling": 1}
    assert again.get_json() == {"paused": 0, "cancelled": 0, "selling": 1}
    assert world.reload(holding).state == world.reload(waiting).state == "PAUSED"
    assert world.reload(idle).state == "INACTIVE"
    with SessionManager(read_only=True) as session:
        orders = {(order.service_id, order.side.value): order for order in session.query(Order)}
    assert orders[waiting.id, "BUY"].state is OrderState.CANCELLED
    assert (orders[holding.id, "SELL"].state, orders[holding.id, "SELL"].shares) == (OrderState.PENDING, 5)


@pytest.mark.usefixtures("world")
def test_the_sockets_are_described_by_the_table_that_serves_them(alice: Caller) -> None:
    """Every room with who may join and what it carries, every event with an example."""
    body = alice.get("/system/websocket-docs").get_json()

    assert [room["name"] for room in body["rooms"]] == [room.name for room in rooms.ROOMS]
    assert all(room["events"] and room["who"] for room in body["rooms"])
    assert [event["name"] for event in body["data_events"]] == [event.name for event in DATA_EVENTS]
    for event in body["data_events"]:
        assert event["payload"].keys() == {"event", "action", "entity", "timestamp", "sequence"}
        assert event["payload"]["entity"]
    assert {"join", "leave", "resume", "service_watch"} <= {event["name"] for event in body["client_events"]}


@pytest.mark.usefixtures("world")
def test_the_sockets_can_be_tried(alice: Caller, bob: Caller, listen: Callable[[Caller], Listener]) -> None:
    """A notification reaches the caller's sockets without a room joined, and nobody else's."""
    mine, other = listen(alice), listen(bob)

    answer = alice.post("/system/websocket-test", {})

    assert answer.status_code == 200
    assert mine.names(1) == ["system:notification"]
    assert mine.heard[0][1]["entity"] == answer.get_json()
    assert other.names(0) == []
    assert alice.post("/system/websocket-test", {"room": "x"}).status_code == 400


def test_how_late_decisions_are_is_counted(
    app: Flask, admin: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the end of a bar to the commit of its decisions, as a histogram of Prometheus; of another process, too."""
    engine = app.extensions["engine"] = EngineSupervisor(database_is_sqlite=True, instance_path=tmp_path)
    monkeypatch.setattr(system_service, "database_status", lambda: system_service.OK)
    moment = datetime(2024, 1, 3, 15, tzinfo=UTC)
    for seconds in (0.02, 0.02, 3.0, 900.0):
        with clock(lambda seconds=seconds: moment + timedelta(seconds=seconds)):  # type: ignore[misc]
            engine._lag.begin(moment)
            engine._lag.note()

    def counted() -> dict[str, float]:
        found = text_string_to_metric_families(admin.get("/system/metrics").text)
        (family,) = [one for one in found if one.name == "daytrader_bar_to_decision_seconds"]
        return {sample.labels.get("le", sample.name[-5:]): sample.value for sample in family.samples}

    here = counted()
    assert (here["0.01"], here["0.025"], here["2.5"], here["5.0"], here["300.0"], here["+Inf"]) == (0, 2, 2, 3, 3, 4)
    assert here["count"] == 4
    assert here["s_sum"] == pytest.approx(903.04)
    said = json_ready(engine.status())
    monkeypatch.setattr(engine, "status", lambda: said | {"position": None})
    assert counted() == here
    monkeypatch.setattr(engine, "status", lambda: said | {"position": None, "lag": None})
    assert "daytrader_bar_to_decision" not in admin.get("/system/metrics").text


def test_accounts_at_brokers_and_stale_prices_are_shown_and_counted(
    admin: Caller, engine: EngineSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How each stands, for people and for alarms."""
    at = datetime(2024, 1, 3, 15, tzinfo=UTC)
    well = {"user_id": 1, "broker": "alpaca", "account": "PA1", "is_live": True, "is_reconciled": True}
    accounts: list[dict[str, Any]] = [
        well | {"last_turn_at": at, "paused_until": None, "error": None},
        well | {"account": "PA2", "last_turn_at": None, "paused_until": at, "error": "cannot be reached"},
    ]
    status = engine.status()
    ill = {"accounts": accounts, "error": "ACME: exchange answers, but has no sound bar", "stale": 1}
    monkeypatch.setattr(engine, "status", lambda: status | ill)
    monkeypatch.setattr(system_service, "database_status", lambda: system_service.OK)

    said = admin.get("/system/engine").get_json()
    shown = said["accounts"]
    figures = admin.get("/system/metrics").text

    assert [(one["account"], one["error"], one["last_turn_at"]) for one in shown] == [
        ("PA1", None, "2024-01-03T15:00:00Z"),
        ("PA2", "cannot be reached", None),
    ]
    samples = {
        (sample.name, sample.labels.get("account")): sample.value
        for family in text_string_to_metric_families(figures)
        for sample in family.samples
    }
    assert (said["stale"], said["error"]) == (1, ill["error"])
    assert (samples["daytrader_engine_up", None], samples["daytrader_feed_stale", None]) == (0, 1)
    assert samples["daytrader_account_up", "PA1"] == 1
    assert samples["daytrader_account_up", "PA2"] == 0
    assert samples["daytrader_account_last_turn_seconds", "PA1"] == at.timestamp()
