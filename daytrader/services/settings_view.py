"""The settings in force, fit to be shown: secrets are not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from daytrader.config import Settings

MASK: Final = "***"
_SECRET: Final = re.compile(r"(^|_)(key|token|secret|password)$")


def masked(settings: Settings) -> dict[str, object]:
    """Return every setting by name: of a secret whether it is set, of an address everything but its password."""
    shown: dict[str, object] = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        if _SECRET.search(each.name):
            shown[each.name] = MASK if value else None
        elif isinstance(value, str) and "://" in value:
            shown[each.name] = _without_password(value)
        else:
            shown[each.name] = str(value) if isinstance(value, Path) else value
    return shown


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    account, at, host = parts.netloc.rpartition("@")
    user, colon, _password = account.partition(":")
    # A password may also stand among the parameters; none of them is worth the risk.
    query = MASK if parts.query else ""
    return urlunsplit(parts._replace(netloc=f"{user}{colon and colon + MASK}{at}{host}", query=query))
