"""Cells as the audit and the reports of damaged rows read them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Table, text

from daytrader.models import User
from daytrader.services import database
from daytrader.services.ledger_audit import cells
from daytrader.services.session_manager import SessionManager

from ..made_once import copy_migrated_database

_TABLE = cast("Table", User.__table__)
_READ = cells.readers(_TABLE, frozenset())["last_login"]


@pytest.mark.parametrize(
    "junk", ["9999-12-31 23:59:59-05:00", "0001-01-01 00:00:00+05:00", "2024-01-02", "junk", "infinity", 7]
)
def test_a_moment_that_utc_does_not_have_is_refused_in_words(junk: object) -> None:
    """As everything else that is none: whoever reads a table goes on to the next row."""
    with pytest.raises(ValueError, match="is no moment"):
        _READ(junk)


@pytest.mark.parametrize("written", ["2024-01-02 16:30:00+01:00", "2024-01-02 15:30:00Z"])
def test_a_moment_that_says_its_zone_is_refused_as_the_model_does(written: str) -> None:
    """Whoever sorts and compares has the text alone: one in another zone would stand in the wrong place."""
    with pytest.raises(ValueError, match="is no moment in UTC without a zone"):
        _READ(written)


@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
def test_a_moment_is_read_in_utc(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Whatever zone PostgreSQL's session has, and as SQLite stores it."""
    moment = datetime(2024, 1, 2, 15, 30, 0, 500_000, tzinfo=UTC)
    if database_kind == "postgresql":
        engine = database.connect(request.getfixturevalue("postgres_url"))
    else:
        copy_migrated_database(tmp_path / "cells.db")
        engine = database.connect(f"sqlite:///{tmp_path / 'cells.db'}", is_durable=False)
    try:
        with SessionManager() as session:
            session.add(User(username="alice", email="alice@x.io", password="Quite long 1", last_login=moment))
        with SessionManager(read_only=True) as session:
            if database_kind == "postgresql":
                session.execute(text("SET LOCAL TIME ZONE 'Asia/Kolkata'"))
            (stored,) = session.scalars(cells.raw(_TABLE, {"last_login": _READ}))
    finally:
        engine.dispose()

    assert _READ(stored) == moment
