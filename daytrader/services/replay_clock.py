"""Where the replay of stored prices stands, and where it begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from daytrader.models import FeedCursor, TradingService
from daytrader.services import decision_journal, feed_positions
from daytrader.services.feed_positions import REPLAY_FEED
from daytrader.utils.errors import ConflictError

BARS_PER_SECOND = 1.0
"""Market times a second, where nobody has asked for another speed."""


def set_up(session: Session) -> FeedCursor:
    """
    Return the position of the replay; where none is set up it begins at the first bar of what services trade.

    Raises:
        UnreadablePositionError: If somebody wrote junk there.
    """
    cursor = feed_positions.replay(session)
    if cursor is None:
        cursor = FeedCursor(name=REPLAY_FEED, bars_per_second=BARS_PER_SECOND)
        session.add(cursor)
    return cursor


def put_away(session: Session) -> None:
    """Forget the position of the replay: bars come live, and what is stored is known."""
    session.execute(delete(FeedCursor).where(FeedCursor.name == REPLAY_FEED))


def begin_on(session: Session, first: date) -> None:
    """
    Let the replay go on with the session of *first*: what lies before is known, and not traded.

    Raises:
        ConflictError: If services have decided on later bars already, or would miss bars while they hold shares.
    """
    cursor = set_up(session)
    known = datetime.combine(first - timedelta(days=1), time(), UTC)
    decided = session.scalar(select(func.max(TradingService.last_bar_time)).where(~decision_journal.is_astray()))
    if decided is not None and decided >= known + timedelta(days=1):
        raise ConflictError(
            f"services have decided on bars up to {decided:%Y-%m-%d}: time does not go back for them. "
            "`daytrader replay` tries one out on any dates"
        )
    holds = session.scalar(select(func.count()).select_from(TradingService).where(TradingService.current_shares > 0))
    if holds and (cursor.position is None or cursor.position < known):
        raise ConflictError("a service holds shares: it would miss the bars in between, stops included")
    cursor.position = cursor.starts_at = known
