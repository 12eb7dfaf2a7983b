"""Tests of daytrader.jobs.import_prices: dividends and splits of a file, and those that were booked before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from daytrader.services import corporate_action_service, price_service, stock_service
from daytrader.services.data_providers.csv import RowError
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.engine.builders import Market
from tests.services.data_providers.price_texts import FORMATS

from .conftest import HEADER, counts, run, written


def test_dividends_and_splits_become_corporate_actions(world: World) -> None:  # noqa: ARG001 (the database)
    """Ratios snapped: 7.00000700001 is 7/1."""
    report = run(FORMATS / "alphavantage_daily_adjusted.csv")

    assert (report.stocks[0].dividends, report.stocks[0].splits) == (1, 1)
    with SessionManager(read_only=True) as session:
        dividend, split = corporate_action_service.listing(session, stock_service.by_symbol(session, "ACME").id)
    assert (dividend.ex_date, dividend.amount, dividend.source) == (date(2020, 9, 2), Decimal("0.25"), "csv")
    assert (split.ex_date, split.ratio_numerator, split.ratio_denominator) == (date(2020, 9, 3), 7, 1)


def test_an_improbable_dividend_is_kept_back(world: World, tmp_path: Path) -> None:  # noqa: ARG001 (the database)
    """A spin-off in the dividend column of half the price is stored but not paid."""
    path = written(
        tmp_path,
        "2014-04-02,100,101,99,100,5,0",
        "2014-04-03,50,51,49,50,5,50.5",
        header=f"{HEADER},dividend",
    )

    assert run(path).stocks[0].quarantined == 1
    with SessionManager(read_only=True) as session:
        bars = price_service.load_bars(session, stock_service.by_symbol(session, "ACME").id)
    assert bars.event_row.size == 0


def test_the_events_of_a_left_out_row_are_left_out(world: World, tmp_path: Path) -> None:  # noqa: ARG001
    """Also when the row merely repeats another."""
    path = written(
        tmp_path,
        "2020-01-02,10,11,9,10,5,0",
        "2020-01-03,10,11,9,10,5,0",
        "2020-01-02,10,11,9,10,5,0.5",
        header=f"{HEADER},dividend",
    )

    report = run(path, is_partial=True)

    assert (report.refused, report.stocks[0].dividends) == (1, 0)
    assert counts()[3] == 0


def test_what_a_service_has_booked_is_not_corrected(world: World, tmp_path: Path) -> None:
    """The dividend that was paid stays as it was paid, with a warning that names its line; others are corrected."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 6)
    market.dividend(2, "0.5")
    market.split(3, 2, 1)
    market.dividend(5, "0.5")
    service = market.service()
    market.run(last=4)
    path = written(
        tmp_path,
        "2020-01-03,10,10,10,10,5,0.7,1",
        "2020-01-04,10,10,10,10,5,0,3",
        "2020-01-06,10,10,10,10,5,0.7,1",
        header=f"{HEADER},dividend,split",
    )
    expected = (
        RowError(2, "dividend", "differs from what a service has booked, which stays"),
        RowError(3, "split", "differs from what a service has booked, which stays"),
    )

    assert run(path, is_dry_run=True).warnings == expected
    assert run(path).warnings == expected

    market.reload(service)  # audited
    with SessionManager(read_only=True) as session:
        stored = corporate_action_service.listing(session, market.stock.id)
    assert [(action.amount, action.ratio_numerator) for action in stored] == [
        (Decimal("0.5"), 1),
        (Decimal(0), 2),
        (Decimal("0.7"), 1),
    ]
