"""Events, durable and in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class EventOutbox(Base):
    """
    One event, written in the transaction that it tells of.

    Its id is the sequence that clients see: never given twice, even after old rows are pruned.
    """

    __tablename__ = "event_outbox"

    name: Mapped[str] = mapped_column(String(50))
    action: Mapped[str] = mapped_column(String(20))
    rooms: Mapped[list[Any]] = mapped_column(JSON)
    entity: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Whose object it is; null when it is everyone's.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
