"""What the specification says of the models beyond their columns: keys, properties, validation methods, cascades."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table

from daytrader.models import (
    Base,
    JournalEntry,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.models.enums import PriceSource, ServiceState, TradingMode, TransactionState
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, InvalidInputError
from tests.conftest import PASSWORD, World

PAST = get_current_datetime() - timedelta(days=1)
FUTURE = get_current_datetime() + timedelta(days=2)
_BAR: dict[str, Any] = {"open_price": 10.0, "high_price": 12.0, "low_price": 8.0, "close_price": 11.0}


def _named(*rows: tuple[Any, ...]) -> list[Any]:
    return [pytest.param(*row, id=f"{row[0].__name__}.{row[1]}") for row in rows]


@pytest.mark.parametrize(
    ("model", "column", "target"),
    _named(
        (StockDailyPrice, "stock_id", "stocks.id"),
        (StockIntradayPrice, "stock_id", "stocks.id"),
        (TradingService, "user_id", "users.id"),
        (TradingService, "stock_id", "stocks.id"),
        (TradingTransaction, "service_id", "trading_services.id"),
        (TradingTransaction, "stock_id", "stocks.id"),
    ),
)
def test_a_foreign_key(model: type[Base], column: str, target: str) -> None:
    """The database knows what a number refers to."""
    table = model.__table__
    assert isinstance(table, Table)
    assert [key.target_fullname for key in table.c[column].foreign_keys] == [target]


@pytest.mark.parametrize(("model", "column"), _named((Stock, "symbol"), (TradingTransaction, "stock_symbol")))
def test_an_index(model: type[Base], column: str) -> None:
    """Rows are looked up by it."""
    table = model.__table__
    assert isinstance(table, Table)
    assert any(next(iter(index.columns)).name == column for index in table.indexes)


def _daily(**values: Any) -> StockDailyPrice:
    return StockDailyPrice(source=PriceSource.HISTORICAL, price_date=date(2020, 1, 2), **(_BAR | values))


def _intraday(source: PriceSource, **values: Any) -> StockIntradayPrice:
    return StockIntradayPrice(source=source, timestamp=datetime(2020, 1, 2, tzinfo=UTC), **(_BAR | values))


def _service(**values: Any) -> TradingService:
    ready: dict[str, Any] = {
        "is_active": True,
        "state": ServiceState.ACTIVE,
        "mode": TradingMode.BUY,
        "current_balance": 100,
        "minimum_balance": 0,
        "current_shares": 5,
        "total_gain_loss": Decimal(0),
    }
    return TradingService(**(ready | values))


def _closed(**values: Any) -> TradingTransaction:
    amounts = {"cost": 100, "buy_fee": 1, "proceeds": 110, "sell_fee": 1, "adjustments": 0}
    money = {name: Decimal(amount) for name, amount in amounts.items()}
    ready: dict[str, Any] = {"state": TransactionState.CLOSED, "sale_price": 11, "gain_loss": Decimal(8)}
    return TradingTransaction(**(ready | money | values))


def _open() -> TradingTransaction:
    return TradingTransaction(state=TransactionState.OPEN, purchase_price=10, proceeds=Decimal(0))


_PROPERTIES: list[tuple[type[Base], str, Callable[[], Base], Any, Callable[[], Base], Any]] = [
    (
        *(User, "has_active_services"),
        *(lambda: User(services=[_service()]), True),
        *(lambda: User(services=[_service(state=ServiceState.PAUSED)]), False),
    ),
    (
        *(Stock, "has_dependencies"),
        *(lambda: Stock(symbol="A", services=[_service()]), True),
        *(lambda: Stock(symbol="A", daily_prices=[_daily()]), False),
    ),
    (
        *(Stock, "has_prices"),
        *(lambda: Stock(symbol="A", intraday_prices=[_intraday(PriceSource.DELAYED)]), True),
        *(lambda: Stock(symbol="A", services=[_service()]), False),
    ),
    (StockDailyPrice, "change", _daily, 1.0, lambda: _daily(open_price=None), None),
    (StockDailyPrice, "change_percent", _daily, 10.0, lambda: _daily(close_price=None), None),
    (
        *(StockDailyPrice, "is_real_data", _daily, True),
        *(lambda: StockDailyPrice(source=PriceSource.SIMULATED), False),
    ),
    (StockDailyPrice, "trading_range", _daily, 4.0, lambda: _daily(high_price=None), None),
    (StockDailyPrice, "trading_range_percent", _daily, 50.0, lambda: _daily(low_price=None), None),
    (
        *(StockIntradayPrice, "change", lambda: _intraday(PriceSource.DELAYED), 1.0),
        *(lambda: _intraday(PriceSource.DELAYED, close_price=9.0), -1.0),
    ),
    (
        *(StockIntradayPrice, "change_percent", lambda: _intraday(PriceSource.DELAYED), 10.0),
        *(lambda: _intraday(PriceSource.DELAYED, close_price=9.0), -10.0),
    ),
    (
        *(StockIntradayPrice, "is_real_data", lambda: _intraday(PriceSource.DELAYED), True),
        *(lambda: _intraday(PriceSource.SIMULATED), False),
    ),
    (
        *(StockIntradayPrice, "is_delayed", lambda: _intraday(PriceSource.DELAYED), True),
        *(lambda: _intraday(PriceSource.REAL_TIME), False),
    ),
    (
        *(StockIntradayPrice, "is_simulated", lambda: _intraday(PriceSource.SIMULATED), True),
        *(lambda: _intraday(PriceSource.DELAYED), False),
    ),
    (
        *(StockIntradayPrice, "is_historical", lambda: _intraday(PriceSource.HISTORICAL), True),
        *(lambda: _intraday(PriceSource.DELAYED), False),
    ),
    (
        *(StockIntradayPrice, "is_real_time", lambda: _intraday(PriceSource.REAL_TIME), True),
        *(lambda: _intraday(PriceSource.DELAYED), False),
    ),
    (
        *(StockIntradayPrice, "is_valid", lambda: _intraday(PriceSource.DELAYED), True),
        *(lambda: _intraday(PriceSource.DELAYED, low_price=None), False),
    ),
    (
        *(TradingService, "can_buy", _service, True),
        *(lambda: _service(current_balance=50, minimum_balance=50), False),
    ),
    (
        *(TradingService, "can_sell", lambda: _service(mode=TradingMode.SELL), True),
        *(lambda: _service(mode=TradingMode.SELL, current_shares=0), False),
    ),
    (
        *(TradingService, "is_profitable", lambda: _service(total_gain_loss=Decimal("0.01")), True),
        *(lambda: _service(total_gain_loss=Decimal(0)), False),
    ),
    (TradingService, "has_dependencies", lambda: _service(transactions=[_open()]), True, _service, False),
    (TradingTransaction, "is_complete", _closed, True, _open, False),
    (TradingTransaction, "is_profitable", _closed, True, lambda: _closed(gain_loss=Decimal(-1)), False),
    (TradingTransaction, "can_be_cancelled", _open, True, _closed, False),
    (TradingTransaction, "calculated_gain_loss", _closed, Decimal(8), _open, None),
]


@pytest.mark.parametrize(("model", "name", "one", "expected", "other", "unlike"), _named(*_PROPERTIES))
def test_a_property(
    model: type[Base], name: str, one: Callable[[], Base], expected: Any, other: Callable[[], Base], unlike: Any
) -> None:
    """It is read from an object, never set, and tells the two cases apart."""
    assert isinstance(vars(model).get(name) or getattr(model, name), property)
    assert getattr(one(), name) == pytest.approx(expected)
    assert getattr(other(), name) == (unlike if unlike is None else pytest.approx(unlike))


def test_differences_have_no_digits_that_prices_have_not() -> None:
    """10.4 - 10.3 is 0.1, whatever doubles make of it."""
    bar = _daily(open_price=10.3, high_price=10.5, low_price=10.1, close_price=10.4)
    assert (bar.change, bar.change_percent) == (0.1, 0.970874)
    assert (bar.trading_range, bar.trading_range_percent) == (0.4, 3.960396)


def test_a_password_is_set_and_never_read() -> None:
    """The getter raises."""
    user = User(username="carol", password=PASSWORD)
    with pytest.raises(ConflictError):
        _ = user.password


def test_a_password_is_kept_as_a_hash_only() -> None:
    """argon2id, salted: the same password twice is two hashes."""
    first, second = (User(username="carol", password=PASSWORD).password_hash for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second
    assert PASSWORD not in first + second


def test_a_password_is_verified_against_the_hash() -> None:
    """Nothing but the same text will do."""
    user = User(username="carol", password=PASSWORD)
    assert user.verify_password(PASSWORD)
    assert not user.verify_password(PASSWORD.lower())


_VALIDATORS: list[tuple[type[Base], str, str, str, object, object]] = [
    (User, "validate_username", "short", "username", "ab", "abc"),
    (User, "validate_username", "long", "username", "x" * 51, "x" * 50),
    (User, "validate_username", "format", "username", "no spaces", "No_space-1"),
    (User, "validate_email", "format", "email", "nobody", "no@body.example"),
    (Stock, "validate_symbol", "format", "symbol", "A$", "BRK.B"),
    (Stock, "validate_symbol", "length", "symbol", "ABCDEFGHIJK", "ABCDEFGHIJ"),
    (Stock, "validate_name", "length", "name", "x" * 201, "x" * 200),
    (Stock, "validate_sector", "length", "sector", "x" * 101, "x" * 100),
    (Stock, "validate_description", "length", "description", "x" * 1001, "x" * 1000),
    (StockDailyPrice, "validate_source", "member", "source", "GUESSED", PriceSource.SIMULATED),
    (StockDailyPrice, "validate_price_date", "future", "price_date", FUTURE.date(), PAST.date()),
    (StockDailyPrice, "validate_prices", "negative", "close_price", -0.01, 0.01),
    (StockIntradayPrice, "validate_source", "member", "source", "GUESSED", PriceSource.SIMULATED),
    (StockIntradayPrice, "validate_timestamp", "future", "timestamp", FUTURE, PAST),
    (StockIntradayPrice, "validate_interval", "supported", "interval", 7, 30),
    (StockIntradayPrice, "validate_prices", "negative", "close_price", -0.01, 0.01),
    (TradingService, "validate_stock_symbol", "format", "stock_symbol", "A$", "BRK.B"),
    (TradingService, "validate_state", "member", "state", "SLEEPING", ServiceState.PAUSED),
    (TradingService, "validate_mode", "member", "mode", "SHORT", TradingMode.HOLD),
    (TradingService, "validate_initial_balance", "positive", "initial_balance", 0, Decimal("0.01")),
    (TradingService, "validate_current_balance", "negative", "current_balance", Decimal("-0.01"), Decimal(0)),
    (TradingService, "validate_minimum_balance", "negative", "minimum_balance", Decimal("-0.01"), Decimal(0)),
    (TradingService, "validate_allocation_percent", "least", "allocation_percent", 0, Decimal("0.01")),
    (TradingService, "validate_allocation_percent", "most", "allocation_percent", Decimal("1.01"), Decimal(1)),
    (TradingTransaction, "validate_stock_symbol", "format", "stock_symbol", "A$", "BRK.B"),
    (TradingTransaction, "validate_state", "member", "state", "PENDING", TransactionState.CANCELLED),
    (TradingTransaction, "validate_shares", "positive", "shares", 0, Decimal(1)),
    (TradingTransaction, "validate_purchase_price", "positive", "purchase_price", 0, Decimal("0.000001")),
]


@pytest.mark.parametrize(
    ("model", "method", "column", "value", "nearest"),
    [
        pytest.param(model, method, column, value, nearest, id=f"{model.__name__}.{method}-{clause}")
        for model, method, clause, column, value, nearest in _VALIDATORS
    ],
)
def test_a_validation_method(model: type[Base], method: str, column: str, value: object, nearest: object) -> None:
    """It bears the specification's name, refuses by the field's name before anything is stored, and takes the next."""
    assert callable(getattr(model, method))
    with pytest.raises(InvalidInputError) as refused:
        model(**{column: value})
    assert list(refused.value.fields) == [column]
    assert getattr(model(**{column: nearest}), column) == nearest


@pytest.mark.parametrize("model", [StockDailyPrice, StockIntradayPrice])
def test_prices_keep_their_logical_order(model: type[StockDailyPrice | StockIntradayPrice]) -> None:
    """low <= open, close <= high."""
    for wrong in ({"high_price": 10.5}, {"low_price": 10.5}, {"open_price": 13.0}, {"close_price": 7.0}):
        with pytest.raises(InvalidInputError, match="is above"):
            model(**(_BAR | wrong))


def _owners(world: World) -> dict[str, tuple[type[Base], int, str, type[Base]]]:
    stock = world.stock()
    service = world.service(world.user(), stock)
    with SessionManager() as session:
        session.add_all(
            [
                StockDailyPrice(stock_id=stock.id, price_date=date(2020, 1, 2), close_price=1),
                StockIntradayPrice(stock_id=stock.id, timestamp=datetime(2020, 1, 2, 15, tzinfo=UTC), close_price=1),
                TradingTransaction(
                    service_id=service.id, stock_symbol=stock.symbol, shares=1, purchase_price=Decimal(10)
                ),
            ]
        )
    return {
        "Stock.daily_prices": (Stock, stock.id, "daily_prices", StockDailyPrice),
        "Stock.intraday_prices": (Stock, stock.id, "intraday_prices", StockIntradayPrice),
        "TradingService.transactions": (TradingService, service.id, "transactions", TradingTransaction),
    }


@pytest.mark.parametrize("relationship", ["Stock.daily_prices", "Stock.intraday_prices", "TradingService.transactions"])
def test_an_orphan_goes(world: World, relationship: str) -> None:
    """What its owner lets go of is deleted (delete-orphan), and nothing else is."""
    owner, number, name, model = _owners(world)[relationship]
    with SessionManager() as session:
        row = session.get_one(owner, number)
        assert len(getattr(row, name)) == 1
        getattr(row, name).clear()
    with SessionManager(read_only=True) as session:
        assert session.query(model).count() == 0
        assert session.query(owner).count() == 1


def test_a_service_that_its_user_lets_go_of_goes(world: World) -> None:
    """User.services too; the stock, which owns no service, stays."""
    service = world.service(world.user(), world.stock())
    with SessionManager() as session:
        session.query(JournalEntry).delete()  # the deposit: a ledger is never orphaned
        user = session.get_one(User, service.user_id)
        user.services.clear()
    with SessionManager(read_only=True) as session:
        assert session.query(TradingService).count() == 0
        assert session.query(Stock).count() == 1
