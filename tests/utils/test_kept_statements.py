"""Tests of daytrader.utils.kept_statements: compiled once, and never for another database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, Select, bindparam, column, select, table
from sqlalchemy.exc import DBAPIError

from daytrader.models import Base, Stock, TradingService
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
        statement.rows(session, {"id": first.id})
        before = len(compiled)
        assert [statement.rows(session, {"id": one.id}) for one in (first, second)] == [[("AAA",)], [("BBB",)]]
    assert len(compiled) == before
    with SessionManager() as session:
        session.get_one(Stock, first.id).symbol = "CCC"
        assert statement.rows(session, {"id": first.id}) == [("CCC",)]


def test_another_database_has_another_form(world: World, tmp_path: Path, compiled: list[str]) -> None:
    """A process that connects to a second one asks there, and not in the words of the first."""
    statement = _by_id()
    with SessionManager(read_only=True) as session:
        assert statement.rows(session, {"id": world.stock("AAA").id}) == [("AAA",)]
    other = database.connect(f"sqlite:///{tmp_path / 'other.db'}", is_durable=False)
    try:
        Base.metadata.create_all(other)
        before = len(compiled)
        with SessionManager(read_only=True) as session:
            assert statement.rows(session, {"id": 1}) == []
    finally:
        other.dispose()
    assert len(compiled) == before + 1


def test_rows_are_what_sqlalchemy_makes_of_them(world: World) -> None:
    """Every type of a wide table, and what a parameter's type makes of a value."""
    user, stock = world.user(), world.stock("AAA")
    services = [world.service(user, stock, name=name) for name in ("one", "two")]
    since = bindparam("since", type_=TradingService.created_at.type)
    wide = select(*TradingService.__table__.columns).where(TradingService.created_at >= since)
    asked = {"since": min(one.created_at for one in services)}
    kept = KeptStatement(wide)
    with SessionManager(read_only=True) as session:
        expected = [tuple(row) for row in session.execute(wide, asked)]
        for _ in range(2):
            assert kept.rows(session, asked) == expected
        assert [*map(type, kept.rows(session, asked)[0])] == [*map(type, expected[0])]
    assert len(expected) == 2


@pytest.mark.usefixtures("world")
def test_what_the_driver_refuses_is_an_error_of_sqlalchemy() -> None:
    """Whoever waits for a busy database, or finds none, looks for those."""
    gone = KeptStatement(select(column("nothing")).select_from(table("nowhere", column("nothing"))))
    with pytest.raises(DBAPIError, match="nowhere"), SessionManager(read_only=True) as session:
        gone.rows(session, {})


@pytest.mark.usefixtures("world")
def test_a_text_that_depends_on_its_parameters_is_not_kept() -> None:
    """It would be the first caller's for all that follow."""
    several = KeptStatement(select(Stock.symbol).where(Stock.id.in_(bindparam("ids", expanding=True))))
    with pytest.raises(ValueError, match="cannot be kept"), SessionManager(read_only=True) as session:
        several.rows(session, {"ids": [1, 2]})
