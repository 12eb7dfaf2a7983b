"""Tests of limits, the audit log, headers, proxies and what production refuses."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import DBAPIError

from daytrader.api import encoding, uploads
from daytrader.app import create_app
from daytrader.config import Settings
from daytrader.models import AuditEntry, User
from daytrader.services import audit_service, database, demo, rate_limits
from daytrader.services.rate_limits import RateLimits
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConfigurationError, TooManyRequestsError
from tests.redis import RedisServer

from ..conftest import PASSWORD, World
from .conftest import Caller

SECRET = "5f0e9a17c3b84d62e1fa7708bb4936d2c5a1e0f4"
LOGIN = "/api/v1/auth/login"


def _login(client: FlaskClient, name: str = "alice", password: str = PASSWORD, **options: Any) -> Any:
    return client.post(LOGIN, json={"username": name, "password": password}, **options)


def _client(settings: Settings, **changes: Any) -> FlaskClient:
    return create_app(replace(settings, **changes)).test_client(use_cookies=False)


def _entries() -> list[AuditEntry]:
    with SessionManager(read_only=True) as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_success_begins_the_count_of_an_account_anew(world: World, settings: Settings) -> None:
    """Somebody who signs in often is not shut out; somebody who guesses is."""
    world.user("alice")
    client = _client(settings, limit_login="2/minute")

    assert [_login(client).status_code for _ in range(4)] == [200] * 4
    assert [_login(client, password="Wrong-Pass-1").status_code for _ in range(3)] == [401, 401, 429]


def test_name_and_mail_address_are_one_account(world: World, settings: Settings) -> None:
    """In any case: nobody gets twice as many tries by spelling it otherwise."""
    world.user("alice")
    client = _client(settings, limit_login="2/minute")

    names = ("alice", "ALICE@example.com", "Alice")

    assert [_login(client, name, "Wrong-Pass-1").status_code for name in names] == [401, 401, 429]


def test_one_address_cannot_try_many_accounts(settings: Settings, world: World) -> None:
    """Whatever the names are; the message says when to come back."""
    world.user("alice")
    client = _client(settings, limit_login_address="3/minute")

    answers = [_login(client, f"nobody{number}") for number in range(3)] + [_login(client)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1].get_json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_passwords_asked_for_again_are_counted_as_logins(settings: Settings, alice: Caller) -> None:
    """A stolen login is no way to guess the password."""
    client = _client(settings, limit_login="2/minute")
    stolen = Caller(client, alice.user, alice.token)
    body = {"current_password": "Wrong-Pass-1", "new_password": "Another-Good-2", "confirm_password": "Another-Good-2"}

    answers = [stolen.post("/users/change-password", body).status_code for _ in range(3)]

    assert answers == [400, 400, 429]


def test_writes_are_limited_for_each_user_and_reads_are_not(settings: Settings, alice: Caller, bob: Caller) -> None:
    """Refused ones count too."""
    client = _client(settings, limit_writes="2/minute")
    one, two = (Caller(client, caller.user, caller.token) for caller in (alice, bob))

    assert [one.post("/services", {}).status_code for _ in range(3)] == [400, 400, 429]
    assert one.get("/services").status_code == 200
    assert two.post("/services", {}).status_code == 400


def test_imports_have_a_limit_of_their_own(settings: Settings, admin: Caller) -> None:
    """Refused ones count too; other writes go on."""
    client = _client(settings, limit_imports="2/hour")
    importer = Caller(client, admin.user, admin.token)

    assert [importer.post("/prices/import").status_code for _ in range(3)] == [415, 415, 429]
    assert importer.post("/stocks", {}).status_code == 400


def test_the_limits_are_those_of_the_design() -> None:
    """Unless a setting says otherwise."""
    settings = Settings()
    assert (settings.limit_login, settings.limit_login_address) == ("5/minute", "20/minute")
    assert (settings.limit_writes, settings.limit_imports) == ("60/minute", "60/hour")
    assert (settings.limit_backtests, settings.limit_sockets) == (2, 5)
    assert (settings.limit_events, settings.limit_event_bytes) == (20, 8192)
    assert (encoding.MAX_BODY, uploads.MAX_UPLOAD) == (1_000_000, 64_000_000)


def test_strangers_are_limited_by_their_address(world: World, settings: Settings) -> None:
    """Registering and using links too."""
    client = _client(settings, limit_writes="2/minute")
    assert world.engine

    answers = [client.post(f"/api/v1/auth/{name}", json={}) for name in ("register", "set-password", "register")]

    assert [answer.status_code for answer in answers] == [400, 400, 429]


def test_a_limit_ends_with_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how long that takes."""
    moment = time.time()  # it stands: a busy machine may take longer than the window from one to the next
    monkeypatch.setattr(rate_limits, "time", SimpleNamespace(time=lambda: moment, monotonic=time.monotonic))
    limits = RateLimits.of({"login": "1/second"})
    limits.take("login", "x")
    with pytest.raises(TooManyRequestsError) as refused:
        limits.take("login", "x")
    assert refused.value.retry_after == 1
    limits.take("login", "y")

    moment += 0.5
    with pytest.raises(TooManyRequestsError):
        limits.take("login", "x")
    moment += 0.5
    limits.take("login", "x")


def test_without_redis_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    """A limit never fails a request."""
    limits = RateLimits.of({"login": "1/minute"}, "redis://127.0.0.1:1/0")

    limits.take("login", "x")
    with pytest.raises(TooManyRequestsError):
        limits.take("login", "x")
    limits.forget("login", "x")
    limits.take("login", "x")
    assert caplog.records is not None


def test_nobody_waits_for_a_redis_that_is_away_or_hangs(redis_server: RedisServer) -> None:
    """A second once in a while; the counts go on here, and are shared again when it is back."""
    limits = RateLimits.of({"login": "2/minute"}, redis_server.url)
    limits.take("login", "x")
    redis_server.hang()
    began = time.monotonic()
    limits.take("login", "x")
    limits.take("login", "x")
    with pytest.raises(TooManyRequestsError):
        limits.take("login", "x")
    assert time.monotonic() - began < 5
    redis_server.stop()
    began = time.monotonic()
    RateLimits.of({"login": "2/minute"}, redis_server.url).take("login", "x")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("rule", "redis"), [("often", ""), ("5/minute", "nonsense://x")])
def test_a_limit_that_is_none_is_refused_at_the_start(rule: str, redis: str) -> None:
    """By name, before anyone relies on it."""
    with pytest.raises(ConfigurationError):
        RateLimits.of({rate_limits.LOGIN: rule}, redis)


def test_the_audit_log_says_who_did_what_to_whom(client: FlaskClient, admin: Caller, alice: Caller) -> None:
    """Refusals with the code of their error; no secret and no name."""
    _login(client, password="Wrong-Pass-1")
    _login(client)
    _login(client, "nobody")
    alice.put(f"/users/{alice.user.id}/role", {"is_admin": True})
    admin.put(f"/users/{alice.user.id}/role", {"is_admin": True})
    admin.post("/users", {"username": "carol", "email": "carol@example.com"})
    admin.post("/stocks", {"symbol": "NEW"})

    told = [(entry.actor_id, entry.action, entry.target, entry.result) for entry in _entries()]

    own, root = alice.user.id, admin.user.id
    assert told[:2] == [
        (None, "auth.login", f"user:{own}", "unauthenticated"),
        (None, "auth.login", f"user:{own}", "ok"),
    ]
    assert told[2][2].startswith("name:")
    assert told[3:] == [
        (own, "user.role", f"/users/{own}/role", "forbidden"),
        (root, "user.role", f"/users/{own}/role", "ok"),
        (root, "user.create", f"/users/{root + 2 if root > own else own + 1}", "ok"),
        (root, "POST /stocks", "/stocks/1", "ok"),
    ]
    assert {entry.address for entry in _entries()} == {"127.0.0.1"}
    assert _entries()[-1].via.startswith("login:")
    assert not any(word in str(told) for word in (PASSWORD, "Wrong", "nobody", "carol"))


def test_an_entry_stands_only_if_what_it_tells_of_does(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are one transaction."""

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit_service, "record", fail)

    assert admin.post("/stocks", {"symbol": "NEW"}).status_code == 500
    assert admin.get("/stocks").get_json()["items"] == []


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    """A migrated database of each kind."""
    url = (
        f"sqlite:///{tmp_path / 'm.db'}" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    )
    engine = database.connect(url)
    database.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("change", [update(AuditEntry).values(result="ok"), delete(AuditEntry)])
def test_entries_are_never_changed(migrated: Engine, change: Any) -> None:
    """The database itself refuses, whoever asks."""
    with SessionManager() as session:
        audit_service.record(session, audit_service.CONSOLE, "user.role", "/users/1")

    with pytest.raises(DBAPIError, match="append-only"), migrated.begin() as connection:
        connection.execute(change)

    assert len(_entries()) == 1


def test_entries_are_listed_with_filters(admin: Caller) -> None:
    """For the page of admins: by actor, action, result and time."""
    admin.post("/stocks", {"symbol": "NEW"})
    admin.post("/stocks", {"symbol": "NEW"})

    with SessionManager(read_only=True) as session:
        page = audit_service.listing(session, audit_service.LISTING.parse({"result": "conflict"}))
        everything = audit_service.listing(session, audit_service.LISTING.parse({"actor_id": str(admin.user.id)}))

    assert [item.result for item in page.items] == ["conflict"]
    assert everything.total_items == 2


def test_only_as_many_proxies_are_believed_as_there_are(settings: Settings, world: World) -> None:
    """With one of ours, its own entry counts, not what stands before it; TLS ends there."""
    world.user("alice")
    client = _client(settings, proxies=1, limit_login_address="1/minute")

    def tried(forwarded: str) -> int:
        return int(_login(client, headers={"X-Forwarded-For": forwarded}).status_code)

    assert [tried("9.9.9.9, 1.1.1.1"), tried("8.8.8.8, 1.1.1.1"), tried("8.8.8.8, 2.2.2.2")] == [200, 429, 200]
    secure = client.get("/api/v1/system/health", headers={"X-Forwarded-Proto": "https"})
    assert "max-age" in secure.headers["Strict-Transport-Security"]


def test_no_other_page_reads_answers_unless_it_is_listed(settings: Settings, world: World) -> None:
    """CORS is off; a list of origins admits those, and never their cookies."""
    assert world.engine
    ours, theirs = "https://ui.example", "https://evil.example"
    silent = _client(settings).get("/api/v1/system/health", headers={"Origin": ours})
    assert not any(name.startswith("Access-Control") for name, _ in silent.headers)

    client = _client(settings, cors_origins=f"{ours}, https://other.example")
    told = client.get("/api/v1/system/health", headers={"Origin": ours})
    asked = client.options("/api/v1/services", headers={"Origin": ours, "Access-Control-Request-Method": "POST"})
    refused = client.get("/api/v1/system/health", headers={"Origin": theirs})

    assert told.headers["Access-Control-Allow-Origin"] == ours
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in told.headers
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert "Origin" in refused.headers["Vary"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "change-me-change-me-change-me-change-me"}, "SECRET_KEY"),
        ({"secret_key": "a" * 64}, "SECRET_KEY"),
        ({"demo": True}, "DEMO"),
        ({"env": "prod"}, "ENV"),
    ],
)
def test_production_refuses_unsafe_settings(
    world: World, settings: Settings, changes: dict[str, Any], named: str
) -> None:
    """It does not start, and says which variable it is."""
    assert world.engine
    safe = replace(settings, env="production", secret_key=SECRET)
    create_app(safe)

    with pytest.raises(ConfigurationError, match=f"DAYTRADER_{named}"):
        create_app(replace(safe, **changes))


def test_production_refuses_debugging(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flask's debugger would run what a visitor types."""
    assert world.engine
    monkeypatch.setenv("FLASK_DEBUG", "1")

    with pytest.raises(ConfigurationError, match="FLASK_DEBUG"):
        create_app(replace(settings, env="production", secret_key=SECRET))


def test_production_refuses_a_database_with_an_open_demo_account(world: World, settings: Settings) -> None:
    """Its password lies in a file and on a page; shut, it is no danger."""
    user = world.user(demo.USERNAME)
    safe = replace(settings, env="production", secret_key=SECRET)

    with pytest.raises(ConfigurationError, match="demo"):
        create_app(safe)
    with SessionManager() as session:
        session.get_one(User, user.id).is_active = False
    create_app(safe)


def test_production_hides_swagger_unless_told() -> None:
    """The setting decides; what it is when nobody says anything differs."""
    production = {"DAYTRADER_ENV": "production"}

    assert Settings.from_environment({}).docs is True
    assert Settings.from_environment(production).docs is False
    assert Settings.from_environment(production | {"DAYTRADER_DOCS": "true"}).docs is True


def test_a_stranger_learns_nothing_from_a_link(client: FlaskClient, world: World) -> None:
    """A wrong token, an old one and none at all are told apart by nobody."""
    assert world.engine
    body = {"new_password": "Another-Good-2", "confirm_password": "Another-Good-2"}

    answers = [client.post("/api/v1/auth/set-password", json=body | {"token": token}) for token in ("x", "y" * 43)]

    assert {answer.status_code for answer in answers} == {400}
    assert len({str(answer.get_json()["validation_errors"]) for answer in answers}) == 1


def test_a_link_expires(client: FlaskClient, admin: Caller, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a day."""
    from daytrader.services import one_time_tokens

    monkeypatch.setattr(one_time_tokens, "LIFE", timedelta(seconds=-1))
    url = admin.post(f"/users/{alice.user.id}/reset-password").get_json()["set_password_url"]
    body = {"token": url.partition("token=")[2], "new_password": PASSWORD, "confirm_password": PASSWORD}

    assert client.post("/api/v1/auth/set-password", json=body).status_code == 400
