"""Settings, parsed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from daytrader.utils.errors import ConfigurationError

PREFIX = "DAYTRADER_"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything that differs between installations.

    Each field is read from the environment variable of its upper-cased name with the prefix ``DAYTRADER_``; what is
    not set keeps the default below.
    """

    instance: Path = Path("instance")
    """The one folder that holds everything made at run time."""
    database_url: str = ""
    """An SQLAlchemy address; empty means SQLite in the instance folder."""
    secret_key: str = ""
    """Signs access tokens; at least 32 characters."""
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    registration: bool = True
    """Whether anyone may register an account."""
    docs: bool = True
    """Whether the Swagger UI answers the public."""
    demo: bool = False
    """Whether the demo account exists and its page signs in by itself; loopback only."""
    trusted_hosts: str = ""
    """Comma-separated Host names to answer; empty answers all."""
    log_level: str = "INFO"

    @property
    def database(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{(self.instance / 'daytrader.db').absolute()}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """
        Read the settings.

        Raises:
            ConfigurationError: Naming the variable whose value does not fit, or that no setting has.
        """
        values: dict[str, object] = {}
        for name, default in _defaults().items():
            raw = environ.get(PREFIX + name.upper())
            if raw is not None:
                values[name] = _parse(PREFIX + name.upper(), raw, default)
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its default's type


def _defaults() -> dict[str, object]:
    sample = Settings()
    return {name: getattr(sample, name) for name in Settings.__dataclass_fields__}


def _parse(variable: str, raw: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()]
        return type(default)(raw)  # type: ignore[call-arg]  # str, int and Path all take text
    except (KeyError, ValueError):
        raise ConfigurationError(f"{variable} must be a {type(default).__name__}") from None
