"""The ledger of one service: every change of its cash or shares."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daytrader.models.base import Base, Money
from daytrader.models.enums import JournalKind
from daytrader.models.execution import Execution
from daytrader.models.trading_transaction import TradingTransaction

OPENING_NOTE: Final = "initial balance"


def opening_note(user_id: int) -> str:
    """Return what the first entry says: whose money it is. Older journals say only what it is."""
    return f"{OPENING_NOTE} of user {user_id}"


class JournalEntry(Base):
    """
    One booking. Append-only and contiguous: *balance_after* is the previous balance plus *amount*, *shares_after* the
    previous holding plus *shares_change* (L7).
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        UniqueConstraint("service_id", "sequence"),
        # A corporate action reaches each service once, whatever crashes.
        UniqueConstraint("service_id", "corporate_action_id", "kind"),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"))
    sequence: Mapped[int]
    kind: Mapped[JournalKind]
    amount: Mapped[Money] = mapped_column(default=Decimal(0))
    balance_after: Mapped[Money]
    shares_change: Mapped[int] = mapped_column(default=0)
    shares_after: Mapped[int]
    transaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("trading_transactions.id", ondelete="CASCADE"), index=True
    )
    execution_id: Mapped[int | None] = mapped_column(ForeignKey("executions.id", ondelete="CASCADE"))
    corporate_action_id: Mapped[int | None] = mapped_column(ForeignKey("corporate_actions.id"))
    bar_time: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(200))

    transaction: Mapped[TradingTransaction | None] = relationship()
    execution: Mapped[Execution | None] = relationship()
