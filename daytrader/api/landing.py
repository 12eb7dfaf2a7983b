"""The page at ``/`` and the files that our pages load."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, render_template

from daytrader.config import Settings
from daytrader.services import demo

_blueprint = Blueprint(
    "landing", __name__, static_folder="assets", static_url_path="/assets", template_folder="templates"
)


@_blueprint.get("/")
def page() -> str:
    """Show what the caller's services do, live; the demo's account signs in by itself."""
    settings: Settings = current_app.extensions["settings"]
    account = demo.credentials(settings.instance) if settings.demo else None
    return render_template("landing.html", account=account)


def install(app: Flask) -> None:
    """Mount the page and the assets."""
    app.register_blueprint(_blueprint)
