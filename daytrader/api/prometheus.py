"""Figures for Prometheus: requests as they come, everything else when it asks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

import daytrader
from daytrader.engine.bar_lag import BUCKETS
from daytrader.services import event_log, system_service
from daytrader.services.bells import NONE, OK
from daytrader.services.session_manager import SessionManager

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """What one application counts."""

    def __init__(self, app: Flask) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "daytrader_http_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "daytrader_http_request_seconds",
            "Time to an answer",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        # Labels are looked up under a lock and by their texts: each series once.
        self._counted = cache(self._requests.labels)
        self._timed = cache(self._seconds.labels)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_State(app))
        app.before_request(self._begin)
        app.after_request(self._count)

    def text(self) -> bytes:
        """Return every figure in Prometheus' text format."""
        return generate_latest(self.registry)

    def _begin(self) -> None:
        g.began = time.perf_counter()

    def _count(self, response: Response) -> Response:
        # The rule, never the address: one series per route however many ids are asked for.
        route = request.url_rule.rule if request.url_rule is not None else "none"
        self._counted(request.method, route, response.status_code).inc()
        if "began" in g:
            self._timed(request.method, route).observe(time.perf_counter() - g.began)
        return response


class _State(Collector):
    """What the database, the engine and the sockets are like at the moment."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> list[Any]:
        """Nothing to look up in advance: the database may not be there yet."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily | HistogramMetricFamily]:
        """Read what there is; a database that does not answer is said, and no reason to say nothing else."""
        yield _one("daytrader_info", "The version", {"version": daytrader.__version__}, 1)
        is_up = system_service.database_status() == system_service.OK
        yield _one("daytrader_database_up", "Whether the database answers with this version's schema", {}, is_up)
        yield _one("daytrader_sockets", "Open sockets", {}, self._app.extensions["sockets"].count)
        if not is_up:
            return
        with SessionManager(read_only=True) as session:
            counts = system_service.counts(session)
            sequence = event_log.last_sequence(session)
        for kind, by_state in counts.items():
            family = GaugeMetricFamily(f"daytrader_{kind}", f"Number of {kind} by state", labels=["state"])
            for state, count in by_state.items():
                family.add_metric([state], count)
            yield family
        yield _one("daytrader_last_event", "Sequence of the newest event", {}, sequence)
        told = self._app.extensions["sockets"].told
        yield _one("daytrader_told_event", "Sequence of the last event that this process' sockets were told", {}, told)
        bells = self._app.extensions.get("bells")
        if bells is not None and bells.status != NONE:
            yield _one("daytrader_redis_up", "Whether Redis answers", {}, bells.status == OK)
        engine = self._app.extensions.get("engine")
        if engine is not None:
            status = engine.status()
            yield _one("daytrader_engine_state", "What the engine does", {"state": status["state"]}, 1)
            position = status["position"]
            if position is not None:
                yield _one("daytrader_market_time_seconds", "How far the market is", {}, position.timestamp())
            yield _one(
                "daytrader_engine_up", "Whether engine and feed say that nothing is wrong", {}, status["error"] is None
            )
            about = "Stocks, at each interval, whose prices should have come and have not"
            yield _one("daytrader_feed_stale", about, {}, status["stale"])
            yield from _accounts(status["accounts"])
            yield from _lag(status.get("lag"))


def _accounts(accounts: Sequence[Mapping[str, Any]]) -> Iterator[GaugeMetricFamily]:
    names = ["broker", "account"]
    well = GaugeMetricFamily("daytrader_account_up", "Whether orders go to the account, 0 or 1", labels=names)
    turn = GaugeMetricFamily("daytrader_account_last_turn_seconds", "When the account last answered", labels=names)
    for one in accounts:
        values = [one["broker"], one["account"]]
        well.add_metric(values, float(one["is_reconciled"] and one["error"] is None))
        if one["last_turn_at"] is not None:
            turn.add_metric(values, one["last_turn_at"].timestamp())
    yield from (well, turn)


def _lag(said: Mapping[str, Any] | None) -> Iterator[HistogramMetricFamily]:
    """Yield how late decisions are, unless no engine has said so."""
    if said is not None:
        buckets = list(zip([*map(str, BUCKETS), "+Inf"], said["counts"], strict=True))
        about = "From the end of a bar, in a replay its release, to the commit of what was decided on it"
        yield HistogramMetricFamily("daytrader_bar_to_decision_seconds", about, buckets, said["seconds"])


def _one(name: str, about: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=list(labels))
    family.add_metric(list(labels.values()), float(value))
    return family
