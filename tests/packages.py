"""Programs that tests need and a fresh machine may not have."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCK: Final = Path(__file__).parents[1] / ".cache" / "obtaining.lock"


@contextmanager
def obtaining() -> Iterator[None]:
    """Let one process at a time obtain something: the suite runs in several, and apt-get refuses a second one."""
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_debian_packages(*names: str) -> bool:
    """Install Debian packages where that is possible (root, apt-get); return whether it worked."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with obtaining():
        for attempt in (install, ["apt-get", "update", "-qq"], install):
            done = subprocess.run(attempt, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if attempt is install and done.returncode == 0:
                return True
    return False
