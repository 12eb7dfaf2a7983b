"""Swagger and its UI, served from the package: no page of ours asks another host for anything."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, url_for
from flask_restx import Api

from daytrader.api.decorators import current_actor
from daytrader.api.encoding import answer
from daytrader.api.swagger import completed
from daytrader.config import Settings
from daytrader.utils.errors import ForbiddenError


def register(blueprint: Blueprint, api: Api) -> None:
    """Serve ``/swagger.json`` and ``/docs``; where the settings hide them, to admins only."""

    @blueprint.get("/swagger.json")
    def specification() -> Response:
        _refuse_public()
        return answer(described(api))

    @blueprint.get("/docs")
    def page() -> str:
        _refuse_public()
        return render_template("docs.html", specification=url_for("api.specification"))


def described(api: Api) -> dict[str, object]:
    """Return the specification, built once per application."""
    cached: dict[str, object] | None = current_app.extensions.get("swagger")
    if cached is None:
        cached = current_app.extensions["swagger"] = completed(api.__schema__)
    return cached


def _refuse_public() -> None:
    settings: Settings = current_app.extensions["settings"]
    if not settings.docs and not current_actor().is_admin:
        raise ForbiddenError("only an admin may read this here")
