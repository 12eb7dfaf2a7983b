"""
Where orders are filled: the brokers that come with DayTrader, and those of installed packages.

Brokers know the market's rules, never the database's rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint
from typing import Final

from daytrader.brokers.account import AccountBroker
from daytrader.config import Settings
from daytrader.utils import plugins
from daytrader.utils.errors import ConfigurationError, NotFoundError

ENTRY_POINTS: Final = "daytrader.brokers"
"""The entry point group of other packages' brokers."""
PAPER: Final = "paper"
"""The market of our own, which bars drive: it needs no keys, and no money is in it."""

# Loaded when asked for: vendors' packages are optional, and slow to import.
_SHIPPED: Final = {"alpaca": "daytrader.brokers.alpaca:AlpacaBroker.open"}


@dataclass(frozen=True, slots=True)
class Access:
    """What opens an account at a broker; no secret of it is ever shown."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    is_live: bool


@cache
def broker_names() -> tuple[str, ...]:
    """Return the name of every broker with accounts of its own; another package's never hides one of ours."""
    return tuple(sorted(_found().keys() - {PAPER}))


def open_broker(name: str, access: Access, settings: Settings) -> AccountBroker:
    """
    Return the broker *name* for one account; nothing is asked of it yet.

    What an entry point names is called with *access* and *settings*.

    Raises:
        NotFoundError: If there is none of this name.
        ConfigurationError: If it needs a package that is missing, or is no broker.
    """
    if name not in broker_names():
        raise NotFoundError("broker")
    try:
        made = _found()[name].load()
    except ImportError as error:
        hint = f": install daytrader[{name}]" if name in _SHIPPED else ""
        raise ConfigurationError(f"the broker {name} needs a package that is missing ({error.name}){hint}") from error
    opened = made(access, settings)
    if not isinstance(opened, AccountBroker):
        raise ConfigurationError(f"the broker {name} lacks what a broker must have")
    return opened


@cache
def _found() -> dict[str, EntryPoint]:
    return plugins.found(ENTRY_POINTS, _SHIPPED)
