"""The web interface: one page and its files, as the build of `ui/` left them in the package."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from markupsafe import escape
from werkzeug.exceptions import NotFound

import daytrader
from daytrader.config import Settings
from daytrader.services import demo

BUILT: Final = Path(daytrader.__file__).parent / "static"

_blueprint = Blueprint("pages", __name__, static_folder="assets", static_url_path="/assets")

_HASHED: Final = "assets/"
"""Below here a name holds the hash of the content: what it names never changes."""
_A_YEAR: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"  # kept, but asked for each time: 304 as long as it is the same
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_BODY: Final = "<body>"
PAGES: Final = frozenset(
    {
        *("services", "stocks", "transactions", "orders", "backtests", "sweeps", "scans", "admin", "settings"),
        *("register", "set-password"),
    }
)
"""How the addresses of pages begin (ui/src/app/router.tsx): whatever else is asked for is answered 404."""
_ANY_PAGE: Final = "any(" + ", ".join(f'"{name}"' for name in sorted(PAGES)) + ")"
_ADDRESS: Final = re.compile(r"[a-z-]+(/[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)*/?")
_UNBUILT: Final = """<!doctype html><html lang="en"><title>DayTrader</title>
<p>The web interface is not built: <code>make ui</code> does that. The API is at
<a href="/api/v1/docs">/api/v1/docs</a>.</p>
</html>"""


def install(app: Flask) -> None:
    """Mount the page at every address that is nothing else's, and its files."""
    app.register_blueprint(_blueprint)


@_blueprint.get("/")
@_blueprint.get(f"/<{_ANY_PAGE}:page>")
@_blueprint.get(f"/<{_ANY_PAGE}:page>/<path:rest>")
def page(page: str = "", rest: str = "") -> Response:
    """Show the interface; which of its pages, its own script reads from the address."""
    if rest and _ADDRESS.fullmatch(f"{page}/{rest}") is None:
        raise NotFound
    response = Response(_index(), mimetype="text/html")
    response.headers["Cache-Control"] = _ASK_AGAIN
    response.add_etag()
    response.make_conditional(request.environ)
    return response


@_blueprint.get("/ui/<path:asset>")
def file(asset: str) -> Response:
    """Send one file of the interface, compressed as the build left it where the browser can read that."""
    response, encoding = _compressed(asset)
    response.headers["Cache-Control"] = _A_YEAR if asset.startswith(_HASHED) else _ASK_AGAIN
    response.headers.add("Vary", "Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def wants_page() -> bool:
    """Whether a person's browser asks for a page: scripts and the API's callers do not ask for HTML."""
    if request.path.startswith("/api/") or request.method not in {"GET", "HEAD"}:
        return False
    accepted = request.accept_mimetypes
    return accepted["text/html"] > accepted["application/json"]


def not_found() -> Response:
    """Show the interface where nothing is: it says so, and leads back."""
    return Response(_index(), HTTPStatus.NOT_FOUND, mimetype="text/html")


def _compressed(name: str) -> tuple[Response, str | None]:
    plain = send_from_directory(BUILT, name, conditional=False)
    for encoding, suffix in _ENCODINGS:
        if request.accept_encodings[encoding] and (BUILT / f"{name}{suffix}").is_file():
            sent = send_from_directory(BUILT, f"{name}{suffix}", mimetype=plain.mimetype)
            plain.close()
            return sent, encoding
    plain.close()
    return send_from_directory(BUILT, name), None


def _index() -> str:
    """Return the page, with what it must know before it can ask: who the demo is, whether strangers may register."""
    try:
        built = (BUILT / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return _UNBUILT
    settings: Settings = current_app.extensions["settings"]
    told = {"registration": "on" if settings.registration else "off"}
    if settings.demo:
        account = demo.credentials(settings.instance)
        told |= {"demo-username": account.username, "demo-password": account.password}
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in told.items())
    return built.replace(_BODY, f"<body{attributes}>", 1)
