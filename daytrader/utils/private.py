"""Folders and files that only their owner may look into."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make *path*, mode 0700; one that is there keeps the mode that its owner gave it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Make *path*, empty, mode 0600; one that is there stays as it is."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
