"""Searches through a strategy's parameters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base, Measured
from daytrader.models.enums import JobState


class Sweep(Base):
    """
    What was searched, how far it is and what was found.

    Its results, a row for each combination, are columns in files of the instance folder: a million rows of a table
    would be slower to write than to compute.
    """

    __tablename__ = "sweeps"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    strategy: Mapped[str] = mapped_column(String(50))
    # One symbol, or the first of several.
    symbol: Mapped[str] = mapped_column(String(10))
    symbols: Mapped[list[Any]]
    interval: Mapped[int]
    # grid, random or list.
    method: Mapped[str] = mapped_column(String(10))
    metric: Mapped[str] = mapped_column(String(30))
    combinations: Mapped[int] = mapped_column(BigInteger)
    # The whole request, as it can be asked again.
    request: Mapped[dict[str, Any]]
    # Of all symbols' bars; null until it runs.
    data_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    engine_version: Mapped[str] = mapped_column(String(20))
    best_value: Mapped[float | None] = mapped_column(Measured(53))
    best_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What the statistics say: see docs/user-guide.md.
    findings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(String(1000))
    finished_at: Mapped[datetime | None]
