"""What happens in a simulation, all of it from one seed: a market, services, and what their owner does between bars."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import TradingService, TradingTransaction
from daytrader.models.enums import TradingMode, TransactionState
from daytrader.services import emergency, exposure_limits, trading_service, transaction_service
from daytrader.services.actor import Actor
from tests.engine.builders import Ohlc

Act = Callable[[Session, Actor], object]

_ACTS_PER_BAR: Final = 0.15
_STRATEGIES: Final[Sequence[tuple[str, dict[str, int]]]] = (
    ("sma_trend", {"window": 2}),
    ("sma_trend", {"window": 5}),
    ("sma_cross", {"fast": 2, "slow": 5}),
    ("buy_and_hold", {}),
)


@dataclass(frozen=True)
class Plan:
    """
    What is to happen, whatever else goes wrong.

    Attributes:
        seed: Where all of it comes from.
        bars: The market.
        volumes: What each bar traded, None where nobody knows.
        dividends: Amount a share, by row.
        splits: Ratio, by row.
        services: The settings of each.
        acts: What the owner does before a row's bar, by row.
        fills_at_close: Whether the broker fills at the close that decides.
    """

    seed: int
    bars: Sequence[Ohlc]
    volumes: Sequence[int | None]
    dividends: dict[int, str]
    splits: dict[int, tuple[int, int]]
    services: Sequence[dict[str, Any]]
    acts: dict[int, list[Act]]
    fills_at_close: bool


def plan(seed: int, count: int) -> Plan:
    """Return what happens on *count* bars."""
    chance = random.Random(f"plan {seed}")
    services = [_settings(chance, number) for number in range(chance.randint(2, 4))]
    rows = range(3, count)
    acts: dict[int, list[Act]] = {}
    for row in rows:
        if chance.random() < _ACTS_PER_BAR:
            acts.setdefault(row, []).append(owners_act(chance, 1 + chance.randrange(len(services))))
    return Plan(
        seed,
        _market(chance, count),
        [chance.choice((1000, 1000, 200, 40_000, 0, None)) for _ in range(count)],
        {row: f"{chance.uniform(0.01, 1):.4f}" for row in rows if chance.random() < 0.02},
        {row: chance.choice(((2, 1), (3, 2), (1, 2), (1, 100))) for row in rows if chance.random() < 0.02},
        services,
        acts,
        fills_at_close=chance.random() < 0.2,
    )


def _market(chance: random.Random, count: int) -> list[Ohlc]:
    rows, close = [], chance.uniform(5, 200)
    for _ in range(count):
        opened = close * (1 + chance.uniform(-0.03, 0.03))
        close = opened * (1 + chance.uniform(-0.05, 0.05))
        high = max(opened, close) * (1 + chance.uniform(0, 0.03))
        rows.append((opened, high, min(opened, close) * (1 - chance.uniform(0, 0.03)), close))
    return rows


def _settings(chance: random.Random, number: int) -> dict[str, Any]:
    strategy, params = chance.choice(_STRATEGIES)
    return {
        "name": f"service {number}",
        "strategy": strategy,
        "strategy_params": params,
        "initial_balance": Decimal(chance.randint(500, 20_000)),
        "minimum_balance": Decimal(chance.choice((0, 100))),
        "allocation_percent": Decimal(chance.choice(("0.3", "0.5", "1"))),
        "stop_loss_percent": Decimal(chance.choice((0, 2, 5))),
        "take_profit_percent": Decimal(chance.choice((0, 3, 8))),
        "slippage_bps": Decimal(chance.choice((0, 5))),
        "gap_reserve_percent": Decimal(chance.choice((0, 3))),
        "commission_per_order": Decimal(chance.choice(("0", "0.99"))),
        "commission_percent": Decimal(chance.choice(("0", "0.1"))),
        "volume_limit_percent": chance.choice((None, None, Decimal(1), Decimal(10))),
        "keep_protection": chance.random() < 0.8,
    }


def owners_act(chance: random.Random, service_id: int) -> Act:
    """Return something that an owner does to a service, however wrong the moment."""
    shares, percent = chance.randint(1, 50), Decimal(chance.randint(1, 9))
    most = Decimal(chance.randint(500, 20_000))
    return chance.choice(
        (
            lambda session, actor: trading_service.pause(session, actor, service_id),
            lambda session, actor: trading_service.resume(session, actor, service_id),
            lambda session, actor: trading_service.stop(session, actor, service_id, "keep"),
            lambda session, actor: trading_service.stop(session, actor, service_id, "sell"),
            lambda session, actor: trading_service.activate(session, actor, service_id),
            lambda session, actor: trading_service.activate(session, actor, service_id),
            lambda session, actor: trading_service.set_mode(session, actor, service_id, TradingMode.HOLD),
            lambda session, actor: listen_again(session, actor, service_id),
            lambda session, actor: listen_again(session, actor, service_id),
            lambda session, actor: trading_service.update(
                session, actor, service_id, {"stop_loss_percent": percent, "fixed_shares": shares}
            ),
            lambda session, actor: transaction_service.buy(session, actor, service_id, shares),
            lambda session, actor: transaction_service.complete(session, actor, _held(session, service_id)),
            lambda session, actor: transaction_service.cancel(session, actor, _held(session, service_id), "a mistake"),
            lambda session, actor: exposure_limits.kill(session, actor.user_id),
            lambda session, actor: exposure_limits.release(session, actor.user_id),
            lambda session, actor: exposure_limits.release(session, actor.user_id),
            lambda session, actor: exposure_limits.change(session, actor.user_id, {"max_position_value": most}),
            lambda session, actor: exposure_limits.change(session, actor.user_id, {"max_daily_loss": most / 10}),
            lambda session, actor: exposure_limits.change(
                session, actor.user_id, {"max_position_value": None, "max_daily_loss": None}
            ),
            lambda session, actor: emergency.flatten(session, actor.user_id),
        )
    )


def listen_again(session: Session, actor: Actor, service_id: int) -> object:
    """Let a service take signals, whichever it may take next."""
    service = session.get_one(TradingService, service_id)
    mode = TradingMode.SELL if service.current_shares else TradingMode.BUY
    return trading_service.set_mode(session, actor, service_id, mode)


def _held(session: Session, service_id: int) -> int:
    """Return the service's open transaction, 0 for none: whoever is asked for that says so."""
    query = select(TradingTransaction.id).where(
        TradingTransaction.service_id == service_id, TradingTransaction.state == TransactionState.OPEN
    )
    return session.scalar(query) or 0
