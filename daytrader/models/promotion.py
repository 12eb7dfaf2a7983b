"""What has to be shown before a service may trade real money, and that its owner wants it to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, validates

from daytrader.models.base import Base, Money
from daytrader.utils import validators


class PromotionThresholds(Base):
    """
    What one owner asks of a backtest and of a paper period; percentages in percent, falls as positive numbers.

    Without a row nothing is promoted: a gate that nobody has set stays shut.
    """

    __tablename__ = "promotion_thresholds"
    __table_args__ = (
        CheckConstraint("min_backtest_sessions > 0", name="min_backtest_sessions_positive"),
        CheckConstraint("min_backtest_trades > 0", name="min_backtest_trades_positive"),
        CheckConstraint("min_paper_sessions > 0", name="min_paper_sessions_positive"),
        CheckConstraint("min_paper_trades > 0", name="min_paper_trades_positive"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    min_backtest_sessions: Mapped[int]
    min_backtest_trades: Mapped[int]
    min_backtest_return_percent: Mapped[Money]
    min_backtest_sharpe_ratio: Mapped[Money]
    max_backtest_drawdown_percent: Mapped[Money]
    min_paper_sessions: Mapped[int]
    min_paper_trades: Mapped[int]
    min_paper_return_percent: Mapped[Money]
    max_paper_drawdown_percent: Mapped[Money]

    @validates(*validators.PROMOTION_RULES)
    def validate_threshold(self, key: str, value: object) -> object:
        """Each within its own bounds."""
        return validators.checked(key, validators.PROMOTION_RULES[key], value)


class Promotion(Base):
    """The pinned backtest, the paper period and the opt-in of one service."""

    __tablename__ = "promotions"

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"), unique=True)
    # Null once it is deleted: nothing is pinned then.
    backtest_id: Mapped[int | None] = mapped_column(ForeignKey("backtests.id", ondelete="SET NULL"), index=True)
    # The last bar decided by other settings; the paper period is of bars after it. Null: they never changed.
    paper_since: Mapped[datetime | None]
    # The last bar of the paper period, from the opt-in on.
    paper_until: Mapped[datetime | None]
    # Null where the owner has not opted in, or no longer.
    opted_in_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None] = mapped_column(String(200))
