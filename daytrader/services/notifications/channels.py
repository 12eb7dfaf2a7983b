"""
The ways out, by apprise (an extra): which addresses there may be, what is shown of them, and sending.

apprise knows a hundred services and many options, some of which read local files, wait for minutes or leave
certificates unchecked. What may be asked for is therefore listed here, and nothing else is.
"""

from __future__ import annotations

import logging
import re
import smtplib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from daytrader.services.data_providers.addresses import public_address
from daytrader.services.data_providers.errors import ProviderError
from daytrader.utils.errors import BrokenRuleError, ConflictError, UnavailableError

if TYPE_CHECKING:
    import requests

LONGEST_URL: Final = 1000


class DeliveryError(UnavailableError):
    """A message was not accepted, in words that hold nothing of the address."""

    code = "notification_failed"


@dataclass(frozen=True, slots=True)
class _Service:
    """A kind of address: what people call it, and which options it may have."""

    label: str
    options: frozenset[str]


_MAIL: Final = _Service("mail", frozenset({"from", "to", "cc", "bcc", "name", "reply", "smtp", "mode", "user", "pass"}))
_WEBHOOK: Final = _Service("webhook", frozenset())
SERVICES: Final[Mapping[str, _Service]] = {
    "mailto": _MAIL,
    "mailtos": _MAIL,
    "tgram": _Service("Telegram", frozenset({"topic", "silent"})),
    "slack": _Service("Slack", frozenset({"footer"})),
    "discord": _Service("Discord", frozenset()),
    "json": _WEBHOOK,
    "jsons": _WEBHOOK,
}
"""What an address may begin with."""

_SECRET_LETTERS: Final = 4
_MOST_SHOWN: Final = 100
_allows_private: ContextVar[bool] = ContextVar("allows_private", default=False)


def shown(url: str) -> str:
    """
    Return what the owner of *url* knows it by, without a secret of it.

    Raises:
        BrokenRuleError: If it is none that is supported.
        ConflictError: If this installation lacks apprise.
    """
    scheme, separator, _ = url.partition("://")
    service = SERVICES.get(scheme.lower())
    if not separator or service is None:
        raise BrokenRuleError(f"must begin with one of {', '.join(f'{name}://' for name in SERVICES)}")
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise BrokenRuleError(f"must be at most {LONGEST_URL} characters, without spaces")
    # By apprise's own reading: what another one overlooks, it might not.
    read = _apprise().utils.parse.parse_url(url, verify_host=False) or {}
    for name in read.get("qsd", ()):
        if name not in service.options and not (service is _WEBHOOK and name.startswith("+")):
            allowed = ", ".join(sorted(service.options)) or "headers of the request, as ?+Name=value"
            raise BrokenRuleError(f"has an option that is not supported; there are: {allowed}")
    plugin = _plugin(url)
    if service is _MAIL:
        place = ", ".join(str(address) for _, address in plugin.targets) or str(plugin.host)
    elif service is _WEBHOOK:
        place = str(plugin.host)
    else:
        targets = getattr(plugin, "targets", None) or getattr(plugin, "channels", None) or ("its channel",)
        place = ", ".join(str(target[0] if isinstance(target, tuple) else target) for target in targets)
    return f"{service.label}: {place}"[:_MOST_SHOWN]


def send(url: str, title: str, body: str, *, allows_private: bool) -> None:
    """
    Send a message; takes as long as the other side, at most about half a minute.

    Args:
        url: An address that `shown` accepts.
        title: Its subject.
        body: Plain text.
        allows_private: Whether a mail server or webhook may be on this machine or in a private network.

    Raises:
        DeliveryError: If it was not accepted.
    """
    plugin = _plugin(url)
    token = _allows_private.set(allows_private)
    try:
        with _said() as said:
            accepted = plugin.notify(body=body, title=title, body_format="text")
    except ProviderError as error:  # the guard's: no name of a host is a secret
        raise DeliveryError(str(error)) from None
    except Exception as error:  # noqa: BLE001 - a hundred authors' plugins; what they say may hold the address
        raise DeliveryError(f"the message could not be sent ({type(error).__name__})") from None
    finally:
        _allows_private.reset(token)
    if not accepted:
        raise DeliveryError(_without_secrets(said[-1] if said else "the message was not accepted", url))


def _plugin(url: str) -> Any:
    library = _apprise()
    plugin = library.Apprise.instantiate(url, asset=library.AppriseAsset(app_id="DayTrader", app_url=""))
    if plugin is None:
        raise BrokenRuleError("is not complete: see the user guide for the form of each service")
    return plugin


@cache
def _apprise() -> Any:
    try:
        apprise: Any = import_module("apprise")
        webhooks: Any = import_module("apprise.plugins.custom_json")
        mail: Any = import_module("apprise.plugins.email.smtp")
    except ImportError:
        raise ConflictError("notifications need the package apprise: install daytrader[notify]") from None
    # These two talk to whatever host a user names. Their way out is ours: guarded, and never redirected.
    webhooks.requests = SimpleNamespace(request=_request, RequestException=webhooks.requests.RequestException)
    mail.smtplib = SimpleNamespace(
        SMTP=_Smtp, SMTP_SSL=_SmtpSsl, **{name: getattr(smtplib, name) for name in dir(smtplib) if "Exc" in name}
    )
    log = logging.getLogger("apprise")
    log.propagate = False  # it names addresses; what matters of it is told by us
    log.addHandler(_Listener())
    return apprise


def _request(method: str, url: str, **options: Any) -> requests.Response:
    from daytrader.services.data_providers.http import VendorSession  # stands on what comes with apprise

    with VendorSession(allows_private=_allows_private.get()) as session:
        return session.request(method, url, **options | {"allow_redirects": False})


class _Smtp(smtplib.SMTP):
    """Connects to public addresses only, looked up once."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return super()._get_socket(_judged(host, port), port, timeout)  # type: ignore[misc,no-any-return]  # not in typeshed


class _SmtpSsl(smtplib.SMTP_SSL):
    """As `_Smtp`; the certificate is still the name's."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((_judged(host, port), port), timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def _judged(host: str, port: int) -> str:
    return host if _allows_private.get() else public_address(host, port)


_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class _Listener(logging.Handler):
    """Keeps what apprise says of the message that is being sent, and of no other."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _heard.get()
        if heard is not None and record.levelno >= logging.WARNING:
            heard.append(record.getMessage())


@contextmanager
def _said() -> Iterator[list[str]]:
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def _without_secrets(text: str, url: str) -> str:
    """Return *text* without anything that only the address holds."""
    for piece in sorted(set(re.split(r"[/:@?&=#,+]", url)), key=len, reverse=True):
        if len(piece) >= _SECRET_LETTERS and piece.lower() not in SERVICES:
            text = text.replace(piece, "***")
    return " ".join(text.split())[:300]
