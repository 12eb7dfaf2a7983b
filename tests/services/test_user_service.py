"""Tests of daytrader.services.user_service."""

from __future__ import annotations

import pytest

from daytrader.models import User
from daytrader.services import user_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils import passwords
from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError

from ..conftest import PASSWORD, World


def test_an_account_is_announced_without_its_secret(world: World) -> None:
    """To admins and to itself."""
    with SessionManager() as session:
        user = user_service.create(session, "carol", "Carol@Example.com", PASSWORD)

    event = world.published[0].event
    assert user.email == "carol@example.com"
    assert event.rooms == ("users", f"user_{user.id}")
    assert not any("password" in name for name in event.entity)


@pytest.mark.parametrize(("name", "email"), [("CAROL", "other@example.com"), ("other", "CAROL@example.com")])
@pytest.mark.usefixtures("world")
def test_name_and_address_are_taken_in_any_case(name: str, email: str) -> None:
    """One name and one mailbox are one account."""
    with SessionManager() as session:
        user_service.create(session, "carol", "carol@example.com", PASSWORD)

    with pytest.raises(ConflictError), SessionManager() as session:
        user_service.create(session, name, email, PASSWORD)


@pytest.mark.usefixtures("world")
def test_a_weak_password_is_refused() -> None:
    """By the rule that the schema applies too."""
    with pytest.raises(InvalidInputError, match="password"), SessionManager() as session:
        user_service.create(session, "carol", "carol@example.com", "password")


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.com", "Alice@Example.COM"])
def test_a_user_is_known_by_name_or_address_and_password(world: World, name: str) -> None:
    """In any case; neither another's password nor a shut account will do."""
    alice = world.user("alice")
    with SessionManager(read_only=True) as session:
        assert user_service.authenticate(session, name, PASSWORD).id == alice.id
        with pytest.raises(UnauthenticatedError):
            user_service.authenticate(session, name, PASSWORD + "x")
    with SessionManager() as session:
        session.get_one(User, alice.id).is_active = False
    with SessionManager(read_only=True) as session, pytest.raises(UnauthenticatedError):
        user_service.authenticate(session, name, PASSWORD)


def test_a_failed_login_costs_one_hash_whoever_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name takes as long as a wrong password: the time tells nothing."""
    world.user("alice")
    passwords.verify_nobody("warm up: the hash of nobody is made once")
    hashes: list[str] = []
    verify = passwords.verify_password

    def counting(stored: str, plain: str) -> bool:
        hashes.append(stored)
        return verify(stored, plain)

    monkeypatch.setattr(passwords, "verify_password", counting)
    for name in ("alice", "nobody", "alice@example.com"):
        with pytest.raises(UnauthenticatedError), SessionManager(read_only=True) as session:
            user_service.authenticate(session, name, "Wrong-Pass-1")

    assert len(hashes) == 3


def test_an_account_is_seen_by_itself_and_by_admins(world: World) -> None:
    """Anyone else finds nothing."""
    alice, bob = world.user("alice"), world.user("bob")

    with SessionManager(read_only=True) as session:
        assert user_service.get(session, alice.id, Actor(alice.id)).username == "alice"
        assert user_service.get(session, alice.id, Actor(bob.id, is_admin=True)).username == "alice"
        with pytest.raises(NotFoundError):
            user_service.get(session, alice.id, Actor(bob.id))
        assert user_service.by_username(session, "alice") is not None
        assert user_service.by_username(session, "nobody") is None
