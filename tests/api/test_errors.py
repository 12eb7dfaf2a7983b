"""Tests of daytrader.api.errors, daytrader.api.headers and daytrader.api.encoding over HTTP."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import QueuePool
from werkzeug.test import TestResponse

from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.services import database, stock_service
from daytrader.utils.errors import ConfigurationError

from ..conftest import World
from .conftest import Caller

KEYS = {"error", "status_code", "message", "code", "validation_errors", "request_id"}


def _is_envelope(response: TestResponse, status: int) -> bool:
    body = response.get_json()
    return (
        response.status_code == status == body["status_code"]
        and body.keys() == KEYS
        and body["error"] is True
        and body["request_id"] == response.headers["X-Request-ID"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/stocks/1000000000000000000000000000000", 404),
        ("GET", "/api/v1/stocks/4294967296", 404),
        ("GET", "/api/v1/stocks/-1", 404),
        ("GET", "/api/v1/stocks/\uff11", 404),
        ("GET", "/api/v1/..%2f..%2fetc/passwd", 404),
        ("GET", "///etc/passwd", 404),
        ("DELETE", "/api/v1/transactions/1", 405),
        ("POST", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/sweeps/-1", 404),
        ("POST", "/nothing", 404),
        ("POST", "/api/v1/system/health", 405),
    ],
)
def test_addresses_that_do_not_answer(alice: Caller, method: str, path: str, status: int) -> None:
    """They answer in the same envelope, never with a redirect or a page."""
    headers = {"Authorization": f"Bearer {alice.token}"}

    response = alice.client.open(path, method=method, headers=headers)

    assert _is_envelope(response, status)
    if status == 405:
        assert response.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '"x"',
        "NaN",
        '{"username": NaN}',
        '{"username": 1e-99999999999999999999}',
        '{"username": "\\ud800"}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        '{"a":' * 5000,
        "\xff",
    ],
)
def test_malformed_bodies(client: FlaskClient, body: str) -> None:
    """Broken, deep or ambiguous JSON is 400."""
    response = client.post("/api/v1/auth/login", data=body.encode("latin-1"), content_type="application/json")

    assert _is_envelope(response, 400)


def test_bodies_of_another_type(client: FlaskClient) -> None:
    """415."""
    assert _is_envelope(client.post("/api/v1/auth/login", data={"username": "x"}), 415)


def test_large_bodies(client: FlaskClient) -> None:
    """413, before anything reads them."""
    response = client.post("/api/v1/auth/login", data=b'"' + b"x" * 2_000_000, content_type="application/json")

    assert _is_envelope(response, 413)


def test_both_spellings_answer(admin: Caller) -> None:
    """With and without the trailing slash, and never by redirect: every address that names no object, by every verb."""
    paths = admin.get("/swagger.json").get_json()["paths"]
    asked = [(path, verb) for path, item in paths.items() if "{" not in path for verb in item if verb != "parameters"]
    unlike = []
    for path, verb in asked:
        if verb == "get":
            statuses = [admin.get(spelling).status_code for spelling in (path, path + "/")]
        else:  # nothing is done: no verb knows such a body
            statuses = [admin._send(verb.upper(), s, json={"colour": 1}).status_code for s in (path, path + "/")]
        if statuses[0] != statuses[1] or not 200 <= statuses[0] < 600 or 300 <= statuses[0] < 400:
            unlike.append((path, verb, statuses))
    assert unlike == []
    assert len(asked) > 60


def test_the_unexpected_tells_nothing(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 carries an id that finds the trace in the log, and no word of what happened."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    monkeypatch.setattr(stock_service, "create", fail)

    response = admin.post("/stocks", {"symbol": "CANARY"})

    assert _is_envelope(response, 500)
    assert not any(word in response.text for word in ("SELECT", "passwd", "CANARY", "Traceback", "RuntimeError"))


def test_without_a_free_connection_it_is_said_to_ask_again(
    alice: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds the pool empty is told so after a while: it is no failure of ours, nor is it lost."""
    pool = world.engine.pool
    assert isinstance(pool, QueuePool)
    monkeypatch.setattr(pool, "_timeout", 0.05)
    held = [world.engine.connect() for _ in range(database._POOL["pool_size"] + database._POOL["max_overflow"])]
    try:
        refused = alice.get("/stocks")
    finally:
        for connection in held:
            connection.close()
    assert _is_envelope(refused, 503)
    assert refused.headers["Retry-After"]
    assert alice.get("/stocks").status_code == 200


def test_a_fit_request_id_is_kept_another_replaced(client: FlaskClient) -> None:
    """What goes into the log is the caller's own id only if it is harmless."""
    kept = client.get("/api/v1/system/health", headers={"X-Request-ID": "trace-12345678"})
    replaced = client.get("/api/v1/system/health", headers={"X-Request-ID": "<script>alert(1)</script>"})

    assert kept.headers["X-Request-ID"] == "trace-12345678"
    assert len(replaced.headers["X-Request-ID"]) == 32


def test_security_headers(client: FlaskClient) -> None:
    """On every response; answers of the API are never cached."""
    response = client.get("/api/v1/system/health")

    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not any("unsafe" in part for part in policy)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert len(response.headers) == len({name.lower() for name, _ in response.headers})  # none stands twice
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in response.headers
    secure = client.get("/api/v1/system/health", base_url="https://localhost")
    assert "max-age" in secure.headers["Strict-Transport-Security"]


@pytest.mark.usefixtures("world")
def test_only_trusted_hosts_are_answered(settings: Settings) -> None:
    """Another Host header is 400."""
    client = create_app(replace(settings, trusted_hosts="trade.example, localhost")).test_client()

    assert client.get("/api/v1/system/health", base_url="http://trade.example").status_code == 200
    assert client.get("/api/v1/system/health", base_url="http://evil.example").status_code == 400


def test_a_short_secret_is_refused(settings: Settings) -> None:
    """The application does not start."""
    with pytest.raises(ConfigurationError):
        create_app(replace(settings, secret_key="short"))


def test_long_answers_travel_compressed(world: World, alice: Caller) -> None:
    """When the caller takes it."""
    for number in range(60):
        world.stock(f"S{number}")

    response = alice.client.get(
        "/api/v1/stocks?page_size=60",
        headers={"Authorization": f"Bearer {alice.token}", "Accept-Encoding": "gzip"},
    )

    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.data) < 5000


@pytest.mark.usefixtures("app")
def test_ready_tells_whether_the_schema_is_there(client: FlaskClient, admin: Caller) -> None:
    """A database made without migrations is not ready; health answers all the same, and /info who asks with a token."""
    assert client.get("/api/v1/system/health").get_json() == {"status": "ok"}
    not_ready = client.get("/api/v1/system/ready")
    assert not_ready.status_code == 503
    assert not_ready.get_json() == {"status": "not ready"}
    info = admin.get("/system/info").get_json()
    assert info["name"] == "DayTrader"
    assert "technical" in info["strategies"]


def test_the_log_has_the_trace_and_no_secret(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The request id leads to the trace; what was sent stands nowhere in it."""
    from daytrader.services import user_service

    def fail(_session: object, _name: str, password: str) -> None:
        raise RuntimeError(f"after {len(password)} characters")

    monkeypatch.setattr(user_service, "authenticate", fail)

    answer = client.post("/api/v1/auth/login", json={"username": "alice", "password": "canary-Canary-1"})

    logged = capsys.readouterr().err
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in logged
    assert "after 15 characters" in logged
    assert "canary" not in (logged + answer.text).lower()


def test_a_value_that_was_sent_does_not_come_back(alice: Caller, world: World) -> None:
    """The field, the rule and what is allowed; never the strategy, parameter or indicator that was asked for."""
    made = {"name": "swing", "stock_symbol": world.stock("ACME").symbol, "initial_balance": 1000}
    answers = [
        alice.post("/services", made | {"strategy": "canary"}),
        alice.post("/services", made | {"strategy": "sma_cross", "strategy_params": {"fast": "canary"}}),
        alice.get("/prices/ACME/indicators", names="canary:3"),
        alice.get("/prices/ACME/indicators", names="sma:canary"),
        alice.get("/prices/ACME/indicators", names="sma:canary=3"),
        alice.get("/strategies/canary"),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 400, 404]
    for answer in answers:
        assert "canary" not in answer.get_data(as_text=True)
    assert "known: " in answers[0].get_data(as_text=True)
