"""Tests of daytrader.cli.socket_limit; that too many are refused is shown by tests/e2e/test_serve.py."""

from __future__ import annotations

import resource

import pytest

from daytrader.cli.socket_limit import OTHER_FILES, room_for_sockets


@pytest.mark.parametrize(
    ("soft", "hard", "room", "raised"),
    [
        (1024, 1_048_576, 2000, 2000 + 256 + OTHER_FILES),
        (1024, resource.RLIM_INFINITY, 2000, 2000 + 256 + OTHER_FILES),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 2000, None),
        (65_536, 65_536, 2000, None),
        (1024, 2048, 2048 - 256 - OTHER_FILES, 2048),
        (256, 256, 1, 256),
    ],
)
def test_websockets_have_room_among_open_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, room: int, raised: int | None
) -> None:
    """The limit is raised as far as it has to be and may be; what it leaves is told."""
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, given: limits.append(given))

    assert room_for_sockets(2000, 256) == room
    assert limits == ([] if raised is None else [(raised, hard)])
