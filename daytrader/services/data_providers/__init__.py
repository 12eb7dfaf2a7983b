"""Where prices come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from daytrader.services.data_providers.base import DataProvider
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.utils.errors import NotFoundError

PROVIDERS: Final[Mapping[str, type[DataProvider]]] = {SampleProvider.name: SampleProvider}
"""Every provider that can be asked, by name."""


def get_provider(name: str) -> DataProvider:
    """
    Return the provider.

    Raises:
        NotFoundError: If there is none of this name.
    """
    if name not in PROVIDERS:
        raise NotFoundError("data provider")
    return PROVIDERS[name]()
