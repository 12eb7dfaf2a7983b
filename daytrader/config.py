"""Settings, parsed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from daytrader.utils.errors import ConfigurationError

PREFIX = "DAYTRADER_"
PRODUCTION = "production"
MIN_SECRET = 32
FEEDS = ("replay", "poll", "stream", "simulated")
"""Where bars can come from."""
# What documents and examples say in the place of a secret, and so everybody knows.
_KNOWN_SECRETS = ("change", "secret", "example", "password", "default", "insecure", "daytrader", "replace")
_FEWEST_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything that differs between installations.

    Each field is read from the environment variable of its upper-cased name with the prefix ``DAYTRADER_``; what is
    not set keeps the default below.
    """

    env: str = "development"
    """``production`` refuses to start with unsafe settings."""
    instance: Path = Path("instance")
    """The one folder that holds everything made at run time."""
    database_url: str = ""
    """An SQLAlchemy address; empty means SQLite in the instance folder."""
    strategies: str = ""
    """The folder of this installation's own strategies; empty: ``strategies`` in the instance folder."""
    secret_key: str = ""
    """Signs access tokens; at least 32 characters."""
    sealing_key: str = ""
    """Fernet keys that seal the secrets of others, the one in force first; empty: a key in the instance folder."""
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    registration: bool = True
    """Whether anyone may register an account."""
    docs: bool = True
    """Whether the Swagger UI answers the public; in production not, unless it is said here."""
    demo: bool = False
    """Whether the demo account exists and its page signs in by itself; loopback only."""
    trusted_hosts: str = ""
    """Comma-separated Host names to answer; empty answers all."""
    cors_origins: str = ""
    """Comma-separated origins whose pages may use the API; empty: none but this server's own."""
    proxies: int = 0
    """How many proxies of ours stand in front; only so many entries of X-Forwarded-For and -Proto are believed."""
    scrape_token: str = ""
    """What a Prometheus sends as Bearer to read the metrics; empty: admins only."""
    redis_url: str = ""
    """Where several processes share what they count; empty: each counts for itself."""
    feed: str = "replay"
    """Where the engine's bars come from: ``replay``, ``poll``, ``stream`` or ``simulated``."""
    provider: str = ""
    """Whose prices a ``poll`` feed asks for; any data provider's name."""
    simulated_seed: int = 0
    """The market that the provider ``simulated`` makes up."""
    csv: str = ""
    """The file or folder that the provider ``csv`` reads."""
    watch: str = ""
    """A folder whose price files are imported as they come; empty: none."""
    alpaca_key: str = ""
    """The key id for Alpaca's prices; with it no order can be placed here."""
    alpaca_secret: str = ""
    alpaca_data_feed: str = "iex"
    """``iex`` (free) or ``sip`` (all exchanges, by subscription)."""
    alpaca_data_url: str = ""
    """Another address of Alpaca's market data; empty: its own."""
    alpaca_trading_url: str = ""
    """Another address of Alpaca's trading API, for live and paper accounts alike; empty: its own."""
    alpaca_stream_url: str = ""
    """Another address of Alpaca's stream; empty: its own."""
    private_providers: bool = False
    """Whether a provider's address may be one of a private network."""
    private_notifications: bool = False
    """Whether mail servers and webhooks of notifications may be on this machine or in a private network."""
    dask: str = ""
    """The scheduler of a Dask cluster that computes sweeps, such as ``tcp://10.0.0.5:8786``; empty: this machine."""
    limit_login: str = "5/minute"
    """Attempts to sign in to one account; a success starts the count anew."""
    limit_login_address: str = "20/minute"
    """Attempts to sign in from one address."""
    limit_writes: str = "60/minute"
    """Changes by one user, and by one address that is not signed in."""
    limit_imports: str = "60/hour"
    """Imports and fetches of prices by one user."""
    limit_notifications: str = "10/minute"
    """Messages to one target of notifications, and tests by one user; what is more comes together later."""
    limit_backtests: int = 2
    """Backtests to be stored, and sweeps, that one user may have running at once."""
    limit_sockets: int = 5
    """Sockets of one user at once."""
    limit_events: int = 20
    """Events that one socket may send in a second."""
    limit_unsigned_sockets: int = 50
    """Sockets of one address at once over which nobody has signed in."""
    limit_unsigned_seconds: int = 10
    """Seconds after which such a socket is closed."""
    limit_event_bytes: int = 8192
    """Bytes of one such event."""
    limit_head_seconds: int = 10
    """Seconds within which a request's head must be whole, in however many pieces it comes."""
    limit_stalled_seconds: int = 30
    """Seconds that a body, or whoever reads an answer, may pause."""
    log_level: str = "INFO"

    @property
    def is_production(self) -> bool:
        """Whether strangers can reach this installation."""
        return self.env == PRODUCTION

    @property
    def database(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{(self.instance / 'daytrader.db').absolute()}"

    @property
    def strategies_folder(self) -> Path:
        """The folder of this installation's own strategies; it need not exist."""
        return Path(self.strategies) if self.strategies else self.instance / "strategies"

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
        if values.get("env") == PRODUCTION:
            values.setdefault("docs", False)
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its default's type

    def check(self) -> None:
        """
        Refuse what is unsafe to start with.

        Raises:
            ConfigurationError: Naming each variable that must change.
        """
        wrong = []
        if self.env not in {"development", PRODUCTION}:
            wrong.append(f"{PREFIX}ENV must be development or {PRODUCTION}")
        if len(self.secret_key) < MIN_SECRET:
            wrong.append(f"{PREFIX}SECRET_KEY must be at least {MIN_SECRET} characters long")
        elif self.is_production and _is_guessable(self.secret_key):
            wrong.append(
                f"{PREFIX}SECRET_KEY must be random: `python -c 'import secrets; print(secrets.token_hex(32))'`"
            )
        if self.feed not in FEEDS:
            wrong.append(f"{PREFIX}FEED must be one of {', '.join(FEEDS)}")
        if self.feed == "poll" and not self.provider:
            wrong.append(f"{PREFIX}PROVIDER must name whom the feed poll asks")
        if self.demo and self.feed != "replay":
            wrong.append(f"{PREFIX}FEED must be replay for the demo: its prices are stored ones")
        if self.is_production and self.demo:
            wrong.append(f"{PREFIX}DEMO must be off: everybody can read the demo account's password")
        if wrong:
            raise ConfigurationError("; ".join(wrong))


def _is_guessable(secret: str) -> bool:
    return len(set(secret)) < _FEWEST_LETTERS or any(word in secret.lower() for word in _KNOWN_SECRETS)


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
