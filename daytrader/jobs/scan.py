"""Market scans: what a strategy says today about every stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from daytrader.core.scan import last_signal
from daytrader.core.strategy import get_strategy, resolve_params
from daytrader.jobs.worker import Handler, JobControl, Outcome
from daytrader.services import market_calendar, price_service, stock_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY

SCAN: Final = "scan"


def handlers() -> dict[str, Handler]:
    """Return who carries out the jobs of this module, by kind."""
    return {SCAN: ScanJob()}


class ScanJob:
    """Evaluates a strategy at the last known bar of each stock; the signals are the job's result."""

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Read each stock in a unit of its own: a scan keeps no snapshot open."""
        strategy = get_strategy(params["strategy"])
        resolved = resolve_params(strategy, params["params"])
        interval = params["interval"] or DAILY
        with SessionManager(read_only=True) as session:
            named = [stock_service.by_symbol(session, symbol) for symbol in params["symbols"]]
            stocks = [(stock.id, stock.symbol) for stock in named or stock_service.listing(session)]
        signals, last = [], dict[str, int]()
        for number, (stock_id, symbol) in enumerate(stocks):
            control.report(number / len(stocks))
            with SessionManager(read_only=True) as session:
                bars = price_service.known_bars(session, stock_id, interval)
            if not bars.n:
                continue
            last[symbol] = int(bars.session[-1])
            signal = last_signal(symbol, bars, strategy, resolved)
            if signal is not None:
                signals.append(signal)
        newest = max(last.values(), default=None)
        # A stock whose prices end earlier says nothing about today.
        stale = sorted(symbol for symbol, session_day in last.items() if session_day != newest)
        as_of: date | None = None if newest is None else market_calendar.date_of(newest)
        return Outcome(
            {
                "strategy": strategy.name,
                "params": resolved,
                "interval": interval,
                "as_of": None if as_of is None else as_of.isoformat(),
                "stocks": len(last),
                "stale": stale,
                "signals": [
                    asdict(signal) | {"session": signal.session.isoformat(), "side": signal.side.value}
                    for signal in signals
                    if signal.symbol not in stale
                ],
            }
        )

    def discard(self, params: Mapping[str, Any]) -> None:
        """Nothing was kept."""

    def tidy(self) -> None:
        """Nothing is left behind."""
