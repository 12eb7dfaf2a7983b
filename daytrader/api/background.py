"""Requests whose work goes on after their answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app

from daytrader.config import Settings
from daytrader.jobs.worker import Worker
from daytrader.services import sweep_files
from daytrader.services.sweep_files import SweepFiles


def worker() -> Worker:
    """Return who carries out this application's jobs."""
    found: Worker = current_app.extensions["jobs"]
    return found


def sweep_files_of(sweep_id: int) -> SweepFiles:
    """Return the files in which this application's jobs keep what came of a sweep."""
    settings: Settings = current_app.extensions["settings"]
    return sweep_files.of(settings.instance, sweep_id)


def starts_job(method: Callable[..., Any]) -> Callable[..., Any]:
    """Ring for the worker once the request's transaction is committed; stands above `writes`."""

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        response = method(*args, **kwargs)
        worker().wake()
        return response

    return run


def forget_bars(app: Flask) -> None:
    """Have the engine of this process, where one runs, read the stored bars again: they have changed."""
    engine = app.extensions.get("engine")
    if engine is not None:
        engine.forget_bars()


def changes_bars(method: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the engine once the request's transaction is committed; stands above `writes`."""

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        response = method(*args, **kwargs)
        forget_bars(current_app)
        return response

    return run
