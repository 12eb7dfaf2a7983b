"""The REST interface: one blueprint, one namespace per kind of thing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask
from flask_restx import Api

import daytrader
from daytrader.api import docs, swagger
from daytrader.api.headers import API_PREFIX
from daytrader.api.resources import (
    api_keys,
    auth,
    backtests,
    brokers,
    corporate_actions,
    jobs,
    notifications,
    orders,
    parity,
    portfolio,
    price_files,
    price_records,
    promotion,
    risk,
    service_figures,
    stock_prices,
    stocks,
    stored_backtests,
    strategies,
    sweep_results,
    sweeps,
    system,
    system_admin,
    totp,
    trading_services,
    trading_transactions,
    users,
    websockets,
)
from daytrader.utils.lean_imports import without

with without("redis", "requests"):  # its queues and its clients need them, which no server here has: 0.2 s of a start
    import socketio  # noqa: F401

NAMESPACES = (
    auth.ns,
    api_keys.ns,
    totp.ns,
    users.ns,
    stocks.ns,
    stock_prices.ns,
    price_records.ns,
    price_files.ns,
    corporate_actions.ns,
    strategies.ns,
    trading_services.ns,
    portfolio.ns,
    trading_transactions.ns,
    orders.ns,
    risk.ns,
    backtests.ns,
    sweeps.ns,
    sweeps.scans_ns,
    jobs.ns,
    notifications.ns,
    brokers.ns,
    system.ns,
)
_MORE = (parity, promotion, service_figures, stored_backtests, sweep_results, system_admin, websockets)
"""Further routes of those above."""

_DESCRIPTION = """Services that decide, trade, explain and account to the cent.

Sign in with `POST /auth/login`, then press *Authorize* and paste the access token. Lists take `page`, `page_size`,
`sort`, `order` and filters for each column: `=`; `_min` and `_max` on numbers; `_after` and `_before` on dates;
`_like` on text.

Every error has one form, with `code` for programs. 500 is never your fault: its `request_id` finds it in the log."""


class _Api(Api):  # type: ignore[misc]
    """Flask-RESTX without its own idea of errors, which would echo rejected bodies, passwords included."""

    def error_router(self, original_handler: Any, e: Exception) -> Any:
        """Leave every error to `api.errors`."""
        return original_handler(e)


def install(app: Flask) -> None:
    """Mount every resource below `API_PREFIX`."""
    blueprint = Blueprint("api", __name__, url_prefix=API_PREFIX, template_folder="templates")
    api = _Api(
        version=daytrader.__version__,
        title="DayTrader",
        description=_DESCRIPTION,
        authorizations=swagger.AUTHORIZATIONS,
        doc=False,
        validate=False,
    )
    api.init_app(blueprint, add_specs=False)
    for ns in dict.fromkeys(NAMESPACES):  # several modules may share one
        api.add_namespace(ns, f"/{ns.name}")
    api.models.update(swagger.MODELS)
    docs.register(blueprint, api)
    app.register_blueprint(blueprint)
