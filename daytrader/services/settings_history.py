"""The settings that a service trades by, as they were: a bar is audited by those of its time, not by today's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models.replaced_settings import ReplacedSettings
from daytrader.models.trading_service import TradingService

_PLAIN: Final = ("strategy", "strategy_params", "fixed_shares", "keep_protection")
_DECIMAL: Final = (
    "buy_threshold",
    "sell_threshold",
    "allocation_percent",
    "stop_loss_percent",
    "take_profit_percent",
    "minimum_balance",
    "gap_reserve_percent",
    "commission_per_order",
    "commission_per_share",
    "commission_percent",
    "commission_minimum",
    "slippage_bps",
    "volume_limit_percent",
)


@dataclass(frozen=True, slots=True)
class Period:
    """
    What a service traded by, and until when.

    Attributes:
        until: When it was replaced; None: it is in force.
        settings: A service that has these settings and nothing else.
    """

    until: datetime | None
    settings: TradingService


def settings_of(service: TradingService) -> Mapping[str, Any]:
    """Return what decisions and fills of *service* depend on, exact, as JSON values."""
    plain = {name: getattr(service, name) for name in _PLAIN}
    return plain | {name: _exact(getattr(service, name)) for name in _DECIMAL}


def keep(session: Session, service: TradingService, before: Mapping[str, Any]) -> None:
    """Keep the settings *before* a change of *service*, whose row is locked, if bars were decided by them."""
    if service.last_bar_time is not None and before != settings_of(service):
        session.add(ReplacedSettings(service_id=service.id, settings=dict(before)))


def periods(session: Session, service: TradingService) -> Sequence[Period]:
    """Return what *service* has traded by, oldest first; the last is what it trades by now."""
    query = select(ReplacedSettings).where(ReplacedSettings.service_id == service.id).order_by(ReplacedSettings.id)
    replaced = [Period(row.created_at, _with(row.settings)) for row in session.scalars(query)]
    return [*replaced, Period(None, service)]


def _with(settings: Mapping[str, Any]) -> TradingService:
    is_decimal = {name: name in _DECIMAL and value is not None for name, value in settings.items()}
    return TradingService(**{name: Decimal(value) if is_decimal[name] else value for name, value in settings.items()})


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
