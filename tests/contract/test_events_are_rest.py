"""What a socket is told of an object is what REST shows of it at that moment: the same keys, the same values."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from daytrader.api.encoding import encode
from daytrader.api.live_metrics import LiveMetrics
from daytrader.services.events import PublishedEvent, events

from .small_world import CSV, SmallWorld

Entity = Mapping[str, Any]

_ADDRESS: Final[Mapping[str, Callable[[Entity], str]]] = {
    "service": lambda told: f"/services/{told['id']}",
    "transaction": lambda told: f"/transactions/{told['id']}",
    "order": lambda told: f"/orders/{told['id']}",
    "stock": lambda told: f"/stocks/{told['id']}",
    "user": lambda told: f"/users/{told['id']}",
    "price": lambda told: f"/prices/{'daily' if 'price_date' in told else 'intraday'}/{told['id']}",
    "decision": lambda told: f"/services/{told['service_id']}/decisions?id={told['id']}",
    "job": lambda told: f"/jobs?id={told['id']}",
}
"""Where REST shows what an event is about; decisions and jobs as their lists do."""
_OTHERS: Final = {"metrics", "system", "database", "error"}
"""Figures and news: no object that REST shows by a number, but what an answer says at that moment."""
_PATIENCE: Final = 60.0


def test_an_event_is_what_rest_shows(small_world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind of object, whatever happens to it; of several events of one commit the last has its values."""
    admin = {"Authorization": f"Bearer {small_world.tokens['admin']}"}
    user = {"Authorization": f"Bearer {small_world.tokens['user']}"}
    client = small_world.app.test_client()
    told: dict[str, list[tuple[str, Entity]]] = {}
    compared: set[str] = set()

    def publish(event: PublishedEvent) -> None:
        payload = json.loads(encode(event.payload()))
        kind = payload["event"].partition(":")[0]
        if kind not in _OTHERS and payload["action"] != "deleted":
            told.setdefault(_ADDRESS[kind](payload["entity"]), []).append((payload["event"], payload["entity"]))

    def compare() -> None:
        for address, said in told.items():
            answer = client.get(f"/api/v1{address}", headers=admin).get_json()
            shown = answer["items"][0] if "items" in answer else answer
            assert said[-1][1] == shown, (said[-1][0], address)
            assert [entity.keys() for _, entity in said] == [shown.keys()] * len(said), address
            compared.update(name for name, _ in said)
        told.clear()

    def ask(method: str, path: str, body: Any = None, headers: Mapping[str, str] = user, **options: Any) -> Any:
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers, **options)
        assert answer.status_code < 300, (path, answer.text)
        compare()
        return answer.get_json()

    monkeypatch.setattr(events, "publish", publish)
    known = small_world.known
    service, transaction = known["service_id"], known["transaction_id"]
    ask("PUT", f"/transactions/{transaction}/notes", {"notes": "a remark"})
    ask("POST", f"/transactions/{transaction}/complete", {"sale_price": 50.333333})
    ask("PATCH", f"/services/{service}", {"stop_loss_percent": 3.25, "commission_percent": 0.1234})
    bought = ask("POST", "/transactions", {"service_id": service, "shares": 7, "purchase_price": 50.123456})
    ask("POST", f"/transactions/{bought['id']}/complete", {"sale_price": 49.987654})
    ask("POST", f"/services/{service}/pause")
    fresh = ask("POST", "/services", {"name": "fresh", "stock_symbol": "ACME", "initial_balance": 1234.56})["id"]
    ask("POST", f"/services/{fresh}/activate")
    ask("POST", f"/services/{fresh}/execute-strategy")
    ask("POST", "/stocks", {"symbol": "FRESH", "name": "Fresh"}, admin)
    ask("POST", f"/stocks/{known['stock_id']}/toggle-active", headers=admin)
    bar = {"symbol": "FRESH", "open_price": 10.123456, "high_price": 11, "low_price": 9.5, "close_price": 10.7}
    ask("POST", "/prices/daily", bar | {"price_date": "2021-01-04"}, admin)
    ask("POST", "/prices/intraday", bar | {"timestamp": "2021-01-04T15:00:00Z", "interval": 5}, admin)
    ask("POST", "/users", {"username": "fresh", "email": "fresh@example.com"}, admin)
    ask("PATCH", f"/users/{known['user_id']}", {"email": "other@example.com"})
    ask("POST", "/prices/import", headers=admin, data={"file": (io.BytesIO(CSV), "acme.csv")})
    small_world.app.extensions["jobs"].run_waiting()
    compare()
    small_world.put_back()

    assert compared == {
        *("service:update", "service:state_change", "transaction:new", "transaction:update", "transaction:complete"),
        *("order:update", "decision:new", "stock:update", "price:update", "user:update", "job:update"),
    }


def test_figures_and_news_are_what_rest_answers(small_world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's figures, a notification, a copy of the database, and what broke: the answer's keys and values."""
    admin = {"Authorization": f"Bearer {small_world.tokens['admin']}"}
    user = {"Authorization": f"Bearer {small_world.tokens['user']}"}
    client = small_world.app.test_client()
    figures = LiveMetrics(lambda _rooms: True)
    told: dict[str, Entity] = {}
    are_told = threading.Event()

    def publish(event: PublishedEvent) -> None:
        told[event.event.name] = json.loads(encode(event.payload()))["entity"]
        figures.notice(event)
        if event.event.name == "metrics:update":
            are_told.set()

    monkeypatch.setattr(events, "publish", publish)
    service = small_world.known["service_id"]
    client.post(f"/api/v1/transactions/{small_world.known['transaction_id']}/complete", json={}, headers=user)
    assert are_told.wait(_PATIENCE)
    shown = client.get(f"/api/v1/services/{service}/metrics", headers=user).get_json()
    assert told["metrics:update"] == {"service_id": service} | shown

    sent = client.post("/api/v1/system/websocket-test", json={}, headers=user).get_json()
    assert told["system:notification"] == sent

    copy = client.post("/api/v1/system/database/backup", headers=admin).get_json()
    assert told["database:event"] == {"operation": "backup", "details": copy}

    monkeypatch.setattr("daytrader.services.listings.stocks", lambda *_args: 1 / 0)
    broken = client.get("/api/v1/stocks", headers=user).get_json()
    assert (told["error"]["code"], told["error"]["reference"]) == (broken["code"], broken["request_id"])
    small_world.put_back()
