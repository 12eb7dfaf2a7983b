"""The audit against raw SQL: whatever is changed in a ledger, a line says what and where, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Connection, Engine, Enum, Integer, text
from sqlalchemy.orm import Session

from daytrader.core import fills
from daytrader.core.errors import BoundsError
from daytrader.core.money import MAX_PRICE
from daytrader.models import Base
from daytrader.models.base import Exact, UtcDateTime
from daytrader.services import database, transaction_service
from daytrader.services.ledger_audit import Breach, amounts, audit
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc

LEDGER: Final = ("trading_services", "trading_transactions", "orders", "executions", "journal_entries")
SETTING: Final = "a setting: its owner may change it at any time"
CLOCK: Final = "when the row was written, which no figure depends on"
SETTINGS: Final = (
    "minimum_balance",
    "allocation_percent",
    "buy_threshold",
    "sell_threshold",
    "stop_loss_percent",
    "take_profit_percent",
    "strategy",
    "strategy_params",
    "interval",
    "fixed_shares",
    "commission_per_order",
    "commission_per_share",
    "commission_percent",
    "commission_minimum",
    "slippage_bps",
    "gap_reserve_percent",
    "volume_limit_percent",
    "keep_protection",
    "broker",
)
OF_A_BROKER: Final = ("stop_price", "broker_ref", "sent_at", "cancel_reason")
EXEMPT: Final = {
    **{f"orders.{name}": "a real broker's; a paper order has none, which is tested below" for name in OF_A_BROKER},
    **{f"trading_services.{name}": SETTING for name in SETTINGS},
    **{f"{table}.{name}": CLOCK for table in LEDGER for name in ("created_at", "updated_at")},
    "trading_services.name": "what its owner calls it",
    "trading_services.description": "what its owner says of it",
    "trading_services.stop_price": "set by a percentage that is not kept; tick and side of the price are checked",
    "trading_services.target_price": "as the stop",
    "trading_services.error_reason": "any words; checked against the state",
    "trading_transactions.notes": "a remark of its owner",
    "journal_entries.id": "nothing refers to it: entries are known by service and sequence",
}
"""Columns in which a changed value cannot be told from a right one, and why."""

# How a column is changed where adding to it or another member of its enum is not what would be noticed.
CHANGES: Final = {
    "trading_services.state": "'ERROR'",
    "trading_services.mode": "CASE mode WHEN 'SELL' THEN 'BUY' ELSE 'SELL' END",
    "orders.limit_price": "limit_price / 4",
    "orders.history": "'[]'",
}
# Which row, where the first with a value would not do.
ROWS: Final = {
    "trading_transactions.state": "state = 'CLOSED'",
    "trading_services.is_active": "state = 'ACTIVE'",
    "orders.state": "state = 'FILLED'",
    "orders.limit_price": "state = 'FILLED'",
}
NINE: Ohlc = (9.0, 9.0, 9.0, 9.0)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Ledgers of every kind: stop-out, target, exit, dividend, splits, trades by hand, a void, a live entry."""
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}", is_durable=False)
    Base.metadata.create_all(engine)
    world = World(engine)
    market = Market(world, [FLAT, FLAT, NINE, FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), FLAT, (6.6, 6.6, 6.6, 6.6)])
    market.dividend(5, "0.1")
    market.split(7, 3, 2)
    protected = {"stop_loss_percent": Decimal(5), "take_profit_percent": Decimal(15)}
    market.service(name="one", **protected, commission_per_order=Decimal(1), allocation_percent=Decimal("0.5"))
    market.service(name="trend", strategy="sma_trend", strategy_params={"window": 2})
    market.run(last=3)
    with SessionManager() as session:
        session.execute(text("UPDATE trading_services SET is_armed = 1"))
    market.run(3)
    _by_hand(market)
    _split_end(world)
    yield engine
    engine.dispose()


def _by_hand(market: Market) -> None:
    service = market.service(name="hand", strategy="sma_cross")
    with SessionManager() as session:
        bought = transaction_service.buy(session, market.owner, service.id, 5)
        transaction_service.cancel(session, market.owner, bought.id, "a mistake")
        bought = transaction_service.buy(session, market.owner, service.id, 7)
        transaction_service.complete(session, market.owner, bought.id)


def _split_end(world: World) -> None:
    other = Market(world, [FLAT, FLAT, (10_000.0, 10_000.0, 10_000.0, 10_000.0)], symbol="RARE")
    other.split(2, 1, 1000)
    other.service(name="rare")
    other.run()
    waiting = Market(world, [FLAT], symbol="WAIT")
    waiting.service(name="waiting")
    waiting.run()


def damaged(engine: Engine, *statements: str) -> list[Breach]:
    """Return what the audit finds once these statements have run; they are undone."""
    with engine.connect() as connection:
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("PRAGMA ignore_check_constraints=ON")
        try:
            with connection.begin() as change:
                changed = [connection.execute(text(statement)).rowcount for statement in statements]
                assert all(changed), "nothing was changed"
                found = _audited(connection)
                change.rollback()
        finally:
            driver.execute("PRAGMA ignore_check_constraints=OFF")
            driver.execute("PRAGMA foreign_keys=ON")
    return found


def _audited(connection: Connection) -> list[Breach]:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        return audit(session)


def test_the_ledgers_are_clean_and_of_every_kind(engine: Engine) -> None:
    """What is damaged below was right before, and has rows of each kind to damage."""
    with engine.connect() as connection:
        assert _audited(connection) == []
        kinds = connection.execute(text("SELECT DISTINCT kind FROM journal_entries")).scalars()
        assert set(kinds) >= {"DEPOSIT", "BUY", "SELL", "DIVIDEND", "SPLIT", "CASH_IN_LIEU", "VOID"}
        made = set(connection.execute(text("SELECT DISTINCT kind FROM orders")).scalars())
        assert made == {"ENTRY", "EXIT", "STOP", "TARGET", "MANUAL"}
        states = connection.execute(text("SELECT DISTINCT state FROM trading_transactions")).scalars()
        assert set(states) == {"OPEN", "CLOSED", "CANCELLED"}


COLUMNS: Final = [
    f"{table}.{column.name}"
    for table in LEDGER
    for column in Base.metadata.tables[table].columns
    if f"{table}.{column.name}" not in EXEMPT
]


def _changed(column: Any) -> str:
    """Return the SQL of another value of the same kind."""
    name = f'"{column.name}"'
    if isinstance(column.type, Exact):
        return f"{name} + 0.01"
    if isinstance(column.type, UtcDateTime):
        return f"datetime({name}, '+1 day')"
    if isinstance(column.type, Enum):
        members = [repr(member) for member in column.type.enums]
        swap = " ".join(f"WHEN {old} THEN {new}" for old, new in zip(members, [*members[1:], members[0]], strict=True))
        return f"CASE {name} {swap} END"
    if isinstance(column.type, Boolean):
        return f"NOT {name}"
    return f"{name} + 10000" if isinstance(column.type, Integer) else f"'tampered' || {name}"


@pytest.mark.parametrize("name", OF_A_BROKER)
def test_a_paper_order_has_nothing_of_a_real_brokers(engine: Engine, name: str) -> None:
    """Whatever stands there, junk too."""
    assert damaged(engine, f"UPDATE orders SET {name} = 1e400 WHERE id = (SELECT MAX(id) FROM orders)")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_changed_value_is_named(engine: Engine, name: str) -> None:
    """Money, shares, dates, states, references: each column of the ledger, one row, another value of the same kind."""
    table, column = name.split(".")
    change = CHANGES.get(name) or _changed(Base.metadata.tables[table].columns[column])
    row = ROWS.get(name, "1")
    statement = (
        f'UPDATE {table} SET "{column}" = {change} '
        f'WHERE id = (SELECT MIN(id) FROM {table} WHERE "{column}" IS NOT NULL AND {row})'
    )

    assert damaged(engine, statement)


@pytest.mark.parametrize("junk", ["'junk'", "1e400"])
@pytest.mark.parametrize("name", [name for name in COLUMNS if not name.endswith(".id")])  # a rowid is a number
def test_what_cannot_be_read_is_a_breach(engine: Engine, name: str, junk: str) -> None:
    """SQLite lets anything in: a text for a number, infinity, an enum's member that is none."""
    table, column = name.split(".")
    statement = f'UPDATE {table} SET "{column}" = {junk} WHERE id = (SELECT MAX(id) FROM {table})'

    assert damaged(engine, statement)


@pytest.mark.parametrize("table", LEDGER)
def test_a_lost_row_is_missed(engine: Engine, table: str) -> None:
    """An order deleted under its executions, a transaction under its orders, a service under everything."""
    lost = damaged(engine, f"DELETE FROM {table} WHERE id = 1")

    assert lost
    assert all(breach.message for breach in lost)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE trading_transactions SET shares = shares + 1 WHERE id = 1", "transaction 1: shares are"),
        ("UPDATE trading_transactions SET purchase_price = 11 WHERE id = 1", "transaction 1: purchase price is 11"),
        ("UPDATE trading_transactions SET stock_symbol = 'IBM' WHERE id = 1", "transaction 1: is of IBM"),
        ("UPDATE trading_services SET user_id = 99 WHERE id = 1", "user_id 99 names a row of users that is missing"),
        ("UPDATE orders SET side = 'SIDEWAYS' WHERE id = 1", "orders 1: side is none of BUY, SELL"),
        ("UPDATE executions SET fee = 'free' WHERE id = 1", "executions 1: fee is no number"),
        ("DELETE FROM orders WHERE id = 1", "executions 1: order_id 1 names a row of orders that is missing"),
        ("UPDATE decisions SET action = 'PANIC' WHERE id = 2", "decisions 2: action is none of BUY, SELL, NOTHING"),
        ("UPDATE trading_services SET stop_price = 9.505 WHERE current_shares > 0", "stop 9.505000 is not on the tick"),
        (
            "UPDATE trading_services SET stop_price = 12 WHERE current_shares > 0",
            "stop 12.000000 is on the wrong side of",
        ),
        (
            "UPDATE trading_services SET target_price = 5 WHERE current_shares > 0",
            "target 5.000000 is on the wrong side of",
        ),
        ("UPDATE corporate_actions SET amount = amount * 2", "journal entry 5 (DIVIDEND): pays"),
    ],
)
def test_a_breach_says_what_is_wrong_and_where(engine: Engine, statement: str, told: str) -> None:
    """The rule, the row, what it says and what it should say."""
    messages = [breach.message for breach in damaged(engine, statement)]

    assert any(told in message for message in messages), messages


def test_another_owner_is_noticed(engine: Engine) -> None:
    """The journal begins with whose money it is."""
    other = (
        "INSERT INTO users SELECT 2, 'mallory', 'm@example.com', password_hash, 1, 0, NULL, NULL, NULL, NULL, "
        "created_at, updated_at FROM users"
    )
    (breach,) = damaged(engine, other, "UPDATE trading_services SET user_id = 2 WHERE id = 1")

    assert (breach.service_id, breach.rule) == (1, "L7")
    assert breach.message == "the service belongs to user 2, its journal begins with: initial balance of user 1"


def test_the_exempt_columns_are_there(engine: Engine) -> None:
    """A column that is renamed or dropped leaves the list."""
    assert engine.dialect.name == "sqlite"
    known = {f"{table}.{column.name}" for table in LEDGER for column in Base.metadata.tables[table].columns}
    assert EXEMPT.keys() <= known


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    shares=st.integers(1, 10**6),
    price=st.integers(1, MAX_PRICE),
    ratio=st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
)
def test_the_audits_own_arithmetic_agrees_with_the_compiled_rules(
    shares: int, price: int, ratio: tuple[int, int]
) -> None:
    """Two derivations of one amount: the audit's in exact integers, the books' in 64 bits."""
    assert _or_refused(amounts.worth, shares, price) == _or_refused(fills.cost_cents, shares, price)
    assert _or_refused(amounts.worth, shares, price) == _or_refused(fills.dividend_cents, shares, price)
    assert amounts.after_split(shares, *ratio) == fills.split_shares(shares, *ratio)[0]


def _or_refused(rule: Callable[[int, int], int], shares: int, price: int) -> int | None:
    try:
        return rule(shares, price)
    except BoundsError:
        return None
