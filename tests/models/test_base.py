"""What every model can do: become a dictionary or JSON, take values from one, keep time and money exact."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from daytrader.models import Base, Stock, StockDailyPrice, TradingService, User
from daytrader.models.journal_entry import JournalEntry
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import InvalidInputError
from tests.conftest import World


def test_to_dict_shows_every_column_but_secrets(world: World) -> None:
    """A password's hash never leaves the model."""
    shown = world.user("carol").to_dict()
    assert shown["username"] == "carol"
    assert set(shown) == {attribute.key for attribute in User.__mapper__.column_attrs} - {
        *("password_hash", "totp_secret", "totp_confirmed_at", "totp_last_step"),
    }


def test_to_json_writes_money_as_numbers_and_moments_with_z(world: World) -> None:
    """The forms that REST and events use."""
    service = world.service(world.user(), world.stock())
    shown = json.loads(service.to_json())
    assert shown["initial_balance"] == 10000.0
    assert shown["state"] == "INACTIVE"
    assert shown["created_at"].endswith("Z")


def test_update_from_dict_sets_what_is_given_and_returns_the_row() -> None:
    """Each value goes through its validator."""
    stock = Stock(symbol="ACME")
    assert stock.update_from_dict({"symbol": "brk.b", "name": "Berkshire"}) is stock
    assert (stock.symbol, stock.name) == ("BRK.B", "Berkshire")


@pytest.mark.parametrize("name", ["id", "created_at", "updated_at", "current_balance", "total_gain_loss", "unheard_of"])
def test_update_from_dict_refuses_read_only_and_unknown_names_before_it_sets_any(name: str) -> None:
    """No mass assignment: a refused name leaves the others unset too."""
    service = TradingService(name="swing")
    with pytest.raises(InvalidInputError) as refused:
        service.update_from_dict({"name": "other", name: 1})
    assert list(refused.value.fields) == [name]
    assert service.name == "swing"


def test_update_from_dict_refuses_a_secret_column() -> None:
    """A hash is never taken from outside."""
    with pytest.raises(InvalidInputError):
        User(username="carol").update_from_dict({"password_hash": "x"})


def test_from_dict_makes_a_row() -> None:
    """The same rules as for changing one."""
    assert Stock.from_dict({"symbol": "ibm"}).symbol == "IBM"
    with pytest.raises(InvalidInputError):
        Stock.from_dict({"id": 7})


def test_a_row_knows_when_it_was_made_and_changed(world: World) -> None:
    """Moments are aware and UTC on every database."""
    stock = world.stock()
    before = stock.updated_at
    with SessionManager() as session:
        session.get_one(Stock, stock.id).name = "Acme"
    changed = world.reload(stock)
    assert changed.created_at == stock.created_at
    assert changed.updated_at > before
    assert changed.created_at.tzinfo is UTC


def test_a_moment_is_stored_as_utc_and_one_without_a_zone_is_refused(world: World) -> None:
    """A guessed zone would move a trade by hours."""
    user = world.user()
    with SessionManager() as session:
        row = session.get_one(User, user.id)
        row.last_login = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    assert world.reload(user).last_login == datetime(2024, 1, 1, 7, tzinfo=UTC)
    with pytest.raises(StatementError, match="time zone"), SessionManager() as session:
        session.get_one(User, user.id).last_login = datetime(2024, 1, 1)  # noqa: DTZ001 (the point of the test)


@pytest.mark.parametrize("amount", ["0.01", "-12.34", "99999999999.99", "100000000000.00", "0.10"])
def test_cents_survive_the_database_exactly(world: World, postgres_url: str, amount: str) -> None:
    """SQLite keeps doubles: within the bounds each reads back as the same decimal, as PostgreSQL's does."""
    postgres = create_engine(postgres_url)
    for engine in (world.engine, postgres):
        with Session(engine) as session, session.begin():
            user = User(username="carol", email="carol@example.com", password_hash="x")
            service = TradingService(
                user=user, name="a", stock_symbol="A", initial_balance=Decimal(1), current_balance=Decimal(1)
            )
            session.add(service)
            session.flush()
            entry = JournalEntry(
                service_id=service.id,
                sequence=1,
                kind="DEPOSIT",
                amount=Decimal(amount),
                balance_after=Decimal(1),
                shares_after=0,
            )
            session.add(entry)
            session.flush()
            session.expire(entry)
            assert entry.amount == Decimal(amount)
            assert str(entry.amount) == str(Decimal(amount).quantize(Decimal("0.01")))
    postgres.dispose()


def test_more_decimals_than_the_column_has_are_rounded_half_up(world: World) -> None:
    """The one rounding of this project."""
    service = world.service(world.user(), world.stock())
    with SessionManager() as session:
        session.get_one(TradingService, service.id).total_gain_loss = Decimal("2.345")
    assert world.reload(service).total_gain_loss == Decimal("2.35")


def test_enumerations_are_stored_as_their_text(world: World) -> None:
    """Anyone who reads the table reads words."""
    world.service(world.user(), world.stock())
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT state, mode FROM trading_services")).one() == ("INACTIVE", "BUY")


def test_deleting_an_owner_deletes_what_is_owned(world: World) -> None:
    """A stock's prices go with it, by the database's own cascade."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0])
    with SessionManager() as session:
        session.delete(session.get_one(Stock, stock.id))
    with SessionManager(read_only=True) as session:
        assert session.query(StockDailyPrice).count() == 0


def test_every_models_table_has_the_bases_columns() -> None:
    """Also the ones that the specification does not name; only what triggers write is no model."""
    for mapper in Base.registry.mappers:
        assert {"id", "created_at", "updated_at"} <= set(mapper.columns.keys()), mapper
