"""The second factor: codes of half a minute (RFC 6238), each good once."""

from __future__ import annotations

import hmac
from typing import Final

import pyotp
from sqlalchemy.orm import Session

from daytrader.models.user import User
from daytrader.services import event_payloads
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, InvalidInputError, SecondFactorError

ISSUER: Final = "DayTrader"
_STEP_SECONDS: Final = 30
# A telephone's clock may be off by half a minute.
_TOLERANCE: Final = 1


def enrol(session: Session, actor: Actor) -> tuple[str, str]:
    """
    Return a new secret and its address for an authenticator; it counts once `confirm` has seen a code of it.

    Raises:
        ConflictError: If a second factor is in force.
    """
    user = _locked(session, actor.user_id)
    if user.has_totp:
        raise ConflictError("a second factor is in force: remove it first")
    user.totp_secret = pyotp.random_base32()
    return user.totp_secret, pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def confirm(session: Session, actor: Actor, code: str) -> User:
    """
    Put the enrolled secret in force.

    Raises:
        ConflictError: If none is enrolled, or it is in force already.
        InvalidInputError: If *code* is not its code now.
    """
    user = _locked(session, actor.user_id)
    if user.totp_secret is None or user.has_totp:
        raise ConflictError("no second factor waits to be confirmed")
    if not _spend(user, user.totp_secret, code):
        raise InvalidInputError({"code": ["is not the code of this moment"]})
    user.totp_confirmed_at = get_current_datetime()
    events.record(session, event_payloads.user_update(user))
    return user


def remove(session: Session, actor: Actor, code: str | None) -> None:
    """
    Take the second factor away; one in force for its *code* alone.

    Raises:
        InvalidInputError: If it is in force and *code* is missing, wrong or was used before.
    """
    user = _locked(session, actor.user_id)
    if not _is_proved(user, code):
        raise InvalidInputError({"code": ["must be the code of this moment, and not one that was used"]})
    forget(session, user)


def forget(session: Session, user: User) -> None:
    """Take the second factor, in force or not, away without asking for a code: the telephone was lost."""
    clear(user)
    events.record(session, event_payloads.user_update(user))


def clear(user: User) -> None:
    """Forget everything about the user's second factor."""
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None


def check(session: Session, user_id: int, code: str | None) -> User:
    """
    Return the user, who has given the right *code* or needs none.

    Raises:
        SecondFactorError: If the code is missing, wrong or was used before.
    """
    user = _locked(session, user_id)
    if not _is_proved(user, code):
        raise SecondFactorError("the code of the second factor is missing or wrong")
    return user


def _locked(session: Session, user_id: int) -> User:
    # Two requests with one code must not both find it unused.
    return session.get_one(User, user_id, with_for_update=True)


def _is_proved(user: User, code: str | None) -> bool:
    if not user.has_totp or user.totp_secret is None:
        return True
    return code is not None and _spend(user, user.totp_secret, code)


def _spend(user: User, secret: str, code: str) -> bool:
    now = int(get_current_datetime().timestamp()) // _STEP_SECONDS
    codes = pyotp.TOTP(secret)
    for step in range(now - _TOLERANCE, now + _TOLERANCE + 1):
        is_unused = user.totp_last_step is None or step > user.totp_last_step
        if is_unused and hmac.compare_digest(codes.generate_otp(step).encode(), code.encode()):
            user.totp_last_step = step
            return True
    return False
