"""The way out to vendors: guarded addresses, a timeout on every request, and errors of our own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import requests

from daytrader.services.data_providers.addresses import public_address
from daytrader.services.data_providers.errors import (
    AccessError,
    MalformedAnswerError,
    NetworkError,
    ProviderError,
    RateLimitError,
)
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.timed_answers import TimedAdapter, TimedHttp, TimedHttps

TIMEOUT: Final = (5.0, 20.0)
"""Seconds to connect, and for the whole of an answer."""
_REDIRECTS: Final = 3
_NO_ACCESS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PAYMENT_REQUIRED)


class _Pinned:
    """Connects to the address that was judged, whatever a second lookup would say."""

    _dns_host: str
    port: int

    def _new_conn(self) -> Any:
        name, port = self._dns_host, self.port
        self._dns_host = public_address(name, port)
        try:
            return super()._new_conn()  # type: ignore[misc]  # the connection's that this is mixed into
        finally:
            self._dns_host = name  # certificates and Host are still the name's


class _PinnedHttp(_Pinned, TimedHttp):
    pass


class _PinnedHttps(_Pinned, TimedHttps):
    pass


class _PublicAdapter(TimedAdapter):
    """Every connection, a redirect's too, is to a public address."""

    http = _PinnedHttp
    https = _PinnedHttps


class VendorSession(requests.Session):
    """
    A session that never waits for ever and, unless *allows_private*, never talks to a private network.

    It remembers how far this machine's clock is ahead of the last answer's ``Date``.
    """

    def __init__(self, *, allows_private: bool = False, timeout: tuple[float, float] = TIMEOUT) -> None:
        super().__init__()
        self.trust_env = False  # a proxy of the environment would be connected to instead of what was judged
        self.max_redirects = _REDIRECTS
        self._timeout = timeout
        self.clock_skew: timedelta | None = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, TimedAdapter() if allows_private else _PublicAdapter())

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, with a timeout where the caller gives none."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        response = super().request(method, url, *args, **kwargs)
        self.clock_skew = skew_of(response.headers) or self.clock_skew
        return response


def skew_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return how far this machine's clock is ahead of an answer's ``Date``, None where there is none."""
    try:
        said = parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError):
        return None
    return get_current_datetime() - said.astimezone(UTC)


def failure(provider: str, status: int, headers: Mapping[str, str], body: str = "") -> ProviderError:
    """Return what an answer with *status* means; *body* may say why, and is cut short."""
    why = " ".join(body.split())[:200]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitError(provider, retry_after(headers))
    if status in _NO_ACCESS:
        return AccessError(f"{provider} refuses access ({status}): {why or 'check keys and subscription'}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return NetworkError(f"{provider} is out of order ({status})")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return MalformedAnswerError(f"{provider} sends elsewhere ({status}), which is not followed")
    return ProviderError(f"{provider} refuses the request ({status}): {why}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds a vendor wants to be left alone: ``Retry-After``, or Alpaca's own header."""
    given = headers.get("Retry-After")
    if given is not None:
        try:
            seconds = float(given)
        except ValueError:
            pass
        else:
            return max(0.0, seconds) if math.isfinite(seconds) else None
        try:
            return max(0.0, (parsedate_to_datetime(given) - get_current_datetime()).total_seconds())
        except (TypeError, ValueError):
            return None
    try:
        return max(0.0, int(headers["X-RateLimit-Reset"]) - get_current_datetime().timestamp())
    except (KeyError, OverflowError, ValueError):
        return None
