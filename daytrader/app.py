"""Composition root: the only module that sees every layer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from daytrader import api
from daytrader.api import background, encoding, errors, headers, pages, uploads
from daytrader.api.backtesting import Backtesting
from daytrader.api.prometheus import Figures
from daytrader.api.sockets import Sockets
from daytrader.config import Settings
from daytrader.core.strategy import broken_strategies
from daytrader.jobs import backtest, price_jobs, scan, sweep
from daytrader.jobs.notifier import Notifier
from daytrader.jobs.worker import Worker
from daytrader.services import column_cache, demo, rate_limits, strategy_folder
from daytrader.services.events import events
from daytrader.services.rate_limits import RateLimits
from daytrader.services.session_manager import SessionManager
from daytrader.utils import logs, sealing
from daytrader.utils.auth import TokenRules
from daytrader.utils.errors import ConfigurationError


class _IdConverter(IntegerConverter):
    """An id in an address: plain digits that a column can hold; anything else is no address of ours."""

    regex = r"[0-9]{1,10}"

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, **({"max": 2**31 - 1} | options))


class _App(Flask):
    """Flask without its look, six times a request, whether a function is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return *func* as it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """
    Return the application: REST, sockets and pages over the database that is connected already.

    ``app.extensions["socketio"]`` serves it. ``app.extensions["jobs"]`` is the worker of background jobs: whoever
    serves starts and stops it. Whoever also runs an engine puts its supervisor into ``app.extensions["engine"]``.

    Raises:
        ConfigurationError: If a setting is wrong, or unsafe for production.
    """
    settings.check()
    if not structlog.is_configured():
        logs.configure(settings.log_level)
    strategy_folder.use_folder(settings.strategies_folder)
    for broken in broken_strategies():
        structlog.get_logger().warning("strategy left out", why=broken.why)
    app = _App("daytrader", static_folder=None, template_folder=None)
    hosts = [host for host in re.split(r"[,\s]+", settings.trusted_hosts) if host]
    app.config["TRUSTED_HOSTS"] = hosts or None
    # Both spellings of an address answer; a redirect would lose the body of a POST.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = _IdConverter
    rules = TokenRules(
        settings.secret_key,
        access_life=timedelta(minutes=settings.access_token_minutes),
        refresh_life=timedelta(days=settings.refresh_token_days),
    )
    app.extensions["settings"] = settings
    app.extensions["token_rules"] = rules
    app.extensions["rate_limits"] = make_limits(settings)
    if settings.is_production:
        _refuse_unsafe(app)
    column_cache.use(settings.instance)
    sealing.use(settings.sealing_key, settings.instance)
    app.extensions["backtesting"] = Backtesting(settings.limit_backtests)
    app.extensions["jobs"] = make_worker(settings, lambda: background.forget_bars(app))
    encoding.install(app)
    headers.install(app)
    errors.install(app)
    api.install(app)
    pages.install(app)
    app.extensions["figures"] = Figures(app)
    events.publish = Sockets(app, rules).publish  # the sockets themselves are app.extensions["socketio"]
    if settings.proxies:  # around sockets, too
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]  # Flask's own way
    return app


def make_limits(settings: Settings) -> RateLimits:
    """Return how often is too often."""
    return RateLimits.of(
        {
            rate_limits.LOGIN: settings.limit_login,
            rate_limits.LOGIN_ADDRESS: settings.limit_login_address,
            rate_limits.WRITES: settings.limit_writes,
            rate_limits.IMPORTS: settings.limit_imports,
            rate_limits.NOTIFICATIONS: settings.limit_notifications,
        },
        settings.redis_url,
    )


def make_notifier(settings: Settings) -> Notifier:
    """Return who tells users outside of DayTrader what happens."""
    return Notifier(make_limits(settings), allows_private=settings.private_notifications)


def make_worker(settings: Settings, on_prices: Callable[[], None] = lambda: None) -> Worker:
    """Return a worker with every kind of job there is; *on_prices* is called once one has changed prices."""
    address = headers.API_PREFIX
    return Worker(
        price_jobs.handlers(uploads.folder(settings), address=address, on_prices=on_prices, settings=settings)
        | backtest.handlers(address=address)
        | sweep.handlers(settings.instance, address=address, dask=settings.dask)
        | scan.handlers(),
        long=(sweep.SWEEP,),
    )


def _refuse_unsafe(app: Flask) -> None:
    if app.debug:
        raise ConfigurationError("FLASK_DEBUG must be off in production: it runs what a visitor types")
    with SessionManager(read_only=True) as session:
        demo.require_no_account(session)
