"""Compiled code is compiled before the first test: hypothesis counts an example's time."""

from __future__ import annotations

import pytest

from daytrader.core.warmup import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    warm_up()
