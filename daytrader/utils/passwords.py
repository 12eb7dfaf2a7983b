"""Password hashing: argon2id at OWASP's parameters, and never more than two at once."""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet.
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each hash is a burst of memory and CPU by design: a login flood must queue, not starve the engine.
_slots: Final = threading.BoundedSemaphore(2)


def hash_password(plain: str) -> str:
    """Return the argon2id hash of *plain*."""
    with _slots:
        return _hasher.hash(plain)


def verify_password(stored: str, plain: str) -> bool:
    """Return whether *plain* matches the *stored* hash; an unreadable hash matches nothing."""
    with _slots:
        try:
            return _hasher.verify(stored, plain)
        except (VerificationError, InvalidHashError):
            return False


def verify_nobody(plain: str) -> None:
    """Take as long as a real check, so that a login does not tell which names exist."""
    verify_password(_hash_of_nobody(), plain)


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody has this password")
