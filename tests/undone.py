"""A database that undoes units of work for another's sake, as PostgreSQL does."""

from __future__ import annotations

from itertools import count

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from daytrader.services.session_manager import SessionManager


class SerializationFailureError(Exception):
    """What psycopg raises."""

    sqlstate = "40001"


def undo_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every other commit of this process fail, the first one among them."""
    commit, tries = SessionManager._commit, count()

    def fails(manager: SessionManager, session: Session) -> None:
        if next(tries) % 2 == 0:
            raise DBAPIError("COMMIT", {}, SerializationFailureError("forced"))
        commit(manager, session)

    monkeypatch.setattr(SessionManager, "_commit", fails)
