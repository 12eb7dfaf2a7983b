"""What an admin has told the engine, kept across restarts."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class EngineControl(Base):
    """The switch that pauses all trading."""

    __tablename__ = "engine_controls"

    name: Mapped[str] = mapped_column(String(30), unique=True)
    is_paused: Mapped[bool] = mapped_column(default=False)
