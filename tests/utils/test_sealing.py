"""Tests of daytrader.utils.sealing: what is stored tells nothing, and only the right key opens it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from daytrader.utils import sealing
from daytrader.utils.errors import ConfigurationError, UnavailableError

SECRET = "canary-1f9c, naïve ünd long"


@pytest.fixture(autouse=True)
def file(tmp_path: Path) -> Path:
    """An installation without a key yet."""
    sealing.use("", tmp_path)
    return tmp_path / sealing.FILE


def key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    """Twice the same text is not twice the same bytes: nobody sees that two users have one key."""
    first, second = sealing.seal(SECRET), sealing.seal(SECRET)
    assert sealing.unseal(first) == sealing.unseal(second) == SECRET
    assert first != second
    assert b"canary" not in first


def test_the_file_is_made_at_first_use_for_its_owner_alone(file: Path) -> None:
    """An installation that seals nothing has none."""
    assert not file.exists()
    sealing.seal(SECRET)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_key_of_the_environment_makes_no_file(file: Path) -> None:
    """Then nothing beside the database opens it."""
    sealing.use(key(), file.parent)
    sealed = sealing.seal(SECRET)
    assert sealing.is_named()
    assert not file.exists()
    assert sealing.unseal(sealed) == SECRET


def test_a_new_key_opens_what_the_old_one_sealed_and_takes_over(file: Path) -> None:
    """Rotation: the new key goes in front; what was sealed anew needs the old one no more."""
    old, new = key(), key()
    sealing.use(old, file.parent)
    sealed = sealing.seal(SECRET)
    sealing.use(f"{new}, {old}", file.parent)
    assert sealing.unseal(sealed) == SECRET
    resealed = sealing.reseal(sealed)
    sealing.use(new, file.parent)
    assert sealing.unseal(resealed) == SECRET
    with pytest.raises(UnavailableError, match="DAYTRADER_SEALING_KEY"):
        sealing.unseal(sealed)


@pytest.mark.parametrize("act", [sealing.unseal, sealing.reseal])
def test_a_lost_key_is_named_and_none_is_made_up(act: object, file: Path) -> None:
    """Whoever restores a database without its key is told so."""
    assert callable(act)
    sealed = sealing.seal(SECRET)
    file.unlink()
    with pytest.raises(UnavailableError, match="DAYTRADER_SEALING_KEY"):
        act(sealed)
    assert not file.exists()


def test_what_was_changed_does_not_open() -> None:
    """Nobody who can write the database can put a key of their own choice in."""
    sealed = bytearray(sealing.seal(SECRET))
    sealed[-10] ^= 1
    with pytest.raises(UnavailableError):
        sealing.unseal(bytes(sealed))


@pytest.mark.parametrize("wrong", ["short", "x" * 44, ","])
def test_what_is_no_key_is_refused_at_the_start(wrong: str, tmp_path: Path) -> None:
    """Before anything is sealed with it."""
    with pytest.raises(ConfigurationError, match="DAYTRADER_SEALING_KEY"):
        sealing.use(wrong, tmp_path)
