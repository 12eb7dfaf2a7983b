"""Where prices come from: the providers that come with DayTrader, and those of installed packages."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint
from typing import Final

from daytrader.config import Settings
from daytrader.services.data_providers.base import DataProvider
from daytrader.services.data_providers.errors import ProviderError
from daytrader.utils import plugins
from daytrader.utils.errors import ConfigurationError, NotFoundError

ENTRY_POINTS: Final = "daytrader.data_providers"
"""The entry point group of other packages' providers."""

_PACKAGE: Final = "daytrader.services.data_providers"
# Loaded when asked for: vendors' packages are optional, and slow to import.
_SHIPPED: Final = {
    "alpaca": f"{_PACKAGE}.alpaca:AlpacaProvider",
    "csv": f"{_PACKAGE}.csv_folder:CsvProvider",
    "sample": f"{_PACKAGE}.sample:SampleProvider",
    "simulated": f"{_PACKAGE}.simulated:SimulatedProvider",
    "yahoo": f"{_PACKAGE}.yahoo:YahooProvider",
}


@cache
def provider_names() -> tuple[str, ...]:
    """Return the name of every provider there is; another package's never hides one of ours."""
    return tuple(sorted(_found()))


def get_provider(name: str, settings: Settings | None = None) -> DataProvider:
    """
    Return the provider as *settings* (default: the environment's) set it up.

    What an entry point names is called with the settings where it has a method ``from_settings``, else without
    arguments.

    Raises:
        NotFoundError: If there is none of this name.
        ConfigurationError: If it needs a package or a setting that is missing, or is no provider.
    """
    if name not in provider_names():
        raise NotFoundError("data provider")
    try:
        made = _found()[name].load()
    except ImportError as error:
        hint = f": install daytrader[{name}]" if name in _SHIPPED else ""
        raise ConfigurationError(f"the provider {name} needs a package that is missing ({error.name}){hint}") from error
    from_settings = getattr(made, "from_settings", None)
    found = made() if from_settings is None else from_settings(settings or Settings.from_environment())
    if not isinstance(found, DataProvider):
        raise ConfigurationError(f"the provider {name} lacks what a data provider must have")
    return found


@cache
def _found() -> dict[str, EntryPoint]:
    return plugins.found(ENTRY_POINTS, _SHIPPED)


__all__ = ["ENTRY_POINTS", "DataProvider", "ProviderError", "get_provider", "provider_names"]
