"""Which state of a stock's prices the database holds, and what the column cache calls it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from daytrader.models.price_revision import ACTIONS

_TOKEN_BITS: Final = 63
_OF_STOCK: Final = text(
    "SELECT interval, token FROM price_revisions WHERE stock_id = :stock_id AND interval IN (:span, :actions) "
    "ORDER BY interval, token"
)
_ALL: Final = text("SELECT stock_id, interval, token FROM price_revisions")
_DRAW: Final = text(
    "INSERT INTO price_revisions (stock_id, interval, token) "
    "SELECT CAST(:stock_id AS INTEGER), CAST(:span AS INTEGER), CAST(:token AS BIGINT) WHERE NOT EXISTS "
    "(SELECT 1 FROM price_revisions WHERE stock_id = :stock_id AND interval = :span)"
)
_TAKE: Final = text("DELETE FROM price_revisions WHERE stock_id = :stock_id AND interval = :span")
_WATCHING: Final = text(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :watched "
    "AND name IN (:watched || '_revised_by_insert', :watched || '_revised_by_update')"
)


@contextmanager
def drawn_at_once(session: Session, table: str, stock_ids: Sequence[int], interval: int) -> Iterator[None]:
    """
    Give the stocks' prices new tokens at the end of the block, instead of taking theirs for each row of *table*.

    For an import in one transaction on SQLite, where the triggers are a sixth of it: they are lifted for the block
    alone. A rollback brings them back, and nobody else can write before the transaction ends. *stock_ids* must be all
    the stocks, and *interval* the only one, whose rows the block writes. On other databases nothing is different.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        yield
        return
    watching = connection.execute(_WATCHING, {"watched": table}).all()
    for name, _ in watching:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        for name, made_by in watching:
            # SQLite itself rolls back where the disk is full: they are there already then.
            connection.exec_driver_sql(made_by.replace(f"TRIGGER {name}", f"TRIGGER IF NOT EXISTS {name}", 1))
        connection.execute(_TAKE, [{"stock_id": stock_id, "span": interval} for stock_id in stock_ids])
        draw(session, stock_ids, interval)


def draw(session: Session, stock_ids: Iterable[int], interval: int) -> None:
    """
    Give the prices of *interval* minutes, and the dividends and splits, a token where they have none.

    For whoever has written prices, at the end of it: on SQLite the triggers only take tokens away.
    """
    rows = [
        {"stock_id": stock_id, "span": span, "token": secrets.randbits(_TOKEN_BITS)}
        for stock_id in stock_ids
        for span in dict.fromkeys((interval, ACTIONS))
    ]
    if rows:
        session.connection().execute(_DRAW, rows)


def revision(session: Session, stock_id: int, interval: int) -> str | None:
    """
    Return the name of the state that *session* sees of the stock's prices, dividends and splits.

    Equal names mean equal content, in every process and database. None where a state has no name: whatever was read
    must not be kept.
    """
    found = session.connection().execute(_OF_STOCK, {"stock_id": stock_id, "span": interval, "actions": ACTIONS}).all()
    if {span for span, _ in found} != {interval, ACTIONS}:
        return None
    return hashlib.blake2b(repr([tuple(row) for row in found]).encode(), digest_size=12).hexdigest()


def tokens(session: Session) -> Mapping[int, frozenset[tuple[int, int]]]:
    """Return the tokens of each stock with their intervals: where they differ from before, its prices have changed."""
    found: dict[int, set[tuple[int, int]]] = {}
    for stock_id, span, token in session.connection().execute(_ALL):
        found.setdefault(stock_id, set()).add((span, token))
    return {stock_id: frozenset(each) for stock_id, each in found.items()}
