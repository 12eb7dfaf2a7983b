"""An application over the test's database, and clients signed in to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import flask
import pytest
import socketio
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import TradingService, User
from daytrader.services import token_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.events import Event, events
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .serving import served
from .socket_client import WAIT, Listener, connecting

SECRET = "a secret that only the tests know, long enough"


@dataclass
class Caller:
    """One user's view of the API."""

    client: FlaskClient
    user: User
    token: str

    def _send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read."""
        return self._send("GET", path, query_string=query or None)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """Do."""
        return (
            self._send("POST", path, json=json, **options) if json is not None else self._send("POST", path, **options)
        )

    def put(self, path: str, json: Any) -> TestResponse:
        """Change."""
        return self._send("PUT", path, json=json)

    def patch(self, path: str, json: Any) -> TestResponse:
        """Change some."""
        return self._send("PATCH", path, json=json)

    def delete(self, path: str) -> TestResponse:
        """Remove."""
        return self._send("DELETE", path)


def activate(service: TradingService) -> None:
    """Let a service trade, as its owner does."""
    with SessionManager() as session:
        trading_service.activate(session, Actor(service.user_id), service.id)


def tell(*told: Event) -> None:
    """Record events in one unit of work, as the system itself does."""
    with SessionManager() as session:
        for event in told:
            events.record(session, event)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of the application under test."""
    return Settings(
        instance=tmp_path,
        secret_key=SECRET,
        limit_login="1000/second",
        limit_login_address="1000/second",
        limit_writes="1000/second",
        limit_imports="1000/second",
    )


@pytest.fixture
def app(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application over the world's database; published events are recorded, then sent."""
    app = create_app(settings)
    send = events.publish

    def publish(event: Any) -> None:
        world.published.append(event)
        send(event)

    monkeypatch.setattr(events, "publish", publish)
    if not _DOCUMENTED:
        _learn_what_is_documented(app)
    return app


@pytest.fixture(autouse=True)
def answers_are_documented() -> Iterator[None]:
    """Whatever a route answers in a test, Swagger has its status; 500 alone is nobody's plan."""
    seen: set[tuple[str, str, int]] = set()

    def note(_app: Flask, response: Response, **_: Any) -> None:
        if flask.request.endpoint and flask.request.endpoint.startswith("api."):
            seen.add((str(flask.request.url_rule), flask.request.method.lower(), response.status_code))

    with flask.request_finished.connected_to(note):
        yield
    undocumented = [
        f"{method} {rule}: {status}"
        for rule, method, status in sorted(seen)
        if status not in _DOCUMENTED.get((rule, method), {status}) | {HTTPStatus.INTERNAL_SERVER_ERROR}
    ]
    assert undocumented == []


_DOCUMENTED: dict[tuple[str, str], set[int]] = {}


def _learn_what_is_documented(app: Flask) -> None:
    """Once for all tests: the routes are the same in each application."""
    paths = app.test_client().get("/api/v1/swagger.json").get_json()["paths"]
    rules = {re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule): rule.rule for rule in app.url_map.iter_rules()}
    for path, item in paths.items():
        for method, operation in item.items():
            if method != "parameters":
                _DOCUMENTED[rules[f"/api/v1{path}"], method] = {int(status) for status in operation["responses"]}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def sign_in(app: Flask, client: FlaskClient) -> Callable[[User], Caller]:
    """Sign a user in, without the work of hashing."""

    def enter(user: User) -> Caller:
        with SessionManager() as session:
            pair = token_service.open_login(session, user, app.extensions["token_rules"])
        return Caller(client, user, pair.access_token)

    return enter


@pytest.fixture
def alice(world: World, sign_in: Callable[[User], Caller]) -> Caller:
    """A trader."""
    return sign_in(world.user("alice"))


@pytest.fixture
def bob(world: World, sign_in: Callable[[User], Caller]) -> Caller:
    """Another trader."""
    return sign_in(world.user("bob"))


@pytest.fixture
def admin(world: World, sign_in: Callable[[User], Caller]) -> Caller:
    """An administrator."""
    return sign_in(world.user("root", is_admin=True))


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The application, served on a free port."""
    with served(app) as address:
        yield address


@pytest.fixture
def connect(url: str) -> Iterator[Callable[..., socketio.Client]]:
    """Connect sockets; hung up at the end."""
    clients: list[socketio.Client] = []

    def open_one(token: object, origin: str | None = None) -> socketio.Client:
        client = socketio.Client(reconnection=False, websocket_extra_options=connecting(origin))
        clients.append(client)
        client.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=WAIT)
        return client

    yield open_one
    for client in clients:
        if client.connected:
            client.eio.ws.sock.close()


@pytest.fixture
def service(world: World, alice: Caller) -> TradingService:
    """A service of alice's on ACME that trades nothing yet."""
    return world.service(alice.user, world.stock("ACME"))


@pytest.fixture
def active_service(world: World, alice: Caller) -> TradingService:
    """An active service of alice's on ACME, which closed at 10 and 20."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 20.0])
    made = world.service(alice.user, stock)
    alice.post(f"/services/{made.id}/activate")
    return made


@pytest.fixture
def listen(url: str) -> Iterator[Callable[[Caller], Listener]]:
    """Connect a socket as a caller; hung up at the end."""
    listeners: list[Listener] = []

    def connect(caller: Caller) -> Listener:
        listeners.append(Listener(url, caller.token))
        return listeners[-1]

    yield connect
    for listener in listeners:
        listener.hang_up()
