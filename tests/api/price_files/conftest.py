"""What imports and exports of prices over HTTP are tested with: a file, who sends it, and what is stored then."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from daytrader.jobs.worker import Worker
from daytrader.models import Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import corporate_action_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World

from ..conftest import Caller

ROWS = b"date,open,high,low,close,volume\n2020-01-02,10,11,9,10.5,100\n2020-01-03,10.5,12,10,11.25,200\n"
BAD = ROWS + b"2020-01-06,10,9,11,10,100\nsoon,10,11,9,10,100\n"


@pytest.fixture
def worker(app: Flask) -> Worker:
    """The application's worker, not started: tests let it work when they are ready."""
    found: Worker = app.extensions["jobs"]
    return found


@pytest.fixture
def acme(world: World) -> Stock:
    """ACME, without prices."""
    return world.stock("ACME")


def send(caller: Caller, content: bytes, headers: dict[str, str] | None = None, **query: Any) -> TestResponse:
    """Post *content* as the form's file."""
    data = {"file": (io.BytesIO(content), "../../prices.csv")}
    return caller.post("/prices/import", data=data, query_string=query, headers=headers or {})


def imported(caller: Caller, worker: Worker, content: bytes, **query: Any) -> dict[str, Any]:
    """Import *content* and return the job as it ended."""
    answer = send(caller, content, **query)
    assert answer.status_code == 202, answer.get_json()
    assert worker.run_waiting() == 1
    return dict(caller.get(answer.headers["Location"].removeprefix("/api/v1")).get_json())


def bars(symbol: str) -> list[tuple[Any, ...]]:
    """Return every stored bar, dividend and split of the stock."""
    with SessionManager(read_only=True) as session:
        stock = session.scalars(select(Stock).where(Stock.symbol == symbol)).one()
        daily, intraday = StockDailyPrice, StockIntradayPrice
        found: list[tuple[Any, ...]] = []
        for model, keys in ((daily, ("price_date", "adj_close")), (intraday, ("timestamp", "interval"))):
            names = (*keys, "open_price", "high_price", "low_price", "close_price", "volume")
            columns = [getattr(model, name) for name in names]
            found += map(
                tuple, session.execute(select(*columns).where(model.stock_id == stock.id).order_by(columns[0]))
            )
        actions = corporate_action_service.listing(session, stock.id)
        found += [(a.ex_date, a.kind, a.amount, a.ratio_numerator, a.ratio_denominator) for a in actions]
    return found


def count() -> int:
    """Return how many bars are stored."""
    with SessionManager(read_only=True) as session:
        return sum(
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (StockDailyPrice, StockIntradayPrice)
        )
