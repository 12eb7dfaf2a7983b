"""Secrets that an installation makes for itself, each in a file that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from daytrader.utils import private


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in *path*; where there is none yet, the one that *make* returns, stored with mode 0600."""
    while True:
        try:
            return path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            private.make_folder(path.parent)
            _store_new(path, make())


def _store_new(path: Path, secret: str) -> None:
    """Write *path* unless another process has come first: it appears whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
