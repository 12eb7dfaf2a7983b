"""One nursery for all crash tests: importing is what takes time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.nursery import Nursery, nursery


@pytest.fixture(scope="session")
def nest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where the processes come from."""
    with nursery(tmp_path_factory.mktemp("n")) as found:
        yield found
