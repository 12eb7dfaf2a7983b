"""Tests of daytrader.services.data_providers.addresses and http: whom a provider may talk to (security case 15)."""

from __future__ import annotations

import io
import socket
from typing import Any

import pytest
import requests

from daytrader.services.data_providers.addresses import is_public, public_address
from daytrader.services.data_providers.errors import NetworkError, RefusedAddressError
from daytrader.services.data_providers.http import VendorSession, retry_after
from tests.services.data_providers.vendor_server import Answer, vendor

PUBLIC = "93.184.215.14"


def names(monkeypatch: pytest.MonkeyPatch, *lookups: list[str]) -> list[str]:
    """Let each look-up of a name, one after the other, give the next addresses; return the names that were asked."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        found = [host] if host.replace(".", "").isdigit() else lookups[min(len(asked), len(lookups) - 1)]
        if host not in found:
            asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses_in_every_dress(address: str) -> None:
    """Loopback, link-local, private, shared, multicast, and IPv4 wrapped in IPv6."""
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    """Where vendors are."""
    assert is_public(address)


def test_a_name_that_also_stands_for_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them would be connected to is chance."""
    names(monkeypatch, [PUBLIC, "127.0.0.1"])

    with pytest.raises(RefusedAddressError, match="private"):
        public_address("vendor.example", 443)


def test_what_was_judged_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look-up, which would say something else, is of no consequence: the judged number is called."""
    asked = names(monkeypatch, [PUBLIC], ["127.0.0.1"])
    called: list[str] = []

    def connect(_socket: socket.socket, address: Any) -> None:
        called.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)

    with pytest.raises(requests.exceptions.ConnectionError):
        VendorSession().get("http://vendor.example/")

    assert called == [PUBLIC]
    assert asked == ["vendor.example"]


def test_a_name_that_is_rebound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection is judged anew."""
    names(monkeypatch, ["127.0.0.1"])

    with pytest.raises(RefusedAddressError):
        VendorSession().get("https://vendor.example/")


def test_a_redirect_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that sends there comes from a vendor; what it names is judged like any other."""
    with vendor(lambda _request: Answer("inside")) as inside:
        session = VendorSession()

        def send(self: Any, request: Any, **kwargs: Any) -> requests.Response:
            if "vendor.example" not in request.url:
                return real(self, request, **kwargs)
            response = requests.Response()
            response.status_code, response.url, response.request = 302, request.url, request
            response.headers["Location"] = inside.address
            response.raw = io.BytesIO()
            response._content = b""
            return response

        adapter = type(session.get_adapter("http://x"))
        real = adapter.send
        monkeypatch.setattr(adapter, "send", send)

        with pytest.raises(RefusedAddressError):
            session.get("http://vendor.example/")
        assert inside.asked == []


def test_an_unknown_name_is_a_network_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be known later."""

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(NetworkError):
        public_address("vendor.example", 443)


def test_retry_after_is_seconds_or_a_date() -> None:
    """And Alpaca's own header counts where it is missing."""
    assert retry_after({"Retry-After": "12"}) == 12
    assert retry_after({"Retry-After": "Tue, 02 Jan 2024 15:00:00 GMT"}) == 0
    assert retry_after({"Retry-After": "soon"}) is None
    assert (retry_after({"X-RateLimit-Reset": "99999999999"}) or 0) > 1e9
    assert retry_after({}) is None
