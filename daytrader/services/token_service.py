"""Logins: opened, refreshed, revoked; and who a token speaks for right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from daytrader.models.login_session import LoginSession, RefreshToken
from daytrader.models.user import User
from daytrader.services.actor import Actor
from daytrader.utils import auth
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnauthenticatedError

# Two tabs that wake up together both send the same token: the slower one is no thief.
REUSE_GRACE: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh hands out."""

    access_token: str
    refresh_token: str
    user: User


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, through which login."""

    actor: Actor
    session_id: int


def open_login(session: Session, user: User, rules: auth.TokenRules) -> TokenPair:
    """Open a login for *user*: a family of refresh tokens with its first member."""
    login = LoginSession(user_id=user.id)
    session.add(login)
    session.flush()
    return _issue(session, user, login.id, rules)


def rotate(session: Session, refresh_token: str, rules: auth.TokenRules) -> TokenPair | None:
    """
    Spend a refresh token for a new pair; None when it is not good.

    A token spent more than `REUSE_GRACE` ago has been stolen by someone: its whole family is revoked. That must be
    committed, so refusal is an answer here, not an error.
    """
    now = get_current_datetime()
    found = session.execute(
        select(RefreshToken, LoginSession, User)
        .join(LoginSession, RefreshToken.session_id == LoginSession.id)
        .join(User, LoginSession.user_id == User.id)
        .where(RefreshToken.token_hash == auth.fingerprint(refresh_token))
        .with_for_update()
    ).one_or_none()
    if found is None:
        return None
    token, login, user = found
    if token.used_at is not None:
        if now - token.used_at > REUSE_GRACE:
            revoke(session, login.id)
        return None
    if token.expires_at <= now or login.revoked_at is not None or not user.is_active:
        return None
    token.used_at = now
    return _issue(session, user, login.id, rules)


def revoke(session: Session, session_id: int) -> None:
    """End one login at once."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=get_current_datetime())
    )


def revoke_all(session: Session, user_id: int, *, but: int | None = None) -> None:
    """End every login of a user, except the login *but*."""
    statement = update(LoginSession).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(LoginSession.id != but)
    session.execute(statement.values(revoked_at=get_current_datetime()))


def identify(session: Session, access_token: str, rules: auth.TokenRules) -> Identity:
    """
    Return whom *access_token* speaks for; login, activity and role are as the database has them now.

    Raises:
        UnauthenticatedError: If the token is not good, its login is revoked or its user deactivated.
    """
    claims = auth.read(access_token, rules)
    is_admin = session.execute(
        select(User.is_admin)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            User.id == claims.user_id,
            User.is_active.is_(True),
            LoginSession.id == claims.session_id,
            LoginSession.revoked_at.is_(None),
        )
    ).scalar_one_or_none()
    if is_admin is None:
        raise UnauthenticatedError("the login has ended")
    return Identity(Actor(claims.user_id, is_admin), claims.session_id)


def still_good(session: Session, identities: set[Identity]) -> set[Identity]:
    """Return those of *identities* whose login, activity and role are unchanged."""
    rows = session.execute(
        select(User.id, User.is_admin, LoginSession.id)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.id.in_({identity.session_id for identity in identities}),
            LoginSession.revoked_at.is_(None),
            User.is_active.is_(True),
        )
    )
    return identities & {Identity(Actor(user_id, is_admin), login) for user_id, is_admin, login in rows}


def _issue(session: Session, user: User, session_id: int, rules: auth.TokenRules) -> TokenPair:
    now = get_current_datetime()
    secret = auth.new_secret()
    session.add(
        RefreshToken(session_id=session_id, token_hash=auth.fingerprint(secret), expires_at=now + rules.refresh_life)
    )
    session.flush()
    return TokenPair(auth.sign(auth.Claims(user.id, session_id), rules, now), secret, user)
