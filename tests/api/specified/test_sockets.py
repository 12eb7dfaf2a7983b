"""Each room and each event that the specification names, by what a client does and hears."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from flask import Flask

from daytrader.models import TradingService
from daytrader.services import data_feed, system_events
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity
from tests.conftest import World

from ..conftest import Caller, tell
from ..socket_client import WAIT, Listener

Listen = Callable[[Caller], Listener]
BAR = {"symbol": "ACME", "price_date": "2020-01-03", "close_price": 11}


@dataclass
class Desk:
    """An active service of alice's on ACME, who may do what, and what is told beside REST."""

    service: TradingService
    alice: Caller
    admin: Caller
    count: Iterator[int] = field(default_factory=count)

    def name(self, pattern: str) -> str:
        """Return the room that *pattern* means here."""
        number = self.alice.user.id if pattern.startswith("user") else self.service.id
        return pattern.format(id=number, symbol="ACME")

    def rename(self) -> None:
        """Change the service."""
        self.alice.put(f"/services/{self.service.id}", {"name": f"other {next(self.count)}"})

    def pause(self) -> None:
        """Suspend the service."""
        self.alice.post(f"/services/{self.service.id}/pause")

    def buy(self) -> int:
        """Open a position; return its transaction's id."""
        bought = self.alice.post("/transactions", {"service_id": self.service.id, "shares": 1})
        number: int = bought.get_json()["id"]
        return number

    def note(self) -> None:
        """Open a position and say something of it."""
        self.alice.put(f"/transactions/{self.buy()}/notes", {"notes": "x"})

    def sell(self) -> None:
        """Open a position and close it."""
        self.alice.post(f"/transactions/{self.buy()}/complete")

    def change_stock(self) -> None:
        """Name the stock."""
        self.admin.put(f"/stocks/{self.service.stock_id}", {"name": f"Acme {next(self.count)}"})

    def store_bar(self) -> None:
        """Store one bar, of another day each time."""
        self.admin.post("/prices/daily", BAR | {"price_date": f"2020-01-{3 + next(self.count):02}"})

    def feed(self) -> None:
        """Let a bar's time pass in the feed."""
        with SessionManager() as session:
            assert self.service.stock_id is not None
            data_feed.announce(session, datetime(2020, 1, 2, 21, tzinfo=UTC), [(self.service.stock_id, 0)])

    def change_profile(self) -> None:
        """Change alice's mail address."""
        self.alice.put(f"/users/{self.alice.user.id}", {"email": f"new{next(self.count)}@example.com"})

    def tell(self, *told: Event) -> None:
        """Record events, as the system itself does."""
        tell(*told)


@pytest.fixture
def desk(active_service: TradingService, alice: Caller, admin: Caller) -> Desk:
    """What every test here starts from."""
    return Desk(active_service, alice, admin)


def _notice(severity: Severity) -> Callable[[Desk], None]:
    return lambda desk: desk.tell(system_events.notification(severity, "test", "A test"))


ROOMS: list[tuple[str, Callable[[Desk], Any], str]] = [
    ("services", Desk.rename, "service:update"),
    ("service_{id}", Desk.rename, "service:update"),
    ("stocks", Desk.change_stock, "stock:update"),
    ("stock_{symbol}", Desk.change_stock, "stock:update"),
    ("transactions", Desk.sell, "transaction:new"),
    ("price_updates", Desk.store_bar, "price:update"),
    ("users", Desk.change_profile, "user:update"),
    ("user_{id}", Desk.change_profile, "user:update"),
    ("metrics", Desk.sell, "metrics:update"),
    ("system", _notice(Severity.INFO), "system:notification"),
    ("system_info", _notice(Severity.INFO), "system:notification"),
    ("system_warning", _notice(Severity.WARNING), "system:notification"),
    ("system_error", _notice(Severity.ERROR), "system:notification"),
    ("system_critical", _notice(Severity.CRITICAL), "system:notification"),
    ("errors", lambda desk: desk.tell(system_events.error("test", "broken", "A test")), "error"),
    ("data_feeds", Desk.feed, "price:update"),
    ("database_admin", lambda desk: desk.tell(system_events.database_event("backup", {})), "database:event"),
]


@pytest.mark.parametrize(("room", "act", "event"), [pytest.param(*row, id=row[0]) for row in ROOMS])
def test_a_room_hears_what_it_is_for(
    world: World, desk: Desk, listen: Listen, room: str, act: Callable[[Desk], Any], event: str
) -> None:
    """From joining on, and no longer than until it is left."""
    listener = listen(desk.admin)
    assert listener.ask("join", {"room": desk.name(room)})["status"] == "ok"

    act(desk)

    _wait_for(listener, event)
    listener.ask("leave", {"room": desk.name(room)})
    listener.heard.clear()
    told = len(world.published)
    act(desk)
    assert event in {published.event.name for published in world.published[told:]} | {"metrics:update"}
    assert listener.names(0) == []


EVENTS: list[tuple[str, Callable[[Desk], Any], str]] = [
    ("service:update", Desk.rename, "join_services"),
    ("service:state_change", Desk.pause, "join_services"),
    ("transaction:new", Desk.buy, "join_transactions"),
    ("transaction:update", Desk.note, "join_transactions"),
    ("transaction:complete", Desk.sell, "join_transactions"),
    ("price:update", Desk.store_bar, "join_price_updates"),
]


@pytest.mark.parametrize(("event", "act", "join"), [pytest.param(*row, id=row[0]) for row in EVENTS])
def test_a_data_event_follows_its_change(
    desk: Desk, listen: Listen, event: str, act: Callable[[Desk], Any], join: str
) -> None:
    """With the object as REST shows it now."""
    listener = listen(desk.alice)
    listener.ask(join)

    act(desk)

    told = _wait_for(listener, event)["entity"]
    kind = {"service": "services", "transaction": "transactions", "price": "prices/daily"}[event.partition(":")[0]]
    shown = desk.alice.get(f"/{kind}/{told['id']}").get_json()
    assert {name: told[name] for name in shown} == shown


WATCHES: list[tuple[str, dict[str, Any] | None, str]] = [
    ("service_watch", {"service_id": 1}, "service_1"),
    ("stock_watch", {"symbol": "acme"}, "stock_ACME"),
    ("user_watch", {"user_id": 1}, "user_1"),
    ("join_services", None, "services"),
    ("join_price_updates", None, "price_updates"),
    ("join_transactions", None, "transactions"),
    ("join_system", {"severity": "warning"}, "system_warning"),
]


@pytest.mark.parametrize(("event", "body", "room"), [pytest.param(*row, id=row[0]) for row in WATCHES])
def test_a_convenience_event_joins_its_room(
    desk: Desk, listen: Listen, event: str, body: dict[str, Any] | None, room: str
) -> None:
    """And says so."""
    assert (desk.service.id, desk.alice.user.id) == (1, 1)
    assert listen(desk.alice).ask(event, body) == {"status": "ok", "room": room, "message": "joined"}


def test_connect_takes_a_token(desk: Desk, listen: Listen, app: Flask) -> None:
    """The server knows the socket from then on."""
    assert listen(desk.alice).client.connected
    assert app.extensions["sockets"].count == 1


def test_disconnect_ends_it(desk: Desk, listen: Listen, app: Flask) -> None:
    """The server forgets the socket."""
    listen(desk.alice).client.disconnect()
    deadline = time.monotonic() + WAIT
    while app.extensions["sockets"].count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert app.extensions["sockets"].count == 0


def test_join_joins_a_room(desk: Desk, listen: Listen) -> None:
    """The acknowledgement names it."""
    answer = listen(desk.alice).ask("join", {"room": "stocks"})
    assert answer == {"status": "ok", "room": "stocks", "message": "joined"}


def test_leave_leaves_it(desk: Desk, listen: Listen) -> None:
    """Nothing of it is heard afterwards."""
    listener = listen(desk.alice)
    listener.ask("join", {"room": "stocks"})
    assert listener.ask("leave", {"room": "stocks"}) == {"status": "ok", "room": "stocks", "message": "left"}
    desk.change_stock()
    assert listener.names(0) == []


def test_every_kind_of_change_is_an_event(desk: Desk, world: World) -> None:
    """Stock, service, transaction, price and user events leave without any socket; system, metrics and database too."""
    for act in (desk.rename, desk.sell, desk.change_stock, desk.store_bar, desk.change_profile):
        act()
    desk.tell(
        system_events.notification(Severity.INFO, "test", "A test"),
        system_events.metrics_update(desk.alice.user.id, desk.service.id, {}),
        system_events.database_event("backup", {}),
    )
    kinds = {published.event.name.partition(":")[0] for published in world.published}
    assert kinds >= {"stock", "service", "transaction", "price", "user", "system", "metrics", "database"}


def _wait_for(listener: Listener, event: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        for name, body in list(listener.heard):
            if name == event:
                return body
        time.sleep(0.01)
    raise AssertionError(f"{event} was not heard, but {[name for name, _ in listener.heard]}")
