"""Every secret of others that the database holds sealed, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Table, select, update
from sqlalchemy.orm import Session

from daytrader.models import Base
from daytrader.utils import sealing

_SEALED: Final = "sealed_"
"""How the names of the columns begin."""


def reseal(session: Session) -> int:
    """
    Seal every stored secret anew with the first key in force, so that the others may go; return how many there are.

    Raises:
        UnavailableError: If one of them opens with none of the keys; then all are to be left as they are.
    """
    count = 0
    for table, column in _columns():
        for row_id, sealed in session.execute(select(table.c.id, column)).all():
            session.execute(update(table).where(table.c.id == row_id).values({column: sealing.reseal(sealed)}))
            count += 1
    return count


def _columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.startswith(_SEALED):
                yield table, column
