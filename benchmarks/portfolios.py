"""A portfolio of ten, its page, and the proof of a strategy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from benchmarks.run import Figure, absolute, median_seconds
from daytrader.core import portfolio, strategy_check
from daytrader.core.portfolio import Member
from daytrader.core.portfolio_report import PortfolioReport
from daytrader.core.rules import Rules
from daytrader.core.strategy import get_strategy
from daytrader.services.data_providers.sample import SampleProvider

_PORTFOLIO_TARGET, _PAGE_TARGET, _CHECK_TARGET = 0.1, 0.25, 1.0
_STRATEGIES = ("technical", "sma_cross", "sma_trend", "macd", "breakout")


def measure(folder: Path) -> list[Figure]:  # noqa: ARG001 (as every benchmark)
    """Return the time of ten members over 3,270 days each, of the page, and of a check on 3,270 bars."""
    provider = SampleProvider()
    bars = {symbol: provider.fetch(symbol).bars() for symbol in ("AAPL", "IBM")}
    members = [Member(symbol, bars[symbol], name, {}, Rules()) for symbol in bars for name in _STRATEGIES]

    def run() -> PortfolioReport:
        return portfolio.run(members, cash=Decimal(100_000))

    report = run()  # compiled and loaded
    technical = get_strategy("technical")
    rows = sum(member.bars.n for member in members)
    return [
        absolute(
            "portfolio",
            f"ten members, {rows:,} daily bars in all, one budget",
            median_seconds(run, 20),
            _PORTFOLIO_TARGET,
            20,
        ),
        absolute("report-page", "its report as a page", median_seconds(report.to_html, 10), _PAGE_TARGET, 10),
        absolute(
            "strategy-check",
            "`technical` proved on 3,270 daily bars",
            median_seconds(lambda: strategy_check.check(technical, bars["AAPL"], {}), 5),
            _CHECK_TARGET,
            5,
        ),
    ]
