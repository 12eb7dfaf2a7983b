"""Tests of daytrader.services.demo."""

from __future__ import annotations

import pytest

from daytrader.services import demo
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError
from tests.conftest import PASSWORD, World


def test_an_account_of_the_same_name_is_never_taken_over(world: World) -> None:
    """Somebody called demo keeps the password, and nothing else is made either."""
    owner = world.user("demo", email="real.person@example.org")

    with pytest.raises(ConflictError), SessionManager() as session:
        demo.fill(session, demo.Credentials("demo", "Another-Pass-1"))

    assert world.reload(owner).verify_password(PASSWORD)
