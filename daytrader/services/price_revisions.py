"""Which state of a stock's prices the database holds, and what the column cache calls it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
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
