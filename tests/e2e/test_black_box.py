"""The API and its sockets as somebody who only knows the address uses them: nothing here imports the application."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
import socketio

from tests.e2e.server import RunningServer, daytrader, wait_for

PASSWORD: Final = "Black-Box-Pass-1"
CANARY: Final = "alices-own-canary"
BARS: Final = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2024-01-{day:02},{day},{day + 2},{day - 1},{day + 1},1000\n" for day in range(2, 31) if day % 7 not in {6, 0}
)
LAST_DAY: Final = BARS.splitlines()[-1].partition(",")[0]
_SHARED: Final = {"{stock_id}", "{price_id}", "{symbol}", "{name}"}


@dataclass
class User:
    """Somebody with a token and an HTTP library."""

    address: str
    id: int
    token: str

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.address}/api/v1{path}", headers=headers, timeout=120, **options)

    def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers with."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """Return what a POST answers with."""
        answer = self.ask("POST", path, json={} if body is None else body)
        assert answer.status_code == status, answer.text
        return answer.json()


def _sign_in(address: str, name: str) -> User:
    body = {"username": name, "password": PASSWORD}
    answer = requests.post(f"{address}/api/v1/auth/login", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return User(address, answer.json()["user"]["id"], answer.json()["access_token"])


def _sign_up(address: str, name: str) -> User:
    passwords = {"password": PASSWORD, "password_confirm": PASSWORD}
    body = {"username": name, "email": f"{name}@example.com"} | passwords
    assert requests.post(f"{address}/api/v1/auth/register", json=body, timeout=30).status_code == 201
    return _sign_in(address, name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """`daytrader serve` on a new instance whose admin was made at the command line; its limits are out of our way."""
    instance = tmp_path_factory.mktemp("black-box") / "instance"
    words = ("user", "create", "root", "--email", "root@example.com", "--admin", "--password-stdin")
    made = daytrader(instance, *words, given=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    limits = ("LOGIN", "LOGIN_ADDRESS", "WRITES", "IMPORTS")
    variables = {f"DAYTRADER_LIMIT_{name}": "100000/minute" for name in limits} | {"DAYTRADER_LIMIT_EVENTS": "1000"}
    variables |= {"DAYTRADER_SECRET_KEY": secrets.token_urlsafe(48), "DAYTRADER_DOCS": "true"}
    with RunningServer(instance, "--speed", "0", command="serve", **variables) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: RunningServer) -> User:
    """The admin, who has brought ACME and its prices in."""
    root = _sign_in(server.address, "root")
    root.post("/stocks", {"symbol": "ACME", "name": "Acme Corporation"}, 201)
    job = root.ask("POST", "/prices/import?symbol=ACME", files={"file": ("acme.csv", BARS)}).json()
    wait_for(lambda: root.get(f"/jobs/{job['id']}")["state"] == "SUCCEEDED")
    return root


@pytest.fixture(scope="module")
def alice(admin: User) -> User:
    """A trader who registered over HTTP."""
    return _sign_up(admin.address, "alice")


@pytest.fixture(scope="module")
def bob(admin: User) -> User:
    """Another."""
    return _sign_up(admin.address, "bob")


@pytest.fixture
def service(alice: User) -> int:
    """An active service of alice's."""
    body = {"name": CANARY, "description": CANARY, "stock_symbol": "ACME", "initial_balance": 10_000}
    patient = {"strategy": "sma_cross", "strategy_params": {"fast": 100, "slow": 200}}  # it will never trade by itself
    number: int = alice.post("/services", body | patient, 201)["id"]
    alice.post(f"/services/{number}/activate")
    wait_for(lambda: str(alice.get("/system/info")["market_time"]).startswith(LAST_DAY))
    return number


@pytest.fixture
def listen() -> Iterator[Callable[[User], tuple[socketio.Client, list[tuple[str, dict[str, Any]]]]]]:
    """Connect a socket; what it hears is listed."""
    clients: list[socketio.Client] = []

    def connect(user: User) -> tuple[socketio.Client, list[tuple[str, dict[str, Any]]]]:
        heard: list[tuple[str, dict[str, Any]]] = []
        client = socketio.Client(reconnection=False)
        client.on("*", lambda name, body: heard.append((name, body)))
        client.connect(user.address, auth={"token": user.token}, transports=["websocket"], wait_timeout=60)
        clients.append(client)
        return client, heard

    yield connect
    for client in clients:
        if client.connected:
            client.eio.ws.sock.close()


Listen = Callable[[User], tuple[socketio.Client, list[tuple[str, dict[str, Any]]]]]


def test_a_trade_from_request_to_event(alice: User, service: int, listen: Listen) -> None:
    """The request is validated and carried out, the answer shows the object, the socket hears the same."""
    client, heard = listen(alice)
    assert client.call("join_transactions", timeout=60)["status"] == "ok"
    refused = alice.ask("POST", "/transactions", json={"service_id": service, "shares": 0})
    assert refused.status_code == 400
    assert "shares" in refused.json()["validation_errors"]

    bought = alice.post("/transactions", {"service_id": service, "shares": 3}, 201)
    sold = alice.post(f"/transactions/{bought['id']}/complete", {"sale_price": bought["purchase_price"] + 1})

    assert (sold["state"], sold["gain_loss"]) == ("CLOSED", 3)
    wait_for(lambda: "transaction:complete" in [name for name, _ in heard])
    events = {name: body for name, body in heard if name.startswith("transaction:")}
    assert list(events) == ["transaction:new", "transaction:complete"]
    assert events["transaction:new"]["entity"] == bought
    assert events["transaction:complete"]["entity"] == sold == alice.get(f"/transactions/{bought['id']}")
    assert events["transaction:complete"]["sequence"] > events["transaction:new"]["sequence"]
    assert alice.get(f"/services/{service}")["total_gain_loss"] == 3


COLLECTIONS = ("/stocks", "/services", "/transactions", "/prices/daily", "/prices/intraday", "/orders", "/jobs")


@pytest.mark.parametrize("path", COLLECTIONS)
def test_a_trailing_slash_is_no_other_address(alice: User, path: str) -> None:
    """As clients of version 1 write it: the same answer, without a redirect."""
    with_slash = alice.ask("GET", f"{path}/", params={"page": 1, "page_size": 2}, allow_redirects=False)
    assert with_slash.status_code == 200
    assert with_slash.json() == alice.get(path, page=1, page_size=2)
    assert with_slash.json()["pagination"]["page_size"] == 2


def test_a_body_survives_a_trailing_slash(alice: User) -> None:
    """A redirect would lose it."""
    body = {"name": "slashed", "stock_symbol": "ACME", "initial_balance": 100}
    answer = alice.ask("POST", "/services/", json=body, allow_redirects=False)
    assert (answer.status_code, answer.json()["name"]) == (201, "slashed")


@pytest.mark.parametrize(("state", "status"), [("PAUSED", 200), ("inactive", 200), ("ERROR", 409), ("x", 400)])
def test_a_state_is_put(alice: User, service: int, state: str, status: int) -> None:
    """`PUT /services/{id}/state {state}`."""
    answer = alice.ask("PUT", f"/services/{service}/state", json={"state": state})
    assert answer.status_code == status, answer.text
    expected = state.upper() if status == 200 else "ACTIVE"
    assert alice.get(f"/services/{service}")["state"] == expected


def test_a_sale_names_its_price(alice: User, service: int) -> None:
    """`POST /transactions/{id}/complete {sale_price}`; a second time is a conflict."""
    bought = alice.post("/transactions", {"service_id": service, "shares": 1}, 201)
    price = bought["purchase_price"] - 1
    sold = alice.post(f"/transactions/{bought['id']}/complete", {"sale_price": price})
    assert (sold["sale_price"], sold["gain_loss"]) == (price, -1)
    again = alice.ask("POST", f"/transactions/{bought['id']}/complete", json={"sale_price": price})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_pages_are_numbered(alice: User) -> None:
    """`?page=&page_size=` walk through a list once."""
    seen, page = [], 1
    while True:
        answer = alice.get("/prices/daily", page=page, page_size=7)
        seen += [item["id"] for item in answer["items"]]
        if not answer["pagination"]["has_next"]:
            break
        page += 1
    assert len(seen) == len(set(seen)) == answer["pagination"]["total_items"] == BARS.count("2024-")


def test_filters_have_suffixes(alice: User) -> None:
    """`name_like` on text, `price_min` and `price_max` on numbers."""
    assert [stock["symbol"] for stock in alice.get("/stocks", name_like="corpor")["items"]] == ["ACME"]
    closes = [bar["close_price"] for bar in alice.get("/prices/daily", price_min=10, price_max=12)["items"]]
    assert closes
    assert all(10 <= close <= 12 for close in closes)


@pytest.fixture
def owned(alice: User, admin: User, service: int) -> dict[str, int]:
    """One of everything that is alice's, by the names that addresses call them."""
    bought = alice.post("/transactions", {"service_id": service, "shares": 2}, 201)
    alice.ask("PUT", f"/transactions/{bought['id']}/notes", json={"notes": CANARY})
    order = next(order for order in alice.get("/orders", page_size=100)["items"] if order["service_id"] == service)
    key = alice.post("/auth/api-keys", {"name": CANARY, "scopes": ["read"]}, 201)
    return {
        "service_id": service,
        "transaction_id": bought["id"],
        "order_id": order["id"],
        "key_id": key["id"],
        "user_id": alice.id,
        "job_id": admin.get("/jobs")["items"][0]["id"],
    }


def _operations(user: User) -> Iterator[tuple[str, str]]:
    for path, item in user.get("/swagger.json")["paths"].items():
        for method in item.keys() - {"parameters"}:
            yield method.upper(), path


def _personal(path: str) -> bool:
    return bool(set(re.findall(r"{\w+}", path)) - _SHARED)


def test_nobody_touches_anothers_objects_by_any_route(alice: User, bob: User, owned: dict[str, int]) -> None:
    """Every route with an id of alice's, asked by bob: no such thing, and afterwards everything is as it was."""

    def picture() -> list[Any]:
        paths = ("/services/{service_id}", "/transactions/{transaction_id}", "/orders/{order_id}", "/users/{user_id}")
        return [alice.get(path.format_map(owned)) for path in (*paths, "/auth/api-keys/{key_id}")]

    before, asked = picture(), 0
    for method, path in _operations(bob):
        if not _personal(path):
            continue
        address = re.sub(r"{(\w+)}", lambda found: str(owned.get(found[1], 1)), path)
        answer = bob.ask(method, address, json={})
        is_for_admins = path.endswith("/role")
        assert answer.status_code == (403 if is_for_admins else 404), (method, path, answer.text)
        assert CANARY not in answer.text
        asked += 1
    assert asked > 30
    assert picture() == before


def test_nobody_sees_anothers_objects_in_any_list(alice: User, bob: User, owned: dict[str, int]) -> None:
    """Every address without an id, asked by bob, with and without a filter that names alice's."""
    assert CANARY in str(alice.get("/services"))
    asked = 0
    for method, path in _operations(bob):
        if method != "GET" or "{" in path:
            continue
        for query in ({}, {"q": CANARY}, {"user_id": alice.id}, {"service_id": owned["service_id"]}):
            answer = bob.ask("GET", path, params=query)
            assert answer.status_code in {200, 400, 403}, (path, answer.text)
            assert CANARY not in answer.text, path
        asked += 1
    assert asked > 15
    assert bob.get("/transactions", service_id=owned["service_id"])["items"] == []


def test_nobody_names_anothers_objects_in_a_body(alice: User, bob: User, owned: dict[str, int]) -> None:
    """A buy for alice's service is a buy for none; a service cannot be made hers."""
    body = {"service_id": owned["service_id"], "shares": 1}
    assert bob.ask("POST", "/transactions", json=body).status_code == 404
    mine = {"name": "x", "stock_symbol": "ACME", "initial_balance": 1, "user_id": alice.id}
    assert bob.ask("POST", "/services", json=mine).status_code == 400


def test_nobody_hears_anothers_events_in_any_room(
    alice: User, bob: User, service: int, owned: dict[str, int], listen: Listen
) -> None:
    """Bob in every room that he may join, and with everything sent again, hears nothing of what alice does."""
    client, heard = listen(bob)
    names = [room["name"] for room in bob.get("/system/websocket-docs")["rooms"]]
    keys = {"service_{id}": service, "user_{id}": alice.id}
    joined = []
    for name in names:
        room = name.format(id=keys.get(name, 0), symbol="ACME")
        if client.call("join", {"room": room}, timeout=60)["status"] == "ok":
            joined.append(name)
    assert set(joined) & set(keys) == set()
    assert {"services", "transactions", "metrics", "price_updates", "system"} <= set(joined)

    alice.post(f"/transactions/{owned['transaction_id']}/complete")
    alice.ask("PUT", f"/services/{service}", json={"description": CANARY + "2"})
    bob.post("/system/websocket-test")
    assert client.call("resume", {"after": 0}, timeout=60)["status"] == "ok"
    wait_for(lambda: "system:notification" in [name for name, _ in heard])
    time.sleep(0.5)
    assert CANARY not in str(heard)
    assert not [body for _, body in heard if body["entity"].get("service_id") == service]
