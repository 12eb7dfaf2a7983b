"""How a stored service becomes what the trading core reads: the one mapping for engine, checks and backtests."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from daytrader.core import fills
from daytrader.core.decision import Account
from daytrader.core.money import from_cents, to_cents, to_micros
from daytrader.core.protection import in_force
from daytrader.core.rules import Costs, Rules
from daytrader.core.strategy import get_strategy, resolve_params
from daytrader.models.enums import PROTECTED_STATES, ServiceState, TradingMode
from daytrader.models.trading_service import TradingService


def rules_of(service: TradingService) -> Rules:
    """
    Return the sizing, protection and cost rules of *service*.

    Raises:
        InvalidParameterError: Naming the setting that is out of bounds.
    """
    return _rules(
        service.allocation_percent,
        service.fixed_shares,
        service.stop_loss_percent,
        service.take_profit_percent,
        service.minimum_balance,
        service.gap_reserve_percent,
        service.commission_per_order,
        service.commission_per_share,
        service.commission_percent,
        service.commission_minimum,
        service.slippage_bps,
        service.volume_limit_percent,
    )


@lru_cache(maxsize=4096)
def _rules(
    allocation: Decimal,
    fixed_shares: int | None,
    stop_loss_percent: Decimal,
    take_profit_percent: Decimal,
    minimum_balance: Decimal,
    gap_reserve_percent: Decimal,
    per_order: Decimal,
    per_share: Decimal,
    percent: Decimal,
    minimum: Decimal,
    slippage_bps: Decimal,
    volume_limit_percent: Decimal | None,
) -> Rules:
    # Checked and compiled once for all bars and all services that trade by the same rules.
    return Rules(
        allocation=allocation,
        fixed_shares=fixed_shares,
        stop_loss_percent=stop_loss_percent,
        take_profit_percent=take_profit_percent,
        minimum_balance=minimum_balance,
        gap_reserve_percent=gap_reserve_percent,
        costs=Costs(
            per_order=per_order, per_share=per_share, percent=percent, minimum=minimum, slippage_bps=slippage_bps
        ),
        volume_limit_percent=volume_limit_percent,
    )


def most_cash(service: TradingService, shares: int, limit: int) -> Decimal:
    """Return the most that buying *shares* at *limit* micros may take, costs included."""
    return from_cents(fills.most_cents(rules_of(service).compiled, shares, limit))


def levels_of(service: TradingService) -> tuple[int, int]:
    """Return stop and target in micros as they are in force, 0 where one is not: the same on paper and at a broker."""
    if service.state not in PROTECTED_STATES:
        return 0, 0
    is_trading = service.state is ServiceState.ACTIVE and service.mode is not TradingMode.HOLD
    levels = micros_of(service.stop_price), micros_of(service.target_price)
    return in_force(is_trading, service.keep_protection, *levels)


def micros_of(level: Decimal | None) -> int:
    """Return a stored price in micros, 0 for none."""
    return 0 if level is None else to_micros(level)


def account_of(
    service: TradingService, *, has_pending_entry: bool, has_pending_exit: bool, is_armed: bool | None = None
) -> Account:
    """Return the state of *service* as far as a decision depends on it, *is_armed* as stored unless it is given."""
    return Account(
        cash=to_cents(service.current_balance),
        reserved=to_cents(service.reserved_cash),
        shares=service.current_shares,
        mode=service.mode.value,
        is_active=service.is_active and service.state is ServiceState.ACTIVE,
        is_paused=service.state is ServiceState.PAUSED,
        has_pending_entry=has_pending_entry,
        has_pending_exit=has_pending_exit,
        is_armed=service.is_armed if is_armed is None else is_armed,
    )


def params_of(service: TradingService) -> dict[str, int | float]:
    """
    Return every parameter of the service's strategy.

    The specification's thresholds are columns: they reach a strategy that declares parameters of those names, unless
    ``strategy_params`` says otherwise.

    Raises:
        UnknownStrategyError: If there is no such strategy.
        InvalidParameterError: If a parameter is unknown or out of bounds.
    """
    return resolved_params(service.strategy, service.strategy_params, service.buy_threshold, service.sell_threshold)


def resolved_params(
    name: str, given: Mapping[str, object], buy_threshold: Decimal, sell_threshold: Decimal
) -> dict[str, int | float]:
    """Return the parameters of a service of these columns, as `params_of` does."""
    strategy = get_strategy(name)
    thresholds = {"buy_threshold": buy_threshold, "sell_threshold": sell_threshold}
    declared = {parameter.name for parameter in strategy.parameters}
    return resolve_params(strategy, {key: value for key, value in thresholds.items() if key in declared} | dict(given))
