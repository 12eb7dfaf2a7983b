"""Connections: one engine per process, with the settings that each database needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from daytrader.services.session_manager import session_factory

SQLITE_BUSY_SECONDS = 10


def connect(url: str, *, is_durable: bool = True) -> Engine:
    """
    Return an engine for *url* and make ``SessionManager`` use it.

    Without *is_durable* SQLite does not wait for the disk: only for databases that are thrown away.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = _sqlite(url, is_durable=is_durable)
    else:
        engine = create_engine(url, json_serializer=_to_json, json_deserializer=orjson.loads, pool_pre_ping=True)
    session_factory.configure(bind=engine)
    return engine


def _sqlite(url: str, *, is_durable: bool) -> Engine:
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that starts as a reader fails at its first write when another came between: take the lock at once.
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
