"""The order pump as a thread of the engine: when it sends, what it says, how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from daytrader.brokers.alpaca import AlpacaBroker
from daytrader.engine import account_place, order_pump
from daytrader.engine import supervisor as engine
from daytrader.engine.elsewhere import EngineElsewhere
from daytrader.engine.feeds import ReplayFeed
from daytrader.engine.lease import HeldLease
from daytrader.engine.supervisor import EngineSupervisor
from daytrader.models import BrokerCredential, Order
from daytrader.models.base import json_ready
from daytrader.models.enums import OrderState
from daytrader.services import account_reconciliation, engine_lease, exposure_limits
from daytrader.services.session_manager import SessionManager
from tests.waiting import PATIENCE, eventually

from .accounts import EVENING, Bench


def _supervisor(bench: Bench, instance: Path, monkeypatch: pytest.MonkeyPatch) -> EngineSupervisor:
    monkeypatch.setattr(account_reconciliation, "check", bench._check)
    made = EngineSupervisor(database_is_sqlite=True, instance_path=instance, open_account=bench.open)
    assert made._pump is not None
    made._pump._clock = lambda: bench.now
    return made


def test_the_engine_carries_orders_once_it_is_ready(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it reconciles; and its state says how each account stands."""
    supervisor = _supervisor(bench, tmp_path, monkeypatch)
    monkeypatch.setattr(engine, "reconcile", lambda *_given: time.sleep(0.2))
    bench.decide(bench.service())
    bench.at(EVENING)
    assert supervisor.status()["accounts"] == []
    supervisor.start()
    try:
        eventually(lambda: [order.state.value for order in bench.rows(Order)] == ["ACCEPTED"])
        assert supervisor.is_ready
        eventually(lambda: [one["is_reconciled"] for one in supervisor.status()["accounts"]] == [True])
        (said,) = supervisor.status()["accounts"]
        assert (said["account"], said["broker"], said["error"]) == ("PA3TEST", "alpaca", None)
    finally:
        assert supervisor.stop()
    bench.audit()


@pytest.mark.parametrize("missing", [None, "orders and books", "splits", "the lease"])
def test_orders_go_out_only_once_all_is_known_and_nobody_else_trades(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    """Each is waited for, and lost again it stops what is not sent yet."""
    supervisor, feed = _supervisor(bench, tmp_path, monkeypatch), ReplayFeed()
    feed.has_looked = missing != "splits"
    monkeypatch.setattr(supervisor, "_feed", feed)
    monkeypatch.setattr(supervisor, "_lease", SimpleNamespace(is_held=missing != "the lease"))
    assert not supervisor._may_send()
    if missing != "orders and books":
        supervisor._ready.set()
    assert supervisor._may_send() == (missing is None)


def test_a_broker_that_hangs_does_not_hold_up_bars_nor_the_end(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request in hand ends by itself; what it was about is found by the next engine."""
    supervisor = _supervisor(bench, tmp_path, monkeypatch)
    bench.timeout = (PATIENCE, 0.5)  # the first of a turn's requests ends it, whose other ones would hang as well
    for _ in range(20):
        bench.alpaca.fault("GET", "hang")
    bench.decide(bench.service())
    bench.at(EVENING)
    supervisor.start()
    try:
        assert supervisor.wait_until_ready(PATIENCE)
        eventually(lambda: bench.alpaca.asked)
    finally:
        assert supervisor.stop()


def test_another_process_is_told_how_accounts_stand(bench: Bench, tmp_path: Path) -> None:
    """By what the engine says with each renewal of its lease, moments included."""
    bench.bought()
    lease = HeldLease(60, 0)
    assert lease.take() is not None
    said = {"state": "idle", "is_ready": True, "accounts": json_ready(bench.pump.status())}
    with SessionManager() as session:
        token = engine_lease.held_token(session)
        assert token is not None
        engine_lease.renew(session, token, timedelta(seconds=60), said)
    (account,) = EngineElsewhere(tmp_path).status()["accounts"]
    lease.give_back()
    assert account == bench.pump.status()[0]
    assert isinstance(account["last_turn_at"], datetime)


def test_a_kill_switch_is_obeyed_within_a_second(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is not due to be asked for a while; the entry that works there is cancelled at once all the same."""
    assert order_pump._TICK_SECONDS <= 0.5, "it is looked twice a second; how long that takes is this machine's affair"
    supervisor = _supervisor(bench, tmp_path, monkeypatch)
    monkeypatch.setattr(account_place, "_QUIET", timedelta(hours=1))
    bench.decide(bench.service())
    bench.at(EVENING)
    supervisor.start()
    try:
        eventually(lambda: [order.state.value for order in bench.rows(Order)] == ["ACCEPTED"])
        eventually(lambda: supervisor.status()["accounts"][0]["last_turn_at"] is not None)
        with SessionManager() as session:
            exposure_limits.kill(session, None)
        eventually(lambda: [order.state.value for order in bench.rows(Order)] == ["CANCELLED"])
    finally:
        assert supervisor.stop()
    bench.agree()


@pytest.fixture
def hangs() -> Iterator[threading.Event]:
    """Nothing is heard of an account before this is set."""
    answers = threading.Event()
    yield answers
    answers.set()


def _with_one_that_hangs(
    bench: Bench, stack: ExitStack, hangs: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """Let there be an account with an earlier number, all of whose requests hang; return the other one's bench."""
    slow, opened = bench.owner.user_id, bench.open
    other = Bench(bench.world, stack, "PA3OTHER", "bob")

    def open_one(credential: BrokerCredential) -> AlpacaBroker:
        if credential.user_id != slow:
            return other.open(credential)
        broker = opened(credential)
        monkeypatch.setattr(broker, "orders", lambda _since: hangs.wait(PATIENCE) and [])
        return broker

    bench.open = open_one  # type: ignore[method-assign]
    bench.decide(bench.service())
    return other


def test_an_account_that_hangs_delays_no_other(
    bench: Bench, stack: ExitStack, hangs: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another one sends goes out, and its kill switch is obeyed, while the first has not answered anything."""
    other = _with_one_that_hangs(bench, stack, hangs, monkeypatch)
    supervisor = _supervisor(bench, tmp_path, monkeypatch)
    other_id = other.decide(other.service(name="other"))
    for each in (bench, other):
        each.at(EVENING)
    supervisor.start()

    def has_become(state: OrderState) -> bool:
        return any(order.state is state for order in bench.rows(Order) if order.id == other_id)

    try:
        eventually(lambda: has_become(OrderState.ACCEPTED))
        with SessionManager() as session:
            exposure_limits.kill(session, other.owner.user_id)
        eventually(lambda: has_become(OrderState.CANCELLED))
        turns = [True, False]  # which have none yet: the cancelled one's ends after what it has stored
        eventually(lambda: [one["last_turn_at"] is None for one in supervisor.status()["accounts"]] == turns)
        assert bench.alpaca.asked == []
    finally:
        hangs.set()
        assert supervisor.stop()


def test_the_end_waits_for_an_account_only_as_long_as_it_is_given(
    bench: Bench, stack: ExitStack, hangs: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so; and the request that ends at last is the last one."""
    _with_one_that_hangs(bench, stack, hangs, monkeypatch)
    supervisor = _supervisor(bench, tmp_path, monkeypatch)
    assert supervisor._pump is not None
    bench.at(EVENING)
    supervisor.start()
    try:
        eventually(lambda: supervisor._pump is not None and supervisor._pump._under_way)
        began = time.monotonic()
        assert not supervisor.stop(timeout=0.5)
        assert time.monotonic() - began < 10  # the time that a service manager gives
        hangs.set()
        assert supervisor._pump.stop(PATIENCE)
        assert bench.posted() == []
    finally:
        hangs.set()
        assert supervisor.stop()
