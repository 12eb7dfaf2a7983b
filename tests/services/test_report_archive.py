"""Tests of daytrader.services.report_archive: a report read back is the report that was made."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daytrader.core import backtest
from daytrader.core.report import Report
from daytrader.core.rules import Rules
from daytrader.services import report_archive
from tests.core.builders import flat_bars


def test_a_report_survives_in_every_form() -> None:
    """As JSON, as a page, and column for column."""
    bars = flat_bars([100.0 + 10 * ((day // 7) % 3) + day % 5 for day in range(120)])
    report = backtest.run(bars, "sma_cross", {"fast": 3, "slow": 8}, Rules(), symbol="ACME", cash=Decimal(5000))
    packed = report_archive.pack(report)
    again = report_archive.unpack(packed)
    assert again.to_dict() == report.to_dict()
    assert again.to_html() == report.to_html()
    assert isinstance(again, Report)
    assert again.run.equity.dtype == report.run.equity.dtype
    assert report.run.trades
    assert len(packed) < 16 * bars.n + 4000
    assert (again.run.dates, again.dates) == (None, report.run.dates)  # what the sessions tell is not kept twice


@pytest.mark.parametrize("broken", [b"", b"not compressed", b"\x78\x9c\x03\x00\x00\x00\x00\x01"])
def test_other_bytes_are_no_report(broken: bytes) -> None:
    """Told in words, whatever they are."""
    with pytest.raises(ValueError, match="report"):
        report_archive.unpack(broken)
