"""/jobs: background work, its progress and its end."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.background import worker
from daytrader.api.decorators import authenticated, current_actor, limited, lists, reads, returns, returns_nothing
from daytrader.api.schemas.job import JobItemSchema, JobSchema
from daytrader.api.swagger import can_fail
from daytrader.models.enums import JobState
from daytrader.services import job_service, listings, rate_limits
from daytrader.services.event_payloads import entity
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("jobs", description="Work that goes on after its request")


@ns.route("")
class JobList(Resource):  # type: ignore[misc]
    """The caller's jobs."""

    @authenticated
    @reads
    @lists(JobItemSchema, listings.JOBS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own jobs (all, for admins)."""
        return listings.jobs(session, current_actor(), query)


@ns.route("/<int:job_id>")
class JobItem(Resource):  # type: ignore[misc]
    """One job."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(JobSchema)
    def get(self, session: Any, job_id: int) -> Mapping[str, Any]:
        """Show a job: how far it is, when it should be done, what came of it, every row error."""
        job = job_service.get_owned(session, job_id, current_actor())
        return {**entity(job), **(worker().live(job_id) if job.state is JobState.RUNNING else {})}

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
    @authenticated
    @limited(rate_limits.WRITES)
    @returns_nothing
    def delete(self, job_id: int) -> None:
        """Cancel a job that waits or runs; what it has written in a transaction of its own is undone."""
        worker().cancel(current_actor(), job_id)
