"""Tests of daytrader.api.decorators over HTTP: what no route takes is refused, and a keyed request happens once."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final

import pytest
from flask import Flask

from daytrader.models import TradeDecision, TradingService
from daytrader.services import database_admin
from daytrader.services.database_admin import Backup
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime

from .conftest import Caller

Operation = tuple[str, str, dict[str, Any]]

_ELSEWHERE: Final = ("/corporate-actions/", "/brokers/")
"""Where this world has nothing to act on: absence is told before the body is judged."""


@pytest.fixture
def operations(app: Flask) -> list[Operation]:
    """Every operation of Swagger: method, address, description."""
    paths = app.test_client().get("/api/v1/swagger.json").get_json()["paths"]
    return [(m.upper(), path, op) for path, item in paths.items() for m, op in item.items() if m != "parameters"]


def _addressed(path: str, service: TradingService) -> str:
    numbers = defaultdict(lambda: 1, service_id=service.id, user_id=service.user_id)
    return path.replace("{symbol}", "ACME").format_map(numbers)


def _in(operation: dict[str, Any], *places: str) -> list[str]:
    return [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] in places]


def test_a_verb_without_a_body_refuses_one(
    operations: list[Operation], active_service: TradingService, alice: Caller, admin: Caller
) -> None:
    """Whoever sends one expects more than the verb does: `pause` sells nothing, whatever `position` says."""
    asked = 0
    for method, path, operation in operations:
        if method != "POST" or _in(operation, "body", "formData") or path.startswith(_ELSEWHERE):
            continue
        caller = alice if path.startswith(("/services", "/auth", "/risk")) else admin
        answer = caller.post(_addressed(path, active_service), {"position": "sell"})
        assert answer.status_code == 400, (path, answer.text)
        assert answer.get_json()["validation_errors"] == {"position": ["is read-only or unknown"]}, path
        asked += 1
    assert asked > 15
    assert alice.get(f"/services/{active_service.id}").get_json()["state"] == "ACTIVE"


def test_an_empty_object_is_no_body(active_service: TradingService, alice: Caller) -> None:
    """Clients that always send one are served."""
    assert alice.post(f"/services/{active_service.id}/pause", {}).get_json()["state"] == "PAUSED"


def test_another_is_told_of_no_body(active_service: TradingService, bob: Caller, admin: Caller) -> None:
    """Absence and role are judged before the body."""
    for verb in ("activate", "pause", "resume", "toggle", "execute-strategy"):
        address = f"/services/{active_service.id}/{verb}"
        assert bob.post(address, {"x": 1}).status_code == 404
        assert admin.post(address, {"x": 1}).status_code == (400 if verb == "pause" else 403)


@pytest.mark.parametrize(("query", "reason"), [("colour=red", "unknown"), ("{name}=1&{name}=2", "twice")])
def test_an_address_takes_what_swagger_names_and_once(
    operations: list[Operation],
    active_service: TradingService,
    admin: Caller,
    query: str,
    reason: str,
) -> None:
    """A misspelt `start` would silently show all there is; of two values one would silently be dropped."""
    asked = 0
    for method, path, operation in operations:
        known = _in(operation, "query")
        if method not in ("GET", "POST") or not known or "/sweeps/" in path or path == "/prices/import":
            continue  # the last two in tests of their own: with a sweep, with a file
        name = known[0]
        answer = admin._send(method, f"{_addressed(path, active_service)}?{query.format(name=name)}")
        assert answer.status_code == 400, (path, answer.text)
        message = answer.get_json()["validation_errors"].get("colour" if reason == "unknown" else name)
        assert message, (path, answer.text)
        assert reason in message[0], (path, message)
        asked += 1
    assert asked > 20


def test_a_keyed_execution_is_of_one_bar(active_service: TradingService, alice: Caller, admin: Caller) -> None:
    """Sent again after the next bar, it answers for the bar that it decided, and decides no other."""
    key = {"Idempotency-Key": "decide-1"}
    address = f"/services/{active_service.id}/execute-strategy"
    first = alice.post(address, headers=key)
    prices = dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), 21)
    admin.post("/prices/daily", {"symbol": "ACME", "price_date": "2020-01-03"} | prices)

    assert alice.post(address, headers=key).get_json() == first.get_json()
    with SessionManager(read_only=True) as session:
        assert session.query(TradeDecision).count() == 1
    assert alice.post(address, headers={"Idempotency-Key": "decide-2"}).get_json()["id"] != first.get_json()["id"]


def test_a_keyed_backup_is_made_once(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, too, not the answer alone; the key of one request is no other's."""
    made: list[object] = []

    def back_up(_: object) -> Backup:
        made.append(None)
        return Backup(f"copy-{len(made)}.db", 1, get_current_datetime())

    monkeypatch.setattr(database_admin, "back_up", back_up)
    key = {"Idempotency-Key": "nightly"}
    answers = [admin.post("/system/database/backup", headers=key).get_json()["name"] for _ in range(2)]

    assert (answers, len(made)) == (["copy-1.db"] * 2, 1)
    assert admin.post("/system/engine/pause", headers=key).status_code == 409


def test_keyed_backups_at_once_are_one(app: Flask, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks again while the copy is being made waits, and gets the answer of the first; another key does not."""
    is_copying, is_done, made = threading.Event(), threading.Event(), itertools.count(1)

    def back_up(_: object) -> Backup:
        number = next(made)
        is_copying.set()
        if number == 1:
            assert is_done.wait(30)
        return Backup(f"copy-{number}.db", 1, get_current_datetime())

    def ask(key: str) -> str:
        headers = {"Authorization": f"Bearer {admin.token}", "Idempotency-Key": key}
        name: str = app.test_client().post("/api/v1/system/database/backup", headers=headers).get_json()["name"]
        return name

    monkeypatch.setattr(database_admin, "back_up", back_up)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, "nightly")
        assert is_copying.wait(30)
        again = pool.submit(ask, "nightly")
        wait({again}, timeout=0.3)  # long enough for one who does not wait to have made a copy of its own
        other = ask("another")
        is_done.set()

    assert (first.result(), again.result(), other) == ("copy-1.db", "copy-1.db", "copy-2.db")


def test_a_keyed_pause_of_the_engine_is_not_repeated(app: Flask, admin: Caller) -> None:
    """A request that arrives a second time, after trading has been resumed, does not pause it again."""
    engine = _Engine()
    app.extensions["engine"] = engine
    for verb in ("pause", "resume", "pause"):
        assert admin.post(f"/system/engine/{verb}", headers={"Idempotency-Key": verb}).status_code == 200
    assert engine.asked == ["pause", "resume"]


class _Engine:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def status(self) -> dict[str, Any]:
        return {}


def test_every_work_takes_a_key(operations: list[Operation]) -> None:
    """Every POST that moves money or starts work; the others sign in, hold a secret or leave nothing behind."""
    without = {
        path for method, path, op in operations if method == "POST" and "Idempotency-Key" not in _in(op, "header")
    }
    assert without == set(_unkeyed())


def _unkeyed() -> Iterator[str]:
    yield from (f"/auth/{verb}" for verb in ("register", "login", "refresh", "logout", "logout-all", "set-password"))
    yield from ("/auth/totp", "/auth/totp/confirm", "/auth/api-keys")
    yield from ("/users", "/users/change-password", "/users/{user_id}/reset-password")
    yield from ("/backtests/preview", "/notifications/test", "/brokers", "/brokers/{credential_id}/test")
