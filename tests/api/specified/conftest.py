"""What the features that the specification names are asked with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from daytrader.models import TradingService
from tests.conftest import PASSWORD, World

from ..conftest import Caller

SERVICE = {"name": "second", "stock_symbol": "ACME", "initial_balance": 1000}
INTRADAY = {"symbol": "ACME", "timestamp": "2020-01-02T15:00:00Z", "interval": 5, "close_price": 10.5}


@dataclass
class Office:
    """An active service of alice's on ACME, an admin, and somebody who is not signed in."""

    client: FlaskClient
    alice: Caller
    admin: Caller
    service: TradingService
    world: World

    def anonymous(self, path: str, body: dict[str, Any]) -> TestResponse:
        """Post without a token."""
        return self.client.post(f"/api/v1{path}", json=body)

    def login(self) -> dict[str, Any]:
        """Sign alice in by her password."""
        answer = self.anonymous("/auth/login", {"username": "alice", "password": PASSWORD})
        tokens: dict[str, Any] = answer.get_json()
        return tokens

    def buy(self) -> int:
        """Open a position by hand; return the transaction's id."""
        bought = self.alice.post("/transactions", {"service_id": self.service.id, "shares": 2})
        number: int = bought.get_json()["id"]
        return number

    def of_service(self, rest: str = "") -> str:
        """Return the address of the service."""
        return f"/services/{self.service.id}{rest}"

    def of_alice(self, rest: str = "") -> str:
        """Return the address of alice's account."""
        return f"/users/{self.alice.user.id}{rest}"

    def spare(self) -> int:
        """Make a stock that nobody trades; return its id."""
        return self.world.stock("SPARE").id

    def intraday(self) -> int:
        """Store an intraday bar; return its id."""
        number: int = self.admin.post("/prices/intraday", INTRADAY).get_json()["id"]
        return number


@pytest.fixture
def office(client: FlaskClient, alice: Caller, admin: Caller, active_service: TradingService, world: World) -> Office:
    """What every test here starts from."""
    return Office(client, alice, admin, active_service, world)
