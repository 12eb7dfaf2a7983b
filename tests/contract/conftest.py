"""One filled world for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .small_world import SmallWorld, build


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """One world for a module's tests; each change is undone."""
    world = build(tmp_path_factory.mktemp("contract"))
    yield world
    world.close()
