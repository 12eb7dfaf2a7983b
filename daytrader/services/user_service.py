"""Accounts: made, found, signed in."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from daytrader.models.user import User
from daytrader.services import event_payloads
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils import passwords
from daytrader.utils.errors import ConflictError, NotFoundError, UnauthenticatedError


def create(session: Session, username: str, email: str, password: str, *, is_admin: bool = False) -> User:
    """
    Make an account. Admins are made by the command line or by admins, never by registering.

    Raises:
        InvalidInputError: Naming the field that breaks a rule.
        ConflictError: If the name, in any case, or the mail address is taken.
    """
    user = User(username=username, email=email, password=password, is_admin=is_admin)
    if _find(session, user.username) is not None:
        raise ConflictError("this username is taken")
    if _find(session, user.email) is not None:
        raise ConflictError("this mail address has an account")
    session.add(user)
    session.flush()
    events.record(session, event_payloads.user_update(user, event_payloads.CREATED))
    return user


def by_username(session: Session, username: str) -> User | None:
    """Return the account of that name, if there is one."""
    return session.scalars(select(User).where(User.username == username)).one_or_none()


def get(session: Session, user_id: int, actor: Actor) -> User:
    """
    Return an account that the actor may see: the own one, or any for an admin.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
    """
    user = session.get(User, user_id)
    if user is None or (user.id != actor.user_id and not actor.is_admin):
        raise NotFoundError("user")
    return user


def authenticate(session: Session, login: str, password: str) -> User:
    """
    Return the active user with that name or mail address and that password.

    Raises:
        UnauthenticatedError: The same, and after the same time, whatever was wrong.
    """
    user = _find(session, login)
    if user is None:
        passwords.verify_nobody(password)
    elif user.verify_password(password) and user.is_active:
        return user
    raise UnauthenticatedError("username or password is wrong")


def _find(session: Session, login: str) -> User | None:
    # A user name holds no '@', a mail address does: one lookup cannot find two accounts.
    wanted = login.strip().lower()
    return session.scalars(
        select(User).where(or_(func.lower(User.username) == wanted, User.email == wanted))
    ).one_or_none()
