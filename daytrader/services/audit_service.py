"""The audit log: who tried what, and what came of it. Entries are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from daytrader.models.audit_entry import AuditEntry
from daytrader.utils.query_utils import Listing, ListQuery, Page

OK: Final = "ok"
LISTING: Final = Listing.of(AuditEntry, aliases={"actor": "actor_id", "time": "created_at"})
_LONGEST_ACTION: Final = 80
_LONGEST_TARGET: Final = 200


@dataclass(frozen=True, slots=True)
class Source:
    """
    Who tries something, from where.

    Attributes:
        actor_id: The user, None where nobody is signed in.
        via: How they are: ``login:7``, ``key:3``, ``anonymous`` or ``console``.
        address: Theirs on the network.
    """

    actor_id: int | None
    via: str
    address: str


CONSOLE: Final = Source(None, "console", "")


def record(session: Session, source: Source, action: str, target: str, result: str = OK) -> None:
    """Add an entry: it stands if, and only if, the session's transaction does."""
    session.add(
        AuditEntry(
            actor_id=source.actor_id,
            via=source.via,
            action=action[:_LONGEST_ACTION],
            target=target[:_LONGEST_TARGET],
            result=result,
            address=source.address,
        )
    )


def listing(session: Session, query: ListQuery) -> Page:
    """Return entries; whoever calls has seen to it that an admin asks."""
    return LISTING.fetch(session, query)
