"""Tokens: signed ones that say who is asking, and opaque ones that buy a new one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import jwt

from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnauthenticatedError

ALGORITHM: Final = "HS256"
ISSUER: Final = "daytrader"
AUDIENCE: Final = "daytrader-api"
ACCESS: Final = "access"
_CLAIMS: Final = ("sub", "sid", "jti", "typ", "iss", "aud", "iat", "exp")


@dataclass(frozen=True, slots=True)
class TokenRules:
    """How tokens are signed and how long they live."""

    secret: str = field(repr=False)
    access_life: timedelta = timedelta(minutes=15)
    refresh_life: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who an access token speaks for, and through which login."""

    user_id: int
    session_id: int


def sign(claims: Claims, rules: TokenRules, now: datetime) -> str:
    """Return an access token for *claims*, good from *now* for its life."""
    body = {
        "sub": str(claims.user_id),
        "sid": claims.session_id,
        "jti": secrets.token_urlsafe(12),
        "typ": ACCESS,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + rules.access_life,
    }
    return jwt.encode(body, rules.secret, algorithm=ALGORITHM)


def read(token: str, rules: TokenRules) -> Claims:
    """
    Return what a good access token says.

    Raises:
        UnauthenticatedError: If it is not ours, of another kind, changed or expired.
    """
    claims, expires_at = _verified(token, rules)
    if expires_at <= get_current_datetime().timestamp():
        raise UnauthenticatedError("the access token has expired")
    return claims


@lru_cache(maxsize=4096)
def _verified(token: str, rules: TokenRules) -> tuple[Claims, int]:
    """Return what a token says and until when: who asks again and again is checked anew for nothing but the time."""
    try:
        body = jwt.decode(
            token,
            rules.secret,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": list(_CLAIMS)},
        )
        if body["typ"] != ACCESS:
            raise UnauthenticatedError("this is not an access token")
        return Claims(int(body["sub"]), int(body["sid"])), int(body["exp"])
    except jwt.ExpiredSignatureError:
        raise UnauthenticatedError("the access token has expired") from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise UnauthenticatedError("the access token is not valid") from None


def new_secret() -> str:
    """Return an unguessable opaque token of 256 bits."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return what is stored of an opaque token: with 256 random bits a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()
