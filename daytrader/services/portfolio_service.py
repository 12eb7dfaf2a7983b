"""All services of one owner together: what they are worth, what the last session changed, what each decided last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.money import CENTS, to_cents
from daytrader.models.decision import TradeDecision
from daytrader.models.trading_service import TradingService
from daytrader.services import performance_service
from daytrader.services.actor import Actor
from daytrader.services.performance_service import EquityCurve

_DAY: Final = 10
"""Letters of an ISO 8601 date."""


@dataclass(frozen=True, slots=True)
class Holding:
    """
    One service in the portfolio; money in currency units.

    Attributes:
        equity: Cash and the position at the last close that the service has seen.
        position_value: The position alone.
        session_change: What the portfolio's last session changed in the equity.
        last_decision: On the latest bar; None before the first.
    """

    service_id: int
    equity: float
    position_value: float
    session_change: float
    last_decision: TradeDecision | None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """
    The services of one owner that are not archived; money in currency units.

    A service counts with its initial balance before it began: opening one moves no line. The curve has one value for
    each session that any of them has seen, the oldest first.
    """

    as_of: str | None
    initial_balance: float
    value: float
    cash: float
    position_value: float
    session_change: float
    timestamps: Sequence[str]
    equity: Sequence[float]
    services: Sequence[Holding]


def portfolio(session: Session, actor: Actor) -> Portfolio:
    """Return what the actor's own services come to, up to the last bar that the market knows."""
    services = session.scalars(
        select(TradingService)
        .where(TradingService.user_id == actor.user_id, TradingService.is_active)
        .order_by(TradingService.id)
    ).all()
    curves = {service.id: performance_service.equity(session, service) for service in services}
    days = sorted({stamp[:_DAY] for curve in curves.values() for stamp in curve.timestamps})
    values = {service.id: _by_day(curves[service.id], days, to_cents(service.initial_balance)) for service in services}
    total: IntArray = sum(values.values(), np.zeros(len(days), np.int64))
    decisions = _last_decisions(session, list(curves))
    holdings = [_holding(service, curves[service.id], values[service.id], decisions) for service in services]
    value = sum(holding.equity for holding in holdings)
    invested = sum(holding.position_value for holding in holdings)
    return Portfolio(
        as_of=max((curve.timestamps[-1] for curve in curves.values() if curve.timestamps), default=None),
        initial_balance=float(sum(service.initial_balance for service in services)),
        value=round(value, 2),
        cash=round(value - invested, 2),
        position_value=round(invested, 2),
        session_change=round(sum(holding.session_change for holding in holdings), 2),
        timestamps=[f"{day}T00:00:00Z" for day in days],
        equity=[cents / CENTS for cents in total.tolist()],
        services=holdings,
    )


def _by_day(curve: EquityCurve, days: Sequence[str], initial_cents: int) -> IntArray:
    """Return the equity of a service in cents on each of *days*: on those that it has not seen, that before."""
    seen = np.searchsorted(np.array([stamp[:_DAY] for stamp in curve.timestamps], "U10"), days, side="right")
    cents: IntArray = np.rint(np.array([initial_cents / CENTS, *curve.equity]) * CENTS).astype(np.int64)
    by_day: IntArray = cents[seen]
    return by_day


def _holding(
    service: TradingService, curve: EquityCurve, by_day: IntArray, decisions: Mapping[int, TradeDecision]
) -> Holding:
    started = float(service.initial_balance)
    equity = curve.equity[-1] if curve.equity else float(service.current_balance)
    before = float(by_day[-2]) / CENTS if len(by_day) > 1 else started
    return Holding(
        service_id=service.id,
        equity=equity,
        position_value=curve.position_value[-1] if curve.position_value else 0.0,
        session_change=round(equity - before, 2),
        last_decision=decisions.get(service.id),
    )


def _last_decisions(session: Session, service_ids: Sequence[int]) -> Mapping[int, TradeDecision]:
    latest = (
        select(func.max(TradeDecision.id))
        .where(TradeDecision.service_id.in_(service_ids))
        .group_by(TradeDecision.service_id)
    )
    rows = session.scalars(select(TradeDecision).where(TradeDecision.id.in_(latest)))
    return {row.service_id: row for row in rows}
