"""pandas: read_csv and to_sql of daily prices: each line read names the file and, after a tab, an empty database."""

import json
import sqlite3
import sys
import time
from typing import Any

import pandas as pd
from sqlalchemy import create_engine, event

ROWS_AT_ONCE = 20_000


def load(file: str, path: str) -> None:
    """Read the file and append its rows to the tables as they are, with their keys, checks and triggers."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: Any) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    rows = pd.read_csv(file, parse_dates=["date"])
    now = pd.Timestamp.now("UTC").tz_localize(None)
    stocks = pd.DataFrame({"symbol": rows["symbol"].unique(), "is_active": True, "created_at": now, "updated_at": now})
    with engine.begin() as connection:
        stocks.to_sql("stocks", connection, index=False, if_exists="append")
        ids = pd.read_sql("SELECT id AS stock_id, symbol FROM stocks", connection)
        prices = {name: f"{name}_price" for name in ("open", "high", "low", "close")}
        rows = rows.merge(ids, on="symbol").drop(columns="symbol").rename(columns={"date": "price_date", **prices})
        rows = rows.assign(price_date=rows["price_date"].dt.date, source="HISTORICAL", created_at=now, updated_at=now)
        rows.to_sql("stock_daily_prices", connection, index=False, if_exists="append", chunksize=ROWS_AT_ONCE)
    engine.dispose()


for line in sys.stdin:
    began, used = time.perf_counter(), time.process_time()
    load(*line.rstrip("\n").split("\t"))
    taken = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    sys.stdout.write(json.dumps(taken) + "\n")
    sys.stdout.flush()
