"""How far a feed has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class FeedCursor(Base):
    """The market time of a replay, so that a second start goes on where the first one was."""

    __tablename__ = "feed_cursors"

    name: Mapped[str] = mapped_column(String(30), unique=True)
    # The last bar time that every service has seen; null before the first.
    position: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    bars_per_second: Mapped[float] = mapped_column(Float, default=1.0)
