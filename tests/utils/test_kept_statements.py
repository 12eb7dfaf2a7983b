"""Tests of daytrader.utils.kept_statements: compiled once, and never for another database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, Select, bindparam, select

from daytrader.models import Base, Stock
from daytrader.services import database
from daytrader.services.session_manager import SessionManager
from daytrader.utils.kept_statements import KeptStatement

from ..conftest import World


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that a statement is compiled."""
    found: list[str] = []
    compile_it = Select._compiler

    def counted(self: Select[Any], dialect: Any, **options: Any) -> Any:
        found.append(dialect.name)
        return compile_it(self, dialect, **options)

    monkeypatch.setattr(Select, "_compiler", counted)
    return found


def _by_id() -> KeptStatement:
    return KeptStatement(select(Stock.symbol).where(Stock.id == bindparam("id", type_=Integer)))


def test_it_is_compiled_once_and_asks_anew_each_time(world: World, compiled: list[str]) -> None:
    """Whatever the parameters are, and whatever the same session has changed before."""
    first, second = world.stock("AAA"), world.stock("BBB")
    statement = _by_id()
    with SessionManager(read_only=True) as session:
        statement.execute(session, {"id": first.id}).all()
        before = len(compiled)
        assert [statement.execute(session, {"id": one.id}).scalar_one() for one in (first, second)] == ["AAA", "BBB"]
    assert len(compiled) == before
    with SessionManager() as session:
        session.get_one(Stock, first.id).symbol = "CCC"
        assert statement.execute(session, {"id": first.id}).scalar_one() == "CCC"


def test_another_database_has_another_form(world: World, tmp_path: Path, compiled: list[str]) -> None:
    """A process that connects to a second one asks there, and not in the words of the first."""
    statement = _by_id()
    with SessionManager(read_only=True) as session:
        assert statement.execute(session, {"id": world.stock("AAA").id}).scalar_one() == "AAA"
    other = database.connect(f"sqlite:///{tmp_path / 'other.db'}", is_durable=False)
    try:
        Base.metadata.create_all(other)
        before = len(compiled)
        with SessionManager(read_only=True) as session:
            assert statement.execute(session, {"id": 1}).all() == []
    finally:
        other.dispose()
    assert len(compiled) == before + 1
