"""Tests of daytrader.utils.auth: a token is verified once, but expires all the same."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from daytrader.utils import auth
from daytrader.utils.auth import Claims, TokenRules
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnauthenticatedError

RULES = TokenRules("6b1f0a97c43e5d28" * 3)
CLAIMS = Claims(7, 3)


def test_a_token_says_who_speaks() -> None:
    """As often as it is asked."""
    token = auth.sign(CLAIMS, RULES, get_current_datetime())
    assert [auth.read(token, RULES) for _ in range(3)] == [CLAIMS] * 3


def test_a_token_that_was_verified_before_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of it is when it ends, and that is asked each time."""
    now = get_current_datetime()
    token = auth.sign(CLAIMS, RULES, now)
    assert auth.read(token, RULES) == CLAIMS
    monkeypatch.setattr(auth, "get_current_datetime", lambda: now + RULES.access_life + timedelta(seconds=1))

    with pytest.raises(UnauthenticatedError, match="expired"):
        auth.read(token, RULES)


@pytest.mark.parametrize("change", ["signature", "secret", "kind", "audience", "none"])
def test_what_was_verified_lends_nothing_to_another_token(change: str) -> None:
    """Another signature, secret, kind or audience is refused, and so is a token without any signature."""
    now = get_current_datetime()
    token = auth.sign(CLAIMS, RULES, now)
    assert auth.read(token, RULES) == CLAIMS
    body = jwt.decode(token, RULES.secret, algorithms=[auth.ALGORITHM], audience=auth.AUDIENCE)
    head, payload, signature = token.split(".")
    changed = {
        "signature": f"{head}.{payload}.{signature[::-1]}",
        "secret": token,
        "kind": jwt.encode(body | {"typ": "refresh"}, RULES.secret, auth.ALGORITHM),
        "audience": jwt.encode(body | {"aud": "others"}, RULES.secret, auth.ALGORITHM),
        "none": jwt.encode(body, "", "none"),
    }[change]
    rules = TokenRules("another-secret-1" * 3) if change == "secret" else RULES
    for _ in range(2):
        with pytest.raises(UnauthenticatedError):
            auth.read(changed, rules)


def test_the_secret_is_not_shown_with_the_rules() -> None:
    """Whatever logs them."""
    assert RULES.secret not in repr(RULES)
