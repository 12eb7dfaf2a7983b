"""Logins: opened, refreshed, revoked; and who a token speaks for right now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.orm import Session

from daytrader.models.api_key import ApiKey
from daytrader.models.enums import ApiScope
from daytrader.models.login_session import LoginSession, RefreshToken
from daytrader.models.user import User
from daytrader.services import api_key_service
from daytrader.services.actor import Actor
from daytrader.utils import auth
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnauthenticatedError
from daytrader.utils.kept_statements import KeptStatement

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
    """
    Who is asking, through which login or which key.

    Attributes:
        actor: The user; an admin only through a login, or through a key that says so.
        session_id: The login, None for a key.
        key_id: The key, None for a login.
        scope: What the key may be used for; a login may everything.
        is_use_due: Whether it is time to note that the key is used.
    """

    actor: Actor
    session_id: int | None
    key_id: int | None = None
    scope: ApiScope = ApiScope.ADMIN
    is_use_due: bool = field(default=False, compare=False)

    def allows(self, needed: ApiScope) -> bool:
        """Return whether this login or key may be used for that: each scope includes those before it."""
        order = list(ApiScope)
        return order.index(self.scope) >= order.index(needed)


# Asked on each request: built once.
_IS_ADMIN: Final = KeptStatement(
    select(User.is_admin)
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(
        User.id == bindparam("user_id", type_=Integer),
        User.is_active.is_(True),
        LoginSession.id == bindparam("session_id", type_=Integer),
        LoginSession.revoked_at.is_(None),
    )
)


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
    Return whom *access_token*, or an API key, speaks for; login, activity and role are as the database has them now.

    Raises:
        UnauthenticatedError: If the token is not good, its login is revoked or its user deactivated.
    """
    if access_token.startswith(api_key_service.PREFIX):
        return _identify_key(session, access_token)
    claims = auth.read(access_token, rules)
    asked = {"user_id": claims.user_id, "session_id": claims.session_id}
    found = _IS_ADMIN.rows(session, asked)
    if not found:
        raise UnauthenticatedError("the login has ended")
    return Identity(Actor(claims.user_id, found[0][0]), claims.session_id)


def still_good(session: Session, identities: set[Identity]) -> set[Identity]:
    """Return those of *identities* whose login or key, activity and role are unchanged."""
    keys = api_key_service.good_keys().where(ApiKey.id.in_({identity.key_id for identity in identities}))
    by_key = {_of_key(key, user) for key, user in session.execute(keys)}
    rows = session.execute(
        select(User.id, User.is_admin, LoginSession.id)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.id.in_({identity.session_id for identity in identities}),
            LoginSession.revoked_at.is_(None),
            User.is_active.is_(True),
        )
    )
    by_login = {Identity(Actor(user_id, is_admin), login) for user_id, is_admin, login in rows}
    return identities & (by_login | by_key)


def _identify_key(session: Session, secret: str) -> Identity:
    found = session.execute(
        api_key_service.good_keys().where(ApiKey.key_hash == auth.fingerprint(secret))
    ).one_or_none()
    if found is None:
        raise UnauthenticatedError("the API key is not valid")
    key, user = found
    return _of_key(key, user)


def _of_key(key: ApiKey, user: User) -> Identity:
    scope = max((ApiScope(name) for name in key.scopes), key=list(ApiScope).index)
    actor = Actor(user.id, user.is_admin and scope is ApiScope.ADMIN)
    return Identity(actor, None, key.id, scope, api_key_service.is_use_due(key))


def _issue(session: Session, user: User, session_id: int, rules: auth.TokenRules) -> TokenPair:
    now = get_current_datetime()
    secret = auth.new_secret()
    session.add(
        RefreshToken(session_id=session_id, token_hash=auth.fingerprint(secret), expires_at=now + rules.refresh_life)
    )
    session.flush()
    return TokenPair(auth.sign(auth.Claims(user.id, session_id), rules, now), secret, user)
