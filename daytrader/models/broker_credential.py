"""What opens a user's account at a broker."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base, Money


class BrokerCredential(Base):
    """
    One account of one user at one broker.

    Key and secret are stored sealed and never shown again; *shown* is the end of the key's id, which its owner knows
    it by. An account belongs to one user here: two could not tell whose shares are whose. While *halted_at* is set
    nothing buys there, until its owner has looked.
    """

    __tablename__ = "broker_credentials"
    __table_args__ = (UniqueConstraint("user_id", "broker"), UniqueConstraint("broker", "account"))
    private_columns: ClassVar[frozenset[str]] = frozenset({"sealed_key", "sealed_secret"})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    broker: Mapped[str] = mapped_column(String(20))
    # Real money, or the broker's own paper market.
    is_live: Mapped[bool]
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    shown: Mapped[str] = mapped_column(String(4))
    # The broker's number of the account that the keys open.
    account: Mapped[str] = mapped_column(String(100))
    # When the broker last took the keys.
    verified_at: Mapped[datetime]
    # The account's cash when it was last asked for, and when that was; null until it was.
    cash: Mapped[Money | None]
    cash_seen_at: Mapped[datetime | None]
    halted_at: Mapped[datetime | None]
    halted_reason: Mapped[str | None] = mapped_column(String(200))
    # When its owner last said that all is well: what was sent before is known to them.
    cleared_at: Mapped[datetime | None]
