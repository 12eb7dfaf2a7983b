"""Work that outlives a request."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base, Measured
from daytrader.models.enums import JobState


class Job(Base):
    """One piece of background work, its progress and its end."""

    __tablename__ = "jobs"
    # What the worker needs, names of files included, and how often one has begun.
    private_columns: ClassVar[frozenset[str]] = frozenset({"params", "attempt"})

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    progress: Mapped[float] = mapped_column(Measured, default=0.0)  # 0..1
    eta: Mapped[datetime | None]
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result_url: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(Text)
    # [{"line", "field", "reason"}]
    errors: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # Rises each time a worker takes it: one that was replaced while it slept finds another number than its own.
    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    is_cancel_requested: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
