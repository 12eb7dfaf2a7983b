"""Bars, signals and rules for tests: tiny ones by hand, long ones by seed, real ones from the package."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import numpy as np

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.bars import Bars, CorporateEvent, EventKind
from daytrader.core.rules import Costs, Rules
from daytrader.core.strategy import Params, Signals
from daytrader.services.data_providers.sample import SampleProvider

EPOCH = date(1970, 1, 1)
FIRST_DAY = 10_000  # 1997-05-19
FREE = Costs(slippage_bps=Decimal(0))

Quote = tuple[float, float, float, float]


def bars_of(
    quotes: Sequence[Quote], events: Iterable[CorporateEvent] = (), volume: Sequence[float] | None = None
) -> Bars:
    """Return daily bars (open, high, low, close) from FIRST_DAY on."""
    open_, high, low, close = np.array(quotes, np.float64).reshape(len(quotes), 4).T
    return Bars.build(days(len(quotes)) * 86_400, open_, high, low, close, volume, events=events)


def days(n: int) -> IntArray:
    """Return *n* consecutive days from FIRST_DAY on."""
    return np.arange(FIRST_DAY, FIRST_DAY + n, dtype=np.int64)


def day(row: int) -> date:
    """Return the date of the bar at *row*."""
    return EPOCH + timedelta(days=FIRST_DAY + row)


def flat_bars(closes: Sequence[float]) -> Bars:
    """Return daily bars that trade at one price each."""
    return bars_of([(close, close, close, close) for close in closes])


def random_walk(n: int, seed: int = 1, scale: float = 1.0, volatility: float = 0.02) -> Bars:
    """Return *n* daily bars that wander from 100 x *scale*, prices to the cent of that scale."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, n)))
    open_ = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, volatility / 4, n))
    high = np.maximum(open_, close) * (1 + rng.random(n) * volatility / 2)
    low = np.minimum(open_, close) * (1 - rng.random(n) * volatility / 2)
    opens, highs, lows, closes = (np.round(column, 2) * scale for column in (open_, high, low, close))
    return Bars.build(days(n) * 86_400, opens, highs, lows, closes, np.round(rng.random(n) * 1e6))


def dividend(row: int, amount: str) -> CorporateEvent:
    """Return a dividend with its ex-date on bar *row* of these builders."""
    return CorporateEvent(FIRST_DAY + row, EventKind.DIVIDEND, amount=Decimal(amount))


def split(row: int, numerator: int, denominator: int = 1) -> CorporateEvent:
    """Return a split with its ex-date on bar *row* of these builders."""
    return CorporateEvent(FIRST_DAY + row, EventKind.SPLIT, numerator, denominator)


def signals_of(n: int, entries: Iterable[int] = (), exits: Iterable[int] = ()) -> Signals:
    """Return signals that hold on the given rows only; exit wins, as `compute` sees to."""
    entry, exit_ = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    entry[list(entries)] = True
    exit_[list(exits)] = True
    return Signals.of([(entry & ~exit_, "in")], [(exit_, "out")])


def free_rules(
    allocation: str = "1", stop: str = "0", target: str = "0", shares: int | None = None, gap: str = "0"
) -> Rules:
    """Return rules without costs, all in and unprotected unless told."""
    return Rules(
        allocation=Decimal(allocation),
        fixed_shares=shares,
        stop_loss_percent=Decimal(stop),
        take_profit_percent=Decimal(target),
        gap_reserve_percent=Decimal(gap),
        costs=FREE,
    )


def sample(symbol: str) -> Bars:
    """Return one of the package's own price series, raw, without corporate actions."""
    return bars_of_rows(_packed(symbol))


def sample_with_events(symbol: str) -> Bars:
    """Return one of the package's own price series with its splits and dividends."""
    series = SampleProvider().fetch(symbol)
    return Bars.build(
        series.time, series.open, series.high, series.low, series.close, series.volume, events=series.events
    )


def sample_column(symbol: str, name: str) -> FloatArray:
    """Return one column of one of the package's own price series."""
    return np.array([float(row[name]) for row in csv.DictReader(_packed(symbol).splitlines())])


def _packed(symbol: str) -> str:
    return gzip.decompress(files("daytrader").joinpath("data", f"{symbol}.csv.gz").read_bytes()).decode()


def bars_of_rows(text: str) -> Bars:
    """Return the bars of a CSV with the columns date, open, high, low, close."""
    rows = list(csv.DictReader(text.splitlines()))
    time = [(date.fromisoformat(row["date"]) - EPOCH) // timedelta(seconds=1) for row in rows]
    open_, high, low, close = ([float(row[name]) for row in rows] for name in ("open", "high", "low", "close"))
    return Bars.build(time, open_, high, low, close)


def column(path: Path, name: str) -> FloatArray:
    """Return one column of a CSV file."""
    with path.open() as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


class TooShort:
    """Returns one row too few."""

    name = "too_short"
    description = "Breaks the protocol."
    parameters = ()

    def warmup(self, params: Params) -> int:  # noqa: ARG002 - the protocol's signature
        """Return 0."""
        return 0

    def signals(self, bars: Bars, params: Params) -> Signals:  # noqa: ARG002 - the protocol's signature
        """Return one row too few."""
        return signals_of(bars.n - 1)
