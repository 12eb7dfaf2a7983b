"""Stocks: found by symbol, made, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models import Stock
from daytrader.services import event_payloads
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.services.session_manager import savepoint
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError, ConflictError, ForbiddenError, InvalidInputError, NotFoundError

_SYMBOLS_A_STATEMENT: Final = 500


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
    (found,) = ensure_all(session, [symbol], name=name, sector=sector)
    return found


def ensure_all(
    session: Session, symbols: Iterable[str], *, name: str | None = None, sector: str | None = None
) -> list[tuple[Stock, bool]]:
    """
    Return, in their order, the stocks of *symbols* and whether each was made just now: see `ensure`.

    Raises:
        InvalidInputError: If one of *symbols* cannot be one.
        ConflictError: If somebody else made one of them meanwhile.
    """
    tickers = [validators.checked("symbol", validators.symbol, symbol) for symbol in symbols]
    known = _of_symbols(session, tickers)
    made = {ticker: Stock(symbol=ticker, name=name, sector=sector) for ticker in tickers if ticker not in known}
    try:
        with savepoint(session):
            session.add_all(made.values())
            session.flush()
    except IntegrityError:
        taken = _of_symbols(session, list(made))
        raise _taken(list(taken or made)) from None  # all, where whoever has made it is not to be seen from here
    for stock in made.values():
        events.record(session, event_payloads.stock_update(stock, event_payloads.CREATED))
    return [(made[ticker], True) if ticker in made else (known[ticker], False) for ticker in tickers]


def _of_symbols(session: Session, tickers: Sequence[str]) -> dict[str, Stock]:
    found: dict[str, Stock] = {}
    for start in range(0, len(tickers), _SYMBOLS_A_STATEMENT):
        asked = Stock.symbol.in_(tickers[start : start + _SYMBOLS_A_STATEMENT])
        found |= {stock.symbol: stock for stock in session.scalars(select(Stock).where(asked))}
    return found


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
    symbol = stock.symbol  # which nobody can read any more once it is refused
    try:
        session.flush()
    except IntegrityError:
        raise _taken([symbol]) from None
    events.record(session, event_payloads.stock_update(stock, action, former))
    return stock


def _taken(symbols: Sequence[str]) -> ConflictError:
    return ConflictError(f"there is already a stock {' or '.join(symbols)}")
