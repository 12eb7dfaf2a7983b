"""Some worlds in which the engine dies and the line is bad; and planted bugs, which must not get through."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from daytrader.brokers.messages import Acknowledgement, MarketBar
from daytrader.engine.runner import Claimed, Runner
from daytrader.models import Order
from daytrader.models.enums import JournalKind
from daytrader.services import ledger_service, order_service
from tests.postgres import PostgresServer
from tests.simulation.run import LIVES, BrokenPromiseError, Simulator
from tests.throwaway import emptied_postgres, empty_database

BLOCK = 20
BLOCKS = 10
BARS = 100
SEEDS_ON_POSTGRESQL = range(0, 3 * LIVES, LIVES)  # of a plan each
BARS_ON_POSTGRESQL = 50
BARS_TO_A_BUG = 40
Empty = Callable[[], Engine]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Empty:
    """An empty database, as often as it is asked for: all worlds are in one file, one after the other."""
    return partial(empty_database, tmp_path_factory.mktemp("simulation"))


@pytest.fixture(autouse=True)
def _is_quiet() -> Iterator[None]:
    """Dying engines have much to say, and tell it at length."""
    with capture_logs():
        yield


@pytest.mark.parametrize("block", range(BLOCKS))
def test_deaths_and_a_bad_line_change_nothing(empty: Empty, block: int) -> None:
    """The books of each are those of a world without faults, keep L1 to L8, and tell of what the broker executed."""
    simulator = Simulator(BARS, empty)
    worlds = [simulator.live(seed) for seed in range(block * BLOCK, (block + 1) * BLOCK)]

    assert sum(each.trades for each in worlds) > 200
    assert sum(len(each.deaths) for each in worlds) > 100
    died_of = {death for each in worlds for death in each.deaths}
    assert {"unit 1 written", "event release", "request lost", "answer lost"} <= died_of
    assert len({each.digest for each in worlds}) == BLOCK


def test_deaths_and_a_bad_line_change_nothing_on_postgresql(postgres_server: PostgresServer) -> None:
    """As on SQLite."""
    with postgres_server.database("simulation") as url:
        simulator = Simulator(BARS_ON_POSTGRESQL, partial(emptied_postgres, url))
        worlds = [simulator.live(seed) for seed in SEEDS_ON_POSTGRESQL]

    assert sum(each.trades for each in worlds) > 10
    assert sum(len(each.deaths) for each in worlds) > 10


def test_a_seed_is_the_same_world_to_the_last_cell(empty: Empty) -> None:
    """Names and clocks included: what failed once fails again."""
    one, again = (Simulator(BARS, empty).live(0) for _ in range(2))
    assert again.deaths == one.deaths
    assert again.digest == one.digest


def _lose_a_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    post = ledger_service.post

    def posted(session: Session, service: Any, kind: JournalKind, *, amount: Decimal, **others: Any) -> Any:
        lost = Decimal("0.01") if kind is JournalKind.SELL else Decimal(0)
        return post(session, service, kind, amount=amount - lost, **others)

    monkeypatch.setattr(ledger_service, "post", posted)


def _forget_what_was_being_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = order_service.begin_submission

    def begun(session: Session, order_ids: Sequence[int]) -> list[tuple[Order, bool]]:
        return [(order, is_resent) for order, is_resent in begin(session, order_ids) if not is_resent]

    monkeypatch.setattr(order_service, "begin_submission", begun)


def _send_again_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    send = Runner._send

    def sent(runner: Runner, claimed: Claimed, bar: MarketBar | None) -> Acknowledgement:
        if claimed.is_resent:
            other = replace(claimed.ticket, client_order_id=str(uuid.UUID(int=claimed.order_id)))
            claimed = replace(claimed, ticket=other, is_resent=False)
        return send(runner, claimed, bar)

    monkeypatch.setattr(Runner, "_send", sent)


@pytest.mark.parametrize("plant", [_lose_a_cent, _forget_what_was_being_sent, _send_again_under_another_name])
def test_a_planted_bug_is_found_and_its_seed_is_named(
    empty: Empty, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """A simulation that could not fail would show nothing."""
    plant(monkeypatch)
    with pytest.raises(
        BrokenPromiseError, match=rf"replay: python -m tests\.simulation --seed 0 --bars {BARS_TO_A_BUG}"
    ):
        Simulator(BARS_TO_A_BUG, empty).live(0)
