"""What bounds the risk that services may take on, and the switch that stops them from taking on any."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base, Money


class ExposureLimit(Base):
    """
    The limits and the kill switch of one user's services, or of the whole installation (*user_id* null).

    A limit that is null does not hold. *tripped_on* is the session whose daily loss was too large: nothing buys until
    the next one.
    """

    __tablename__ = "exposure_limits"
    __table_args__ = (
        CheckConstraint("max_daily_loss > 0", name="max_daily_loss_positive"),
        CheckConstraint("max_position_value > 0", name="max_position_value_positive"),
        CheckConstraint("max_orders_per_minute > 0", name="max_orders_per_minute_positive"),
    )

    # Unique where a null user would not be: "installation", or "user" and its id.
    scope: Mapped[str] = mapped_column(String(30), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    max_daily_loss: Mapped[Money | None]
    max_position_value: Mapped[Money | None]
    max_orders_per_minute: Mapped[int | None]
    tripped_on: Mapped[date | None]
    tripped_at: Mapped[datetime | None]
    is_killed: Mapped[bool] = mapped_column(default=False)
    killed_at: Mapped[datetime | None]
    kill_reason: Mapped[str | None] = mapped_column(String(200))
