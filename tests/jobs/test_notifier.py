"""Tests of daytrader.jobs.notifier: each event once, nothing lost, nobody flooded, and nothing that trades waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from daytrader.jobs.notifier import Notifier
from daytrader.models import NotificationTarget, TradingService, User
from daytrader.models.enums import NotificationKind, ServiceState
from daytrader.services import event_payloads, system_events, transaction_service
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.services.notifications import channels, targets
from daytrader.services.rate_limits import RateLimits
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity
from daytrader.utils import sealing
from tests.conftest import World
from tests.post_office import PostOffice
from tests.undone import undo_every_other

NOW = datetime(2024, 1, 3, 15, 0, tzinfo=UTC)
ALL = tuple(NotificationKind)


class Desk:
    """Alice, her service, where she is told, and a clock."""

    def __init__(self, world: World, office: PostOffice) -> None:
        self.world, self.office = world, office
        self.now = NOW
        self.alice = world.user("alice")
        self.actor = Actor(self.alice.id)
        stock = world.stock("ACME")
        world.prices(stock, [10.0, 20.0])
        self.service = world.service(self.alice, stock, name="Swing")
        self.waits: list[float] = []

    def choose(self, *kinds: NotificationKind, user: User | None = None, path: str = "hook", **more: Any) -> None:
        """Let a user be told of *kinds*."""
        actor = self.actor if user is None else Actor(user.id, user.is_admin)
        url = f"json://{self.office.web}/{path}"
        item = {"name": "web", "url": url, "kinds": kinds or ALL, "is_active": True} | more
        with SessionManager() as session:
            targets.replace(session, actor, [item])

    def notifier(self, limit: str = "1000/minute") -> Notifier:
        """Another process that sends."""
        limits = RateLimits.of({"notifications": limit})
        return Notifier(limits, allows_private=True, clock=lambda: self.now, wait=self.waits.append)

    def activate(self) -> None:
        """Let the service be at work."""
        with SessionManager() as session:
            session.execute(update(TradingService).values(state=ServiceState.ACTIVE))

    def buy(self, shares: int = 3) -> int:
        """Buy by hand."""
        with SessionManager() as session:
            bought = transaction_service.buy(session, self.actor, self.service.id, Decimal(shares), Decimal("20.5"))
            return bought.id

    def fail(self) -> None:
        """The service goes to ERROR."""
        with SessionManager() as session:
            service = session.get_one(TradingService, self.service.id)
            service.state, service.error_reason = ServiceState.ERROR, "junk in its parameters"
            events.record(session, event_payloads.service_state_change(service))

    def tell(self, severity: Severity, message: str, user_id: int | None = None) -> None:
        """Record a notification, for one user or for all."""
        with SessionManager() as session:
            if user_id is None:
                events.record(session, system_events.notification(severity, "test", message))
            else:
                events.record(session, system_events.personal_notification(user_id, severity, "test", message))

    def target(self) -> NotificationTarget:
        """The target as it is stored."""
        with SessionManager(read_only=True) as session:
            found: Sequence[NotificationTarget] = targets.of_user(session, self.actor)
        return found[0]


@pytest.fixture
def desk(world: World, post_office: PostOffice, tmp_path: Path) -> Desk:
    """A desk, and an empty post office."""
    sealing.use("", tmp_path)
    return Desk(world, post_office)


def test_a_trade_is_told_once(desk: Desk) -> None:
    """In words, with name, shares, price and what it gained; whoever looks again sends nothing."""
    desk.activate()
    desk.choose(NotificationKind.TRADES)
    notifier = desk.notifier()
    bought = desk.buy()
    assert notifier.send_waiting() == 1
    with SessionManager() as session:
        transaction_service.complete(session, desk.actor, bought, Decimal("21.5"))
    assert notifier.send_waiting() == 1
    assert notifier.send_waiting() == desk.notifier().send_waiting() == 0

    titles = [posted["title"] for posted in desk.office.posts]
    assert titles == ["DayTrader: Swing bought 3 ACME at 20.5", "DayTrader: Swing sold 3 ACME at 21.5, +3.00"]
    stored = desk.target()
    assert (stored.last_sent_at, stored.failures, stored.last_error) == (NOW, 0, None)


def test_what_the_database_undoes_is_noted_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim and note are units of work that are run again: the message comes once, and not a second time."""
    desk.choose(NotificationKind.TRADES)
    desk.activate()
    desk.buy()
    undo_every_other(monkeypatch)
    assert [desk.notifier().send_waiting() for _ in range(2)] == [1, 0]
    assert len(desk.office.posts) == 1


def test_what_was_before_is_not_told(desk: Desk) -> None:
    """Nor what happened while a target was switched off."""
    desk.tell(Severity.WARNING, "before")
    desk.choose()
    assert desk.notifier().send_waiting() == 0
    desk.choose(is_active=False)
    desk.tell(Severity.WARNING, "meanwhile")
    assert desk.notifier().send_waiting() == 0
    desk.choose(url=None)
    assert desk.notifier().send_waiting() == 0
    desk.tell(Severity.WARNING, "after")
    assert desk.notifier().send_waiting() == 1
    assert desk.office.posts[0]["title"] == "DayTrader: after"


def test_what_comes_together_is_one_message(desk: Desk) -> None:
    """The last twenty by line, of more the number."""
    desk.choose(NotificationKind.ERRORS)
    for number in range(25):
        desk.tell(Severity.WARNING, f"warning {number}")
    assert desk.notifier().send_waiting() == 1
    (posted,) = desk.office.posts
    assert posted["title"] == "DayTrader: 25 messages, the last: warning 24"
    lines = posted["message"].splitlines()
    assert (len(lines), lines[0]) == (21, "and 5 before these")
    assert lines[1].endswith("warning 5")


def test_who_is_told_what(desk: Desk) -> None:
    """Own errors and what concerns all; what concerns admins, and other users' things, no one else."""
    admin, bob = desk.world.user("root", is_admin=True), desk.world.user("bob")
    desk.choose(NotificationKind.ERRORS, path="alice")
    desk.choose(NotificationKind.ERRORS, user=admin, path="admin")
    desk.choose(NotificationKind.TRADES, user=bob, path="bob")
    desk.office.paths.clear()
    desk.fail()
    desk.tell(Severity.INFO, "nothing much")
    desk.tell(Severity.WARNING, "for all")
    desk.tell(Severity.CRITICAL, "for admins")
    desk.tell(Severity.ERROR, "for alice", desk.alice.id)
    desk.tell(Severity.WARNING, "for bob", bob.id)
    assert desk.notifier().send_waiting() == 2

    told = {path: [line.partition("UTC  ")[2] for line in posted["message"].splitlines()]
            for path, posted in zip(desk.office.paths, desk.office.posts, strict=True)}  # fmt: skip
    assert told == {
        "/alice": ["Swing has stopped on an error: junk in its parameters", "for all", "for alice"],
        "/admin": ["for all", "for admins"],
    }


def test_a_target_that_fails_is_left_alone_and_hears_all_of_it_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three tries, further apart, then half a minute, then longer; the reason is shown; nobody else is concerned."""
    desk.choose(NotificationKind.ERRORS)
    monkeypatch.setattr(desk.office, "status", 503)
    desk.tell(Severity.WARNING, "one")
    notifier = desk.notifier()
    assert notifier.send_waiting() == 0
    assert len(desk.waits) == 2
    assert 1 <= desk.waits[0] <= desk.waits[1] + 1 <= 5
    stored = desk.target()
    assert stored.failures == 1
    assert stored.last_error is not None
    assert "503" in stored.last_error
    assert stored.not_before == NOW + timedelta(seconds=30)

    monkeypatch.setattr(desk.office, "status", 200)
    desk.tell(Severity.WARNING, "two")
    assert notifier.send_waiting() == 0
    desk.now += timedelta(seconds=31)
    assert notifier.send_waiting() == 1
    assert [line.partition("UTC  ")[2] for line in desk.office.texts[0].splitlines()] == ["one", "two"]
    assert desk.target().failures == 0


def test_nobody_is_flooded(desk: Desk) -> None:
    """Beyond so many a minute messages wait, and come together."""
    desk.choose(NotificationKind.ERRORS)
    notifier = desk.notifier("2/minute")
    for number in range(4):
        desk.tell(Severity.WARNING, f"warning {number}")
        notifier.send_waiting()
    assert len(desk.office.posts) == 2
    stored = desk.target()
    assert stored.not_before is not None
    assert NOW < stored.not_before <= NOW + timedelta(minutes=1)
    desk.now = stored.not_before
    assert desk.notifier().send_waiting() == 1
    assert len(desk.office.texts[-1].splitlines()) == 2


def test_two_processes_send_one_message(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever claims the target sends; the other finds it taken, or told already."""
    desk.choose(NotificationKind.ERRORS)
    desk.tell(Severity.WARNING, "once")
    barrier = threading.Barrier(2)
    due = Notifier._due

    def at_once(self: Notifier) -> Any:
        found = due(self)
        barrier.wait(30)
        return found

    monkeypatch.setattr(Notifier, "_due", at_once)
    threads = [threading.Thread(target=desk.notifier().send_waiting) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(desk.office.posts) == 1


def test_what_another_process_has_told_meanwhile_is_not_told_again(desk: Desk) -> None:
    """Neither by one that looked before and claims after, nor after one whose claim had run out notes it late."""
    desk.choose(NotificationKind.ERRORS)
    desk.tell(Severity.WARNING, "one")
    slow, other = desk.notifier(), desk.notifier()
    (due,) = slow._due()
    assert other.send_waiting() == 1
    assert not slow._deliver(due)

    desk.tell(Severity.WARNING, "two")
    (due,) = slow._due()
    with SessionManager() as session:
        assert targets.claim(session, due.target, slow._holder, desk.now, timedelta(minutes=5))
    desk.now += timedelta(minutes=6)
    desk.tell(Severity.WARNING, "three")
    assert other.send_waiting() == 1
    with SessionManager() as session:
        targets.note_sent(session, due.target, slow._holder, desk.now, cursor=due.cursor, summary_of=None)
    assert desk.notifier().send_waiting() == 0
    assert len(desk.office.posts) == 2


def test_a_user_who_was_switched_off_is_told_nothing(desk: Desk) -> None:
    """Whatever happens to the services that go on."""
    desk.choose(NotificationKind.ERRORS)
    desk.tell(Severity.WARNING, "once")
    with SessionManager() as session:
        session.get_one(User, desk.alice.id).is_active = False
    assert desk.notifier().send_waiting() == 0


def test_a_process_that_dies_while_it_sends_holds_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its claim another one sends."""
    desk.choose(NotificationKind.ERRORS)
    desk.tell(Severity.WARNING, "once")
    with monkeypatch.context() as dying:
        dying.setattr(channels, "send", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            desk.notifier().send_waiting()
    assert desk.notifier().send_waiting() == 0
    desk.now += timedelta(minutes=6)
    assert desk.notifier().send_waiting() == 1


def test_a_process_that_dies_once_it_has_sent_is_followed_by_one_that_sends_that_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the message comes a second time, the same lines with what has happened since, never a third."""
    desk.choose(NotificationKind.ERRORS)
    desk.tell(Severity.WARNING, "one")
    with monkeypatch.context() as dying:
        dying.setattr(targets, "note_sent", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            desk.notifier().send_waiting()
    assert len(desk.office.posts) == 1
    desk.tell(Severity.WARNING, "two")
    assert desk.notifier().send_waiting() == 0
    desk.now += timedelta(minutes=6)
    notifier = desk.notifier()
    assert [notifier.send_waiting(), notifier.send_waiting()] == [1, 0]

    first, again = desk.office.texts
    assert again.splitlines()[0] == first
    assert [line.partition("UTC  ")[2] for line in again.splitlines()] == ["one", "two"]


def test_a_lost_key_is_said_and_stops_nothing(desk: Desk, tmp_path: Path) -> None:
    """To the owner, who chooses the address again."""
    desk.choose(NotificationKind.ERRORS)
    (tmp_path / sealing.FILE).unlink()
    desk.tell(Severity.WARNING, "once")
    assert desk.notifier().send_waiting() == 0
    assert "DAYTRADER_SEALING_KEY" in (desk.target().last_error or "")


def test_a_day_is_summed_up_once_after_the_bell(desk: Desk) -> None:
    """Forty minutes after the exchange has closed, half days and holidays known; not on the day it is switched on."""
    desk.choose(NotificationKind.DAILY_SUMMARY)
    notifier = desk.notifier()
    desk.now = datetime(2024, 1, 3, 15, 0, tzinfo=UTC)
    assert notifier.send_waiting() == 0
    assert desk.target().summary_of == date(2024, 1, 2)
    desk.now = datetime(2024, 1, 3, 21, 39, tzinfo=UTC)
    assert notifier.send_waiting() == 0
    desk.now = datetime(2024, 1, 3, 21, 41, tzinfo=UTC)
    assert [notifier.send_waiting(), notifier.send_waiting(), desk.notifier().send_waiting()] == [1, 0, 0]
    assert "Value 10,000.00 (+0.00 in the session)" in desk.office.texts[0]
    assert "Swing (ACME): 10,000.00, +0.00" in desk.office.texts[0]
    desk.now = datetime(2024, 7, 3, 17, 41, tzinfo=UTC)  # a half day: the bell rings at one
    assert notifier.send_waiting() == 1
    desk.now = datetime(2024, 7, 4, 23, 0, tzinfo=UTC)
    assert notifier.send_waiting() == 0


def test_nobody_who_trades_waits_for_a_webhook_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread sends while another target is stuck, and ends without waiting for it."""
    stuck, sent = threading.Event(), threading.Event()

    def send(url: str, *_: object, **__: object) -> None:
        if "alice" in url:
            stuck.wait(60)
        else:
            sent.set()

    monkeypatch.setattr(channels, "send", send)
    bob = desk.world.user("bob")
    desk.choose(NotificationKind.ERRORS, path="alice")
    desk.choose(NotificationKind.ERRORS, user=bob, path="bob")
    notifier = desk.notifier()
    notifier.start()
    began = time.monotonic()
    desk.tell(Severity.WARNING, "for all")
    assert time.monotonic() - began < 10
    for _ in range(2):  # who was told once is told again
        notifier.ring()
        assert sent.wait(30)
        sent.clear()
        desk.tell(Severity.WARNING, "for all")
    began = time.monotonic()
    notifier.stop()
    assert time.monotonic() - began < 20
    stuck.set()
