"""Tests of importing prices over HTTP, job included."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from flask import Flask
from pyarrow import parquet

from daytrader.jobs.worker import Worker
from daytrader.models import Job, Stock
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.services.data_providers.price_texts import AWKWARD, FORMATS

from ..conftest import Caller
from .conftest import BAD, ROWS, bars, count, imported, send


@pytest.mark.usefixtures("acme")
def test_an_import_is_a_job(world: World, admin: Caller, worker: Worker, app: Flask) -> None:
    """202 with the job, then its result; one price:update for the stock, job:update to the user; no file is left."""
    answer = send(admin, ROWS, symbol="acme")

    job = answer.get_json()
    assert (answer.status_code, job["state"], job["kind"], job["progress"]) == (202, "QUEUED", "import_prices", 0)
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert "params" not in job

    worker.run_waiting()
    done = admin.get(f"/jobs/{job['id']}").get_json()
    assert (done["state"], done["progress"], done["error"], done["errors"]) == ("SUCCEEDED", 1, None, [])
    assert (done["result"]["rows"], done["result"]["refused"], done["result"]["is_written"]) == (2, 0, True)
    assert done["result"]["stocks"][0]["new_rows"] == 2
    assert done["result_url"] == "/api/v1/prices/daily?symbol=ACME"
    items = admin.client.get(done["result_url"], headers={"Authorization": f"Bearer {admin.token}"}).get_json()["items"]
    assert [item["close_price"] for item in items] == [10.5, 11.25]
    told = [event.event for event in world.published]
    assert [event.entity["close_price"] for event in told if "price_updates" in event.rooms] == [11.25]
    jobs = [event for event in told if event.name == "job:update"]
    assert [event.entity["state"] for event in jobs] == ["QUEUED", "RUNNING", "SUCCEEDED"]
    assert {event.rooms for event in jobs} == {(f"user_{admin.user.id}",)}
    assert list((app.extensions["settings"].instance / "uploads").iterdir()) == []


@pytest.mark.usefixtures("acme")
def test_bad_rows_are_reported_and_nothing_is_written(admin: Caller, worker: Worker) -> None:
    """Line, field and reason of each; the good ones are kept where a part is welcome, in a dry run none."""
    job = imported(admin, worker, BAD, symbol="ACME")
    assert (job["state"], job["result"]["refused"], job["result"]["is_written"]) == ("FAILED", 2, False)
    assert [(row["line"], row["field"]) for row in job["errors"]] == [(4, "prices"), (5, "date")]
    assert all(row["reason"] for row in job["errors"])
    assert "nothing was written" in job["error"]
    assert count() == 0

    job = imported(admin, worker, BAD, symbol="ACME", dry_run="true")
    assert (job["state"], len(job["errors"]), job["result"]["is_dry_run"], count()) == ("SUCCEEDED", 2, True, 0)
    job = imported(admin, worker, BAD, symbol="ACME", partial="true")
    assert (job["state"], len(job["errors"]), count()) == ("SUCCEEDED", 2, 2)


@pytest.mark.usefixtures("acme")
def test_bars_that_are_stored_already(admin: Caller, worker: Worker) -> None:
    """Updated by default, kept on demand; the source is what the caller says."""
    imported(admin, worker, ROWS, symbol="ACME", source="simulated")
    changed = ROWS.replace(b"11.25", b"11.75")

    imported(admin, worker, changed, symbol="ACME", on_conflict="skip")
    assert [bar[5] for bar in bars("ACME")] == [10.5, 11.25]
    assert admin.get("/prices/daily", source="SIMULATED").get_json()["pagination"]["total_items"] == 2
    imported(admin, worker, changed, symbol="ACME", on_conflict="update")
    assert [bar[5] for bar in bars("ACME")] == [10.5, 11.75]


def test_a_symbol_column_imports_many_stocks(world: World, admin: Caller, worker: Worker) -> None:
    """Unknown symbols are row errors; XYZ.US means XYZ; nobody says that all of them are one."""
    world.stock("AAA")
    content = (FORMATS / "many_stocks.csv").read_bytes()

    refused = send(admin, content, symbol="AAA")
    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {"symbol"})
    job = imported(admin, worker, content)
    assert [(row["line"], row["field"]) for row in job["errors"]] == [(4, "symbol"), (5, "symbol")]
    world.stock("BBB")
    job = imported(admin, worker, content.replace(b"AAA", b"AAA.US"))
    assert [stock["symbol"] for stock in job["result"]["stocks"]] == ["AAA", "BBB"]
    assert job["result_url"] == "/api/v1/prices/daily"


def test_parquet_of_other_programs(world: World, admin: Caller, worker: Worker) -> None:
    """Dates as dates, times with or without a zone, text or seconds; numbers of any kind."""
    expected = None
    stamps = [f"2020-01-02 09:{minute}:00" for minute in (30, 35)]
    columns: dict[str, pa.Array] = {
        "naive": pa.array(stamps).cast(pa.timestamp("ns")),
        "zoned": pa.array([1577975400, 1577975700], pa.timestamp("s", "America/New_York")),
        "utc": pa.array([f"{stamp.replace('09:', '14:')}Z" for stamp in stamps]),
        "epoch": pa.array([1577975400, 1577975700]),
        "dictionary": pa.array(stamps).dictionary_encode(),
    }
    for kind, moments in columns.items():
        symbol = kind.upper()
        world.stock(symbol)
        table = pa.table(
            {
                "Symbol": [symbol] * 2,
                "Datetime": moments,
                "Open": pa.array([10, 11], pa.int32()),
                "High": pa.array([12.5, 13], pa.float32()),
                "Low": ["9", "10.25"],
                "Close": pa.array([10, 11]).cast(pa.decimal128(28, 6)),
                "Volume": pa.array([None, 5]),
            }
        )
        out = io.BytesIO()
        parquet.write_table(table, out)
        job = imported(admin, worker, out.getvalue())
        assert (job["state"], job["result"]["interval"]) == ("SUCCEEDED", 5), (kind, job)
        expected = expected or bars(symbol)
        assert bars(symbol) == expected, kind
    two = io.BytesIO()
    parquet.write_table(table.set_column(0, "Symbol", pa.array(["NAIVE", "UTC"])), two)
    assert send(admin, two.getvalue(), symbol="UTC").get_json()["validation_errors"].keys() == {"symbol"}
    assert expected is not None
    assert expected[0][2:] == (10, 12.5, 9, 10, None)
    assert expected[0][0].isoformat() == "2020-01-02T14:30:00+00:00"


def test_a_parquet_file_is_checked_row_by_row(world: World, admin: Caller, worker: Worker) -> None:
    """By the rules of text files; rows are counted from 1."""
    world.stock("ACME")
    days = [date(2020, 1, day) for day in (2, 3, 6)]
    table = pa.table(
        {"date": [*days[:2], None], "open": [10, 10, 10], "high": [11, 9, 11], "low": [9] * 3, "close": [10, 10, None]}
    )
    out = io.BytesIO()
    parquet.write_table(table, out)

    job = imported(admin, worker, out.getvalue(), symbol="ACME")

    assert [(row["line"], row["field"]) for row in job["errors"]] == [(2, "prices"), (3, "date")]
    assert count() == 0


@pytest.mark.usefixtures("acme")
def test_what_is_no_table_of_prices_is_refused_at_once(admin: Caller, app: Flask) -> None:
    """400 for the file, 413 for a bomb, 415 for an archive; nothing is stored, no job is made."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("prices.csv", ROWS)
    bomb = gzip.compress(ROWS + b"\n" * 50_000_000)
    answers = {
        "html": (send(admin, (AWKWARD / "html_page.csv").read_bytes(), symbol="ACME"), 400),
        "binary": (send(admin, bytes(range(256)) * 20, symbol="ACME"), 400),
        "empty": (send(admin, b"", symbol="ACME"), 400),
        "parquet": (send(admin, b"PAR1 and no more", symbol="ACME"), 400),
        "zip": (send(admin, archive.getvalue(), symbol="ACME"), 415),
        "bomb": (send(admin, bomb, symbol="ACME"), 413),
        "large": (send(admin, b"x" * 64_000_001, symbol="ACME"), 413),
        "json": (admin.post("/prices/import", {"symbol": "ACME"}), 415),
        "no file": (admin.post("/prices/import", data={"other": (io.BytesIO(ROWS), "a.csv")}), 400),
        "nobody's": (send(admin, ROWS), 400),
    }

    assert {name: answer.status_code for name, (answer, _) in answers.items()} == {
        name: status for name, (_, status) in answers.items()
    }
    assert admin.get("/jobs").get_json()["items"] == []
    assert list((app.extensions["settings"].instance / "uploads").iterdir()) == []


@pytest.mark.usefixtures("acme")
@pytest.mark.usefixtures("acme")
def test_what_a_file_leaves_open_is_said(admin: Caller, worker: Worker) -> None:
    """Which number of a date is the month, and the zone of its times: refused, then said."""
    open_dates = b"Date,Open,High,Low,Close,Volume\n01/02/2024,10,11,9,10.5,100\n02/02/2024,10,11,9,10.5,100\n"
    refused = imported(admin, worker, open_dates, symbol="ACME")
    assert (refused["state"], "date_order" in refused["error"]) == ("FAILED", True)
    assert imported(admin, worker, open_dates, symbol="ACME", date_order="dmy")["state"] == "SUCCEEDED"
    assert [str(bar[0]) for bar in bars("ACME")] == ["2024-02-01", "2024-02-02"]

    times = (
        b"timestamp,open,high,low,close,volume\n2024-01-02 15:30,10,11,9,10.5,100\n2024-01-02 15:31,10,11,9,10.5,100\n"
    )
    zoned = imported(admin, worker, times, symbol="ACME", timezone="Europe/Berlin")
    assert zoned["result"]["stocks"][0]["first"] == "2024-01-02T14:30:00Z"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"interval": 7}, "interval"),
        ({"source": "hearsay"}, "source"),
        ({"dry_run": "perhaps"}, "dry_run"),
        ({"on_conflict": "explode"}, "on_conflict"),
        ({"symbol": "not one"}, "symbol"),
        ({"dryrun": "true"}, "dryrun"),
        ({"date_order": "ymd"}, "date_order"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
    ],
)
def test_the_options_are_judged(admin: Caller, query: dict[str, Any], field: str) -> None:
    """400 naming the option, a misspelt one too."""
    refused = send(admin, ROWS, **({"symbol": "ACME"} | query))

    assert (refused.status_code, set(refused.get_json()["validation_errors"])) == (400, {field})


@pytest.mark.usefixtures("acme")
def test_an_import_under_a_key_happens_once(admin: Caller) -> None:
    """The same file again is the same job; another under the same key is 409."""
    key = {"Idempotency-Key": "once"}
    first = send(admin, ROWS, key, symbol="ACME")
    again = send(admin, ROWS, key, symbol="ACME")

    assert again.get_json() == first.get_json()
    assert send(admin, BAD, key, symbol="ACME").status_code == 409
    assert len(admin.get("/jobs").get_json()["items"]) == 1


@pytest.mark.usefixtures("acme")
def test_the_engine_reads_imported_prices(admin: Caller, worker: Worker, app: Flask) -> None:
    """It is told to forget what it has read."""

    class Engine:
        forgotten = 0

        def forget_bars(self) -> None:
            self.forgotten += 1

    engine = app.extensions["engine"] = Engine()
    imported(admin, worker, BAD, symbol="ACME")
    assert engine.forgotten == 0
    imported(admin, worker, ROWS, symbol="ACME")
    assert engine.forgotten == 1


def test_a_job_of_a_lost_file_fails(world: World, admin: Caller, worker: Worker, acme: Stock, app: Flask) -> None:
    """With a sentence, and the worker goes on."""
    answer = send(admin, ROWS, symbol=acme.symbol)
    for path in (app.extensions["settings"].instance / "uploads").iterdir():
        path.unlink()

    worker.run_waiting()

    with SessionManager(read_only=True) as session:
        assert session.get_one(Job, answer.get_json()["id"]).error == "file: does not exist"
    assert world.published[-1].event.entity["state"] == "FAILED"


@pytest.mark.usefixtures("acme")
def test_users_neither_import_nor_fetch(alice: Caller, admin: Caller) -> None:
    """403; they read exports like everyone."""
    assert send(alice, ROWS, symbol="ACME").status_code == 403
    assert alice.post("/prices/ACME/fetch", {}).status_code == 403
    assert alice.get("/prices/ACME/export").status_code == 200
    assert admin.get("/jobs").get_json()["items"] == []
