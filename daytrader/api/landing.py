"""The page at ``/``, the one behind one-time links, and the files that our pages load."""

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


@_blueprint.get("/set-password")
def set_password() -> str:
    """Let whoever holds a one-time link choose a password; the link's token never reaches the server's log."""
    return render_template("set_password.html")


def install(app: Flask) -> None:
    """Mount the page and the assets."""
    app.register_blueprint(_blueprint)
