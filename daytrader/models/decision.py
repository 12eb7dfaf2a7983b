"""The decision journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base
from daytrader.models.enums import DecisionAction


class TradeDecision(Base):
    """What one service decided on one bar, and why. NOTHING is a decision too."""

    __tablename__ = "decisions"
    # L8: one decision per (service, interval, bar), whatever crashes or races.
    __table_args__ = (UniqueConstraint("service_id", "interval", "bar_time"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"))
    interval: Mapped[int]
    bar_time: Mapped[datetime]
    action: Mapped[DecisionAction]
    shares: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(200))
    # {indicator or input name: number or null}
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
