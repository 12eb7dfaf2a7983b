"""Swagger and its UI, served from the package: no page of ours asks another host for anything."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, render_template, url_for
from flask_restx import Api

from daytrader.api.decorators import current_actor
from daytrader.api.encoding import answer
from daytrader.api.swagger import MODELS
from daytrader.config import Settings
from daytrader.utils.errors import ForbiddenError

_OPERATIONS: Final = frozenset({"get", "post", "put", "patch", "delete"})


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
        cached = current_app.extensions["swagger"] = _completed(api.__schema__)
    return cached


def _completed(specification: dict[str, object]) -> dict[str, object]:
    # RESTX documents its own field masks and error model, which nothing here answers with.
    paths = specification["paths"]
    assert isinstance(paths, dict)
    for path in paths.values():
        for method in _OPERATIONS & path.keys():
            parameters = path[method].get("parameters", [])
            path[method]["parameters"] = [p for p in parameters if p.get("name") != "X-Fields"]
    # RESTX registers what a response names, not what a model names in turn.
    definitions = {name: model.__schema__ for name, model in sorted(MODELS.items())}
    return {name: part for name, part in specification.items() if name != "responses"} | {"definitions": definitions}


def _refuse_public() -> None:
    settings: Settings = current_app.extensions["settings"]
    if not settings.docs and not current_actor().is_admin:
        raise ForbiddenError("only an admin may read this here")
