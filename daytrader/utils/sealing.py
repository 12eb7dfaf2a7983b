"""
Secrets of others, such as a broker's keys: stored so that the database alone gives none away.

Fernet (AES-128-CBC with HMAC-SHA256) under a key that stands beside the database, never in it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daytrader.utils import secret_file
from daytrader.utils.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE: Final = "sealing-key"
VARIABLE: Final = "DAYTRADER_SEALING_KEY"


class _Keys:
    """Which keys are in force: those that a setting names, or the one in a file."""

    named = ""
    file = Path("instance") / FILE


def use(keys: str, instance: Path) -> None:
    """
    Seal with the first of *keys*, and open with any of them: a new key goes in front of those that it replaces.

    Args:
        keys: Fernet keys, separated by commas; empty: one key in a file of the instance folder, made at first use.
        instance: The folder of this installation.

    Raises:
        ConfigurationError: If one of them is no key.
    """
    _Keys.named, _Keys.file = keys, instance / FILE
    if keys:
        _fernet(keys)


def is_named() -> bool:
    """Return whether the keys come from the environment, not from a file that stands beside the database."""
    return bool(_Keys.named)


def seal(text: str) -> bytes:
    """Return *text* sealed: each time other bytes."""
    return _fernet(_Keys.named or secret_file.read_or_make(_Keys.file, _new_key)).encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """
    Return the text that `seal` was given.

    Raises:
        UnavailableError: If none of the keys in force sealed it, or it was changed since.
    """
    from cryptography.fernet import InvalidToken

    try:
        return _keyring().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise _unopened() from None


def reseal(sealed: bytes) -> bytes:
    """
    Return the same text sealed with the first key: afterwards the others may go.

    Raises:
        UnavailableError: As `unseal` does.
    """
    from cryptography.fernet import InvalidToken

    try:
        return _keyring().rotate(bytes(sealed))
    except InvalidToken:
        raise _unopened() from None


def _keyring() -> MultiFernet:
    """Return the keys in force; no key is made up to open what it cannot open."""
    try:
        return _fernet(_Keys.named or _Keys.file.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        raise _unopened() from None


def _unopened() -> UnavailableError:
    return UnavailableError(f"a stored secret cannot be opened: {VARIABLE} lacks the key that sealed it")


@cache
def _fernet(keys: str) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    try:
        return MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])
    except ValueError:
        raise ConfigurationError(
            f"{VARIABLE} must be Fernet keys, separated by commas; "
            "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'` makes one"
        ) from None


def _new_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()
