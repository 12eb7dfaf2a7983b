"""Signed-in devices and their refresh tokens."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class LoginSession(Base):
    """One login: the family of refresh tokens that descend from it. Revoking it ends all of them at once."""

    __tablename__ = "login_sessions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A single-use token, hashed at rest."""

    __tablename__ = "refresh_tokens"
    private_columns: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    session_id: Mapped[int] = mapped_column(ForeignKey("login_sessions.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
