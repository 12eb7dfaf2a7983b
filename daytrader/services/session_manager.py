"""The unit of work: where every transaction begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from daytrader.services import data_feed, known_ahead
from daytrader.services.events import events, forget_since, mark
from daytrader.utils.errors import UnavailableError

P = ParamSpec("P")
T = TypeVar("T")

logger = structlog.get_logger(__name__)

session_factory = sessionmaker(expire_on_commit=False)

MOST_TRIES: Final = 6
"""The first one and five more."""
_UNDONE: Final = ("40001", "40P01")
"""PostgreSQL's serialization failure and deadlock: nothing of the unit is left, and trying again is the answer."""


class SessionManager:
    """
    Commit on success, roll back on error, publish only after the commit.

    With *read_only* nothing is committed and SQLite takes no write lock: readers and the one writer never wait for
    each other.

    Raises:
        UnavailableError: If the database stays locked by another writer.
    """

    def __init__(self, *, read_only: bool = False) -> None:
        self._read_only = read_only

    def __enter__(self) -> Session:
        self._session = session_factory()
        if self._read_only:
            self._session.connection(execution_options={"read_only": True})
        return self._session

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, _tb: TracebackType | None
    ) -> None:
        with self._session as session:
            if exc_type is None and self._read_only:
                return  # closing lets go of what was read, still readable, and ends the transaction
            if exc_type is not None:
                session.rollback()
                if isinstance(exc, OperationalError) and _is_locked(exc):
                    raise UnavailableError("the database is busy, try again shortly") from exc
                return
            self._commit(session)

    def _commit(self, session: Session) -> None:
        try:
            data_feed.gather(session)
            events.make_ready(session)
            with events.in_turn(session):
                events.store(session)
                session.commit()
                events.release(session)
        except OperationalError as error:
            session.rollback()
            if _is_locked(error):
                raise UnavailableError("the database is busy, try again shortly") from error
            raise


def _is_locked(error: OperationalError) -> bool:
    return "database is locked" in str(error.orig)


def retried(unit: Callable[[], T]) -> T:
    """
    Return what *unit*, a whole unit of work, returns; where PostgreSQL undid it for another's sake it is run again.

    Raises:
        UnavailableError: If that happens `MOST_TRIES` times.
    """
    for _ in range(MOST_TRIES):
        try:
            return unit()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _UNDONE:
                raise
            logger.info("unit of work undone by the database, run again", sqlstate=error.orig.sqlstate)  # type: ignore[union-attr]
    raise UnavailableError("the database is busy, try again shortly")


def in_unit(act: Callable[[Session], T]) -> T:
    """Return what *act* does in a unit of work of its own, begun anew where PostgreSQL undid it, as `retried` says."""

    def unit() -> T:
        with SessionManager() as session:
            return act(session)

    return retried(unit)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Run a part of a unit of work whose failure undoes that part alone, the events it recorded included."""
    session.flush()
    recorded = mark(session)
    try:
        with session.begin_nested():
            yield
    except BaseException:
        forget_since(session, recorded)
        known_ahead.forget(session)
        raise


def with_session(func: Callable[Concatenate[Session, P], T]) -> Callable[P, T]:
    """Run *func* as one unit of work, as `in_unit` does. For entry points, never for services."""

    @wraps(func)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return in_unit(lambda session: func(session, *args, **kwargs))

    return run
