"""Who did what, kept for good."""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base

_REFUSAL: Final = "the audit log is append-only"
APPEND_ONLY: Final = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_log_no_{change.lower()} BEFORE {change} ON audit_log "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for change in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION audit_log_append_only()",
    ),
}
"""What makes each database refuse to change or remove an entry, whoever asks."""


class AuditEntry(Base):
    """
    One try to do something that matters for security, and what came of it.

    No foreign key: an entry outlives the account that it tells of. It names nobody: ids only.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "created_at"),)

    # Null where nobody was signed in.
    actor_id: Mapped[int | None] = mapped_column(index=True)
    # How: ``login:7``, ``key:3``, ``anonymous`` or ``console``.
    via: Mapped[str] = mapped_column(String(30))
    action: Mapped[str] = mapped_column(String(80), index=True)
    target: Mapped[str] = mapped_column(String(200))
    # ``ok``, or the code of the error that refused it.
    result: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(45))


for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(AuditEntry.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
