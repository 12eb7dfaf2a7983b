"""The threads that carry out stored jobs, one after the other, in the server's process or in one of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from sqlalchemy.orm import Session

from daytrader.models import Job
from daytrader.models.enums import JobState
from daytrader.services import job_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.utils import processors
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import DayTraderError, UnavailableError

logger = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 2.0  # who adds a job rings; this is for jobs of other processes
_TELL_SECONDS: Final = 1.0
_ENDING_TRIES: Final = 5
# Several processes may work on one PostgreSQL: a running job is an orphan once its process has been silent.
_SIGN_OF_LIFE: Final = timedelta(seconds=10)
_SILENCE: Final = timedelta(seconds=60)


class JobStopped(Exception):  # noqa: N818 (no error: it was asked for)
    """Ends a job from within: it was cancelled, or the server stops."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job; with *error* it has failed."""

    result: Mapping[str, Any]
    result_url: str | None = None
    error: str | None = None
    errors: Sequence[Mapping[str, Any]] = ()


class Handler(Protocol):
    """Carries out one kind of job."""

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Do the work and call `JobControl.report` while at it; begun anew it must come to the same end."""
        ...

    def discard(self, params: Mapping[str, Any]) -> None:
        """Drop what was kept for a job that will never run again."""
        ...

    def tidy(self) -> None:
        """Drop what jobs of the past have left behind; called once before the first job."""
        ...


@dataclass(eq=False)
class JobControl:
    """How a running job tells where it is and hears that it should stop."""

    job_id: int
    attempt: int
    progress: float = 0.0
    eta: datetime | None = None
    is_cancelled: bool = False
    _stopping: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def report(self, progress: float, *, is_stored: bool = True) -> None:
        """
        Say how much is done, 0 to 1; call it often.

        Args:
            progress: What is shown to whoever asks this process.
            is_stored: Also store and announce it, once a second; not while the caller holds a database's only write
                lock.

        Raises:
            JobStopped: If the work should end here.
        """
        now = time.monotonic()
        self.progress = progress
        if progress > 0:
            left = (now - self._began) * (1 - progress) / progress
            self.eta = get_current_datetime() + timedelta(seconds=left)
        if is_stored and now - self._told >= _TELL_SECONDS:
            self._told = now
            is_taken = in_unit(lambda session: job_service.tell(session, self.job_id, self.attempt, progress, self.eta))
            self.is_cancelled |= not is_taken
        if self.is_cancelled or self._stopping.is_set():
            raise JobStopped


class Worker:
    """
    Takes stored jobs in their order and carries them out.

    The database is the queue: what was asked for survives a crash. A job that was running then is begun anew at the
    next start, so every handler can be repeated.

    Args:
        handlers: Who carries out a job, by its kind.
        threads: How many jobs of any kind run at once.
        long: Kinds that may take hours. One more thread takes none of them, so that an import or a backtest does not
            wait until somebody's sweeps are done.
    """

    def __init__(self, handlers: Mapping[str, Handler], *, threads: int = 2, long: Collection[str] = ()) -> None:
        self._handlers = handlers
        self._size = threads
        self._long = frozenset(long)
        self._threads: list[threading.Thread] = []
        self._running: dict[int, JobControl] = {}
        self._bell = threading.Condition()
        self._rung = 0
        self._stopping = threading.Event()
        self.tell_others: Callable[[], None] = lambda: None
        """Called by `wake`: workers in other processes may be nearer."""

    def start(self) -> None:
        """Begin to work, orphaned jobs first."""
        if self._threads:
            return
        self._stopping.clear()
        is_sqlite = in_unit(_recover)
        for handler in self._handlers.values():
            handler.tidy()
        lanes = {f"jobs-{number}": frozenset[str]() for number in range(1, self._size + 1)}
        if self._long:
            lanes["jobs-short"] = self._long
        self._threads = [
            threading.Thread(target=self._work, args=(without,), name=name, daemon=True)
            for name, without in lanes.items()
        ]
        if not is_sqlite:
            self._threads.append(threading.Thread(target=self._watch, name="jobs-watch", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Interrupt what runs, to be begun anew at the next start; return whether that took at most *timeout* s."""
        self._stopping.set()
        self.hear()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        has_ended = not any(thread.is_alive() for thread in self._threads)
        if has_ended:
            self._threads = []
        return has_ended

    def wake(self) -> None:
        """Look for a new job now, here and wherever else there are workers."""
        self.hear()
        self.tell_others()

    def hear(self) -> None:
        """Look for a new job now, here."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()

    def run_waiting(self) -> int:
        """Carry out in this thread whatever waits, and return how many jobs that were."""
        count = 0
        while self._run_next():
            count += 1
        return count

    def cancel(self, actor: Actor, job_id: int) -> None:
        """
        End the job, at once or where it next reports.

        Raises:
            NotFoundError: If it does not exist or is someone else's.
            ConflictError: If it has ended.
        """
        with SessionManager(read_only=True) as session:
            job_service.get_owned(session, job_id, actor)
        control = self._running.get(job_id)
        if control is not None:
            control.is_cancelled = True  # not through the database: the job may hold its write lock
            return
        job = in_unit(lambda session: job_service.request_cancel(session, actor, job_id))
        if job.state is JobState.CANCELLED:
            self._discard(job)

    def live(self, job_id: int) -> Mapping[str, Any]:
        """Return progress and eta of a job that runs here, as they are this moment; else nothing."""
        control = self._running.get(job_id)
        return {} if control is None else {"progress": control.progress, "eta": control.eta}

    def status(self) -> Mapping[str, Any]:
        """Return whether the threads are alive and what they work on."""
        is_alive = bool(self._threads) and all(thread.is_alive() for thread in self._threads)
        return {"is_alive": is_alive, "running": sorted(self._running)}

    def _work(self, without: frozenset[str]) -> None:
        processors.use_all()  # jobs compute outside of the interpreter that the server's threads share
        while not self._stopping.is_set():
            heard = self._rung
            try:
                if self._run_next(without):
                    continue
            except UnavailableError:
                logger.warning("the database is busy: no job taken")
            except Exception:  # the worker's edge: a broken database must not end the thread
                logger.exception("could not take a job")
            with self._bell:
                self._bell.wait_for(lambda heard=heard: self._rung != heard, _POLL_SECONDS)  # type: ignore[misc]

    def _watch(self) -> None:
        while not self._stopping.wait(_SIGN_OF_LIFE.total_seconds()):
            try:
                in_unit(self._look_after)
            except Exception:  # the watch must outlive a database that is down for a while
                logger.exception("could not look after jobs")

    def _look_after(self, session: Session) -> None:
        job_service.touch(session, {control.job_id: control.attempt for control in list(self._running.values())})
        job_service.recover(session, get_current_datetime() - _SILENCE)

    def _run_next(self, without: Collection[str] = ()) -> bool:
        with SessionManager(read_only=True) as session:
            if not job_service.waiting(session, without=without):
                return False
        try:
            job = in_unit(lambda session: self._taken(session, without))
        except JobStopped:
            return False
        if job is None:
            return False
        control = self._running[job.id] = JobControl(job.id, job.attempt, _stopping=self._stopping)
        try:
            with structlog.contextvars.bound_contextvars(job_id=job.id, kind=job.kind):  # for whatever it logs
                self._finish(job, control, self._outcome(job, control))
        finally:
            del self._running[job.id]
        return True

    def _taken(self, session: Session, without: Collection[str]) -> Job | None:
        """Take the next job, and undo that where the threads are to end: it may be one that was just interrupted."""
        job = job_service.take(session, without=without)
        if job is not None and self._threads and self._stopping.is_set():
            raise JobStopped
        return job

    def _outcome(self, job: Job, control: JobControl) -> Outcome | None:
        """Return what came of the job, None if it was stopped."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            return Outcome({}, error="this version of DayTrader does not know this kind of job")
        try:
            return handler.run(job.params, control)
        except JobStopped:
            return None
        except DayTraderError as error:
            return Outcome({}, error=str(error))
        except Exception:  # the worker's edge: one job that breaks takes nothing else down
            logger.exception("job failed")
            return Outcome({}, error="something went wrong on our side; the log says what")

    def _finish(self, job: Job, control: JobControl, outcome: Outcome | None) -> None:
        def end(session: Session) -> Job | None:
            stored = job_service.still_taken(session, job.id, control.attempt)
            if stored is not None:
                _store(session, stored, control, outcome)
            return stored

        for attempt in range(1, _ENDING_TRIES + 1):
            try:
                stored = in_unit(end)
                break
            except UnavailableError:
                if attempt == _ENDING_TRIES:  # it stays RUNNING: the next start begins it anew
                    logger.error("the database stayed busy: the end of a job is not stored")
                    return
        if stored is None:
            logger.warning("this worker was silent for too long: another one has its job")
        elif stored.state is not JobState.QUEUED:
            self._discard(stored)

    def _discard(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        if handler is not None:
            handler.discard(job.params)


def _recover(session: Session) -> bool:
    """Take back what nobody carries out any more, and return whether this is SQLite."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    now = get_current_datetime()
    # SQLite serves one process, so nobody else can be running them.
    job_service.recover(session, now if is_sqlite else now - _SILENCE)
    return is_sqlite


def _store(session: Session, job: Job, control: JobControl, outcome: Outcome | None) -> None:
    if outcome is None:
        if control.is_cancelled:
            job_service.end(session, job, JobState.CANCELLED)
        else:
            job_service.requeue(session, job)
        return
    job_service.end(
        session,
        job,
        JobState.SUCCEEDED if outcome.error is None else JobState.FAILED,
        result=outcome.result,
        result_url=outcome.result_url,
        error=outcome.error,
        errors=outcome.errors,
    )
