"""Tests of /jobs over HTTP."""

from __future__ import annotations

from flask import Flask

from daytrader.api.schemas.job import JobItemSchema, JobSchema
from daytrader.models import Job
from daytrader.models.enums import JobState
from daytrader.services import job_service
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller


def ask(caller: Caller) -> Job:
    """Ask for work in the caller's name."""
    with SessionManager() as session:
        return job_service.create(session, Actor(caller.user.id, is_admin=False), "work", {"upload": "secret"})


def test_jobs_are_listed_and_shown_to_their_owner(alice: Caller, bob: Caller, admin: Caller) -> None:
    """With row errors only where one is shown; another's is as missing as none; admins read all."""
    job = ask(alice)
    with SessionManager() as session:
        errors = [{"line": 3, "field": "date", "reason": "is missing"}]
        job_service.end(session, session.get_one(Job, job.id), JobState.FAILED, error="1 row", errors=errors)
    ask(bob)

    (listed,) = alice.get("/jobs").get_json()["items"]
    shown = alice.get(f"/jobs/{job.id}").get_json()

    assert set(listed) == set(JobItemSchema().dump_fields)
    assert set(shown) == set(JobSchema().dump_fields)
    assert shown == listed | {"errors": errors}
    assert alice.get("/jobs", status="failed", kind_like="WOR").get_json()["pagination"]["total_items"] == 1
    assert alice.get("/jobs", state="RUNNING").get_json()["items"] == []
    assert alice.get("/jobs", params="secret").status_code == 400
    assert len(admin.get("/jobs").get_json()["items"]) == 2
    foreign, missing = bob.get(f"/jobs/{job.id}"), bob.get("/jobs/999")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.get_json()["message"] == missing.get_json()["message"]


def test_a_job_is_cancelled_by_its_owner_or_an_admin(alice: Caller, bob: Caller, admin: Caller) -> None:
    """204; 404 for others; 409 once it has ended."""
    first, second = ask(alice), ask(alice)

    assert bob.delete(f"/jobs/{first.id}").status_code == 404
    assert alice.delete(f"/jobs/{first.id}").status_code == 204
    assert alice.get(f"/jobs/{first.id}").get_json()["state"] == "CANCELLED"
    assert admin.delete(f"/jobs/{second.id}").status_code == 204
    assert alice.delete(f"/jobs/{first.id}").status_code == 409


def test_a_full_queue_says_so(world: World, app: Flask, admin: Caller) -> None:
    """503 with Retry-After."""
    world.stock("AAPL")
    for _ in range(job_service.MOST_WAITING):
        ask(admin)

    refused = admin.post("/prices/AAPL/fetch", {})

    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert app.extensions["jobs"].run_waiting() == job_service.MOST_WAITING
    assert admin.post("/prices/AAPL/fetch", {}).status_code == 202
