"""A small world in which every address has something to answer with, and that is put back after each change."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import ApiKey, CorporateAction, Job, StockIntradayPrice, User
from daytrader.models.enums import CorporateActionKind, ServiceState
from daytrader.services import database, token_service
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from ..made_once import copy_migrated_database

_SECRET = "a secret that only the tests know, long enough"
_ENDLESS = "1000000/second"
_BARS = 260
_DAY = date(2020, 1, 1)
CSV = b"symbol,date,open,high,low,close,volume\nACME,2021-01-04,10,11,9,10.5,100\n"


@dataclass
class SmallWorld:
    """
    An application over a filled database.

    Attributes:
        tokens: An access token by who is asking; nobody has none.
        known: Values that exist, or fit, by the names that addresses, queries and bodies call them.
        swagger: What the application says of itself.
    """

    app: Flask
    path: Path
    tokens: dict[str, str]
    known: dict[str, Any]
    swagger: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.swagger = self.app.test_client().get("/api/v1/swagger.json").get_json()
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.path)) as source:
            source.backup(self._kept)

    def put_back(self) -> None:
        """Undo whatever was written since the world was made."""
        with closing(sqlite3.connect(self.path)) as target:
            self._kept.backup(target)

    def close(self) -> None:
        """Forget what was kept."""
        self._kept.close()


def build(folder: Path) -> SmallWorld:
    """Return a world in *folder*: stocks with prices, services in each state, trades, orders, decisions, a backtest."""
    path = folder / "world.db"
    copy_migrated_database(path)
    world = World(database.connect(f"sqlite:///{path}", is_durable=False))
    app = create_app(
        Settings(
            instance=folder,
            secret_key=_SECRET,
            limit_login=_ENDLESS,
            limit_login_address=_ENDLESS,
            limit_writes=_ENDLESS,
            limit_imports=_ENDLESS,
            limit_backtests=1_000_000,
        )
    )
    users = {"user": world.user("alice"), "admin": world.user("root", is_admin=True)}
    with SessionManager() as session:
        tokens = {
            who: token_service.open_login(session, user, app.extensions["token_rules"]).access_token
            for who, user in users.items()
        }
    return SmallWorld(app, path, tokens, _fill(world, app, users["user"], tokens["user"]))


def _fill(world: World, app: Flask, owner: User, token: str) -> dict[str, Any]:
    stock, spare = world.stock("ACME"), world.stock("SPARE")
    world.prices(stock, [50 + 10 * ((day % 40) / 40) for day in range(_BARS)], _DAY)
    services = {
        state: world.service(owner, stock, name=f"service {state.value.lower()}", strategy="sma_cross")
        for state in ServiceState
    }
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    def post(path: str, json: Any = None) -> Any:
        response = client.post(f"/api/v1{path}", headers=headers, json=json)
        assert response.status_code < 300, (path, response.text)
        return response.get_json()

    active = services[ServiceState.ACTIVE].id
    for state in (ServiceState.ACTIVE, ServiceState.PAUSED, ServiceState.ERROR):
        post(f"/services/{services[state].id}/activate")
    closed = post("/transactions", {"service_id": active, "shares": 2})["id"]
    post(f"/transactions/{closed}/complete", {})
    opened = post("/transactions", {"service_id": active, "shares": 3})["id"]
    post(f"/services/{active}/execute-strategy")
    post(f"/services/{services[ServiceState.PAUSED].id}/pause")
    backtest = post("/backtests", {"symbol": "ACME", "strategy": "sma_cross"})["id"]
    grid = {"fast": [5, 10], "slow": [20, 30]}
    sweep = post("/sweeps", {"symbol": "ACME", "strategy": "sma_cross", "grid": grid})["sweep_id"]
    app.extensions["jobs"].run_waiting()
    with SessionManager() as session:
        session.get_one(type(services[ServiceState.ERROR]), services[ServiceState.ERROR].id).state = ServiceState.ERROR
        intraday = [
            StockIntradayPrice(
                stock_id=stock.id,
                timestamp=datetime(2020, 9, 16, 14, 30, tzinfo=UTC) + timedelta(minutes=minute),
                interval=1,
                close_price=50.0,
            )
            for minute in range(30)
        ]
        key = ApiKey(user_id=owner.id, name="k", prefix="dt_", key_hash=f"{1:064}", scopes=["read"])
        job = Job(user_id=owner.id, kind="import")
        action = CorporateAction(
            stock_id=stock.id,
            ex_date=date(2020, 6, 1),
            kind=CorporateActionKind.DIVIDEND,
            amount=30,
            source="csv",
            is_quarantined=True,
        )
        session.add_all([*intraday, key, job, action])
        session.flush()
        return {
            "backtest_id": backtest,
            "action_id": action.id,
            "job_id": job.id,
            "key_id": key.id,
            "credential_id": 1,  # there is none: nobody is asked on the network
            "name": "sma_cross",
            "order_id": client.get("/api/v1/orders", headers=headers).get_json()["items"][0]["id"],
            "price_id": 1,
            "service_id": active,
            "sweep_id": sweep,
            "grid": grid,
            "x": "fast",
            "y": "slow",
            "stock_id": stock.id,
            "spare_id": spare.id,
            "symbol": "ACME",
            "stock_symbol": "ACME",
            "transaction_id": opened,
            "user_id": owner.id,
            "username": "alice",
            "password": PASSWORD,
            "current_password": PASSWORD,
            "new_password": f"New-{PASSWORD}",
            "confirm_password": f"New-{PASSWORD}",
            "strategy": "sma_cross",
            "ids": f"{backtest},{backtest}",
            "names": "sma:20,rsi:14,bbands:20:2",
            "start": _DAY.isoformat(),
            "end": (_DAY + timedelta(days=_BARS)).isoformat(),
            "file": CSV,
        }
