"""Tests of daytrader.jobs.worker: every job ends, once, whatever happens on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import structlog

from daytrader.jobs.worker import JobControl, Outcome, Worker
from daytrader.models import Job, User
from daytrader.models.enums import JobState
from daytrader.services import job_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils import logs
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import BrokenRuleError, ConflictError, NotFoundError, UnavailableError

from ..conftest import World

PATIENCE = 60.0


class Steps:
    """A handler that goes as far as the test lets it, and remembers."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.discarded: list[str] = []
        self.at = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.error: Exception | None = None

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        self.begun.append(params["name"])
        if self.error is not None:
            raise self.error
        for step in range(params.get("steps", 0)):
            self.at.release()
            self.go.acquire()
            control.report((step + 1) / params["steps"])
        return Outcome({"name": params["name"]}, "/there")

    def discard(self, params: Mapping[str, Any]) -> None:
        self.discarded.append(params["name"])

    def tidy(self) -> None:
        pass


@pytest.fixture
def alice(world: World) -> User:
    """Who asks."""
    return world.user("alice")


@pytest.fixture
def steps() -> Steps:
    """The handler."""
    return Steps()


@pytest.fixture
def worker(steps: Steps) -> Iterator[Worker]:
    """A worker that knows one kind of job, stopped at the end."""
    worker = Worker({"steps": steps})
    yield worker
    worker.stop()


@pytest.fixture
def ask(alice: User) -> Callable[..., Job]:
    """Ask for a job."""

    def create(name: str = "a", kind: str = "steps", **params: Any) -> Job:
        with SessionManager() as session:
            return job_service.create(session, Actor(alice.id, is_admin=False), kind, {"name": name, **params})

    return create


def wait_for(world: World, job: Job, *states: JobState) -> Job:
    """Return the job once it is in one of *states*."""
    wait_until(lambda: world.reload(job).state in states)
    return world.reload(job)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_jobs_are_taken_in_their_order(world: World, worker: Worker, steps: Steps, ask: Callable[..., Job]) -> None:
    """Each once, with its result and its times; each start and end is told to its user."""
    first, second = ask("a"), ask("b")

    assert worker.run_waiting() == 2
    assert worker.run_waiting() == 0

    assert steps.begun == steps.discarded == ["a", "b"]
    stored = world.reload(first)
    assert (stored.state, stored.progress, stored.result, stored.result_url) == (
        JobState.SUCCEEDED,
        1,
        {"name": "a"},
        "/there",
    )
    assert stored.started_at is not None
    assert stored.finished_at is not None
    assert world.reload(second).state is JobState.SUCCEEDED
    told = [(e.event.entity["id"], e.event.entity["state"]) for e in world.published if e.event.name == "job:update"]
    assert told == [(job.id, state) for job, state in ((first, "QUEUED"), (second, "QUEUED"))] + [
        (job.id, state) for job in (first, second) for state in ("RUNNING", "SUCCEEDED")
    ]
    assert all("params" not in event.event.entity and "errors" not in event.event.entity for event in world.published)


def test_a_job_that_breaks_takes_nothing_else_down(
    world: World, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """FAILED: an expected error in its own words, another one without them; an unknown kind too."""
    steps.error = BrokenRuleError("the file is odd")
    expected = ask()
    worker.run_waiting()
    steps.error = RuntimeError("/secret/path")
    unexpected = ask()
    worker.run_waiting()
    steps.error = None
    unknown, good = ask(kind="alchemy"), ask()
    worker.run_waiting()

    assert (world.reload(expected).state, world.reload(expected).error) == (JobState.FAILED, "the file is odd")
    assert "secret" not in (world.reload(unexpected).error or "")
    assert world.reload(unexpected).state is world.reload(unknown).state is JobState.FAILED
    assert world.reload(good).state is JobState.SUCCEEDED


def test_a_waiting_job_is_cancelled_at_once(
    world: World, alice: User, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """It never begins, and what was kept for it is dropped; afterwards there is nothing to cancel."""
    job = ask()

    worker.cancel(Actor(alice.id, is_admin=False), job.id)

    assert world.reload(job).state is JobState.CANCELLED
    assert worker.run_waiting() == 0
    assert (steps.begun, steps.discarded) == ([], ["a"])
    with pytest.raises(ConflictError):
        worker.cancel(Actor(alice.id, is_admin=False), job.id)


def test_a_job_is_its_owners(world: World, worker: Worker, ask: Callable[..., Job]) -> None:
    """Nobody else learns that it exists; an admin may cancel it."""
    job = ask()
    bob = world.user("bob")

    with pytest.raises(NotFoundError):
        worker.cancel(Actor(bob.id, is_admin=False), job.id)
    worker.cancel(Actor(bob.id, is_admin=True), job.id)

    assert world.reload(job).state is JobState.CANCELLED


def test_a_running_job_is_cancelled_where_it_next_reports(
    world: World, alice: User, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """Its progress is seen while it runs; a second job runs beside it."""
    worker.start()
    job = ask(steps=4)
    worker.wake()
    assert steps.at.acquire(timeout=PATIENCE)
    before = get_current_datetime()
    steps.go.release()
    assert steps.at.acquire(timeout=PATIENCE)

    assert worker.live(job.id)["progress"] == 0.25
    assert worker.live(job.id)["eta"] > before
    assert worker.status() == {"is_alive": True, "running": [job.id]}
    beside = ask("b")
    worker.wake()
    wait_for(world, beside, JobState.SUCCEEDED)
    worker.cancel(Actor(alice.id, is_admin=False), job.id)
    steps.go.release()

    assert wait_for(world, job, JobState.CANCELLED).finished_at is not None
    wait_until(lambda: worker.live(job.id) == {})  # it is stored first that it has ended


def test_long_jobs_do_not_hold_up_short_ones(world: World, steps: Steps, ask: Callable[..., Job]) -> None:
    """One thread takes no long job, however many wait; short ones keep their order there."""
    worker = Worker({"long": steps, "steps": steps}, long=("long",))
    long = [ask(f"long {number}", kind="long", steps=1) for number in range(3)]
    worker.start()
    assert steps.at.acquire(timeout=PATIENCE)
    assert steps.at.acquire(timeout=PATIENCE)
    short = [ask("a"), ask("b")]
    worker.wake()
    for job in short:
        wait_for(world, job, JobState.SUCCEEDED)
    assert [world.reload(job).state for job in long] == [JobState.RUNNING, JobState.RUNNING, JobState.QUEUED]
    assert steps.begun[2:] == ["a", "b"]
    for _ in long:
        steps.go.release()
    for job in long:
        wait_for(world, job, JobState.SUCCEEDED)
    assert worker.stop()


def test_what_another_process_cancels_is_heard(
    world: World, alice: User, worker: Worker, steps: Steps, ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database, where the job next stores its progress; which is announced."""
    monkeypatch.setattr("daytrader.jobs.worker._TELL_SECONDS", 0.0)
    worker.start()
    job = ask(steps=2)
    worker.wake()
    assert steps.at.acquire(timeout=PATIENCE)
    steps.go.release()
    assert steps.at.acquire(timeout=PATIENCE)
    assert world.reload(job).progress == 0.5

    with SessionManager() as session:
        job_service.request_cancel(session, Actor(alice.id, is_admin=False), job.id)
    steps.go.release()

    wait_for(world, job, JobState.CANCELLED)


def test_a_stop_interrupts_and_the_next_start_begins_anew(
    world: World, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """Nothing is lost: what was kept for the job is still there."""
    worker.start()
    job = ask(steps=1)
    worker.wake()
    assert steps.at.acquire(timeout=PATIENCE)
    stopping = threading.Thread(target=worker.stop, args=(PATIENCE,))
    stopping.start()
    assert worker._stopping.wait(PATIENCE)
    steps.go.release()
    stopping.join()

    assert worker.status()["is_alive"] is False
    assert world.reload(job).state is JobState.QUEUED
    assert steps.discarded == []

    steps.go.release()
    worker.start()
    assert wait_for(world, job, JobState.SUCCEEDED).result == {"name": "a"}
    assert steps.begun == ["a", "a"]


def test_what_a_stop_interrupts_is_taken_by_no_other_thread(
    world: World, worker: Worker, steps: Steps, ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has seen it wait before may come to take it when it waits again."""
    both, is_put_back = threading.Barrier(2), threading.Event()
    take, requeue = job_service.take, job_service.requeue

    def take_late(*asked: Any, **options: Any) -> Job | None:
        if both.wait(PATIENCE):
            assert is_put_back.wait(PATIENCE)
        return take(*asked, **options)

    def put_back(*asked: Any) -> None:
        requeue(*asked)
        is_put_back.set()

    job = ask(steps=1)
    with monkeypatch.context() as patched:
        patched.setattr(job_service, "take", take_late)
        patched.setattr(job_service, "requeue", put_back)
        worker.start()
        assert steps.at.acquire(timeout=PATIENCE)
        stopping = threading.Thread(target=worker.stop, args=(PATIENCE,))
        stopping.start()
        assert worker._stopping.wait(PATIENCE)
        steps.go.release(2)
        stopping.join()

    assert worker.status()["is_alive"] is False
    stored = world.reload(job)
    assert (stored.state, steps.begun) == (JobState.QUEUED, ["a"])


def test_a_job_that_was_running_when_the_process_died(
    world: World, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """It is begun once more; what kills the process a second time fails."""
    job = ask()
    with SessionManager() as session:
        assert job_service.take(session) is not None
    worker.start()
    wait_for(world, job, JobState.SUCCEEDED)
    worker.stop()

    deadly = ask("deadly")
    for _ in range(2):
        with SessionManager() as session:
            assert job_service.take(session) is not None
        with SessionManager() as session:
            assert job_service.recover(session, get_current_datetime()) == 1
    failed = world.reload(deadly)
    assert failed.state is JobState.FAILED
    assert failed.error == "the process that ran this stopped 2 times"
    assert steps.begun == ["a"]


def test_a_silent_job_is_an_orphan_and_a_living_one_is_not(world: World, ask: Callable[..., Job]) -> None:
    """Where several processes share a database."""
    job = ask()
    with SessionManager() as session:
        job_service.take(session)
    with SessionManager() as session:
        job_service.touch(session, {job.id: 1})
        assert job_service.recover(session, get_current_datetime() - timedelta(seconds=60)) == 0
    assert world.reload(job).state is JobState.RUNNING


def test_the_queue_is_bounded(ask: Callable[..., Job]) -> None:
    """What cannot be done today is refused today."""
    for number in range(job_service.MOST_WAITING):
        ask(str(number))

    with pytest.raises(UnavailableError):
        ask("one more")


def test_a_worker_that_was_replaced_while_it_slept_stores_nothing(
    world: World, worker: Worker, steps: Steps, ask: Callable[..., Job]
) -> None:
    """It hears so where it next reports; the job is the other worker's, with what is kept for it."""
    job = ask("a", steps=2)
    sleeper = threading.Thread(target=worker.run_waiting)
    sleeper.start()
    assert steps.at.acquire(timeout=PATIENCE)
    with SessionManager() as session:
        assert job_service.recover(session, get_current_datetime()) == 1
    with SessionManager() as session:
        taken = job_service.take(session)
        assert taken is not None
        assert not job_service.tell(session, job.id, taken.attempt - 1, 0.9, None)
        assert job_service.tell(session, job.id, taken.attempt, 0.1, None)
    steps.go.release(2)
    sleeper.join(PATIENCE)

    stored = world.reload(job)
    assert (stored.state, stored.attempt, stored.progress, stored.result) == (JobState.RUNNING, 2, 0.1, {})
    assert steps.discarded == []
    with SessionManager() as session:
        job_service.touch(session, {job.id: 1})  # the sleeper's sign of life is none of the job's
        assert job_service.recover(session, get_current_datetime()) == 1


def test_who_asks_for_a_job_is_heard_by_workers_elsewhere(worker: Worker) -> None:
    """Whatever rings here rings there."""
    rung = threading.Event()
    worker.tell_others = rung.set
    worker.wake()
    assert rung.is_set()


def test_whatever_a_job_logs_bears_its_number(
    worker: Worker, steps: Steps, ask: Callable[..., Job], capsys: pytest.CaptureFixture[str]
) -> None:
    """And no other's does."""
    steps.error = RuntimeError("out of paper")
    logs.configure("INFO", is_json=True)
    job = ask("a")
    worker.run_waiting()
    structlog.get_logger().info("after")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed = next(line for line in lines if line["event"] == "job failed")
    assert (failed["job_id"], failed["kind"], failed["level"]) == (job.id, "steps", "error")
    assert "out of paper" in failed["exception"]
    assert "job_id" not in lines[-1]
