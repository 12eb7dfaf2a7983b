"""Vendors to which the line is bad: each is asked once, and what was wrong is said in words."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from websockets.sync.server import serve

from daytrader.services.data_providers import yahoo
from daytrader.services.data_providers.alpaca import AlpacaProvider
from daytrader.services.data_providers.alpaca_stream import AlpacaStream
from daytrader.services.data_providers.errors import NetworkError
from daytrader.services.data_providers.yahoo import CurlSession, YahooProvider
from daytrader.utils.constants import DAILY
from tests.rough_line import Fault, key_and_certificate, rough_line, self_signed
from tests.services.data_providers.stream_server import Ear
from tests.waiting import PATIENCE, eventually

ENDLESS = (Fault.TRICKLE, Fault.TRICKLING_HEAD)
WORDS = {
    Fault.CERTIFICATE: "certificate is not accepted: self-signed certificate",
    Fault.CUT: "its answer is cut off",
    Fault.TRICKLE: "its answer takes too long",
    Fault.TRICKLING_HEAD: "its answer takes too long",
}
# What curl does not say is not told apart.
YAHOOS = {
    Fault.CERTIFICATE: "its certificate is not accepted",
    Fault.CUT: "the connection is refused or lost",
}


class Elsewhere(CurlSession):
    """Yahoo's own session, to another server that it trusts if *authority*, a file, says so."""

    def __init__(self, address: str, authority: Path | None) -> None:
        super().__init__()
        self.verify = str(authority) if authority else True  # type: ignore[assignment]  # curl_cffi takes a path, too
        self._address = urlsplit(address)

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send it there."""
        moved = urlsplit(url)._replace(scheme=self._address.scheme, netloc=self._address.netloc)
        return super().request(method, urlunsplit(moved), *args, **kwargs)


@pytest.mark.parametrize("fault", Fault)
def test_what_is_wrong_with_alpacas_line_is_said(fault: Fault) -> None:
    """As a failure that may pass: a feed waits longer each time; an answer that trickles ends as one that is late."""
    with rough_line(fault) as line:
        provider = AlpacaProvider("key", "secret", address=line.address, allows_private=True)
        provider._session._timeout = (PATIENCE, 0.3 if fault in ENDLESS else PATIENCE)
        with pytest.raises(NetworkError, match=WORDS[fault]) as caught:
            provider.history("ACME", DAILY)
        eventually(lambda: line.asked or fault is Fault.CERTIFICATE)  # it may hear of it later than the client gives up

    assert caught.value.is_transient
    assert len(line.asked) == (0 if fault is Fault.CERTIFICATE else 1)


@pytest.mark.parametrize("fault", Fault)
def test_what_is_wrong_with_yahoos_line_is_said(fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Likewise, by the session that Yahoo answers to."""
    monkeypatch.setattr(yahoo, "public_address", lambda _name, _port: "127.0.0.1")
    # Before that it asks for a crumb, for which a busy machine may need a while, too.
    monkeypatch.setattr(yahoo, "TIMEOUT", (PATIENCE, 2.0 if fault in ENDLESS else PATIENCE))
    authority = tmp_path / "authority.pem"
    authority.write_bytes(key_and_certificate()[1])
    with rough_line(fault, b"/v8/finance/chart/", is_secure=True) as line:
        session = Elsewhere(line.address, None if fault is Fault.CERTIFICATE else authority)
        provider = YahooProvider(session)
        provider._data._crumb = provider._data._cookie = None
        with pytest.raises(NetworkError, match=YAHOOS.get(fault, WORDS[fault])) as caught:
            provider.history("ACME", DAILY)

    assert caught.value.is_transient
    assert len(line.asked) == (0 if fault is Fault.CERTIFICATE else 1)


def test_a_stream_with_a_certificate_of_nobody_hears_no_key() -> None:
    """It is tried again after a while, as any that is lost."""
    met: list[object] = []
    ear = Ear(1)
    with serve(met.append, "127.0.0.1", 0, ssl=self_signed()) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"wss://127.0.0.1:{server.socket.getsockname()[1]}"
        ear.listen(AlpacaStream("key", "secret", address=address, allows_private=True))
        server.shutdown()
        thread.join()

    (failure,) = ear.failures
    assert isinstance(failure, NetworkError)
    assert WORDS[Fault.CERTIFICATE] in str(failure)
    assert met == []
