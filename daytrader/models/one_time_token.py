"""Links that work once."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class OneTimeToken(Base):
    """Whoever holds it may choose the user's password, once; hashed at rest."""

    __tablename__ = "one_time_tokens"
    private_columns: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
