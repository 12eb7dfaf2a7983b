"""Tests of daytrader.utils.passwords: what a hash costs, and how many are made at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from daytrader.utils import passwords


def test_a_hash_costs_what_owasp_asks_for() -> None:
    """argon2id, 19 MiB, two passes, one lane."""
    found = extract_parameters(passwords.hash_password("Secret-Enough-1"))

    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 19 * 1024, 2, 1)


def test_two_hashes_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of logins queues: it does not take the memory and the processors that trade."""
    counted = threading.Lock()
    two_are_in, three_are_in = threading.Event(), threading.Event()
    running = 0

    class Slow(PasswordHasher):
        """Waits for a second one, then whether a third comes in."""

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: ARG002 (argon2's signature)
            nonlocal running
            with counted:
                running += 1
                if running > 1:
                    (two_are_in if running == 2 else three_are_in).set()
            assert two_are_in.wait(30)
            three_are_in.wait(0.1)
            with counted:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: passwords.verify_password("x", "y"), range(4)))

    assert not three_are_in.is_set()
