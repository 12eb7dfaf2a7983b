"""Cells as the audit and the reports of damaged rows read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Table

from daytrader.models import User
from daytrader.services.ledger_audit import cells

_READ = cells.readers(cast("Table", User.__table__), frozenset())["last_login"]


@pytest.mark.parametrize("junk", ["9999-12-31 23:59:59-05:00", "0001-01-01 00:00:00+05:00", "junk", 7])
def test_a_moment_that_utc_does_not_have_is_refused_in_words(junk: object) -> None:
    """As everything else that is none: whoever reads a table goes on to the next row."""
    with pytest.raises(ValueError, match="is no moment"):
        _READ(junk)


def test_a_moment_is_read_in_utc() -> None:
    """With the zone that PostgreSQL's session has, and without one, as SQLite stores it."""
    moment = datetime(2024, 1, 2, 15, 30, tzinfo=UTC)
    assert (_READ("2024-01-02 16:30:00+01:00"), _READ("2024-01-02 15:30:00")) == (moment, moment)
