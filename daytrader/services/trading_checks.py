"""Would a service buy or sell now? Asked of the same functions as the engine, changing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from daytrader.core.decision import Action, Decision, decide
from daytrader.core.money import from_micros
from daytrader.core.strategy import compute, get_strategy
from daytrader.models.base import json_ready
from daytrader.models.enums import OrderSide, ServiceAction, ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.trading_rules import account_of, params_of, rules_of
from daytrader.utils.current_datetime import get_current_datetime


@dataclass(frozen=True, slots=True)
class Check:
    """
    The answer to "would it?".

    Attributes:
        should_proceed: Whether the engine would place the order asked about.
        reason: Why, or why not, in words a trader understands.
        timestamp: When it was asked.
        details: The bar it was judged on, the shares and limit, the strategy's figures.
        service_id: Of whom it was asked.
        next_action: What the service looks for next.
    """

    should_proceed: bool
    reason: str
    timestamp: datetime
    details: Mapping[str, object]
    service_id: int
    next_action: ServiceAction


def check_buy(session: Session, actor: Actor, service_id: int) -> Check:
    """
    Return whether the service would buy on the last bar that the market knows.

    Raises:
        NotFoundError: If the service does not exist or is someone else's.
    """
    return _check(session, actor, service_id, Action.BUY)


def check_sell(session: Session, actor: Actor, service_id: int) -> Check:
    """
    Return whether the service would sell on the last bar that the market knows.

    Raises:
        NotFoundError: If the service does not exist or is someone else's.
    """
    return _check(session, actor, service_id, Action.SELL)


def _check(session: Session, actor: Actor, service_id: int, wanted: Action) -> Check:
    service = trading_service.get_owned(session, service_id, actor)
    found = _decide(session, service)
    if found is None:
        return _answer(service, False, f"no prices of {service.stock_symbol} are known yet", {})
    decision, details = found
    is_held = service.current_shares > 0
    if service.state is ServiceState.ACTIVE and is_held is (wanted is Action.BUY):
        standing = f"{service.current_shares} shares are held already" if is_held else "there is no position to sell"
        return _answer(service, False, standing, details)
    return _answer(service, decision.action is wanted, decision.reason, details)


def _decide(session: Session, service: TradingService) -> tuple[Decision, dict[str, object]] | None:
    if service.stock_id is None:
        return None
    bars = price_service.known_bars(session, service.stock_id, service.interval)
    if not bars.n:
        return None
    last = bars.n - 1
    strategy = get_strategy(service.strategy)
    signals = compute(strategy, bars, params_of(service))
    live = trading_service.live_sides(session, service.id)
    account = account_of(service, has_pending_entry=OrderSide.BUY in live, has_pending_exit=OrderSide.SELL in live)
    decision = decide(account, rules_of(service), signals, last, int(bars.micros.close[last]))
    details: dict[str, object] = {
        "bar_time": datetime.fromtimestamp(int(bars.time[last]), UTC),
        "strategy": strategy.name,
        "shares": decision.shares,
        "limit_price": from_micros(decision.limit) if decision.limit else None,
        "current_shares": service.current_shares,
        "current_balance": service.current_balance,
        "stop_price": service.stop_price,
        "target_price": service.target_price,
        **decision.evidence,
    }
    return decision, details


def _answer(service: TradingService, should_proceed: bool, reason: str, details: dict[str, object]) -> Check:
    looks_to_sell = bool(service.current_shares) != should_proceed  # what proceeds turns the position round
    return Check(
        should_proceed=should_proceed,
        reason=reason,
        timestamp=get_current_datetime(),
        details=json_ready(details),
        service_id=service.id,
        next_action=ServiceAction.CHECK_SELL if looks_to_sell else ServiceAction.CHECK_BUY,
    )
