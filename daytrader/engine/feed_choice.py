"""Which feed an installation has asked for."""

from __future__ import annotations

from datetime import timedelta

from daytrader.config import Settings
from daytrader.engine.feeds import Feed, ReplayFeed
from daytrader.engine.live_feed import LiveFeed
from daytrader.engine.poll import PollCollector
from daytrader.engine.stream import StreamCollector
from daytrader.services.data_providers import get_provider
from daytrader.services.market_calendar import SETTLING


def make_feed(settings: Settings) -> Feed:
    """
    Return the feed that *settings* name.

    Raises:
        NotFoundError: If there is no such provider.
        ConfigurationError: If the provider is not set up.
    """
    if settings.feed == "replay":
        return ReplayFeed()
    if settings.feed == "stream":
        from daytrader.services.data_providers.alpaca_stream import AlpacaStream  # a vendor's package is optional

        alpaca = get_provider("alpaca", settings)
        return LiveFeed("stream", StreamCollector(alpaca, AlpacaStream.from_settings(settings)))
    is_simulated = settings.feed == "simulated"
    provider = get_provider("simulated" if is_simulated else settings.provider, settings)
    # What is made up is never corrected.
    settling = timedelta() if provider.name == "simulated" else SETTLING
    return LiveFeed(settings.feed, PollCollector(provider, settling=settling), settling=settling)
