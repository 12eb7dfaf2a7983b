"""Stocks: found by symbol, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models import Stock
from daytrader.services import event_payloads
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError


def get(session: Session, stock_id: int) -> Stock:
    """
    Return the stock.

    Raises:
        NotFoundError: If there is none.
    """
    stock = session.get(Stock, stock_id)
    if stock is None:
        raise NotFoundError("stock")
    return stock


def find(session: Session, symbol: str) -> Stock | None:
    """Return the stock of *symbol*, in any case, or None; what cannot be a symbol is no stock's."""
    try:
        ticker = validators.symbol(symbol)
    except BrokenRuleError:
        return None
    return session.scalar(select(Stock).where(Stock.symbol == ticker))


def by_symbol(session: Session, symbol: str) -> Stock:
    """
    Return the stock of *symbol*, in any case.

    Raises:
        NotFoundError: If there is none.
    """
    stock = find(session, symbol)
    if stock is None:
        raise NotFoundError("stock")
    return stock


def search(session: Session, q: str, limit: int = 20) -> list[Stock]:
    """Return at most *limit* stocks whose symbol or name contains *q*, in any case; the nearest symbols first."""
    wanted = q.strip()
    order: ColumnElement[int] = case(
        (Stock.symbol == wanted.upper(), 0), (Stock.symbol.istartswith(wanted, autoescape=True), 1), else_=2
    )
    matches = or_(Stock.symbol.icontains(wanted, autoescape=True), Stock.name.icontains(wanted, autoescape=True))
    return list(session.scalars(select(Stock).where(matches).order_by(order, Stock.symbol).limit(limit)))


def listing(session: Session) -> list[Stock]:
    """Return every stock by symbol."""
    return list(session.scalars(select(Stock).order_by(Stock.symbol)))


def create(session: Session, actor: Actor, values: Mapping[str, Any]) -> Stock:
    """
    Make a stock and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        InvalidInputError: If a value is refused or the symbol is missing.
        ConflictError: If the symbol is taken.
    """
    _require_admin(actor)
    if "symbol" not in values:
        raise InvalidInputError({"symbol": ["is required"]})
    stock = Stock.from_dict(values)
    session.add(stock)
    return _stored(session, stock, event_payloads.CREATED)


def ensure(session: Session, symbol: str, *, name: str | None = None, sector: str | None = None) -> tuple[Stock, bool]:
    """
    Return the stock of *symbol* and whether it was made just now: for imports by the administrator at the console.

    A stock that is there keeps its name and sector.

    Raises:
        InvalidInputError: If *symbol* cannot be one.
    """
    ticker = validators.checked("symbol", validators.symbol, symbol)
    stock = find(session, ticker)
    if stock is not None:
        return stock, False
    stock = Stock(symbol=ticker, name=name, sector=sector)
    session.add(stock)
    return _stored(session, stock, event_payloads.CREATED), True


def update(session: Session, actor: Actor, stock_id: int, values: Mapping[str, Any]) -> Stock:
    """
    Change the given columns and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such stock.
        InvalidInputError: If a value is refused or a name is unknown or read-only.
        ConflictError: If the symbol is taken, or changes under services and transactions that carry it.
    """
    _require_admin(actor)
    stock = get(session, stock_id)
    before = stock.symbol
    with session.no_autoflush:
        stock.update_from_dict(values)
        if stock.symbol != before and stock.has_dependencies:
            raise ConflictError("services or transactions carry this stock's symbol")
    return _stored(session, stock, event_payloads.UPDATED, before)


def toggle_active(session: Session, actor: Actor, stock_id: int) -> Stock:
    """
    Switch the stock on or off and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such stock.
    """
    _require_admin(actor)
    stock = get(session, stock_id)
    stock.is_active = not stock.is_active
    return _stored(session, stock, event_payloads.UPDATED)


def delete(session: Session, actor: Actor, stock_id: int) -> None:
    """
    Remove the stock with its prices, and announce it once the caller commits.

    Raises:
        ForbiddenError: If the actor is no administrator.
        NotFoundError: If there is no such stock.
        ConflictError: If services or transactions refer to it.
    """
    _require_admin(actor)
    stock = get(session, stock_id)
    if stock.has_dependencies:
        raise ConflictError("services or transactions refer to this stock")
    events.record(session, event_payloads.stock_update(stock, event_payloads.DELETED))
    session.delete(stock)
    session.flush()


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise ForbiddenError("only administrators change stocks")


def _stored(session: Session, stock: Stock, action: str, former: str | None = None) -> Stock:
    symbol = stock.symbol
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError(f"there is already a stock {symbol}") from None
    events.record(session, event_payloads.stock_update(stock, action, former))
    return stock
