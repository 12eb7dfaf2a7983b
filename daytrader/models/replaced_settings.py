"""What services traded by before their owners changed it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from daytrader.models.base import Base


class ReplacedSettings(Base):
    """The settings of a service until they were replaced, at *created_at*: its bars before are audited by them."""

    __tablename__ = "replaced_settings"

    service_id: Mapped[int] = mapped_column(ForeignKey("trading_services.id", ondelete="CASCADE"), index=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
