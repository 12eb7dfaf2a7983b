"""What tests of promotion start from."""

from __future__ import annotations

import pytest

from tests.conftest import World

from .promoting import Stage, staged


@pytest.fixture
def stage(world: World) -> Stage:
    """A service that may be promoted once its owner has asked for something and opted in."""
    return staged(world)
