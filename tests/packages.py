"""Programs that tests need and a fresh machine may not have."""

from __future__ import annotations

import os
import shutil
import subprocess


def install_debian_packages(*names: str) -> bool:
    """Install Debian packages where that is possible (root, apt-get); return whether it worked."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for attempt in (install, ["apt-get", "update", "-qq"], install):
        done = subprocess.run(attempt, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if attempt is install and done.returncode == 0:
            return True
    return False
