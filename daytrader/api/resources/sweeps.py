"""/sweeps and /scans: searches through parameters, and through the market."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response
from flask_restx import Namespace, Resource

from daytrader.api.background import starts_job, sweep_files_of, worker
from daytrader.api.backtesting import backtesting
from daytrader.api.decorators import (
    accepts,
    authenticated,
    computes,
    current_actor,
    guarded,
    lists,
    reads,
    returns,
    returns_nothing,
    writes,
)
from daytrader.api.encoding import answer
from daytrader.api.headers import API_PREFIX
from daytrader.api.parsers import price_queries
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources.backtests import backtest_request
from daytrader.api.schemas.job import JobItemSchema
from daytrader.api.schemas.sweep import (
    EstimateSchema,
    ScanInputSchema,
    SweepDetailSchema,
    SweepInputSchema,
    SweepJobSchema,
    SweepSchema,
)
from daytrader.api.swagger import can_fail, documented, query_parameter, shown
from daytrader.core.rules import stored_name
from daytrader.core.strategy import get_strategy, resolve_params
from daytrader.jobs import scan as scan_jobs
from daytrader.jobs import sweep as sweep_jobs
from daytrader.models import Job, Sweep
from daytrader.models.enums import JobState
from daytrader.services import (
    job_service,
    listings,
    stock_service,
    sweep_estimate,
    sweep_request,
    sweep_results,
    sweep_service,
)
from daytrader.services.event_payloads import entity, job_entity
from daytrader.services.session_manager import SessionManager
from daytrader.services.sweep_estimate import Estimate
from daytrader.services.sweep_request import SweepRequest
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("sweeps", description="Searches through a strategy's parameters")
scans_ns = Namespace("scans", description="What a strategy says today about every stock")

_accepted = SweepJobSchema()
_estimate = EstimateSchema()
_DRAWS: Final = 1000
_SEED: Final = 1
_DRY_RUN: Final = {"dry_run": query_parameter(bool, "Only say what it would take", default=False)}


class _Asked:
    """A search that was judged and estimated, before anything is written."""

    def __init__(self, search: SweepRequest, told: Estimate) -> None:
        self.search = search
        self.told = told


def _ask(data: Mapping[str, Any]) -> _Asked:
    search = _search(data)
    user_id = current_actor().user_id
    with SessionManager(read_only=True) as session:
        jobs = job_service.count_unfinished(session, user_id, sweep_jobs.SWEEP)
    with backtesting().slot(user_id, 0 if price_queries.flag("dry_run") else jobs):
        with SessionManager(read_only=True) as session:
            search, first = sweep_request.load_first(session, search)
        return _Asked(search, sweep_estimate.estimate(search, first))


@ns.route("")
class Sweeps(Resource):  # type: ignore[misc]
    """Searches through parameters."""

    @authenticated
    @reads
    @lists(SweepSchema, listings.SWEEPS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own sweeps (all, for admins)."""
        return listings.sweeps(session, current_actor(), query)

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS)
    @starts_job
    @authenticated
    @asks(_DRY_RUN)
    @accepts(SweepInputSchema)
    @computes(_ask)
    @writes
    def post(self, session: Any, data: Mapping[str, Any], made: _Asked) -> Response:  # noqa: ARG002 (it is in *made*)
        """Search a grid, random draws or a list of settings as a job; with `dry_run` only say what it would take."""
        told = made.told
        if price_queries.flag("dry_run"):
            shown_ = {name: getattr(told, name) for name in ("combinations", "symbols", "backtests", "bars")}
            shown_ |= {"estimated_seconds": told.seconds, "left_out": made.search.left_out}
            return answer(_estimate.dump(shown_))
        actor = current_actor()
        job = job_service.create(session, actor, sweep_jobs.SWEEP, {})
        stored = sweep_service.create(session, actor, made.search, told, job)
        job.params = sweep_jobs.params_of(actor, stored.id)
        session.flush()  # the answer is what GET shows
        response = answer(_accepted.dump(job_entity(job) | {"sweep_id": stored.id}), HTTPStatus.ACCEPTED)
        response.headers["Location"] = f"{API_PREFIX}/jobs/{job.id}"
        return response


documented(
    Sweeps.post,
    responses={
        int(HTTPStatus.OK): ("What it would take", shown(_estimate)),
        int(HTTPStatus.ACCEPTED): (
            "It is under way: a job whose `result_url` is the sweep",
            shown(_accepted),
            {"headers": {"Location": {"description": "Its address", "type": "string"}}},
        ),
    },
)


@ns.route("/<int:sweep_id>")
class SweepItem(Resource):  # type: ignore[misc]
    """One sweep."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @reads
    @returns(SweepDetailSchema)
    def get(self, session: Any, sweep_id: int) -> dict[str, Any]:
        """Show a sweep: how far it is, the best, what the statistics say of it, and the verdict in a sentence."""
        stored = sweep_service.get_owned(session, sweep_id, current_actor())
        return _detail(stored, None if stored.job_id is None else session.get(Job, stored.job_id))

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @writes
    @guarded("sweep_id", sweep_service.get_owned)
    @returns_nothing
    def delete(self, session: Any, sweep_id: int) -> None:
        """Remove a sweep that is done; one that runs is cancelled by `DELETE /jobs/{job_id}`."""
        sweep_service.delete(session, current_actor(), sweep_id)
        sweep_files_of(sweep_id).remove()


@scans_ns.route("")
class Scans(Resource):  # type: ignore[misc]
    """What a strategy says today."""

    @can_fail(HTTPStatus.NOT_FOUND)
    @starts_job
    @authenticated
    @writes
    @accepts(ScanInputSchema)
    @returns(JobItemSchema, HTTPStatus.ACCEPTED, location="/jobs/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> dict[str, Any]:
        """Evaluate a strategy at the last bar of every stored stock, as a job whose `result` lists the signals."""
        params = resolve_params(get_strategy(data["strategy"]), data["params"])
        for symbol in data["symbols"]:
            stock_service.by_symbol(session, symbol)
        asked = {
            "strategy": data["strategy"],
            "params": params,
            "symbols": list(data["symbols"]),
            "interval": data["interval"],
        }
        return job_entity(job_service.create(session, current_actor(), scan_jobs.SCAN, asked))


def _search(data: Mapping[str, Any]) -> SweepRequest:
    symbols = data.get("symbols") or ((data["symbol"],) if "symbol" in data else ())
    if not symbols or ("symbol" in data and "symbols" in data):
        raise InvalidInputError({"symbol": ["is required, or symbols, and not both"]})
    given = [name for name in ("grid", "random", "combinations") if name in data]
    if len(given) != 1:
        raise InvalidInputError({"grid": ["is required, or random, or combinations: one of them"]})
    stray = [name for name in ("draws", "seed") if name in data and "random" not in data]
    if stray:
        raise InvalidInputError({name: ["goes with random alone"] for name in stray})
    return SweepRequest(
        backtest_request({**data, "symbol": symbols[0]}),  # which refuses members beside it
        tuple(symbols),
        _space(data),
        data["metric"],
        data["walk_forward"],
    )


def _space(data: Mapping[str, Any]) -> dict[str, Any]:
    if "grid" in data:
        return {"method": "grid", "axes": _named("grid", data["grid"])}
    if "random" in data:
        drawn = {"draws": data.get("draws", _DRAWS), "seed": data.get("seed", _SEED)}
        return {"method": "random", "axes": _named("random", data["random"]), **drawn}
    rows = enumerate(data["combinations"])
    return {"method": "list", "rows": [_named(f"combinations.{place}", row) for place, row in rows]}


def _named(place: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    named = {stored_name(name): value for name, value in settings.items()}
    if len(named) < len(settings):
        raise InvalidInputError({place: ["names a setting twice"]})
    return named


def _detail(stored: Sweep, job: Job | None) -> dict[str, Any]:
    is_running = job is not None and job.state is JobState.RUNNING
    now = worker().live(job.id) if job is not None and is_running else {}
    done = 1.0 if stored.state is JobState.SUCCEEDED else 0.0
    told = {
        "settings": sweep_results.settings_of(stored),
        "estimated_seconds": stored.request["estimated_seconds"],
        "left_out": stored.request.get("left_out", []),  # older ones left nothing out
        "progress": now.get("progress", job.progress if job is not None else done),
        "eta": now.get("eta", job.eta if job is not None else None),
        "findings": sweep_results.told_of(stored),
    }
    return entity(stored) | told
