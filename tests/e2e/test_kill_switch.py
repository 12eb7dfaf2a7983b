"""The kill switch of a server that trades: within a second nothing adds exposure any more, and stops stay in force."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, insert, select

from daytrader.models import ExposureLimit, Order, StockDailyPrice, TradingTransaction, User
from daytrader.models.enums import OrderKind, OrderSide, OrderState
from daytrader.services import database, stock_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from tests.conftest import PASSWORD
from tests.e2e.server import RunningServer, daytrader, wait_for

STOCKS: Final = 5
BARS: Final = 3_000
SPEED: Final = 10
OBEYED: Final = timedelta(seconds=1)
RISE: Final = (100, 100, 101, 103, 105, 107, 109, 111)
"""Closes of a stock's cycle: the fast average crosses the slow one, its service buys, and the last bar falls through
the stop."""
CYCLES: Final = timedelta(days=2 * (len(RISE) + 1))


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """Stocks that rise and break down again and again, one after the other, each with a service on it."""
    path = tmp_path / "instance"
    words = ("user", "create", "carol", "--email", "carol@example.com", "--admin", "--password-stdin")
    made = daytrader(path, *words, given=PASSWORD)
    assert made.returncode == 0, made.stderr
    engine = database.connect(f"sqlite:///{path / 'daytrader.db'}")
    with SessionManager() as session:
        owner = Actor(session.scalars(select(User.id)).one(), is_admin=True)
        for number in range(STOCKS):
            stock = stock_service.create(session, owner, {"symbol": f"SAW{number}"})
            session.flush()
            rows = [_bar(stock.id, row, row + 2 * number) for row in range(BARS)]
            session.execute(insert(StockDailyPrice), rows)
            values = {
                "name": stock.symbol,
                "stock_symbol": stock.symbol,
                "initial_balance": Decimal(10_000),
                "strategy": "sma_cross",
                "strategy_params": {"fast": 2, "slow": 3},
                "stop_loss_percent": Decimal(3),
                "take_profit_percent": Decimal(0),
            }
            trading_service.activate(session, owner, trading_service.create(session, owner, values).id)
    engine.dispose()
    return path


def _bar(stock_id: int, row: int, place: int) -> dict[str, Any]:
    day = date(2000, 1, 3) + timedelta(days=row)
    level = place % (len(RISE) + 1)
    opened = RISE[min(level, len(RISE) - 1)]
    low, close = (80, 90) if level == len(RISE) else (opened, opened)
    return {
        "stock_id": stock_id,
        "price_date": day,
        "open_price": opened,
        "high_price": opened,
        "low_price": low,
        "close_price": close,
        "volume": 1_000_000,
    }


@pytest.fixture
def session(instance: Path) -> Iterator[Callable[[Any], Any]]:
    """What a query of one value finds in the books, as often as it is asked."""
    engine = database.connect(f"sqlite:///{instance / 'daytrader.db'}")

    def ask(query: Any) -> Any:
        with SessionManager(read_only=True) as one:
            return one.scalar(query)

    yield ask
    engine.dispose()


def _bought_since(moment: datetime) -> Any:
    return select(func.count()).select_from(TradingTransaction).where(TradingTransaction.created_at > moment)


def _stopped_since(moment: datetime) -> Any:
    return (
        select(func.count())
        .select_from(Order)
        .where(Order.kind == OrderKind.STOP, Order.state == OrderState.FILLED, Order.created_at > moment)
    )


def _to_buy_since(moment: datetime) -> Any:
    return select(func.count()).select_from(Order).where(Order.side == OrderSide.BUY, Order.created_at > moment)


def _position(server: RunningServer) -> datetime:
    found = datetime.fromisoformat(server.get("/system/engine").json()["position"])
    assert found < datetime(2000, 1, 3, tzinfo=UTC) + timedelta(days=BARS - 1), "the prices are at their end"
    return found


def test_within_a_second_nothing_adds_exposure_and_stops_stay_in_force(
    instance: Path, session: Callable[[Any], Any]
) -> None:
    """Whether the API or the console turns it; released, the same market is bought again."""
    variables = {"DAYTRADER_SECRET_KEY": secrets.token_hex(32)}
    with RunningServer(instance, "--speed", str(SPEED), command="serve", **variables) as server:
        server.when_ready()
        server.sign_in("carol", PASSWORD)

        def by_api() -> bool:
            return server.post("/system/engine/kill", {"reason": "a test"}).ok

        def by_console() -> bool:
            return daytrader(instance, "engine", "kill", "--reason", "a test").returncode == 0

        began = datetime.now(UTC)
        for kill in (by_api, by_console):
            wait_for(lambda began=began: session(_bought_since(began)) >= STOCKS)  # type: ignore[misc]
            assert kill()
            killed = session(select(ExposureLimit.killed_at))

            seen = _position(server)
            wait_for(lambda seen=seen: _position(server) > seen + CYCLES)  # type: ignore[misc]
            wait_for(lambda killed=killed: datetime.now(UTC) > killed + 2 * OBEYED)  # type: ignore[misc]

            assert session(_bought_since(killed + OBEYED)) == 0
            assert session(_to_buy_since(killed + OBEYED)) == 0
            assert session(_stopped_since(killed)) > 0
            began = datetime.now(UTC)
            assert server.post("/system/engine/release").ok
        wait_for(lambda: session(_bought_since(began)) > 0)
        server.stop()
    assert daytrader(instance, "audit").returncode == 0
