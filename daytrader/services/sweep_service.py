"""Sweeps, stored as they were asked for, and found again; what computes them is in ``jobs.sweep``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader import __version__
from daytrader.models import Job, Sweep
from daytrader.models.enums import JobState
from daytrader.services.actor import Actor
from daytrader.services.job_service import UNFINISHED
from daytrader.services.sweep_estimate import Estimate
from daytrader.services.sweep_request import SweepRequest
from daytrader.utils.errors import ConflictError, NotFoundError

_LONGEST_ERROR: Final = 1000


def create(session: Session, actor: Actor, request: SweepRequest, told: Estimate, job: Job) -> Sweep:
    """Store the actor's sweep, which *job* will compute."""
    made = Sweep(
        user_id=actor.user_id,
        job_id=job.id,
        strategy=request.asked.strategy,
        symbol=request.symbols[0],
        symbols=list(request.symbols),
        interval=request.asked.interval,
        method=request.method,
        metric=request.metric,
        combinations=told.combinations,
        request=request.to_json() | {"part": told.part, "estimated_seconds": told.seconds},
        engine_version=__version__,
    )
    session.add(made)
    session.flush()
    return made


def get_owned(session: Session, sweep_id: int, actor: Actor) -> Sweep:
    """
    Return the sweep.

    Raises:
        NotFoundError: If it does not exist or is someone else's and the actor is no administrator.
    """
    found = session.get(Sweep, sweep_id)
    if found is None or not (actor.is_admin or found.user_id == actor.user_id):
        raise NotFoundError("sweep")
    return found


def finished(session: Session, sweep_id: int, actor: Actor) -> Sweep:
    """
    Return the sweep, which has results.

    Raises:
        NotFoundError: As `get_owned`.
        ConflictError: If it is not done, or has failed.
    """
    found = get_owned(session, sweep_id, actor)
    if found.state is not JobState.SUCCEEDED:
        raise ConflictError(f"the sweep has no results: it is {found.state.value}")
    return found


def delete(session: Session, actor: Actor, sweep_id: int) -> None:
    """
    Remove the sweep.

    Raises:
        NotFoundError: As `get_owned`.
        ConflictError: If it waits or runs: cancel its job first.
    """
    found = get_owned(session, sweep_id, actor)
    if found.state in UNFINISHED:
        raise ConflictError("the sweep is not done: cancel its job first")
    session.delete(found)
    session.flush()


def data_hash_of(hashes: Sequence[str]) -> str:
    """Return one hash for the data of several symbols; of one it is that symbol's."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def known_ids(session: Session) -> list[int]:
    """Return the ids of all sweeps."""
    return list(session.scalars(select(Sweep.id)))


def settle(session: Session, sweep_id: int) -> Sweep | None:
    """Give the sweep the state of its job, which has ended, and return it; a sweep that is gone stays gone."""
    found = session.get(Sweep, sweep_id)
    job = None if found is None or found.job_id is None else session.get(Job, found.job_id)
    if found is not None and job is not None and job.state not in UNFINISHED:
        found.state, found.finished_at = job.state, job.finished_at
        found.error = None if job.error is None else job.error[:_LONGEST_ERROR]
        session.flush()
    return found
