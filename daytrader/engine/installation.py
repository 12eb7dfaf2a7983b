"""The name of an installation, which its orders bear: others may trade the same account."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from daytrader.services.session_manager import session_factory
from daytrader.utils import secret_file

_INSTALLATION: Final = "installation"


def name_orders(instance: Path) -> None:
    """Let the orders of this process bear this installation's name."""
    session_factory.configure(info={_INSTALLATION: installation_id(instance)})


def installation_id(instance: Path) -> str:
    """Return this installation's name in order ids, made on first use."""
    return secret_file.read_or_make(instance / _INSTALLATION, lambda: secrets.token_hex(4))
