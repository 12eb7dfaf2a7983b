"""The numbered cases of the security design from 13 on: what comes in, what goes out, sockets and limits."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import socketio
from flask import Flask
from flask.testing import FlaskClient

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import StockDailyPrice, TradingService
from daytrader.services.session_manager import SessionManager

from ..conftest import PASSWORD, World
from .break_in import API, CANARY, is_closed, login
from .conftest import SECRET, Caller


def test_case_13_a_bomb_or_a_body_too_large_changes_nothing(world: World, admin: Caller) -> None:
    """What unpacks itself is no JSON; what is too large is 413 before it is read. Files: tests of the import."""
    bomb = gzip.compress(b"0" * 50_000_000)
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    assert admin._send("POST", "/stocks", data=bomb, headers=packed).status_code in {400, 413, 415}
    large = {"Content-Type": "application/json"}
    assert admin._send("POST", "/stocks", data=b" " * 1_000_001, headers=large).status_code == 413
    assert admin.get("/stocks").get_json()["items"] == []
    with SessionManager(read_only=True) as session:
        assert session.query(StockDailyPrice).count() == 0
    assert world.published == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "<b>"])
def test_case_14_what_a_spreadsheet_would_run_stays_text_in_json(world: World, alice: Caller, name: str) -> None:
    """It comes back as it was given; exported files quote it: tests of the exports."""
    service = world.service(alice.user, world.stock("ACME"), name=name, description=name)

    assert alice.get(f"/services/{service.id}").get_json()["name"] == name.strip()


@pytest.mark.parametrize("field", ["url", "address", "endpoint", "base_url"])
def test_case_15_nobody_names_an_address_to_fetch_from(admin: Caller, world: World, field: str) -> None:
    """No body has a field for it: whom the server asks is decided by its settings."""
    world.stock("ACME")

    for path in ("/services", "/stocks", "/backtests", "/prices/ACME/fetch", "/sweeps", "/scans"):
        refused = admin.post(path, {field: "http://169.254.169.254/latest"})
        assert refused.status_code == 400
        assert field in refused.get_json()["validation_errors"]


@pytest.mark.parametrize(
    "path",
    [
        *("/..%2f..%2fetc/passwd", "///etc/passwd", "/assets//etc/passwd", "/ui//etc/passwd", "/swaggerui/../x"),
        *(
            "/assets/..%2f..%2fconfig.py",
            "/ui/..%2fconfig.py",
            "/ui/../config.py",
            "/ui/%2e%2e/config.py",
        ),  # they exist
        *("/services/..%2f..%2fconfig.py", "/ui/assets/..%2f..%2fconfig.py"),
    ],
)
def test_case_16_no_way_out_of_the_folder(client: FlaskClient, path: str) -> None:
    """404, and nothing of a file, one of this installation's own included."""
    answer = client.get(path)

    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_case_17_a_foreign_page_gets_nowhere(
    app: Flask, url: str, alice: Caller, connect: Callable[..., socketio.Client]
) -> None:
    """Refreshing is 403, a socket is refused."""
    browser = app.test_client()
    marked = {"X-Requested-With": "XMLHttpRequest"}
    browser.post(f"{API}/auth/login", json={"username": "alice", "password": PASSWORD}, headers=marked)

    foreign = browser.post(f"{API}/auth/refresh", headers=marked | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert browser.post(f"{API}/auth/refresh", headers=marked | {"Origin": "http://localhost"}).status_code == 200
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(alice.token, "https://evil.example")
    assert connect(alice.token, url).connected


def test_case_18_sockets_hear_what_they_may(
    alice: Caller, bob: Caller, active_service: TradingService, connect: Callable[..., socketio.Client]
) -> None:
    """No token, another's room, a socket's id, a list: refused; a frame of 1 MB or 100 joins a second end it."""
    for nobody in (None, "x", 1):
        with pytest.raises(socketio.exceptions.ConnectionError):
            connect(nobody)
    theirs, listening = connect(alice.token), connect(bob.token)
    rooms: tuple[Any, ...] = (
        f"service_{active_service.id}",
        f"user_{alice.user.id}",
        theirs.get_sid(),
        ["services"],
        {},
        "users",
        "",
    )
    for room in rooms:
        assert listening.call("join", {"room": room}, timeout=60)["status"] == "error", room

    listening.emit("join", {"room": "x" * 1_000_000})
    assert is_closed(listening)
    answers: list[str] = []
    for _ in range(100):
        if not theirs.connected:
            break
        theirs.emit("join", {"room": "services"}, callback=lambda answer: answers.append(answer.get("code", "ok")))
    assert is_closed(theirs, 3) or "too_many_requests" in answers


def test_case_19_no_secret_leaves(
    world: World, client: FlaskClient, alice: Caller, admin: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    """A password, a token, a key and a link are in no answer but their own, no log, no event and no table."""
    new = {"new_password": CANARY, "confirm_password": CANARY}
    alice.post("/users/change-password", {"current_password": PASSWORD} | new)
    pair = login(client, "alice", CANARY).get_json()
    link = admin.post(f"/users/{alice.user.id}/reset-password").get_json()["set_password_url"]
    key = alice.post("/auth/api-keys", {"name": "x", "scopes": ["read"]}).get_json()["key"]
    secrets = [CANARY, SECRET, pair["access_token"], pair["refresh_token"], key, link.partition("token=")[2]]

    paths = ("/users/me", "/auth/api-keys", "/system/info")
    told = [caller.get(path).text for caller in (alice, admin) for path in paths]
    told += [admin.get("/users").text, str(world.published), "".join(capfd.readouterr())]
    with world.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        told += [str(connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()) for table in tables]

    assert [secret for secret in secrets for text in told if secret in text] == []


def test_case_20_no_script_in_a_page_runs(client: FlaskClient, world: World, alice: Caller) -> None:
    """Names travel as JSON that no browser takes for a page; pages run no inline script and load nothing foreign."""
    service = world.service(alice.user, world.stock("ACME"), name="<script>alert(1)</script>")

    answer = alice.get(f"/services/{service.id}")
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/", f"{API}/docs"):
        page = client.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b'{"name":' + b'{"a":' * 5000, 400, id="unclosed"),
        pytest.param(b'{"strategy_params":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, id="deep"),
        pytest.param(b'{"name": "a", "stock_symbol": "ACME", "initial_balance": 1, "name": "b"}', 400, id="twice"),
        pytest.param(b'{"name": "' + b"x" * 2_000_000 + b'"}', 413, id="large"),
        pytest.param(b'{"name": "\xff"}', 400, id="no UTF-8"),
    ],
)
def test_case_21_bodies_that_mean_harm(world: World, alice: Caller, body: bytes, status: int) -> None:
    """Deep, ambiguous or huge ones."""
    world.stock("ACME")
    sent = alice._send("POST", "/services", data=body, headers={"Content-Type": "application/json"})

    assert sent.status_code == status


def test_case_22_no_header_makes_another_caller(world: World, settings: Settings) -> None:
    """A made-up X-Forwarded-For, Forwarded or X-Real-IP does not begin the count anew."""
    world.user("alice")
    client = create_app(replace(settings, limit_login_address="2/minute")).test_client()

    def tried(number: int) -> int:
        address = f"10.0.0.{number}"
        headers = {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}"}
        body: dict[str, Any] = {"username": f"n{number}", "password": PASSWORD}
        return client.post(f"{API}/auth/login", json=body, headers=headers).status_code

    assert [tried(number) for number in range(4)] == [401, 401, 429, 429]


def test_case_23_mass_creation_ends_at_a_limit(
    settings: Settings, alice: Caller, connect: Callable[..., socketio.Client]
) -> None:
    """Keys and services by the writes of a minute, sockets by their number."""
    client = create_app(replace(settings, limit_writes="60/hour")).test_client()
    many = Caller(client, alice.user, alice.token)

    keys = [many.post("/auth/api-keys", {"name": "x", "scopes": ["read"]}).status_code for _ in range(61)]
    assert keys[-1] == 429
    assert keys.count(201) == 50
    assert many.post("/services", {}).status_code == 429
    opened = 0
    with pytest.raises(socketio.exceptions.ConnectionError):
        for _ in range(settings.limit_sockets + 1):
            connect(alice.token)
            opened += 1
    assert opened == settings.limit_sockets
