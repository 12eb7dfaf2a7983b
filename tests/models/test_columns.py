"""Every column, default and relationship of the specification, read off the tables themselves."""

from __future__ import annotations

from enum import Enum

import pytest
from sqlalchemy import Table, UniqueConstraint, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from daytrader.models import (
    Base,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.models.enums import (
    AnalysisTimeframe,
    IntradayInterval,
    PriceSource,
    ServiceAction,
    ServiceState,
    TradingMode,
    TransactionState,
)

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped

# The specification's tables: column, type, whether a value is required, default.
# Its Float is stored in double precision; its DateTime knows its zone; volume is wider than its Integer (an index
# fund's day does not fit), prices of fills are finer than its Numeric(18,2) (docs/decisions/0003).
_STAMPS = """
    id                  INTEGER         required
    created_at          TIMESTAMP       required  <now>
    updated_at          TIMESTAMP       required  <now>
"""
_BAR = """
    open_price          FLOAT(53)       optional
    high_price          FLOAT(53)       optional
    low_price           FLOAT(53)       optional
    close_price         FLOAT(53)       optional
    volume              BIGINT          optional
"""
SPECIFICATION: dict[type[Base], str] = {
    User: """
    username            VARCHAR(50)     required
    email               VARCHAR(120)    required
    password_hash       VARCHAR(128)    required
    is_active           BOOLEAN         required  True
    is_admin            BOOLEAN         required  False
    last_login          TIMESTAMP       optional
    """,
    Stock: """
    symbol              VARCHAR(10)     required
    name                VARCHAR(200)    optional
    is_active           BOOLEAN         required  True
    sector              VARCHAR(100)    optional
    description         VARCHAR(1000)   optional
    """,
    StockDailyPrice: _BAR
    + """
    stock_id            INTEGER         required
    price_date          DATE            required
    adj_close           FLOAT(53)       optional
    source              VARCHAR(20)     required  HISTORICAL
    """,
    StockIntradayPrice: _BAR
    + """
    stock_id            INTEGER         required
    timestamp           TIMESTAMP       required
    interval            INTEGER         required  1
    source              VARCHAR(20)     required  DELAYED
    """,
    TradingService: """
    user_id             INTEGER         required
    stock_id            INTEGER         optional
    name                VARCHAR(100)    required
    description         TEXT            optional
    stock_symbol        VARCHAR(10)     required
    state               VARCHAR(20)     required  INACTIVE
    mode                VARCHAR(20)     required  BUY
    is_active           BOOLEAN         required  True
    initial_balance     NUMERIC(18,2)   required
    current_balance     NUMERIC(18,2)   required
    minimum_balance     NUMERIC(18,2)   required  0
    allocation_percent  NUMERIC(18,2)   required  0.5
    buy_threshold       NUMERIC(18,2)   required  3.0
    sell_threshold      NUMERIC(18,2)   required  2.0
    stop_loss_percent   NUMERIC(18,2)   required  5.0
    take_profit_percent NUMERIC(18,2)   required  10.0
    current_shares      INTEGER         required  0
    buy_count           INTEGER         required  0
    sell_count          INTEGER         required  0
    total_gain_loss     NUMERIC(18,2)   required  0
    """,
    TradingTransaction: """
    service_id          INTEGER         required
    stock_id            INTEGER         optional
    stock_symbol        VARCHAR(10)     required
    shares              NUMERIC(18,2)   required
    state               VARCHAR(20)     required  OPEN
    purchase_price      NUMERIC(18,6)   required
    sale_price          NUMERIC(18,6)   optional
    gain_loss           NUMERIC(18,2)   optional
    purchase_date       TIMESTAMP       required  <now>
    sale_date           TIMESTAMP       optional
    notes               TEXT            optional
    """,
}
COLUMNS = [
    pytest.param(model, *[*line.split(), ""][:4], id=f"{model.__name__}.{line.split()[0]}")
    for model, lines in SPECIFICATION.items()
    for line in (lines + _STAMPS).splitlines()
    if line.strip()
]


@pytest.mark.parametrize(("model", "name", "kind", "need", "default"), COLUMNS)
def test_each_column_of_the_specification_is_there(
    model: type[Base], name: str, kind: str, need: str, default: str
) -> None:
    """Type, size, whether it may be empty, what it starts as, and whether a change of the row changes it."""
    column = model.__table__.c[name]
    assert _kind(model, name) == kind
    assert column.nullable is (need == "optional")
    assert _default(model, name) == default
    assert column.primary_key is (name == "id")
    assert (column.onupdate is not None) is (name == "updated_at")


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (User, ("username",)),
        (User, ("email",)),
        (Stock, ("symbol",)),
        (StockDailyPrice, ("stock_id", "price_date")),
        (StockIntradayPrice, ("stock_id", "timestamp", "interval")),
    ],
)
def test_what_identifies_a_row_is_unique(model: type[Base], columns: tuple[str, ...]) -> None:
    """By a constraint or a unique index: the database refuses the second one, whatever the code does."""
    table = model.__table__
    assert isinstance(table, Table)
    constraints = {tuple(c.columns.keys()) for c in table.constraints if isinstance(c, UniqueConstraint)}
    indexes = {tuple(index.columns.keys()) for index in table.indexes if index.unique}
    assert columns in constraints | indexes


def test_symbols_are_indexed() -> None:
    """Stocks and transactions are looked up by symbol."""
    assert Stock.__table__.c.symbol.index
    assert TradingTransaction.__table__.c.stock_symbol.index


@pytest.mark.parametrize(
    ("model", "name", "target", "is_many", "is_owned"),
    [
        (User, "services", TradingService, True, True),
        (Stock, "daily_prices", StockDailyPrice, True, True),
        (Stock, "intraday_prices", StockIntradayPrice, True, True),
        (Stock, "services", TradingService, True, False),
        (Stock, "transactions", TradingTransaction, True, False),
        (StockDailyPrice, "stock", Stock, False, False),
        (StockIntradayPrice, "stock", Stock, False, False),
        (TradingService, "user", User, False, False),
        (TradingService, "stock", Stock, False, False),
        (TradingService, "transactions", TradingTransaction, True, True),
        (TradingTransaction, "service", TradingService, False, False),
        (TradingTransaction, "stock", Stock, False, False),
    ],
)
def test_each_relationship_of_the_specification_is_there(
    model: type[Base], name: str, target: type[Base], is_many: bool, is_owned: bool
) -> None:
    """What is owned goes with its owner ("all, delete-orphan"); the rest stays."""
    relationship = inspect(model).relationships[name]
    assert relationship.mapper.class_ is target
    assert relationship.uselist is is_many
    assert relationship.cascade.delete_orphan is is_owned
    assert relationship.cascade.delete is is_owned


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (ServiceState, "ACTIVE INACTIVE PAUSED ERROR"),
        (ServiceAction, "CHECK_BUY CHECK_SELL"),
        (TradingMode, "BUY SELL HOLD"),
        (TransactionState, "OPEN CLOSED CANCELLED"),
        (PriceSource, "REAL_TIME DELAYED SIMULATED HISTORICAL"),
        (IntradayInterval, "ONE_MINUTE FIVE_MINUTES FIFTEEN_MINUTES THIRTY_MINUTES ONE_HOUR"),
        (AnalysisTimeframe, "INTRADAY DAILY WEEKLY MONTHLY QUARTERLY YEARLY"),
    ],
)
def test_each_enumeration_has_the_specifications_members(kind: type[Enum], names: str) -> None:
    """In this order, and a text member's value is its name: that is what the column holds."""
    assert [member.name for member in kind] == names.split()
    assert all(member.value == member.name for member in kind if isinstance(member.value, str))


def test_intraday_intervals_are_minutes() -> None:
    """1, 5, 15, 30 and 60."""
    assert [interval.value for interval in IntradayInterval] == [1, 5, 15, 30, 60]


def _kind(model: type[Base], name: str) -> str:
    written = model.__table__.c[name].type.compile(dialect=_DIALECT).replace(", ", ",")
    return written.removesuffix(" WITH TIME ZONE")


def _default(model: type[Base], name: str) -> str:
    default = model.__table__.c[name].default
    if default is None:
        return ""
    if default.is_callable:
        return "<now>"
    assert isinstance(default, ScalarElementColumnDefault)
    return str(getattr(default.arg, "value", default.arg))
