"""What a unit of work knows ahead of the rows it goes on to, kept with its session until a part of it is undone."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

_KNOWN: Final = "known ahead"


def of(session: Session, name: str) -> dict[Any, Any]:
    """Return what the unit of work knows under *name*; to be added to."""
    known: dict[str, dict[Any, Any]] = session.info.setdefault(_KNOWN, {})
    return known.setdefault(name, {})


def forget(session: Session) -> None:
    """Know nothing any more: it may have been read or reserved in the part that is undone."""
    session.info.pop(_KNOWN, None)
