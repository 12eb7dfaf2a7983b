"""Who may sign in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import String, exists, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship, validates

from daytrader.models.base import Base
from daytrader.models.enums import ServiceState
from daytrader.utils import passwords, validators
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError

if TYPE_CHECKING:
    from daytrader.models.trading_service import TradingService


class User(Base):
    """An account: its owner's name, mail address and role."""

    __tablename__ = "users"
    private_columns: ClassVar[frozenset[str]] = frozenset(
        {"password_hash", "totp_secret", "totp_confirmed_at", "totp_last_step"}
    )

    username: Mapped[str] = mapped_column(String(50), unique=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str] = mapped_column(String(128))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    last_login: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(String(32))
    # In force from here on; until then the secret was only shown.
    totp_confirmed_at: Mapped[datetime | None]
    # The half minute of the last code that was taken: none is good twice.
    totp_last_step: Mapped[int | None]

    services: Mapped[list[TradingService]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def password(self) -> str:
        """Never readable: only its hash is kept."""
        raise ConflictError("a password can be set, never read")

    @password.setter
    def password(self, plain: str) -> None:
        self.password_hash = passwords.hash_password(validators.checked("password", validators.password, plain))

    def verify_password(self, plain: str) -> bool:
        """Return whether *plain* is this user's password."""
        return passwords.verify_password(self.password_hash, plain)

    def update_last_login(self) -> None:
        """Note that the user has just signed in."""
        self.last_login = get_current_datetime()

    @property
    def has_totp(self) -> bool:
        """Whether signing in takes a second factor."""
        return self.totp_confirmed_at is not None

    @property
    def has_active_services(self) -> bool:
        """Whether any of the user's services is running."""
        session = object_session(self)
        if session is None or self.id is None:
            return any(service.state is ServiceState.ACTIVE for service in self.services)
        # Asks the database: no service is read for it, whose row may be damaged, and nobody signs in any slower.
        kind = self.__mapper__.relationships["services"].entity.class_
        is_active = exists().where(kind.user_id == self.id, kind.state == ServiceState.ACTIVE)
        return bool(session.scalar(select(is_active)))

    @validates("username")
    def validate_username(self, key: str, value: object) -> str:
        """Length and characters."""
        return validators.checked(key, validators.username, value)

    @validates("email")
    def validate_email(self, key: str, value: object) -> str:
        """A mail address."""
        return validators.checked(key, validators.email, value)
