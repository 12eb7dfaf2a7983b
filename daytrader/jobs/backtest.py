"""Backtests that take longer than a caller waits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from daytrader.jobs.worker import Handler, JobControl, Outcome
from daytrader.models import Backtest
from daytrader.services import backtest_service
from daytrader.services.actor import Actor
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.session_manager import SessionManager, in_unit

BACKTEST: Final = "backtest"

_LOADED: Final = 0.5  # of the whole time; the rest is trading and telling


def handlers(*, address: str) -> dict[str, Handler]:
    """Return who carries out the jobs of this module, by kind; addresses of results begin with *address*."""
    return {BACKTEST: BacktestJob(address)}


def params_of(
    actor: Actor, request: BacktestRequest, *, days: int | None = None, service_id: int | None = None
) -> dict[str, Any]:
    """Return what the job needs to run *request* for *actor*."""
    return {"user_id": actor.user_id, "request": request.to_json(), "days": days, "service_id": service_id}


class BacktestJob:
    """Runs one backtest and keeps it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Read first, run with no session open, then store; what is stored already is not run again."""
        request = BacktestRequest.from_json(params["request"])
        with SessionManager(read_only=True) as session:
            kept = backtest_service.of_job(session, control.job_id)
            loaded = None if kept else backtest_service.load(session, request, days=params["days"])
        if kept is not None:
            return self._outcome(kept)
        assert loaded is not None
        control.report(_LOADED)
        report = loaded.run()
        control.report(1.0)
        keep = partial(
            backtest_service.keep,
            actor=Actor(params["user_id"]),
            loaded=loaded,
            made=report,
            service_id=params["service_id"],
            job_id=control.job_id,
        )
        return self._outcome(in_unit(keep))

    def discard(self, params: Mapping[str, Any]) -> None:
        """Nothing was kept beside it."""

    def tidy(self) -> None:
        """Nothing is left behind."""

    def _outcome(self, kept: Backtest) -> Outcome:
        result = {"backtest_id": kept.id, "symbol": kept.symbol, "total_return_pct": kept.total_return_pct}
        return Outcome(result, f"{self._address}/backtests/{kept.id}")
