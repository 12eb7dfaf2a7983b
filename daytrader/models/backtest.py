"""Backtests that were kept."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base, Measured, Money


class Backtest(Base):
    """
    What was asked, what it was made from and what came of it; a row never changes.

    The report itself is packed: lists and comparisons read the columns beside it.
    """

    __tablename__ = "backtests"
    private_columns: ClassVar[frozenset[str]] = frozenset({"report", "data"})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # The service whose settings were tested, if any.
    service_id: Mapped[int | None] = mapped_column(ForeignKey("trading_services.id", ondelete="SET NULL"), index=True)
    # The job that ran it, where it took long; a job that is begun anew finds what it has kept.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"), unique=True)
    # Several for a portfolio, joined by commas.
    symbol: Mapped[str] = mapped_column(String(1000))
    strategy: Mapped[str] = mapped_column(String(1000))
    params: Mapped[dict[str, Any]]
    interval: Mapped[int]
    start: Mapped[date]
    end: Mapped[date]
    initial_balance: Mapped[Money]
    final_portfolio_value: Mapped[Money]
    total_return_pct: Mapped[float] = mapped_column(Measured(53))
    buy_and_hold_return_pct: Mapped[float | None] = mapped_column(Measured(53))
    max_drawdown_pct: Mapped[float | None] = mapped_column(Measured(53))
    sharpe_ratio: Mapped[float | None] = mapped_column(Measured(53))
    trades: Mapped[int]
    metrics: Mapped[dict[str, Any]]
    # Every setting beside the parameters, by the names of the report's ``pinned.params``.
    settings: Mapped[dict[str, Any]]
    data_hash: Mapped[str] = mapped_column(String(64))
    engine_version: Mapped[str] = mapped_column(String(20))
    # [{"stock_id", "interval", "prices", "data_hash", "last"}]: how to ask whether the data is still the same.
    data: Mapped[list[Any]]
    report: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
