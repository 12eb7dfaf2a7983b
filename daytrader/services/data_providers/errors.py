"""How a data provider fails: whether asking again can help, and when."""

from __future__ import annotations

from daytrader.utils.errors import NotFoundError, UnavailableError


class ProviderError(UnavailableError):
    """A provider did not give what it was asked for; *is_transient* says whether asking again may help."""

    code = "provider_failed"
    is_transient = False


class RateLimitError(ProviderError):
    """It was asked too often; *retry_after* is how many seconds it wants to be left alone, None where it is silent."""

    is_transient = True

    def __init__(self, provider: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        when = "" if retry_after is None else f" for another {retry_after:.0f} seconds"
        super().__init__(f"{provider} takes no more requests{when}")


class NetworkError(ProviderError):
    """It could not be reached, did not answer in time or is out of order."""

    is_transient = True


class MalformedAnswerError(ProviderError):
    """It answered something else than prices; a proxy's page, half an answer or a format that has changed."""

    is_transient = True


class AccessError(ProviderError):
    """The keys are missing or wrong, or the subscription does not cover what was asked for."""


class RefusedAddressError(ProviderError):
    """The address leads into a private network, where no provider of prices is."""


class ClockError(ProviderError):
    """This machine's clock and the market's differ: what is complete and what is late cannot be told."""


class UnknownSymbolError(NotFoundError):
    """The provider does not know the symbol."""

    def __init__(self, provider: str, symbol: str) -> None:
        super().__init__(f"{provider} symbol {symbol}")
