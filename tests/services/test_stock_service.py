"""Tests of daytrader.services.stock_service."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from daytrader.models import Stock
from daytrader.services import stock_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

from ..conftest import World

ADMIN = Actor(1, is_admin=True)
USER = Actor(2)


def test_a_stock_is_found_by_symbol_in_any_case(world: World) -> None:
    """What cannot be a symbol is simply not there."""
    world.stock("BRK.B")

    with SessionManager(read_only=True) as session:
        assert stock_service.by_symbol(session, " brk.b ").symbol == "BRK.B"
        assert stock_service.find(session, "x!'; DROP") is None
        with pytest.raises(NotFoundError):
            stock_service.by_symbol(session, "NONE")


def test_a_new_stock_is_announced_after_the_commit(world: World) -> None:
    """To the room of stocks and to its own."""
    with SessionManager() as session:
        stock = stock_service.create(session, ADMIN, {"symbol": "acme", "name": "Acme"})
        assert world.published == []

    assert world.reload(stock).symbol == "ACME"
    assert [(e.event.name, e.event.action, e.event.rooms) for e in world.published] == [
        ("stock:update", "created", ("stocks", "stock_ACME"))
    ]


def test_a_symbol_is_taken_once(world: World) -> None:
    """A second one is a conflict, by creation and by change."""
    world.stock("ACME")
    other = world.stock("OTHER")

    with pytest.raises(ConflictError), SessionManager() as session:
        stock_service.create(session, ADMIN, {"symbol": "Acme"})
    with pytest.raises(ConflictError), SessionManager() as session:
        stock_service.update(session, ADMIN, other.id, {"symbol": "ACME"})
    assert world.published == []


@pytest.mark.parametrize("values", [{}, {"symbol": "TOO-LONG-BY-FAR"}, {"symbol": "A", "created_at": "now"}])
def test_bad_values_are_refused(world: World, values: dict[str, str]) -> None:  # noqa: ARG001 (the database)
    """A missing or impossible symbol, a read-only column."""
    with pytest.raises(InvalidInputError), SessionManager() as session:
        stock_service.create(session, ADMIN, values)


def test_only_administrators_change_stocks(world: World) -> None:
    """Everyone else may look."""
    stock = world.stock()

    for change in (
        lambda session: stock_service.create(session, USER, {"symbol": "NEW"}),
        lambda session: stock_service.update(session, USER, stock.id, {"name": "x"}),
        lambda session: stock_service.toggle_active(session, USER, stock.id),
        lambda session: stock_service.delete(session, USER, stock.id),
    ):
        with pytest.raises(ForbiddenError), SessionManager() as session:
            change(session)


def test_toggling_switches_off_and_on(world: World) -> None:
    """Twice is back where it was."""
    stock = world.stock()

    with SessionManager() as session:
        stock_service.toggle_active(session, ADMIN, stock.id)
    assert not world.reload(stock).is_active
    with SessionManager() as session:
        stock_service.toggle_active(session, ADMIN, stock.id)
    assert world.reload(stock).is_active


def test_a_stock_in_use_is_neither_deleted_nor_renamed(world: World) -> None:
    """Services carry its symbol."""
    stock = world.stock()
    world.service(world.user(), stock, initial_balance=Decimal(1000))

    with pytest.raises(ConflictError), SessionManager() as session:
        stock_service.delete(session, ADMIN, stock.id)
    with pytest.raises(ConflictError), SessionManager() as session:
        stock_service.update(session, ADMIN, stock.id, {"symbol": "NEW"})


def test_a_deleted_stock_takes_its_prices_along(world: World) -> None:
    """Nothing refers to them any more."""
    stock = world.stock()
    world.prices(stock, [1.0, 2.0])

    with SessionManager() as session:
        stock_service.delete(session, ADMIN, stock.id)

    with pytest.raises(NotFoundError), SessionManager(read_only=True) as session:
        stock_service.get(session, stock.id)
    assert world.published[-1].event.action == "deleted"


def test_search_finds_symbols_before_names(world: World) -> None:
    """The exact symbol first, then those that begin so, then names; % is a letter like any other."""
    world.stock("IBM", name="International Business Machines")
    world.stock("IB", name="Another")
    world.stock("XYZ", name="Not IB, but it says so")

    with SessionManager(read_only=True) as session:
        assert [stock.symbol for stock in stock_service.search(session, "ib")] == ["IB", "IBM", "XYZ"]
        assert [stock.symbol for stock in stock_service.search(session, "ib", limit=1)] == ["IB"]
        assert stock_service.search(session, "%") == []


def test_ensure_makes_a_stock_once(world: World) -> None:
    """An import may come again; what is known about the stock stays."""
    with SessionManager() as session:
        first, is_new = stock_service.ensure(session, "acme", name="Acme")
    with SessionManager() as session:
        second, is_new_again = stock_service.ensure(session, "ACME", name="Else")

    assert (is_new, is_new_again) == (True, False)
    assert first.id == second.id
    assert world.reload(second).name == "Acme"


def test_many_stocks_are_ensured_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order asked for, in any case, however many symbols one statement takes; each that is made is announced."""
    monkeypatch.setattr(stock_service, "_SYMBOLS_A_STATEMENT", 2)
    world.stock("BETA")
    world.stock("DELTA")
    with SessionManager() as session:
        ensured = stock_service.ensure_all(session, ["delta", "ACME", "beta", "CORP", "ACME"])

    assert [(stock.symbol, is_new) for stock, is_new in ensured] == [
        ("DELTA", False),
        ("ACME", True),
        ("BETA", False),
        ("CORP", True),
        ("ACME", True),
    ]
    assert [each.event.rooms[-1] for each in world.published] == ["stock_ACME", "stock_CORP"]


def test_a_stock_that_somebody_else_makes_meanwhile_is_a_conflict(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are taken are named, and none of the others is stored."""
    world.stock("BETA")
    world.stock("DELTA")
    look, looks = stock_service._of_symbols, iter([True])

    def too_early(session: Session, tickers: Sequence[str]) -> dict[str, Stock]:
        return {} if next(looks, False) else look(session, tickers)

    monkeypatch.setattr(stock_service, "_of_symbols", too_early)
    with pytest.raises(ConflictError, match=r"^there is already a stock BETA or DELTA$"), SessionManager() as session:
        stock_service.ensure_all(session, ["ACME", "BETA", "CORP", "DELTA"])
    assert world.published == []
    with SessionManager(read_only=True) as session:
        assert stock_service.find(session, "ACME") is None
