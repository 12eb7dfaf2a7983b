"""Market scans: what a strategy says today about every stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from daytrader.core.scan import Signal, last_signal
from daytrader.core.strategy import get_strategy, resolve_params
from daytrader.jobs.worker import Handler, JobControl, Outcome
from daytrader.services import price_service, stock_service
from daytrader.services.session_manager import SessionManager
from daytrader.utils.constants import DAILY
from daytrader.utils.days import date_of

SCAN: Final = "scan"


def handlers() -> dict[str, Handler]:
    """Return who carries out the jobs of this module, by kind."""
    return {SCAN: ScanJob()}


@dataclass(frozen=True, slots=True)
class Scan:
    """
    What a strategy says at the last bars.

    Attributes:
        strategy: Its name.
        params: Its parameters, all of them.
        as_of: The last session of any of the stocks, None without prices.
        stocks: How many had prices.
        stale: The symbols whose prices end before *as_of*: they say nothing about today.
        signals: Those of *as_of*.
    """

    strategy: str
    params: Mapping[str, object]
    as_of: date | None
    stocks: int
    stale: Sequence[str]
    signals: Sequence[Signal]


def scan(
    strategy: str,
    params: Mapping[str, object],
    symbols: Sequence[str],
    interval: int = DAILY,
    *,
    progress: Callable[[float], None] = lambda _part: None,
) -> Scan:
    """
    Evaluate *strategy* at the last known bar of each of *symbols*, of every stored stock if none is named.

    Each stock is read in a unit of its own: a scan keeps no snapshot open.

    Args:
        strategy: Its name.
        params: Of its parameters those that are given.
        symbols: Of stored stocks.
        interval: Minutes of a bar, 0 for daily.
        progress: Told the fraction that is done.

    Raises:
        NotFoundError: If a symbol is unknown.
        UnknownStrategyError, InvalidParameterError: If the strategy or a parameter is.
    """
    asked = get_strategy(strategy)
    resolved = resolve_params(asked, params)
    with SessionManager(read_only=True) as session:
        named = [stock_service.by_symbol(session, symbol) for symbol in symbols]
        stocks = [(stock.id, stock.symbol) for stock in named or stock_service.listing(session)]
    signals, last = [], dict[str, int]()
    for number, (stock_id, symbol) in enumerate(stocks):
        progress(number / len(stocks))
        with SessionManager(read_only=True) as session:
            bars = price_service.known_bars(session, stock_id, interval)
        if not bars.n:
            continue
        last[symbol] = int(bars.session[-1])
        signal = last_signal(symbol, bars, asked, resolved)
        if signal is not None:
            signals.append(signal)
    newest = max(last.values(), default=None)
    stale = sorted(symbol for symbol, session_day in last.items() if session_day != newest)
    return Scan(
        asked.name,
        resolved,
        None if newest is None else date_of(newest),
        len(last),
        stale,
        [signal for signal in signals if signal.symbol not in stale],
    )


class ScanJob:
    """Evaluates a strategy at the last known bar of each stock; the signals are the job's result."""

    def run(self, params: Mapping[str, Any], control: JobControl) -> Outcome:
        """Scan, and tell what was found as JSON values."""
        interval = params["interval"] or DAILY
        found = scan(params["strategy"], params["params"], params["symbols"], interval, progress=control.report)
        return Outcome(
            {
                "strategy": found.strategy,
                "params": found.params,
                "interval": interval,
                "as_of": None if found.as_of is None else found.as_of.isoformat(),
                "stocks": found.stocks,
                "stale": found.stale,
                "signals": [signal.to_dict() for signal in found.signals],
            }
        )

    def discard(self, params: Mapping[str, Any]) -> None:
        """Nothing was kept."""

    def tidy(self) -> None:
        """Nothing is left behind."""
