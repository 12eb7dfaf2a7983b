"""Every fault that a broker has, three sequences each; and planted bugs, which must not get through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from daytrader.core.fills import cost_cents
from daytrader.services import account_book, account_orders
from tests.brokers.faults.machine import BrokenPromiseError, run
from tests.brokers.faults.plan import Fault
from tests.brokers.faults.server import RemoteAlpaca, alpaca_process
from tests.postgres import PostgresServer
from tests.throwaway import emptied_postgres, empty_database

SESSIONS = 3
SEEDS_OF_A_FAULT = 3
SEEDS_ON_POSTGRESQL = range(4)
Empty = Callable[[], Engine]


@pytest.fixture(scope="module")
def alpaca() -> Iterator[RemoteAlpaca]:
    """A broker in a process of its own."""
    with alpaca_process() as found:
        yield found


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Empty:
    """An empty database, as often as it is asked for: all sequences are in one file, one after the other."""
    return partial(empty_database, tmp_path_factory.mktemp("faults"))


@pytest.fixture(autouse=True)
def _is_quiet() -> Iterator[None]:
    """Failing lines have much to say."""
    with capture_logs():
        yield


@pytest.mark.parametrize("fault", Fault)
def test_the_books_are_the_brokers_truth_whatever_fails(fault: Fault, alpaca: RemoteAlpaca, empty: Empty) -> None:
    """Shares, cash and executions, each once; no order sent twice; L1 to L8; and the fault did happen."""
    first = list(Fault).index(fault)
    found = [run(first + place * len(Fault), SESSIONS, alpaca, empty) for place in range(SEEDS_OF_A_FAULT)]

    assert {each.fault for each in found} == {fault}
    assert sum(each.happened[fault] for each in found) > 0
    assert sum(each.executions for each in found) > 0


def test_the_books_are_the_brokers_truth_on_postgresql(postgres_server: PostgresServer, alpaca: RemoteAlpaca) -> None:
    """As on SQLite."""
    with postgres_server.database("faults") as url:
        found = [run(seed, SESSIONS, alpaca, partial(emptied_postgres, url)) for seed in SEEDS_ON_POSTGRESQL]

    assert sum(each.executions for each in found) > 0
    assert all(each.happened[each.fault] for each in found)


def test_a_seed_is_the_same_sequence_to_the_last_request(alpaca: RemoteAlpaca, empty: Empty) -> None:
    """What failed once fails again."""
    seed = list(Fault).index(Fault.KILLED)
    one, again = (run(seed, SESSIONS, alpaca, empty) for _ in range(2))
    assert (again.digest, again.deaths) == (one.digest, one.deaths)


def _send_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_orders, "UNKNOWN_FOR", timedelta())


def _book_a_cent_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_book, "cost_cents", lambda shares, price: cost_cents(shares, price) + 1)


@pytest.mark.parametrize(
    ("plant", "fault", "word"),
    [(_send_again_at_once, Fault.NOT_FOUND, "was sent again"), (_book_a_cent_too_much, Fault.TIMEOUT, "do not add up")],
)
def test_a_planted_bug_is_found_and_its_seed_is_named(
    plant: Callable[[pytest.MonkeyPatch], None],
    fault: Fault,
    word: str,
    alpaca: RemoteAlpaca,
    empty: Empty,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine that could not fail would show nothing."""
    plant(monkeypatch)
    seed = list(Fault).index(fault)
    with pytest.raises(BrokenPromiseError, match=rf"{word}(.|\n)*faults --seed {seed} --sessions {SESSIONS}"):
        run(seed, SESSIONS, alpaca, empty)
