"""The API on a real PostgreSQL: what its locks and types do otherwise than SQLite's."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.jobs import sweep
from daytrader.jobs.worker import Worker
from daytrader.services import token_service, user_service
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from .conftest import Caller

NEW = {"name": "swing", "stock_symbol": "ACME", "initial_balance": 10000}


@pytest.fixture
def world(postgres_world: World) -> World:
    """PostgreSQL in the place of SQLite."""
    return postgres_world


@pytest.fixture
def trader(app: Flask, world: World) -> Caller:
    """A trader, and ACME, which closed at 10 and 20."""
    world.prices(world.stock("ACME", name="Acme 50%"), [10.0, 20.0])
    with SessionManager() as session:
        user = user_service.create(session, "alice", "alice@example.com", PASSWORD)
        pair = token_service.open_login(session, user, app.extensions["token_rules"])
    return Caller(app.test_client(), user, pair.access_token)


def test_it_is_ready(settings: Settings, trader: Caller) -> None:
    """The migrated schema is the one that this version needs."""
    assert create_app(settings).test_client().get("/api/v1/system/ready").status_code == 200
    assert trader.get("/users/me").get_json()["username"] == "alice"


def test_a_trade_from_end_to_end(trader: Caller) -> None:
    """Open, start, buy, sell; lists filter exact decimals and sort nulls last."""
    service = trader.post("/services", NEW).get_json()["id"]
    trader.post(f"/services/{service}/activate")
    first = trader.post("/transactions", {"service_id": service, "shares": 3, "purchase_price": 20.123456}).get_json()
    assert trader.post(f"/transactions/{first['id']}/complete", {"sale_price": 21}).get_json()["gain_loss"] == 2.63
    second = trader.post("/transactions", {"service_id": service, "shares": 1}).get_json()

    def ids(**query: Any) -> list[int]:
        answer = trader.get("/transactions", **query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.get_json()["items"]]

    assert ids(price=20.123456) == [first["id"]]
    assert ids(price_min=20.123457) == []
    assert ids(sort="gain_loss", order="desc") == [first["id"], second["id"]]
    assert ids(status="open") == [second["id"]]
    assert trader.get("/stocks", name_like="50%").get_json()["pagination"]["total_items"] == 1
    assert trader.get("/stocks", id=2**40).get_json()["items"] == []
    assert trader.get("/prices/ACME/history").get_json()["close"] == [10, 20]
    assert trader.get(f"/services/{service}/check-sell").status_code == 200


def test_concurrent_duplicates_have_one_effect(trader: Caller) -> None:
    """The unique constraint makes the slower ones wait; they get the same answer."""
    app = trader.client.application

    def send(_: int) -> Any:
        return Caller(app.test_client(), trader.user, trader.token).post(
            "/services", NEW, headers={"Idempotency-Key": "same"}
        )

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1


def test_of_parallel_refreshes_one_succeeds(app: Flask, trader: Caller) -> None:
    """The token's row is locked while it is spent."""
    login = {"username": trader.user.username, "password": PASSWORD}
    token = app.test_client().post("/api/v1/auth/login", json=login).get_json()["refresh_token"]

    def refresh(_: int) -> int:
        return app.test_client().post("/api/v1/auth/refresh", json={"refresh_token": token}).status_code

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(refresh, range(5))) == [200, 401, 401, 401, 401]


@pytest.mark.usefixtures("world")
def test_of_parallel_registrations_one_succeeds(app: Flask) -> None:
    """Whoever checked first and came second is told 409 by the constraint."""
    body = {"username": "carol", "email": "carol@example.com", "password": PASSWORD, "password_confirm": PASSWORD}

    def register(_: int) -> int:
        return app.test_client().post("/api/v1/auth/register", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(register, range(4))) == [201, 409, 409, 409]


def test_of_parallel_buys_one_is_filled(trader: Caller) -> None:
    """The service's row is locked: money is spent once."""
    service = trader.post("/services", NEW).get_json()["id"]
    trader.post(f"/services/{service}/activate")
    app = trader.client.application

    def buy(_: int) -> int:
        caller = Caller(app.test_client(), trader.user, trader.token)
        return caller.post("/transactions", {"service_id": service, "shares": 1}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(buy, range(4))) == [201, 409, 409, 409]
    balance = trader.get(f"/services/{service}").get_json()["current_balance"]
    assert Decimal(str(balance)) == Decimal(9980)


def test_prices_by_file_cursor_and_hand(app: Flask, world: World, trader: Caller) -> None:
    """Two workers share the queue; what is exported is imported as it was; cursors walk; a bar stands once."""
    trader.user.is_admin = True
    with SessionManager() as session:
        session.merge(trader.user)
    content = b"timestamp,open,high,low,close,volume\n" + b"".join(
        b"2020-01-02 09:%d:00,10,11,9,10.25,100\n" % minute for minute in range(30, 60, 5)
    )
    world.stock("BETA")

    def upload(content: bytes) -> str:
        data = {"file": (io.BytesIO(content), "bars.csv")}
        answer = trader.post("/prices/import", data=data, query_string={"symbol": "BETA"})
        return str(answer.headers["Location"].removeprefix("/api/v1"))

    jobs = [upload(content) for _ in range(4)]
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: app.extensions["jobs"].run_waiting(), range(2))) == 4
    assert {trader.get(job).get_json()["state"] for job in jobs} == {"SUCCEEDED"}

    exported = trader.get("/prices/BETA/export", format="parquet", interval=5).data
    job = upload(exported)
    app.extensions["jobs"].run_waiting()
    assert trader.get(job).get_json()["result"]["stocks"][0]["new_rows"] == 0
    seen, cursor = [], ""
    while cursor is not None:
        page = trader.get("/prices/intraday", sort="timestamp", order="desc", page_size=4, cursor=cursor).get_json()
        seen += [item["timestamp"] for item in page["items"]]
        cursor = page["pagination"]["next_cursor"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 6
    bar = {"symbol": "BETA", "timestamp": seen[0], "interval": 5}
    assert trader.post("/prices/intraday", bar).status_code == 409


def test_two_workers_share_the_sweeps(app: Flask, trader: Caller, world: World) -> None:
    """Each sweep is computed once, whichever process has it, and comes to the same figures."""
    world.prices(world.stock("OTHER"), [10 + number % 7 + number / 50 for number in range(120)])
    asked = {"symbol": "OTHER", "strategy": "sma_trend", "grid": {"window": [2, 3, 5, 8]}, "metric": "total_return_pct"}
    ids = [trader.post("/sweeps", asked).get_json()["sweep_id"] for _ in range(2)]
    instance = app.extensions["settings"].instance
    workers = [Worker(sweep.handlers(instance, address="", dask="")) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(Worker.run_waiting, workers))
    assert sum(counts) == len(ids)
    shown = [trader.get(f"/sweeps/{sweep_id}").get_json() for sweep_id in ids]
    assert {one["state"] for one in shown} == {"SUCCEEDED"}
    assert len({(one["best_value"], str(one["best_params"]), one["data_hash"]) for one in shown}) == 1
    pages = [trader.get(f"/sweeps/{sweep_id}/results").get_json()["items"] for sweep_id in ids]
    assert all(page == pages[0] for page in pages)
    last = trader.post("/sweeps", asked).get_json()["sweep_id"]
    workers[0].run_waiting()
    assert trader.get(f"/sweeps/{last}").get_json()["findings"]["earlier_trials"] == 2 * 4
