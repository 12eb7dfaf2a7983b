"""How far feeds have come, as the database has it; a position that cannot be read is said in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from daytrader.models.feed_cursor import FeedCursor
from daytrader.services import unreadable_rows
from daytrader.utils.errors import UnavailableError

REPLAY_FEED: Final = "replay"
"""The feed whose position is the market's time, where there is one."""


class UnreadablePositionError(UnavailableError):
    """Somebody wrote what is no position; its feed stands still until that is mended."""

    code = "unreadable_position"


class Positions(NamedTuple):
    """Positions by their names, None before the first bar, and of those that cannot be read what is wrong."""

    known: Mapping[str, datetime | None]
    unreadable: Mapping[str, str]


def replay(session: Session) -> FeedCursor | None:
    """
    Return where the replay is, None where nobody has asked for one.

    Raises:
        UnreadablePositionError: If somebody wrote junk there.
    """
    with _said(REPLAY_FEED):
        cursor = session.scalar(select(FeedCursor).where(FeedCursor.name == REPLAY_FEED))
        if cursor is not None:
            float(cursor.bars_per_second)  # SQLite takes any text
        return cursor


def position_of(session: Session, name: str) -> datetime | None:
    """
    Return the last bar that the services of a feed have had, None before the first.

    Raises:
        UnreadablePositionError: If somebody wrote junk there.
    """
    with _said(name):
        return session.scalar(select(FeedCursor.position).where(FeedCursor.name == name))


def of_all(session: Session, prefix: str) -> Positions:
    """Return the positions of all feeds whose names begin with *prefix*; junk in one is no other's trouble."""
    asked = select(FeedCursor.name, FeedCursor.position).where(FeedCursor.name.startswith(prefix))
    try:
        return Positions({row.name: row.position for row in session.execute(asked)}, {})
    except unreadable_rows.ERRORS:
        pass  # whose it is is found one by one: too dear where all can be read
    known: dict[str, datetime | None] = {}
    unreadable: dict[str, str] = {}
    for name in session.scalars(select(FeedCursor.name).where(FeedCursor.name.startswith(prefix))).all():
        try:
            known[name] = position_of(session, name)
        except UnreadablePositionError as error:
            unreadable[name] = str(error)
    return Positions(known, unreadable)


def newest(session: Session, prefix: str) -> datetime | None:
    """Return the latest readable position of all feeds whose names begin with *prefix*."""
    try:
        return session.scalar(select(func.max(FeedCursor.position)).where(FeedCursor.name.startswith(prefix)))
    except unreadable_rows.ERRORS:
        return max((at for at in of_all(session, prefix).known.values() if at is not None), default=None)


def keep(session: Session, name: str, position: datetime) -> None:
    """Store how far a feed has come; nothing of its row is read."""
    kept = session.execute(
        update(FeedCursor)
        .where(FeedCursor.name == name)
        .values(position=position)
        .returning(FeedCursor.id)
        .execution_options(synchronize_session=False)
    )
    if kept.first() is None:
        session.add(FeedCursor(name=name, position=position, bars_per_second=0))


@contextmanager
def _said(name: str) -> Iterator[None]:
    try:
        yield
    except unreadable_rows.ERRORS as error:
        why = f"{type(error).__name__}: {error}"
        raise UnreadablePositionError(f"the position of the feed {name} cannot be read: {why}") from error
