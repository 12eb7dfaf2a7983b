"""
How the suite is spread over processes, so that none of them works on when the others have nothing left to do.

What takes long begins: a file that mostly waits (for servers and browsers), then some tests that mostly compute, and so
on, which leaves no processor idle. The tests of the long files that compute may run in any process; every other file
stays in one.
"""

from __future__ import annotations

import os
from itertools import groupby
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling

_COMPUTES: Final = ("tests/simulation/", "tests/brokers/faults/")
_WAITS: Final = ("tests/e2e/", "tests/crash/")
_TOGETHER: Final = 3
"""Tests that compute for each file that waits: both then end at about the same time."""


_MOST: Final = 4
"""Processes: each has a PostgreSQL's database, a browser and some hundred megabytes of its own."""


class _Spread(LoadFileScheduling):  # type: ignore[misc]
    """Hands out files, and single tests of those that compute for long."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(_COMPUTES) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: there is always one that waits."""
    return min(_MOST, (os.cpu_count() or 1) + 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Keep the order below: by itself the library begins with the files that have the most tests."""
    config.option.loadscopereorder = False
    return _Spread(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long before the rest."""
    computing = [item for item in items if item.nodeid.startswith(_COMPUTES)]
    waiting = [item for item in items if item.nodeid.startswith(_WAITS)]
    rest = [item for item in items if not item.nodeid.startswith(_COMPUTES + _WAITS)]
    items.clear()
    for _, of_file in groupby(waiting, lambda item: item.path):
        items += [*of_file, *computing[:_TOGETHER]]
        del computing[:_TOGETHER]
    items += computing + rest
