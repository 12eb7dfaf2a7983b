"""Tests of exporting prices over HTTP: files that are imported equal."""

from __future__ import annotations

import csv
import io

import pytest
from pyarrow import parquet

from daytrader.jobs.worker import Worker
from daytrader.models import Stock, StockDailyPrice
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.services.data_providers.price_texts import FORMATS

from ..conftest import Caller
from .conftest import bars, imported


@pytest.mark.parametrize("name", sorted(path.name for path in FORMATS.iterdir()))
@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_every_layout_goes_in_and_comes_out_the_same(
    world: World, admin: Caller, worker: Worker, name: str, form: str
) -> None:
    """Imported, exported, imported as another database would: bars, dividends and splits are equal."""
    path = FORMATS / name
    symbols = ["AAA", "BBB"] if name == "many_stocks.csv" else ["ACME"]
    for symbol in symbols:
        world.stock(symbol)
    query = {} if len(symbols) > 1 else {"symbol": symbols[0]}
    job = imported(admin, worker, path.read_bytes(), **query)
    assert job["state"] == "SUCCEEDED", job
    interval = job["result"]["interval"]
    before = {symbol: bars(symbol) for symbol in symbols}
    assert all(before.values())

    files = [admin.get(f"/prices/{symbol}/export", format=form, interval=interval).data for symbol in symbols]
    for symbol in symbols:
        stock = admin.get(f"/stocks/symbol/{symbol}").get_json()["id"]
        assert admin.delete(f"/stocks/{stock}").status_code == 204
        world.stock(symbol)
    for content in files:
        # A file of one bar cannot tell how long its bars are.
        assert imported(admin, worker, content, interval=interval)["state"] == "SUCCEEDED"

    assert {symbol: bars(symbol) for symbol in symbols} == before


def test_an_export_is_a_file(world: World, alice: Caller, acme: Stock) -> None:
    """In three forms, of the sessions that were asked for."""
    world.prices(acme, [10.0, 11.5, 12.0])
    span = {"start": "2020-01-02", "end": "2020-01-02"}

    text = alice.get("/prices/acme/export", **span)
    assert text.mimetype == "text/csv"
    assert text.headers["Content-Disposition"] == 'attachment; filename="ACME-daily.csv"'
    assert list(csv.DictReader(io.StringIO(text.text))) == [
        {
            "symbol": "ACME",
            "date": "2020-01-02",
            "open": "10.0",
            "high": "11.5",
            "low": "10.0",
            "close": "11.5",
            "adj_close": "",
            "volume": "1000",
            "dividend": "",
            "split": "",
        }
    ]
    (row,) = alice.get("/prices/ACME/export", format="json", **span).get_json()
    assert (row["date"], row["close"], row["adj_close"]) == ("2020-01-02", 11.5, None)
    table = parquet.read_table(io.BytesIO(alice.get("/prices/ACME/export", format="PARQUET").data))
    assert table["close"].to_pylist() == [10, 11.5, 12]
    assert alice.get("/prices/ACME/export", format="json", interval=5).get_json() == []
    assert (
        parquet.read_table(io.BytesIO(alice.get("/prices/ACME/export", format="parquet", interval=5).data)).num_rows
        == 0
    )
    assert alice.get("/prices/ACME/export", format="xlsx").status_code == 400
    assert alice.get("/prices/NONE/export").status_code == 404


@pytest.mark.parametrize("symbol", ["-ACME", "--", "-1"])
def test_an_exported_cell_is_no_formula(world: World, admin: Caller, worker: Worker, symbol: str) -> None:
    """A symbol that starts like one is quoted, and read back as what it was."""
    stock = world.stock(symbol)
    world.prices(stock, [10.0, 11.0])
    before = bars(symbol)

    text = admin.get(f"/prices/{symbol}/export").text
    assert {row["symbol"] for row in csv.DictReader(io.StringIO(text))} == {f"'{symbol}"}
    with SessionManager() as session:
        session.query(StockDailyPrice).delete()
    assert imported(admin, worker, text.encode())["state"] == "SUCCEEDED"

    assert bars(symbol) == before
