"""Alpaca's stream of minute bars, as https://docs.alpaca.markets/docs/real-time-stock-pricing-data describes it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from daytrader.config import Settings
from daytrader.services.data_providers.addresses import public_address
from daytrader.services.data_providers.alpaca import parse_bars
from daytrader.services.data_providers.backoff import delay
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.errors import AccessError, MalformedAnswerError, NetworkError, ProviderError
from daytrader.utils.errors import ConfigurationError
from daytrader.utils.timed_answers import why

logger = structlog.get_logger(__name__)

_HOST: Final = "wss://stream.data.alpaca.markets"
_PATIENCE: Final = 10.0
_LOOK_SECONDS: Final = 0.5
_BARS: Final = {"b", "u"}  # a minute, and a minute that late trades have changed
_NO_ACCESS: Final = {401, 402, 404, 409}


class AlpacaStream:
    """
    Subscribes to the minute bars of whatever is wanted, and connects again when the connection is lost.

    Args:
        key: The key's id.
        secret: The key's secret.
        data_feed: ``iex`` or ``sip``.
        address: Of another server that speaks the same.
        allows_private: Whether that may be on a private network.
    """

    def __init__(
        self, key: str, secret: str, *, data_feed: str = "iex", address: str = "", allows_private: bool = False
    ) -> None:
        if not (key and secret):
            raise ConfigurationError("DAYTRADER_ALPACA_KEY and DAYTRADER_ALPACA_SECRET must be set for Alpaca's stream")
        self._key = key
        self._secret = secret
        self._address = (address or _HOST) + f"/v2/{data_feed}"
        self._allows_private = allows_private

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """
        Return the stream with the installation's keys.

        Raises:
            ConfigurationError: If they are missing.
        """
        return cls(
            settings.alpaca_key,
            settings.alpaca_secret,
            data_feed=settings.alpaca_data_feed,
            address=settings.alpaca_stream_url,
            allows_private=settings.private_providers,
        )

    def listen(
        self,
        symbols: Callable[[], Iterable[str]],
        on_connected: Callable[[], None],
        on_bar: Callable[[PriceSeries], None],
        on_failure: Callable[[ProviderError], None],
        stopping: threading.Event,
    ) -> None:
        """
        Call *on_bar* with each minute bar of *symbols*, which is asked again and again, until *stopping* is set.

        *on_connected* is called whenever bars begin to come, *on_failure* whenever the connection was lost or refused;
        it is tried again after longer and longer waits.
        """
        failures = 0
        while not stopping.is_set():
            try:
                with self._connect() as connection:
                    self._sign_in(connection)
                    on_connected()
                    failures = 0
                    self._receive(connection, symbols, on_bar, stopping)
            except (OSError, WebSocketException, ProviderError) as error:
                failures += 1
                failure = error if isinstance(error, ProviderError) else NetworkError(_words(error))
                logger.warning("stream lost", why=str(failure), failures=failures)
                on_failure(failure)
                stopping.wait(delay(failures, failure))

    def _connect(self) -> ClientConnection:
        parts = urlsplit(self._address)
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "wss" else 80)
        called = host if self._allows_private else public_address(host, port)
        opened = socket.create_connection((called, port), timeout=_PATIENCE)
        return connect(self._address, sock=opened, open_timeout=_PATIENCE, close_timeout=1, proxy=None)

    def _sign_in(self, connection: ClientConnection) -> None:
        _expect(connection, "connected")
        connection.send(json.dumps({"action": "auth", "key": self._key, "secret": self._secret}))
        _expect(connection, "authenticated")

    def _receive(
        self,
        connection: ClientConnection,
        symbols: Callable[[], Iterable[str]],
        on_bar: Callable[[PriceSeries], None],
        stopping: threading.Event,
    ) -> None:
        subscribed: set[str] = set()
        while not stopping.is_set():
            new = sorted(set(symbols()) - subscribed)
            if new:
                connection.send(json.dumps({"action": "subscribe", "bars": new, "updatedBars": new}))
                subscribed.update(new)
            try:
                messages = _messages(connection.recv(timeout=_LOOK_SECONDS))
            except TimeoutError:
                continue
            for message in messages:
                if message.get("T") == "error":
                    raise _refusal(message)
                if message.get("T") in _BARS:
                    on_bar(parse_bars(str(message.get("S")), 1, [message], ()))


def _expect(connection: ClientConnection, word: str) -> None:
    for message in _messages(connection.recv(timeout=_PATIENCE)):
        if message.get("T") == "error":
            raise _refusal(message)
        if (message.get("T"), message.get("msg")) == ("success", word):
            return
    raise MalformedAnswerError(f"alpaca's stream does not say that it is {word}")


def _messages(frame: str | bytes) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError) as error:  # of brackets in brackets, too
        raise MalformedAnswerError("alpaca's stream says what is no JSON") from error
    if not isinstance(found, list) or not all(isinstance(message, dict) for message in found):
        raise MalformedAnswerError("alpaca's stream says something else than messages")
    return found


def _refusal(message: Mapping[str, Any]) -> ProviderError:
    words = f"alpaca's stream refuses ({message.get('code')}): {message.get('msg')}"
    return AccessError(words) if message.get("code") in _NO_ACCESS else NetworkError(words)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "alpaca's stream does not answer"
    return f"alpaca's stream is lost: {why(error)}"
