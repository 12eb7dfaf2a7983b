"""Accounts: made, found, changed, signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.models.user import User
from daytrader.services import event_payloads, one_time_tokens, token_service
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils import auth, passwords
from daytrader.utils.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from daytrader.utils.query_utils import Listing, ListQuery, Page

PROFILE: Final = frozenset({"username", "email"})
LISTING: Final = Listing.of(
    User,
    shown={
        "has_active_services": exists().where(
            TradingService.user_id == User.id, TradingService.state == ServiceState.ACTIVE
        ),
        "has_totp": User.totp_confirmed_at.is_not(None),
    },
)
_TAKEN: Final = "the username or the mail address is taken"


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
    _store(session)
    events.record(session, event_payloads.user_update(user, event_payloads.CREATED))
    return user


def invite(session: Session, actor: Actor, username: str, email: str) -> tuple[User, str]:
    """
    Make an account whose user is yet to choose a password; return it with the token to do so.

    Raises:
        ForbiddenError: If the actor is no admin.
        InvalidInputError, ConflictError: As `create`.
    """
    _require_admin(actor)
    # A password that nobody has ever seen: until the link is used, signing in fails as with any wrong one.
    user = create(session, username, email, _unknown_password())
    return user, one_time_tokens.issue(session, user)


def listing(session: Session, actor: Actor, query: ListQuery) -> Page:
    """
    Return the accounts.

    Raises:
        ForbiddenError: If the actor is no admin.
    """
    _require_admin(actor)
    return LISTING.fetch(session, query)


def update(session: Session, actor: Actor, user_id: int, values: Mapping[str, Any]) -> User:
    """
    Change name or mail address of an own account, or of any as an admin.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        InvalidInputError: Naming each column that is not of the profile, or breaks a rule.
        ConflictError: If the name or the mail address is taken.
    """
    user = get(session, user_id, actor)
    refused = {name: ["is read-only or unknown"] for name in values.keys() - PROFILE}
    if refused:
        raise InvalidInputError(refused)
    with session.no_autoflush:
        user.update_from_dict(values)
        for name in (user.username, user.email):
            other = _find(session, name)
            if other is not None and other.id != user.id:
                raise ConflictError(_TAKEN)
    return _changed(session, user)


def set_role(session: Session, actor: Actor, user_id: int, *, is_admin: bool) -> User:
    """
    Make an admin of a user, or a user of an admin: from the next request on.

    Raises:
        ForbiddenError: If the actor is no admin.
        NotFoundError: If there is no such account.
        ConflictError: If nobody would be admin.
    """
    _require_admin(actor)
    user = get(session, user_id, actor)
    if not is_admin:
        refuse_last_admin(session, user)
    user.is_admin = is_admin
    return _changed(session, user)


def toggle_active(session: Session, actor: Actor, user_id: int) -> User:
    """
    Shut an account, with its logins, or open it again.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ForbiddenError: If the actor is no admin.
        ConflictError: If nobody would be admin.
    """
    user = get(session, user_id, actor)
    _require_admin(actor)
    if user.is_active:
        refuse_last_admin(session, user)
        token_service.revoke_all(session, user.id)
        one_time_tokens.revoke(session, user.id)
    user.is_active = not user.is_active
    return _changed(session, user)


def reset_password(session: Session, actor: Actor, user_id: int) -> tuple[User, str]:
    """
    Return the account with a new token to choose a password by; the present one holds until then.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ForbiddenError: If the actor is no admin.
        ConflictError: If it is not active.
    """
    user = get(session, user_id, actor)
    _require_admin(actor)
    if not user.is_active:
        raise ConflictError("this account is not active")
    return user, one_time_tokens.issue(session, user)


def confirm_password(session: Session, actor: Actor, password: str, field: str = "password") -> None:
    """
    Check that the actor's own password is known.

    Raises:
        InvalidInputError: Under *field*, if it is another.
    """
    if not session.get_one(User, actor.user_id).verify_password(password):
        raise InvalidInputError({field: ["is wrong"]})


def change_password(session: Session, actor: Actor, new_password: str, session_id: int | None) -> User:
    """
    Set the actor's password, whose old one is confirmed; every login ends but *session_id*.

    Raises:
        InvalidInputError: If it breaks a rule.
    """
    user = session.get_one(User, actor.user_id)
    _set_password(session, user, new_password, session_id)
    return _changed(session, user)


def set_password(session: Session, token: str, new_password: str) -> User:
    """
    Spend a one-time token: set its user's password and end every login.

    Raises:
        InvalidInputError: If the token is not good or the password breaks a rule.
    """
    user = one_time_tokens.spend(session, token)
    _set_password(session, user, new_password, None)
    return _changed(session, user)


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


def account_key(session: Session, login: str) -> str:
    """Return what tries to sign in as *login* are counted by: one account, however it is spelled."""
    user = _find(session, login)
    return f"name:{auth.fingerprint(login.strip().lower())}" if user is None else key_of(user.id)


def key_of(user_id: int) -> str:
    """Return what the tries of that user are counted by."""
    return f"user:{user_id}"


def refuse_last_admin(session: Session, user: User) -> None:
    """
    Raises:
        ConflictError: If *user* is the only active admin.
    """
    # All of them are locked: two who demote each other at once must not both succeed.
    active = select(User.id).where(User.is_admin.is_(True), User.is_active.is_(True)).order_by(User.id)
    if list(session.scalars(active.with_for_update())) == [user.id]:
        raise ConflictError("this is the last administrator")


def _set_password(session: Session, user: User, new_password: str, session_id: int | None) -> None:
    user.password = new_password
    token_service.revoke_all(session, user.id, but=session_id)
    one_time_tokens.revoke(session, user.id)


def _unknown_password() -> str:
    return f"{auth.new_secret()}Aa1"


def _changed(session: Session, user: User) -> User:
    _store(session)
    events.record(session, event_payloads.user_update(user))
    return user


def _store(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError(_TAKEN) from None


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise ForbiddenError("only an admin may do this")


def _find(session: Session, login: str) -> User | None:
    # A user name holds no '@', a mail address does: one lookup cannot find two accounts.
    wanted = login.strip().lower()
    return session.scalars(
        select(User).where(or_(func.lower(User.username) == wanted, User.email == wanted))
    ).one_or_none()
