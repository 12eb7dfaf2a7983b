"""Tests of /scans: today's signals of every stock."""

from __future__ import annotations

from datetime import date

from flask import Flask

from daytrader.models import Stock
from daytrader.services.session_manager import SessionManager
from tests.stored_bars import flat_day, store_daily, store_random_walk

from ..conftest import Caller
from .conftest import DAYS


def test_a_scan_lists_todays_signals(app: Flask, alice: Caller, acme: Stock) -> None:
    """Of every stock, with reasons; one whose prices end earlier says nothing about today and is named."""
    store_random_walk("OTHER", 2, DAYS)
    with SessionManager() as session:
        store_daily(session, acme.id, [flat_day(date(2020, 12, 1), 5.0)])
    accepted = alice.post("/scans", {"strategy": "buy_and_hold"})
    assert accepted.status_code == 202
    app.extensions["jobs"].run_waiting()
    job = alice.get(f"/jobs/{accepted.get_json()['id']}").get_json()
    result = job["result"]
    assert (result["as_of"], result["stocks"], result["stale"]) == ("2020-12-01", 2, ["OTHER"])
    (signal,) = result["signals"]
    assert (signal["symbol"], signal["side"], signal["session"], signal["close"]) == ("ACME", "buy", "2020-12-01", 5.0)
    assert signal["reason"]
    assert alice.post("/scans", {"strategy": "astrology"}).status_code == 400
    assert alice.post("/scans", {"symbols": ["NONE"]}).status_code == 404
