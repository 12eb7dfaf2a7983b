"""Whether another process has changed the prices that this one's feed has read."""

from __future__ import annotations

from collections.abc import Mapping

from daytrader.engine.feeds import Feed
from daytrader.services import price_revisions
from daytrader.services.session_manager import SessionManager


class PriceWatch:
    """
    Has a feed read stored bars again when they have changed, whoever changed them.

    On PostgreSQL, whose triggers name every state of a stock's prices; on SQLite there is one process, which says
    itself when it has changed something.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._known: Mapping[int, frozenset[tuple[int, int]]] = {}

    def look(self) -> None:
        """Compare; what was read before the first look is read again."""
        with SessionManager(read_only=True) as session:
            found = price_revisions.tokens(session)
        before, self._known = self._known, found
        changed = {stock_id for stock_id in before.keys() | found.keys() if before.get(stock_id) != found.get(stock_id)}
        if changed:
            self._feed.forget(changed)
