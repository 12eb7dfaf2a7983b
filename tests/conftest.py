"""A small world with a real database, a recorder and builders, for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
import socketio  # noqa: F401  # whole, clients included: the server leaves out what only these need
from sqlalchemy import Engine

from daytrader.models import Stock, StockDailyPrice, TradingService, User
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services import database
from daytrader.services.events import PublishedEvent, events
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.garbage import uncollected
from tests.made_once import copy_empty_database, hash_of, open_database, rules_compiled_once

pytest_plugins = (
    "tests.isolation",
    "tests.post_office",
    "tests.spread",
    "tests.postgres",
    "tests.redis",
    "tests.browser",
    "tests.coverage_table",
)

# The same cases every time, so that a change is judged by what it changed; HYPOTHESIS_PROFILE=explore draws new ones.
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

T = TypeVar("T")

PASSWORD = "Secret-Enough-1"
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what the collection has made, which all stays, out of every search for garbage from then on."""
    with uncollected():
        collected = yield
    gc.freeze()
    return collected


@pytest.fixture(scope="session")
def shared_data() -> Path | None:
    """The folder of real prices beside the repository, or None where there is none."""
    return SHARED_DATA if SHARED_DATA.is_dir() else None


@dataclass
class World:
    """Builders and observers over one database."""

    engine: Engine
    published: list[PublishedEvent] = field(default_factory=list)

    def user(self, username: str = "alice", **overrides: Any) -> User:
        """Persist an account that can sign in with PASSWORD."""
        with SessionManager() as session:
            user = User(username=username, email=f"{username}@example.com", password_hash=hash_of(PASSWORD))
            for name, value in overrides.items():
                setattr(user, name, value)
            session.add(user)
        return user

    def stock(self, symbol: str = "ACME", **overrides: Any) -> Stock:
        """Persist a stock without prices."""
        with SessionManager() as session:
            stock = Stock(symbol=symbol, **overrides)
            session.add(stock)
        return stock

    def broker_account(self, user_id: int, account: str = "PA1", **overrides: Any) -> BrokerCredential:
        """Persist keys to a paper account at alpaca; they are sealed by nothing, and open nothing."""
        values: dict[str, Any] = {"broker": "alpaca", "is_live": False, "sealed_key": b"", "sealed_secret": b""}
        values |= {"shown": "0000", "verified_at": get_current_datetime()}
        with SessionManager() as session:
            credential = BrokerCredential(user_id=user_id, account=account, **values | overrides)
            session.add(credential)
        return credential

    def prices(self, stock: Stock, closes: list[float], first: date = date(2020, 1, 1)) -> None:
        """Persist one daily bar per close, each opening at the close before it."""
        with SessionManager() as session:
            for day, close in enumerate(closes):
                opened = closes[day - 1] if day else close
                session.add(
                    StockDailyPrice(
                        stock_id=stock.id,
                        price_date=first + timedelta(days=day),
                        open_price=opened,
                        high_price=max(opened, close),
                        low_price=min(opened, close),
                        close_price=close,
                        volume=1000,
                    )
                )

    def service(self, user: User, stock: Stock, **overrides: Any) -> TradingService:
        """Persist a trading service through the same door as the API does."""
        from daytrader.services import trading_service
        from daytrader.services.actor import Actor

        values: dict[str, Any] = {
            "name": "swing",
            "stock_symbol": stock.symbol,
            "initial_balance": Decimal("10000.00"),
        }
        with SessionManager() as session:
            return trading_service.create(session, Actor(user.id, user.is_admin), values | overrides)

    def notices(self) -> list[str]:
        """Return what admins and users were told, oldest first."""
        told = [published.event for published in self.published if published.event.name == "system:notification"]
        return [event.entity["message"] for event in told]

    def reload(self, row: T) -> T:
        """Return the row as the database holds it now."""
        with SessionManager(read_only=True) as session:
            return session.get_one(type(row), row.id)  # type: ignore[attr-defined]  # every model has an id


@pytest.fixture(autouse=True, scope="session")
def _rules_compiled_once() -> Iterator[None]:
    """A good part of an application's start."""
    with rules_compiled_once():
        yield


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty SQLite database in a file, and a recording publisher."""
    copy_empty_database(tmp_path / "world.db")
    world = World(engine := open_database(tmp_path / "world.db"))
    monkeypatch.setattr(events, "publish", world.published.append)
    yield world
    engine.dispose()


@pytest.fixture
def postgres_world(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An empty PostgreSQL database, made by the migrations, and a recording publisher."""
    world = World(engine := database.connect(postgres_url))
    monkeypatch.setattr(events, "publish", world.published.append)
    yield world
    engine.dispose()
