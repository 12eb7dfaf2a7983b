"""Background work as stored: asked for, taken, told about, cancelled, ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from daytrader.models import Job
from daytrader.models.enums import JobState
from daytrader.services import event_payloads
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, NotFoundError, UnavailableError

MOST_WAITING: Final = 100
"""Jobs that may wait at once; beyond that nobody would learn today what became of theirs."""
MOST_INTERRUPTIONS: Final = 2
"""How often a process may die while it runs a job: the job may be what it died of."""

UNFINISHED: Final = (JobState.QUEUED, JobState.RUNNING)

_INTERRUPTIONS: Final = "interruptions"


def create(session: Session, actor: Actor, kind: str, params: Mapping[str, Any]) -> Job:
    """
    Ask for work; a worker takes it once the caller has committed.

    Raises:
        UnavailableError: If too much is waiting already.
    """
    waiting = select(func.count()).select_from(Job).where(Job.state == JobState.QUEUED)
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise UnavailableError("too many jobs are waiting, try again later")
    job = Job(user_id=actor.user_id, kind=kind, params=dict(params))
    session.add(job)
    session.flush()
    events.record(session, event_payloads.job_update(job, event_payloads.CREATED))
    return job


def get_owned(session: Session, job_id: int, actor: Actor) -> Job:
    """
    Return the job.

    Raises:
        NotFoundError: If it does not exist or is someone else's and the actor is no administrator.
    """
    job = session.get(Job, job_id)
    if job is None or not (actor.is_admin or job.user_id == actor.user_id):
        raise NotFoundError("job")
    return job


def request_cancel(session: Session, actor: Actor, job_id: int) -> Job:
    """
    End a job that waits; ask the worker of one that runs to stop.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
        ConflictError: If it has ended.
    """
    job = get_owned(session, job_id, actor)
    session.refresh(job, with_for_update=True)  # a worker may be taking it
    if job.state not in UNFINISHED:
        raise ConflictError("the job has ended")
    job.is_cancel_requested = True
    if job.state is JobState.QUEUED:
        return end(session, job, JobState.CANCELLED)
    return job


def count_unfinished(session: Session, user_id: int, kind: str) -> int:
    """Return how many of the user's jobs of *kind* wait or run."""
    query = select(func.count()).select_from(Job).where(Job.user_id == user_id, Job.kind == kind)
    return session.scalar(query.where(Job.state.in_(UNFINISHED))) or 0


def waiting(session: Session, *, without: Collection[str] = ()) -> bool:
    """Return whether any job waits for a worker, of any kind but *without*."""
    query = select(Job.id).where(Job.state == JobState.QUEUED, Job.kind.not_in(without))
    return session.scalar(query.limit(1)) is not None


def take(session: Session, *, without: Collection[str] = ()) -> Job | None:
    """
    Return the job that has waited longest, now RUNNING, or None; no two workers are given the same one.

    Args:
        session: What the caller commits.
        without: Kinds that are left to others.
    """
    waiting = select(Job).where(Job.state == JobState.QUEUED, Job.kind.not_in(without)).order_by(Job.id).limit(1)
    job = session.scalar(waiting.with_for_update(skip_locked=True))
    if job is None:
        return None
    job.state = JobState.RUNNING
    job.attempt += 1
    job.started_at = get_current_datetime()
    events.record(session, event_payloads.job_update(job))
    return job


def still_taken(session: Session, job_id: int, attempt: int) -> Job | None:
    """Return the running job, locked, None where the worker of *attempt* has been replaced or the job is over."""
    job = session.get(Job, job_id, with_for_update=True)
    return job if job is not None and (job.state, job.attempt) == (JobState.RUNNING, attempt) else None


def tell(session: Session, job_id: int, attempt: int, progress: float, eta: datetime | None) -> bool:
    """Store how far a running job is, announce it, and return whether the worker of *attempt* may go on."""
    job = still_taken(session, job_id, attempt)
    if job is None:
        return False
    job.progress, job.eta = progress, eta
    job.updated_at = get_current_datetime()  # a sign of life, also where nothing has moved
    session.flush()
    events.record(session, event_payloads.job_update(job))
    return not job.is_cancel_requested


def end(
    session: Session,
    job: Job,
    state: JobState,
    *,
    result: Mapping[str, Any] | None = None,
    result_url: str | None = None,
    error: str | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
) -> Job:
    """Store how a job ended and announce it once the caller commits."""
    job.state = state
    job.result = dict(result or {})
    job.result_url = result_url
    job.error = error
    job.errors = list(errors)
    job.eta = None
    job.finished_at = get_current_datetime()
    if state is JobState.SUCCEEDED:
        job.progress = 1.0
    session.flush()
    events.record(session, event_payloads.job_update(job))
    return job


def requeue(session: Session, job: Job) -> None:
    """Let a job that was interrupted wait again; whoever takes it begins anew."""
    if job.is_cancel_requested:
        end(session, job, JobState.CANCELLED)
        return
    job.state, job.progress, job.eta, job.started_at = JobState.QUEUED, 0.0, None, None
    session.flush()
    events.record(session, event_payloads.job_update(job))


def recover(session: Session, silent_since: datetime) -> int:
    """
    Requeue the running jobs that have given no sign of life since then, and return how many there were.

    One whose process has died `MOST_INTERRUPTIONS` times fails.
    """
    silent = select(Job).where(Job.state == JobState.RUNNING, Job.updated_at < silent_since)
    orphans = session.scalars(silent.with_for_update(skip_locked=True)).all()  # another worker may find them, too
    for job in orphans:
        times = job.params.get(_INTERRUPTIONS, 0) + 1
        job.params = job.params | {_INTERRUPTIONS: times}
        if times < MOST_INTERRUPTIONS:
            requeue(session, job)
        else:
            end(session, job, JobState.FAILED, error=f"the process that ran this stopped {times} times")
    return len(orphans)


def touch(session: Session, attempts: Mapping[int, int]) -> None:
    """Store a sign of life of running jobs (id: attempt); one that another worker has taken over is left alone."""
    for job_id, attempt in attempts.items():
        mine = (Job.id == job_id, Job.attempt == attempt, Job.state == JobState.RUNNING)
        session.execute(update(Job).where(*mine).values(updated_at=get_current_datetime()))


def unfinished(session: Session) -> list[Job]:
    """Return the jobs that wait or run."""
    return list(session.scalars(select(Job).where(Job.state.in_(UNFINISHED)).order_by(Job.id)))
