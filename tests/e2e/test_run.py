"""``daytrader run`` on a user's own prices and services, and the commands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from daytrader.cli import main
from tests.conftest import PASSWORD
from tests.e2e.server import RunningServer, daytrader, wait_for

SERVICE: Final = {"name": "mine", "stock_symbol": "AAPL", "initial_balance": 10_000, "strategy": "buy_and_hold"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with an administrator and the sample's prices, made on the command line."""
    folder = tmp_path_factory.mktemp("run") / "instance"
    made = daytrader(
        folder, "user", "create", "carol", "--email", "carol@example.com", "--admin", "--password-stdin", given=PASSWORD
    )
    assert made.returncode == 0, made.stderr
    fetched = daytrader(folder, "prices", "fetch", "sample", "AAPL")
    assert fetched.returncode == 0, fetched.stderr
    return folder


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[RunningServer]:
    """Plain ``daytrader run``, from a date on."""
    with RunningServer(instance, "--speed", "20", "--replay-from", "2011-03-01") as running:
        running.sign_in("carol", PASSWORD)
        yield running


@pytest.fixture(scope="module")
def service(server: RunningServer) -> dict[str, Any]:
    """A service made and activated over the API."""
    made: dict[str, Any] = server.post("/services", SERVICE).json()
    assert server.post(f"/services/{made['id']}/activate").status_code == 200
    return made


def test_a_users_own_service_trades_the_stored_prices(server: RunningServer, service: dict[str, Any]) -> None:
    """Without --demo too: it decides from the date that was asked for on, and fills at the next open."""
    bought = wait_for(lambda: server.items("/transactions"))
    assert bought[0]["service_id"] == service["id"]
    decisions = server.items(f"/services/{service['id']}/decisions", sort="bar_time", order="asc")
    assert decisions[0]["bar_time"].startswith("2011-03-01")
    assert "BUY" in server.printed(re.compile(r"2011-03-\d\d  BUY"), 10).group(0)


def test_what_is_to_be_sold_is_sold_at_the_next_open(server: RunningServer, service: dict[str, Any]) -> None:
    """The next bar comes by itself."""
    wait_for(lambda: server.items("/transactions"))
    assert server.post(f"/services/{service['id']}/stop", {"position": "sell"}).status_code == 200
    wait_for(lambda: [one for one in server.items("/transactions") if one["state"] == "CLOSED"])


WRITING: Final = (
    ("user", "create", "dave", "--email", "dave@example.com", "--password-stdin"),
    ("user", "role", "carol", "--admin"),
    ("user", "password", "carol", "--password-stdin"),
    ("stocks", "add", "NEWS"),
    ("prices", "fetch", "sample", "IBM"),
    ("prices", "import", "prices.csv", "--symbol", "NEWS"),
    ("db", "upgrade"),
    ("replay", "--service", "1"),
)


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_no_command_writes_behind_a_servers_back(
    server: RunningServer, instance: Path, words: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its engine and its sockets would not hear of it; the refusal says where the server is."""
    monkeypatch.setenv("DAYTRADER_INSTANCE", str(instance))
    refused = CliRunner().invoke(main, words, input=PASSWORD)  # it is another process than the server's here, too
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"Error: DayTrader at {server.address} (process ")
    assert "stop it first, or use its API" in refused.stderr


def test_commands_that_read_work_beside_a_server(server: RunningServer, instance: Path) -> None:  # noqa: ARG001 (runs)
    """An audit above all."""
    for words in (("audit",), ("stocks", "list"), ("db", "status")):
        done = daytrader(instance, *words)
        assert done.returncode == 0, done.stderr


def test_all_trading_is_paused_at_the_console_and_stays_so_over_a_restart(
    server: RunningServer, instance: Path, service: dict[str, Any]
) -> None:
    """The running engine follows before its next bar; a new one begins paused, and says so."""
    assert daytrader(instance, "engine", "pause").returncode == 0
    wait_for(lambda: server.get("/system/engine").json()["state"] == "paused")
    position = server.get("/system/engine").json()["position"]
    assert server.stop() == 0
    assert "replay" not in daytrader(instance, "engine", "status").stderr
    with RunningServer(instance, "--speed", "20") as second:
        second.sign_in("carol", PASSWORD)
        second.printed(re.compile("all trading is paused"), 5)
        state = second.get("/system/engine").json()
        assert (state["state"], state["position"]) == ("paused", position)
        refused = second.post(f"/services/{service['id']}/execute-strategy")
        assert (refused.status_code, refused.json()["message"]) == (409, "all trading is paused")
        assert daytrader(instance, "engine", "resume").returncode == 0
        assert second.post(f"/services/{service['id']}/activate").status_code == 200
        wait_for(lambda: second.get("/system/engine").json()["position"] > position)
        assert second.stop() == 0
    late = daytrader(instance, "run", "--port", "0", "--replay-from", "2005-01-03")
    assert late.returncode == 1
    assert "time does not go back" in late.stderr
