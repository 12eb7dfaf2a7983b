"""Keys that scripts sign in with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class ApiKey(Base):
    """A key of one user, hashed at rest; *scopes* are names of `enums.ApiScope`."""

    __tablename__ = "api_keys"
    private_columns: ClassVar[frozenset[str]] = frozenset({"key_hash"})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    # Its first characters: what its owner knows it by.
    prefix: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
