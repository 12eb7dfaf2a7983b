"""What a seed stands for: sessions of a market, services that trade in it, and the faults that are to happen."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from daytrader.services import market_calendar

SYMBOLS: Final = ("ACME", "BETA")
HISTORY: Final = 6
"""Bars before the first session: what the strategies read."""

_FIRST: Final = date(2023, 1, 3)
# They buy whenever they may, so that there is something to go wrong.
_STRATEGIES: Final[Sequence[tuple[str, dict[str, int]]]] = (
    ("sma_trend", {"window": 2}),
    ("buy_and_hold", {}),
    ("buy_and_hold", {}),
)


class Fault(StrEnum):
    """What may go wrong between us and a broker; the values are what the broker counts it under."""

    TIMEOUT = "hang"  # an order is taken, the answer comes too late
    GATEWAY = "504"
    LOST_ANSWER = "lose"
    HALF_AN_ANSWER = "half"
    DISCONNECT = "drop"
    TOO_MANY_REQUESTS = "429"
    NOT_FOUND = "not found"  # an order that was taken, for a while
    REFUSE = "refuse"  # an order, when it is sent
    REJECT = "rejected"  # after it was taken
    PARTIAL_REJECT = "partial + rejected"
    PARTIAL_CANCEL = "partial + canceled"
    FILL_DURING_CANCEL = "fill during cancel"
    DUPLICATE_FILL = "duplicate fill"
    REORDERED_FILL = "reordered fill"
    LATE_FILL = "late fill"
    UNKNOWN_ORDER = "unknown order"  # under our prefix
    KILLED = "engine killed and restarted"


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one symbol: the prices that trade, the opening auction's first and the close last."""

    prices: Sequence[float]

    @property
    def ohlc(self) -> tuple[float, float, float, float]:
        """Return its bar."""
        return self.prices[0], max(self.prices), min(self.prices), self.prices[-1]


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What is to happen.

    Attributes:
        seed: Where all of it comes from.
        fault: What is bound to happen; the others may.
        days: Sessions, those before the first that is traded included.
        market: What trades in each, by symbol.
        services: The settings of one service for each symbol.
    """

    seed: int
    fault: Fault
    days: Sequence[date]
    market: Mapping[str, Sequence[Session]]
    services: Sequence[dict[str, Any]]


def plan(seed: int, sessions: int) -> Plan:
    """Return what happens in so many *sessions*."""
    chance = random.Random(f"broker {seed}")
    days = market_calendar.sessions_after(_FIRST + timedelta(days=chance.randrange(400)), HISTORY + sessions)
    faults = list(Fault)
    return Plan(
        seed,
        faults[seed % len(faults)],
        days,
        {symbol: _market(chance, len(days)) for symbol in SYMBOLS},
        [_settings(chance, symbol) for symbol in SYMBOLS],
    )


def _market(chance: random.Random, count: int) -> Sequence[Session]:
    found, close = [], chance.uniform(20, 80)
    for _ in range(count):
        opened = close * (1 + chance.uniform(-0.02, 0.02))
        path = [opened, *(opened * (1 + chance.uniform(-0.05, 0.05)) for _ in range(3))]
        found.append(Session([round(price, 2) for price in path]))
        close = path[-1]
    return found


def _settings(chance: random.Random, symbol: str) -> dict[str, Any]:
    strategy, params = chance.choice(_STRATEGIES)
    return {
        "name": f"service of {symbol}",
        "stock_symbol": symbol,
        "broker": "alpaca",
        "strategy": strategy,
        "strategy_params": params,
        "initial_balance": Decimal(chance.randint(2_000, 20_000)),
        "minimum_balance": Decimal(chance.choice((0, 100))),
        "allocation_percent": Decimal(chance.choice(("0.5", "1"))),
        "stop_loss_percent": Decimal(chance.choice((0, 2, 3))),
        "take_profit_percent": Decimal(chance.choice((0, 2, 4))),
        "slippage_bps": Decimal(chance.choice((0, 5))),
        "gap_reserve_percent": Decimal(3),
        "keep_protection": chance.random() < 0.8,
    }
