"""Tests of daytrader.services.token_service; the flow over HTTP is in tests/api/test_auth.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daytrader.models import LoginSession, RefreshToken, User
from daytrader.services import token_service
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import Identity, TokenPair
from daytrader.utils.auth import TokenRules
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import UnauthenticatedError

from ..conftest import World

RULES = TokenRules("a secret of more than thirty-two characters")


def _open(user: User, rules: TokenRules = RULES) -> TokenPair:
    with SessionManager() as session:
        return token_service.open_login(session, user, rules)


def _identify(pair: TokenPair) -> Identity:
    with SessionManager(read_only=True) as session:
        return token_service.identify(session, pair.access_token, RULES)


def test_a_token_speaks_for_its_user_as_the_database_knows_it(world: World) -> None:
    """The role is not in the token."""
    user = world.user("alice")
    pair = _open(user)
    assert not _identify(pair).actor.is_admin

    with SessionManager() as session:
        session.get_one(User, user.id).is_admin = True

    assert _identify(pair).actor.is_admin


def test_an_expired_access_token_is_nobodys(world: World) -> None:
    """Also when its login stands."""
    pair = _open(world.user("alice"), TokenRules(RULES.secret, access_life=timedelta(seconds=-1)))

    with pytest.raises(UnauthenticatedError, match="expired"):
        _identify(pair)


def test_an_expired_refresh_token_is_refused_and_revokes_nothing(world: World) -> None:
    """Age is no theft."""
    pair = _open(world.user("alice"), TokenRules(RULES.secret, refresh_life=timedelta(seconds=-1)))

    with SessionManager() as session:
        assert token_service.rotate(session, pair.refresh_token, RULES) is None

    assert _identify(pair)


@pytest.mark.parametrize(("age", "stands"), [(9, True), (11, False)])
def test_reuse_revokes_the_family_after_ten_seconds(world: World, age: int, stands: bool) -> None:
    """Two tabs are forgiven, a thief is not."""
    pair = _open(world.user("alice"))
    with SessionManager() as session:
        assert token_service.rotate(session, pair.refresh_token, RULES) is not None
    with SessionManager() as session:
        spent = session.query(RefreshToken).filter(RefreshToken.used_at.is_not(None)).one()
        spent.used_at = get_current_datetime() - timedelta(seconds=age)

    with SessionManager() as session:
        assert token_service.rotate(session, pair.refresh_token, RULES) is None

    with SessionManager(read_only=True) as session:
        assert (session.query(LoginSession).one().revoked_at is None) is stands


def test_a_deactivated_user_refreshes_nothing(world: World) -> None:
    """And gets no second chance later with the same token."""
    user = world.user("alice")
    pair = _open(user)
    with SessionManager() as session:
        session.get_one(User, user.id).is_active = False

    with SessionManager() as session:
        assert token_service.rotate(session, pair.refresh_token, RULES) is None


def test_all_logins_but_one_can_be_ended(world: World) -> None:
    """As a password change does."""
    user, other = world.user("alice"), world.user("bob")
    pairs = [_open(user), _open(user), _open(other)]
    identities = [_identify(pair) for pair in pairs]

    with SessionManager() as session:
        token_service.revoke_all(session, user.id, but=identities[1].session_id)

    with SessionManager(read_only=True) as session:
        assert token_service.still_good(session, set(identities)) == {identities[1], identities[2]}
