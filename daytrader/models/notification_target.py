"""Where a user wants to be told of what happens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class NotificationTarget(Base):
    """
    One address of one user, and how far in the outbox it has been told.

    The address holds whatever it takes to send there (a bot's token, a mail account's password): it is stored sealed,
    and *shown* is what its owner knows it by.
    """

    __tablename__ = "notification_targets"
    __table_args__ = (UniqueConstraint("user_id", "name"),)
    private_columns: ClassVar[frozenset[str]] = frozenset(
        {"sealed_url", "cursor", "summary_of", "not_before", "claimed_by", "claimed_until"}
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(50))
    sealed_url: Mapped[bytes] = mapped_column(LargeBinary)
    shown: Mapped[str] = mapped_column(String(100))
    # Names of `enums.NotificationKind`.
    kinds: Mapped[list[Any]] = mapped_column(JSON)
    is_active: Mapped[bool] = mapped_column(default=True)
    # The sequence of the last event that was told, or that was the newest when the target was made.
    cursor: Mapped[int] = mapped_column(BigInteger)
    # The last session that was summed up.
    summary_of: Mapped[date | None]
    last_sent_at: Mapped[datetime | None]
    # Since the last success, and why the last one of them happened.
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
    # Nobody tries again before.
    not_before: Mapped[datetime | None]
    # Which process is sending now, and until when nobody else does.
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    claimed_until: Mapped[datetime | None]
