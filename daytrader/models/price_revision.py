"""Which state of a stock's prices the database holds: a number drawn by lot with every change."""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Index, Integer, Table, event

from daytrader.models.base import Base
from daytrader.models.corporate_action import CorporateAction
from daytrader.models.stock_daily_price import StockDailyPrice
from daytrader.models.stock_intraday_price import StockIntradayPrice

ACTIONS: Final = -1
"""What stands for the interval where a stock's dividends and splits changed."""

PRICE_REVISIONS: Final = Table(
    "price_revisions",
    Base.metadata,
    Column("stock_id", Integer, nullable=False),
    Column("interval", Integer, nullable=False),
    Column("token", BigInteger, nullable=False),
    Index(None, "stock_id", "interval"),
)
"""
The tokens of each (stock, interval): taken away or replaced by triggers, whoever changes a price by whatever statement.

Tokens are drawn by lot and never counted: a database restored from a backup must not reach a number that it has been
at before with other prices. Together they name the state; usually there is one, and without any nothing is known of it.
No foreign key: they outlive the stock. PostgreSQL's writers never wait for each other here: each adds a token of its
own, and removes those that nobody else is removing.
"""

_INTERVALS: Final = {
    StockDailyPrice.__tablename__: "0",
    StockIntradayPrice.__tablename__: "{row}.interval",
    CorporateAction.__tablename__: str(ACTIONS),
}
_ROWS: Final = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
_DRAWN: Final = "('x' || left(md5(gen_random_uuid()::text), 16))::bit(64)::bigint"


def _sqlite_statements(table: str, interval: str) -> list[str]:
    """
    Return a trigger for each verb, and one for a price that is moved to another stock or interval.

    They run for every row, so they do the least that is safe: the tokens go, and whoever reads without one keeps
    nothing. Who writes prices draws a new one at the end, once.
    """
    old, new = (interval.format(row=row) for row in ("old", "new"))
    triggers = [
        ("insert", "INSERT", "new.stock_id", new, ""),
        ("update", "UPDATE", "new.stock_id", new, ""),
        ("move", "UPDATE", "old.stock_id", old, f"WHEN old.stock_id <> new.stock_id OR {old} <> {new} "),
        ("delete", "DELETE", "old.stock_id", old, ""),
    ]
    return [
        f"CREATE TRIGGER {table}_revised_by_{name} AFTER {verb} ON {table} {condition}"
        f"BEGIN DELETE FROM price_revisions WHERE stock_id = {stock} AND interval = {span}; END"
        for name, verb, stock, span, condition in triggers
    ]


def _postgresql_statements(table: str, interval: str) -> list[str]:
    """Return a trigger for each verb, run once a statement however many rows it changes."""
    statements = []
    for verb, rows in _ROWS.items():
        name = f"{table}_revised_by_{verb}"
        changed = " UNION ".join(
            f"SELECT stock_id, {interval.format(row=f'{row}_rows')} AS span FROM {row}_rows" for row in rows
        )
        body = (
            "DELETE FROM price_revisions WHERE ctid IN (SELECT r.ctid FROM price_revisions r "
            f"WHERE (r.stock_id, r.interval) IN ({changed}) FOR UPDATE SKIP LOCKED); "
            "INSERT INTO price_revisions (stock_id, interval, token) "
            f"SELECT c.stock_id, c.span, {_DRAWN} FROM (SELECT DISTINCT * FROM ({changed}) d) c; "
            "RETURN NULL;"
        )
        tables = " ".join(f"{row.upper()} TABLE AS {row}_rows" for row in rows)
        statements += [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ]
    return statements


REVISING: Final = {
    dialect: tuple(statement for table, interval in _INTERVALS.items() for statement in make(table, interval))
    for dialect, make in (("sqlite", _sqlite_statements), ("postgresql", _postgresql_statements))
}
"""The triggers, as each database makes them."""

# By then every table that they watch is there.
for _dialect, _statements in REVISING.items():
    for _statement in _statements:
        event.listen(Base.metadata, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
