"""Which engine trades, where there may be more than one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class EngineLease(Base):
    """
    The right to trade, held for a while by one engine.

    *token* rises with every holder: a unit of work that finds another one than its own is of an engine that has been
    replaced, and undoes itself.
    """

    __tablename__ = "engine_leases"

    name: Mapped[str] = mapped_column(String(30), unique=True)
    token: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str] = mapped_column(String(100), default="")
    # By the database's clock; null once it was given back.
    expires_at: Mapped[datetime | None]
    # What the holder last said of itself: for processes that run no engine.
    status: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
