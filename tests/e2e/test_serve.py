"""``daytrader serve`` as it runs in production: REST, sockets and trading in gunicorn's hands."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil
import pytest
import requests
import socketio

from tests.conftest import PASSWORD
from tests.e2e.server import RunningServer, daytrader, wait_for

SECRET: Final = {"DAYTRADER_SECRET_KEY": secrets.token_hex(32)}
JOB_THREADS: Final = 3
_SOCKETS: Final = 20
SERVICE: Final = {"name": "mine", "stock_symbol": "AAPL", "initial_balance": 10_000, "strategy": "sma_trend"}


def serve(instance: Path, *options: str) -> RunningServer:
    """Start ``daytrader serve`` and wait until it is ready."""
    return RunningServer(instance, "--speed", "20", *options, command="serve", **SECRET).when_ready()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with an administrator and the sample's prices."""
    folder = tmp_path_factory.mktemp("serve") / "instance"
    words = ("user", "create", "carol", "--email", "carol@example.com", "--admin", "--password-stdin")
    assert daytrader(folder, *words, given=PASSWORD).returncode == 0
    assert daytrader(folder, "prices", "fetch", "sample", "AAPL").returncode == 0
    return folder


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[RunningServer]:
    """The server, a service at work."""
    with serve(instance, "--threads", "32", "--sockets", str(_SOCKETS)) as running:
        running.sign_in("carol", PASSWORD)
        made = running.post("/services", SERVICE).json()
        assert running.post(f"/services/{made['id']}/activate").status_code == 200
        yield running


def test_it_trades_and_tells_over_a_websocket(server: RunningServer) -> None:
    """REST, socket and engine are one process."""
    heard: list[dict[str, Any]] = []
    with socketio.SimpleClient() as client:
        client.connect(server.address, auth={"token": server.token}, transports=["websocket"])
        client.client.on("transaction:new", heard.append)
        assert client.call("join", {"room": "transactions"})["status"] == "ok"
        wait_for(lambda: heard or None, why=lambda: "\n".join(server.lines))
    listed = server.items("/transactions")
    assert heard[0]["entity"]["id"] in [transaction["id"] for transaction in listed]


def test_polling_works_too(server: RunningServer) -> None:
    """For clients behind proxies that know no websockets."""
    with socketio.SimpleClient() as client:
        client.connect(server.address, auth={"token": server.token}, transports=["polling"])
        assert client.call("join", {"room": "services"})["status"] == "ok"


def test_the_server_does_not_say_what_it_is_made_of(server: RunningServer) -> None:
    """Neither gunicorn nor a version; production's pages of documentation are shut."""
    answer = server.get("/system/health")
    assert answer.headers["Server"] == "DayTrader"
    assert requests.get(f"{server.address}/api/v1/docs", timeout=60).status_code == 401


_POST: Final = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_GET: Final = b"GET /api/v1/system/health HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(_POST + b"Transfer-Encoding: chunked\r\n\r\nCANARY\r\n", 400, "bad_request", id="chunk"),
        pytest.param(_POST + b"Transfer-Encoding: canary\r\n\r\n", 501, "http_error", id="coding"),
        pytest.param(_POST + b"Content-Length: -5\r\n\r\n", 400, "bad_request", id="length"),
        pytest.param(_GET + b"CANARY(: x\r\n\r\n", 400, "bad_request", id="header"),
        pytest.param(_GET + b"X: " + b"CANARY" * 2_000 + b"\r\n\r\n", 431, "http_error", id="headers"),
        pytest.param(_GET.replace(b"GET", b"C@NARY") + b"\r\n", 400, "bad_request", id="method"),
        pytest.param(_GET.replace(b"1.1", b"9.CANARY") + b"\r\n", 400, "bad_request", id="version"),
        pytest.param(b"GET /" + b"CANARY" * 1_000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long", id="address"),
    ],
)
def test_what_is_no_request_is_refused_as_everything_is(
    server: RunningServer, sent: bytes, status: int, code: str
) -> None:
    """By the envelope, with an id, by one answer, and without a word of what was sent; then the connection ends."""
    address = urlsplit(server.address)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(sent)
        head, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
    answer = json.loads(body)
    fields = dict(line.lower().split(": ", 1) for line in head.decode().splitlines()[1:])
    assert int(head.split()[1]) == status == answer["status_code"]
    assert (answer["code"], answer["error"], answer["validation_errors"]) == (code, True, {})
    assert answer["request_id"] == fields["x-request-id"]
    assert (fields["content-type"], fields["x-content-type-options"]) == ("application/json", "nosniff")
    assert b"canary" not in (head + body).lower().replace(b"@", b"a")


def _opened(server: RunningServer, count: int) -> list[requests.Response]:
    """Ask for so many websockets, which stay open."""
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    url = f"{server.address}/socket.io/?EIO=4&transport=websocket"
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    return [requests.get(url, headers=asked | key, stream=True, timeout=60) for _ in range(count)]


def test_there_are_so_many_websockets_and_no_more(server: RunningServer) -> None:
    """The next one is told to come again, and has the place of the first that goes."""
    opened = _opened(server, _SOCKETS + 1)
    try:
        assert [answer.status_code for answer in opened] == [101] * _SOCKETS + [503]
        assert opened[-1].headers["Retry-After"] == "5"
        assert server.get("/system/health").status_code == 200
    finally:
        for answer in opened:
            answer.close()
    wait_for(lambda: _is_open(_opened(server, 1)[0]))


def _is_open(answer: requests.Response) -> bool:
    answer.close()
    return answer.status_code == 101


def _is_told_to_come_again(url: str) -> bool:
    answer = requests.get(url, timeout=60)
    return (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")


def test_polls_never_take_the_threads_of_requests(server: RunningServer) -> None:
    """Of 32 threads 16 are kept: the next poll is told to come again; requests are answered, and websockets opened."""
    url = f"{server.address}/socket.io/?EIO=4&transport=polling"
    sessions = [json.loads(requests.get(url, timeout=60).text[1:])["sid"] for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(requests.get, f"{url}&sid={session}", timeout=60) for session in sessions]
        wait_for(lambda: _is_told_to_come_again(url))
        assert server.get("/system/health").status_code == 200
        assert _is_open(_opened(server, 1)[0])
        assert {each.result().status_code for each in waiting} == {200}  # nobody signed in: they end


def test_more_connections_than_threads_are_all_answered(server: RunningServer) -> None:
    """Kept open and asked again and again, at once and after a rest: none holds what another waits for."""

    def ask(session: requests.Session) -> list[int]:
        return [session.get(f"{server.address}/api/v1/system/health", timeout=30).status_code for _ in range(4)]

    with ExitStack() as opened, ThreadPoolExecutor(40) as pool:
        sessions = [opened.enter_context(requests.Session()) for _ in range(40)]
        for _ in range(2):
            assert list(pool.map(ask, sessions)) == [[200] * 4] * 40


def line_of(server: RunningServer, answer: requests.Response) -> dict[str, Any]:
    """Return what the log says of the request that was answered so."""
    sought = answer.headers["X-Request-ID"]
    line = wait_for(lambda: next((line for line in list(server.lines) if sought in line), None))
    told: dict[str, Any] = json.loads(line)
    return told


def test_its_threads_share_one_core_and_jobs_have_all(server: RunningServer) -> None:
    worker = server.processes()[-1]
    threads = [int(path.name) for path in Path(f"/proc/{worker}/task").iterdir()]
    cores = Counter(frozenset(os.sched_getaffinity(thread)) for thread in threads)
    given = frozenset(os.sched_getaffinity(0))
    shared, number = cores.most_common(1)[0]
    assert len(shared) == 1
    assert cores == Counter({shared: number}) + Counter({given: len(threads) - number})
    assert given == shared or len(threads) - number == JOB_THREADS


def test_each_request_is_one_line_of_json(server: RunningServer) -> None:
    """With what an operator looks for, and without the query."""
    answer = server.get("/system/health", canary="not-for-the-log")
    told = line_of(server, answer)
    sought = answer.headers["X-Request-ID"]
    assert told["event"] == "request"
    assert (told["request_id"], told["path"]) == (sought, "/api/v1/system/health")
    assert (told["method"], told["status"], told["address"]) == ("GET", 200, "127.0.0.1")
    assert {"milliseconds", "bytes", "timestamp", "level", "request_id"} <= set(told)
    assert told["user_id"] == server.get("/users/me").json()["id"]
    nobody = requests.get(f"{server.address}/api/v1/system/health", timeout=30)
    assert line_of(server, nobody)["user_id"] is None
    assert not any("not-for-the-log" in line for line in server.lines)


def test_each_trade_is_one_line_of_json(server: RunningServer) -> None:
    """By what finds it in the API: service and order."""
    line = wait_for(lambda: next((line for line in server.lines if '"event":"trade"' in line), None))
    told = json.loads(line)
    order = server.get(f"/orders/{told['order_id']}").json()
    assert (order["service_id"], order["side"]) == (told["service_id"], told["side"])
    assert (told["symbol"], told["level"]) == ("AAPL", "info")
    assert told["user_id"] == server.get("/users/me").json()["id"]


def test_sigterm_ends_it_within_ten_seconds_and_the_next_start_goes_on(server: RunningServer, instance: Path) -> None:
    """With a socket open and a service trading; the books are right, and no process is left."""
    workers = server.processes()
    with socketio.SimpleClient() as client:
        client.connect(server.address, auth={"token": server.token}, transports=["websocket"])
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0, "\n".join(server.lines)
        assert time.monotonic() - began < 10
    assert not [process for process in workers if psutil.pid_exists(process)]
    assert not any("Traceback" in line for line in server.lines), "\n".join(server.lines)
    audit = daytrader(instance, "audit")
    assert audit.returncode == 0, audit.stdout
    with serve(instance) as second:
        second.sign_in("carol", PASSWORD)
        position = second.get("/system/engine").json()["position"]
        wait_for(lambda: second.get("/system/engine").json()["position"] > position)
        assert second.stop(signal.SIGINT) == 0


def test_a_worker_whose_watcher_was_killed_ends_by_itself(instance: Path) -> None:
    """With a socket open: the port is free for the next start, and the books are right."""
    with serve(instance) as orphaned:
        orphaned.sign_in("carol", PASSWORD)
        watcher, worker = orphaned.processes()
        with socketio.SimpleClient() as client:
            client.connect(orphaned.address, auth={"token": orphaned.token}, transports=["websocket"])
            psutil.Process(watcher).kill()
            wait_for(lambda: _has_ended(worker))
    assert not any("Traceback" in line for line in orphaned.lines), "\n".join(orphaned.lines)
    audit = daytrader(instance, "audit")
    assert audit.returncode == 0, audit.stdout


def _has_ended(process: int) -> bool:
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_unsafe_settings_are_refused_by_default(tmp_path: Path) -> None:
    """Production is what it is for."""
    refused = daytrader(tmp_path, "serve", "--port", "0")
    assert refused.returncode == 2
    assert refused.stderr == "Error: DAYTRADER_SECRET_KEY must be at least 32 characters long\n"
