"""Tests of the sums and the export of transactions over HTTP."""

from __future__ import annotations

import csv
import io

import pytest

from daytrader.api.resources import trading_transactions
from daytrader.models import TradingService
from daytrader.services.transaction_csv import COLUMNS
from daytrader.utils.csv_cells import restored

from ..conftest import World
from .conftest import Caller


@pytest.fixture
def service(world: World, alice: Caller) -> TradingService:
    """A service of alice's that gained 20, lost 5, and holds."""
    stock = world.stock("ACME")
    world.prices(stock, [10.0])
    made = world.service(alice.user, stock)
    alice.post(f"/services/{made.id}/activate")
    for sale in (12, 9.5):
        bought = alice.post("/transactions", {"service_id": made.id, "shares": 10}).get_json()["id"]
        assert alice.post(f"/transactions/{bought}/complete", {"sale_price": sale}).status_code == 200
    alice.post("/transactions", {"service_id": made.id, "shares": 3})
    return made


def _rows(caller: Caller, **query: object) -> list[dict[str, str]]:
    answer = caller.get("/transactions/export", **query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_sum_of_a_services_transactions(service: TradingService, alice: Caller, bob: Caller) -> None:
    """Counts by state, profit, loss, averages and the win rate; others get 404."""
    address = f"/transactions/services/{service.id}/metrics"

    assert alice.get(address).get_json() == {
        "total_transactions": 3,
        "open_transactions": 1,
        "closed_transactions": 2,
        "cancelled_transactions": 0,
        "total_profit": 20,
        "total_loss": -5,
        "net_gain_loss": 15,
        "average_profit_per_transaction": 20,
        "average_loss_per_transaction": -5,
        "profitable_transactions": 1,
        "unprofitable_transactions": 1,
        "win_rate": 50,
    }
    assert bob.get(address).status_code == 404


def test_an_export_holds_own_rows_exactly(service: TradingService, alice: Caller, bob: Caller, admin: Caller) -> None:
    """As a file, exact decimals, one line each; admins export all."""
    answer = alice.get("/transactions/export", format="csv")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    rows = _rows(alice)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["state"], row["sale_price"], row["gain_loss"]) for row in rows] == [
        ("CLOSED", "12.000000", "20.00"),
        ("CLOSED", "9.500000", "-5.00"),
        ("OPEN", "", ""),
    ]
    assert rows[0]["purchase_date"].endswith("Z")
    assert _rows(bob) == []
    assert _rows(admin) == rows
    assert service.id == int(rows[0]["service_id"])


@pytest.mark.usefixtures("service")
def test_an_export_is_filtered_and_sorted_as_the_list(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same names, however it is cut into chunks; it has no pages."""
    monkeypatch.setattr(trading_transactions, "_EXPORT_CHUNK", 1)

    assert [row["gain_loss"] for row in _rows(alice, status="closed", sort="gain_loss")] == ["-5.00", "20.00"]
    assert [row["id"] for row in _rows(alice, order="desc")] == ["3", "2", "1"]
    for query in ({"format": "xml"}, {"page": 1}, {"cursor": ""}, {"colour": "red"}):
        answer = alice.get("/transactions/export", **query)
        assert answer.status_code == 400
        assert set(answer.get_json()["validation_errors"]) == set(query)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", 'a "quoted", one\nin lines', "plain"])
def test_no_cell_is_a_formula(alice: Caller, note: str) -> None:
    """A note that a spreadsheet would compute is text, and can be had back."""
    kept = alice.put("/transactions/1/notes", {"notes": note}).get_json()["notes"]

    cell = _rows(alice)[0]["notes"]

    assert cell[0] not in "=+-@\t"
    assert restored(cell) == kept
