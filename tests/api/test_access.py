"""Who may what: every address, every method and every room, asked as nobody, owner, another user and admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

import pytest
from flask import Flask

from daytrader.api import rooms
from daytrader.models import ApiKey, BrokerCredential, CorporateAction, Job, StockDailyPrice, StockIntradayPrice, User
from daytrader.models.enums import CorporateActionKind, JobState
from daytrader.services.actor import Actor
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import BrokenRuleError, ForbiddenError, NotFoundError

from ..conftest import World
from .conftest import Caller

ANSWERED = 0
"""Whatever the answer is, it is none of 401, 403, 404 and 500."""


@dataclass(frozen=True)
class Row:
    """One row of security.md's table: what owner, another user and admin are answered; nobody gets *nobody*."""

    owner: int
    other: int
    admin: int
    nobody: int = 401


PUBLIC = Row(ANSWERED, ANSWERED, ANSWERED, nobody=ANSWERED)
EVERYONE = Row(ANSWERED, ANSWERED, ANSWERED)
ADMIN = Row(403, 403, ANSWERED)
OWN = Row(ANSWERED, 404, ANSWERED)
OWN_ALONE = Row(ANSWERED, 404, 403)
ADMIN_OF_ACCOUNT = Row(403, 404, ANSWERED)

TABLE = [
    ("GET", r"|/|/P|/P/F|/ui/F|/assets/F|/swaggerui/F", PUBLIC),
    ("GET", r"/api/v1/docs|/api/v1/swagger.json|/api/v1/system/(health|ready)", PUBLIC),
    ("POST", r"/api/v1/auth/(register|login|set-password)", PUBLIC),
    ("POST", r"/api/v1/auth/refresh", Row(401, 401, 401)),  # by a refresh token only, which nobody sends here
    ("POST", r"/api/v1/auth/(logout|logout-all|totp|totp/confirm)", EVERYONE),
    ("DELETE", r"/api/v1/auth/totp", EVERYONE),
    ("GET|POST", r"/api/v1/auth/api-keys", EVERYONE),
    ("GET|DELETE", r"/api/v1/auth/api-keys/N", OWN),
    ("GET|POST", r"/api/v1/users", ADMIN),
    ("PUT|PATCH", r"/api/v1/users/N/role", ADMIN),
    ("GET", r"/api/v1/users/me", EVERYONE),
    ("POST", r"/api/v1/users/change-password", EVERYONE),
    ("GET|PUT|PATCH|DELETE", r"/api/v1/users/N", OWN),
    ("POST", r"/api/v1/users/N/(toggle-active|reset-password)", ADMIN_OF_ACCOUNT),
    ("GET", r"/api/v1/(stocks|prices|corporate-actions)(/.*)?", EVERYONE),
    ("POST|PUT|PATCH|DELETE", r"/api/v1/(stocks|prices|corporate-actions)(/.*)?", ADMIN),
    ("GET", r"/api/v1/strategies(/S)?", EVERYONE),
    ("GET", r"/api/v1/portfolio", EVERYONE),
    ("GET|POST", r"/api/v1/services", EVERYONE),
    ("GET", r"/api/v1/services/search", EVERYONE),
    ("GET", r"/api/v1/services/N(/.*)?", OWN),
    ("POST", r"/api/v1/services/N/(pause|stop)", OWN),
    ("POST", r"/api/v1/services/N/backtest", OWN),  # kept by whoever asks
    ("PUT|PATCH", r"/api/v1/services/N/state", OWN),
    ("POST|PUT|PATCH|DELETE", r"/api/v1/services/N(/.*)?", OWN_ALONE),
    ("GET|POST", r"/api/v1/transactions", EVERYONE),
    ("GET", r"/api/v1/transactions/export", EVERYONE),
    ("GET", r"/api/v1/transactions/(services/)?N(/.*)?", OWN),
    ("POST|PUT|PATCH", r"/api/v1/transactions/N/.*", OWN_ALONE),
    ("GET|PUT", r"/api/v1/risk(/promotion)?", EVERYONE),
    ("POST", r"/api/v1/risk/(kill|release|flatten)", EVERYONE),
    ("PUT", r"/api/v1/system/engine/limits", ADMIN),
    ("GET", r"/api/v1/orders", EVERYONE),
    ("GET", r"/api/v1/orders/N", OWN),
    ("POST", r"/api/v1/orders/N/cancel", OWN_ALONE),
    ("GET|POST", r"/api/v1/(backtests|backtests/preview|sweeps|scans)", EVERYONE),
    ("GET", r"/api/v1/backtests/compare", EVERYONE),
    ("GET|DELETE", r"/api/v1/(backtests|sweeps)/N(/.*)?", OWN),
    ("GET", r"/api/v1/jobs", EVERYONE),
    ("GET|DELETE", r"/api/v1/jobs/N", OWN),
    ("GET|PUT", r"/api/v1/notifications", EVERYONE),
    ("POST", r"/api/v1/notifications/test", EVERYONE),
    ("GET|POST", r"/api/v1/brokers", EVERYONE),
    ("DELETE", r"/api/v1/brokers/N", OWN),
    ("POST", r"/api/v1/brokers/N/(test|resume)", Row(ANSWERED, 404, 404)),
    ("GET", r"/api/v1/system/(info|websocket-docs)", EVERYONE),
    ("POST", r"/api/v1/system/websocket-test", EVERYONE),
    ("GET|POST", r"/api/v1/system/(database|engine|config|metrics|audit-log)(/.*)?", ADMIN),
]


def _row(method: str, rule: str) -> Row | None:
    kinds = {"int": "N", "path": "F", "string": "S"}
    plain = re.sub(r"<(\w+)[^:]*:\w+>", lambda found: kinds.get(found[1], "P"), rule)
    for methods, pattern, row in TABLE:
        if method in methods.split("|") and re.fullmatch(pattern, plain):
            return row
    return None


def _endpoints(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "api.root":  # Flask-RESTX's own, which answers 404 to everyone
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule


@pytest.fixture
def objects(world: World) -> Callable[[User], dict[str, object]]:
    """Make one of everything for an owner, by the names that addresses call them; prices are there already."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0, 11.0, 12.0])
    numbers = count()

    def make(owner: User) -> dict[str, object]:
        number = next(numbers)
        spare = world.stock(f"S{number}")
        service = world.service(owner, stock, name=f"s{number}")
        with SessionManager() as session:
            daily = session.query(StockDailyPrice.id).limit(1).scalar()
            intraday = StockIntradayPrice(
                stock_id=spare.id, timestamp=datetime(2020, 1, 2, 15, tzinfo=UTC), interval=1, close_price=1.0
            )
            key = ApiKey(user_id=owner.id, name="k", prefix="dt_", key_hash=f"{number:064}", scopes=["read"])
            job = Job(user_id=owner.id, kind="import", state=JobState.RUNNING)  # few may wait at once
            action = CorporateAction(
                stock_id=spare.id, ex_date=date(2020, 1, 2), kind=CorporateActionKind.SPLIT, source="csv"
            )
            account = BrokerCredential(
                user_id=owner.id,
                broker="alpaca",
                is_live=False,
                sealed_key=b"",
                sealed_secret=b"",
                shown="",
                account=str(number),
                verified_at=datetime(2020, 1, 2, tzinfo=UTC),
            )
            session.add_all([intraday, key, job, action, account])
            session.flush()
            return {
                "service_id": service.id,
                "action_id": action.id,
                "stock_id": spare.id,
                "symbol": stock.symbol,
                "price_id": intraday.id,
                "daily_price_id": daily,
                "key_id": key.id,
                "credential_id": account.id,
                "job_id": job.id,
                "user_id": owner.id,
                "name": "technical",
                "filename": "docs.js",
                "page": "services",
                "rest": "1",
                "asset": "index.html",
            }

    return make


def test_every_endpoint_has_a_row(app: Flask) -> None:
    """Who adds an address says who may use it."""
    assert [endpoint for endpoint in _endpoints(app) if _row(*endpoint) is None] == []


def test_the_table(
    app: Flask,
    world: World,
    sign_in: Callable[[User], Caller],
    objects: Callable[[User], dict[str, object]],
) -> None:
    """The whole table, over HTTP, with empty bodies: who may is told what is missing, who may not is told no more."""
    other, root = world.user("other"), world.user("root", is_admin=True)
    wrong = []
    for number, (method, rule) in enumerate(_endpoints(app)):
        row = _row(method, rule)
        assert row is not None
        owner = world.user(f"owner{number}")
        named = _with_trades(sign_in(owner), objects(owner), rule)
        address = _address(rule, named)
        callers = [("nobody", None), ("other", other), ("admin", root), ("owner", owner)]
        if row.admin == ANSWERED:  # the admin's may be the last: nothing is left for the owner
            callers = [callers[0], callers[1], callers[3], callers[2]]
        for who, user in callers:
            headers = {} if user is None else {"Authorization": f"Bearer {sign_in(user).token}"}
            status = app.test_client().open(address, method=method, headers=headers).status_code
            expected = getattr(row, who)
            if status in {401, 403, 404, 500} if expected == ANSWERED else status != expected:
                wrong.append(f"{method} {rule} as {who}: {status}, not {expected or 'answered'}")
    assert "\n".join(line for line in wrong if not _is_used_up(line)) == ""


def _with_trades(owner: Caller, named: dict[str, object], rule: str) -> dict[str, object]:
    if "backtest_id" in rule:
        asked = {"symbol": named["symbol"], "strategy": "buy_and_hold"}
        return named | {"backtest_id": owner.post("/backtests", asked).get_json()["id"]}
    if "sweep_id" in rule:
        asked = {"symbol": named["symbol"], "strategy": "buy_and_hold", "grid": {"stop_loss": [1, 2]}}
        made = owner.post("/sweeps", asked).get_json()
        owner.delete(f"/jobs/{made['id']}")
        return named | {"sweep_id": made["sweep_id"]}
    if "transaction_id" not in rule and "order_id" not in rule:
        return named
    owner.post(f"/services/{named['service_id']}/activate")
    bought = owner.post("/transactions", {"service_id": named["service_id"], "shares": 1}).get_json()
    order = owner.get("/orders").get_json()["items"][0]
    return named | {"transaction_id": bought["id"], "order_id": order["id"]}


def _address(rule: str, named: dict[str, object]) -> str:
    if "/daily/<int:price_id>" in rule:
        rule = rule.replace("<int:price_id>", "<int:daily_price_id>")
    if rule.startswith("/swaggerui/"):
        return "/swaggerui/swagger-ui.css"
    return re.sub(r"<\w+[^:]*:(\w+)>", lambda found: str(named[found[1]]), rule)


def _is_used_up(line: str) -> bool:
    # What the owner has deleted, the admin who comes after finds no more.
    return line.startswith("DELETE") and line.endswith("as admin: 404, not answered")


ROOMS = {
    **dict.fromkeys(("services", "transactions", "metrics"), EVERYONE),
    **dict.fromkeys(("stocks", "stock_{symbol}", "price_updates", "data_feeds"), EVERYONE),
    **dict.fromkeys(("system", "system_info", "system_warning"), EVERYONE),
    **dict.fromkeys(("users", "errors", "database_admin", "system_error", "system_critical"), ADMIN),
    **dict.fromkeys(("service_{id}", "user_{id}"), OWN),
}
_STATUS = {ForbiddenError: 403, NotFoundError: 404, BrokenRuleError: 400}


def test_every_room_has_a_row() -> None:
    """The table of the sockets is the one that is tested."""
    assert {room.name for room in rooms.ROOMS} == ROOMS.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_who_may_join(world: World, room: str) -> None:
    """Nobody joins without a login (tests/api/test_socket_connections.py); the others by the table."""
    owner, other, root = (world.user(name) for name in ("owner", "other", "root"))
    service = world.service(owner, world.stock("ACME"))
    name = room.format(id=service.id if room.startswith("service_") else owner.id, symbol="ACME")

    def asked(actor: Actor) -> int:
        try:
            rooms.admit(actor, name)
        except (ForbiddenError, NotFoundError, BrokenRuleError) as error:
            return _STATUS[type(error)]
        return ANSWERED

    found = Row(asked(Actor(owner.id)), asked(Actor(other.id)), asked(Actor(root.id, is_admin=True)))
    assert found == ROOMS[room]
