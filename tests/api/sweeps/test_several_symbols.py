"""Tests of /sweeps over several symbols: one choice for all, and each judged by itself."""

from __future__ import annotations

import pytest
from flask import Flask

from daytrader.models import Stock
from daytrader.services.session_manager import SessionManager
from tests.stored_bars import store_random_walk

from ..conftest import Caller
from .conftest import AXES, DAYS, Swept, results_of


def test_one_choice_for_several_symbols(alice: Caller, swept: Swept) -> None:
    """Together the means; each symbol's own figures by name."""
    store_random_walk("OTHER", 2, DAYS)
    shown = swept(symbol=None, symbols=["ACME", "OTHER"])
    own = {
        symbol: {item["index"]: item for item in results_of(alice, shown["id"], symbol=symbol)}
        for symbol in ("ACME", "OTHER")
    }
    for item in results_of(alice, shown["id"]):
        if item["is_valid"]:
            of_each = [own[symbol][item["index"]]["metrics"] for symbol in own]
            assert item["metrics"]["total_return_pct"] == pytest.approx(
                sum(each["total_return_pct"] for each in of_each) / 2
            )
            for count in ("trades", "final_equity"):
                assert item["metrics"][count] == pytest.approx(sum(each[count] for each in of_each))
            days = sum(each["max_drawdown_days"] for each in of_each) / 2
            assert abs(item["metrics"]["max_drawdown_days"] - days) <= 0.5
    assert shown["findings"]["overfitting"]["combinations"] > 1
    assert shown["findings"]["verdict"]["sentence"]
    assert alice.get(f"/sweeps/{shown['id']}/results", symbol="NONE").status_code == 400


def test_of_several_symbols_those_without_prices_are_left_out(alice: Caller, swept: Swept) -> None:
    """Told with the reason before it is asked for and in what came of it; where none has prices it is refused."""
    with SessionManager() as session:
        session.add(Stock(symbol="NONE"))
    reason = "no prices of NONE are stored at this interval"
    body = {"symbols": ["NONE", "ACME"], "strategy": "sma_cross", "grid": AXES}
    told = alice.post("/sweeps?dry_run=true", body).get_json()
    assert (told["symbols"], told["bars"], told["left_out"]) == (1, DAYS, [{"symbol": "NONE", "reason": reason}])
    shown = swept(symbol=None, symbols=["NONE", "ACME"])
    assert (shown["symbol"], shown["symbols"]) == ("ACME", ["ACME"])
    assert shown["left_out"] == [{"symbol": "NONE", "reason": reason}]
    assert shown["findings"]["deflated_sharpe"]
    refused = alice.post("/sweeps", body | {"start": "2030-01-01"})
    assert refused.status_code == 422
    assert reason in refused.get_json()["message"]
    assert "there is no bar to trade in the chosen dates" in refused.get_json()["message"]
    assert swept()["left_out"] == []


def test_each_of_several_symbols_is_judged_as_if_it_were_swept_alone(
    app: Flask, alice: Caller, bob: Caller, swept: Swept
) -> None:
    """Deflated Sharpe ratio, overfitting, stability, walk-forward and verdict are those of the symbol's own sweep."""
    store_random_walk("OTHER", 2, DAYS)
    walk = {"mode": "rolling", "train": 120, "test": 60}
    shown = swept(symbol=None, symbols=["ACME", "OTHER"], walk_forward=walk)
    assert shown["findings"]["deflated_sharpe"] is shown["findings"]["walk_forward"] is None
    listed = alice.get(f"/sweeps/{shown['id']}/symbols").get_json()["items"]
    assert [item["symbol"] for item in listed] == ["ACME", "OTHER"]
    for item in listed:
        asked = {"symbol": item["symbol"], "strategy": "sma_cross", "grid": AXES, "walk_forward": walk}
        alone = bob.post("/sweeps", asked).get_json()["sweep_id"]
        app.extensions["jobs"].run_waiting()
        expected = bob.get(f"/sweeps/{alone}").get_json()["findings"]
        found = alice.get(f"/sweeps/{shown['id']}/symbols/{item['symbol'].lower()}").get_json()
        assert found == expected
        assert item == bob.get(f"/sweeps/{alone}/symbols").get_json()["items"][0]
        assert item["deflated_sharpe"] == found["deflated_sharpe"]["deflated"]
        assert item["value"] == found["metrics"]["sharpe_ratio"]
        assert item["walk_forward_return_pct"] == found["walk_forward"]["metrics"]["total_return_pct"]
        assert bob.get(f"/sweeps/{alone}/symbols/{item['symbol']}").get_json() == expected


def test_symbols_are_listed_by_any_figure(alice: Caller, swept: Swept) -> None:
    """Page by page; one whose history leaves nothing to walk on says so, and its figure is unknown and last."""
    for seed, (symbol, days) in enumerate((("OTHER", DAYS), ("SHORT", 110)), 2):
        store_random_walk(symbol, seed, days)
    symbols = ["SHORT", "ACME", "OTHER"]
    shown = swept(symbol=None, symbols=symbols, walk_forward={"train": 120, "test": 60})
    place = f"/sweeps/{shown['id']}/symbols"
    for order, is_descending in (("asc", False), ("desc", True)):
        items = alice.get(place, sort="walk_forward_return_pct", order=order).get_json()["items"]
        assert items[-1]["symbol"] == "SHORT"
        known = [item["walk_forward_return_pct"] for item in items[:-1]]
        assert known == sorted(known, reverse=is_descending)
    second = alice.get(place, page=2, page_size=2).get_json()
    assert [item["symbol"] for item in second["items"]] == ["OTHER"]
    assert second["pagination"]["total_pages"] == 2
    short = alice.get(f"{place}/SHORT").get_json()
    assert short["walk_forward"] is None
    assert "110 sessions leave none to test on" in short["not_walked"]
    assert short["verdict"]["sentence"]
    assert alice.get(place, sort="colour").status_code == 400
    assert alice.get(f"{place}/NONE").status_code == 404


def test_earlier_tries_of_a_symbol_are_those_on_itself(alice: Caller, swept: Swept) -> None:
    """Of several swept together each counts its own; the choice for all counts whatever touched one of them."""
    store_random_walk("OTHER", 2, DAYS)
    swept(grid={"fast": [4], "slow": [9, 10]})
    shown = swept(symbol=None, symbols=["ACME", "OTHER"])
    found = {
        symbol: alice.get(f"/sweeps/{shown['id']}/symbols/{symbol}").get_json()["earlier_trials"]
        for symbol in ("ACME", "OTHER")
    }
    assert found == {"ACME": 2, "OTHER": 0}
    assert shown["findings"]["earlier_trials"] == 2
