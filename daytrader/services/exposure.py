"""Whether a buy may add to the risk that is taken already: kill switch, promotion gate and circuit breakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, TypeVarTuple

import structlog
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from daytrader.core.fills import cost_cents
from daytrader.core.money import from_cents, to_micros
from daytrader.models import CorporateAction, Execution, ExposureLimit, Order, TradingService, TradingTransaction
from daytrader.models.enums import CorporateActionKind, OrderSide, TransactionState
from daytrader.services import (
    exposure_limits,
    live_trading,
    price_service,
    promotion_service,
    system_events,
    unreadable_rows,
)
from daytrader.services.events import events
from daytrader.services.session_manager import savepoint
from daytrader.services.system_events import Severity
from daytrader.utils.current_datetime import get_current_datetime

logger = structlog.get_logger(__name__)

Row = TypeVarTuple("Row")

KILLED: Final = "the kill switch is on"
_DAILY_LOSS: Final = "the daily loss limit"
_LIMIT: Final = "the limit"
_MINUTE: Final = timedelta(minutes=1)
_A_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """
    How much of the limits is taken; money in currency units.

    Attributes:
        daily_result: What the session has brought so far: sales, and positions against the previous close, fees
            included, dividends not.
        position_value: Positions at the last known prices, and the most that pending entries may cost.
        orders_last_minute: Placed within the last sixty seconds.
    """

    daily_result: Decimal
    position_value: Decimal
    orders_last_minute: int


def usage(session: Session, user_id: int | None, at: datetime) -> Usage:
    """Return how much of their limits a user's services, or everybody's (None), take at market time *at*."""
    scope = _Scope(session, user_id, at)
    return Usage(scope.daily_result, scope.position_value, scope.orders_last_minute)


def standing(session: Session, user_id: int | None) -> Mapping[str, Any]:
    """
    Return the limits of a user or of the installation (None), what is taken of them, and the kill switches.

    What is taken is None where a row of it cannot be read: whoever has just turned a switch must not lose it by that.
    """
    at = price_service.market_time(session) or get_current_datetime()
    limit = exposure_limits.read(session, user_id)
    names = (*exposure_limits.LIMITS, "is_killed", "killed_at", "kill_reason")
    is_tripped = limit.tripped_on is not None and limit.tripped_on >= at.astimezone(UTC).date()
    return {
        **{name: getattr(limit, name) for name in names},
        **{name: getattr(limit, name) if is_tripped else None for name in ("tripped_on", "tripped_at")},
        **_taken(session, user_id, at),
        "is_installation_killed": exposure_limits.read(session, None).is_killed,
    }


def _taken(session: Session, user_id: int | None, at: datetime) -> Mapping[str, Any]:
    try:
        with savepoint(session):
            return asdict(usage(session, user_id, at))
    except unreadable_rows.ERRORS as error:
        _not_weighed(error)
        return {each.name: None for each in fields(Usage)}


def is_refusal(reason: str) -> bool:
    """Return whether a decision's *reason* is that a limit, the kill switch or the promotion gate barred a buy."""
    return reason.startswith((KILLED, promotion_service.REFUSED, f"{_DAILY_LOSS} of ", f"{_LIMIT} of "))


class EntryGuard:
    """
    Weighs the buys of one unit of work, whose services are locked, at market time *at*.

    What the limits allow is read once, at the first buy; each that is let through counts for those after it.
    """

    def __init__(self, session: Session, at: datetime) -> None:
        self._session = session
        self._at = at
        self._known: dict[str, _Scope | None] = {}
        self._limits: dict[str, ExposureLimit] = {}
        self._killed: dict[int, bool] = {}

    def is_killed(self, user_id: int) -> bool:
        """Return whether the kill switch of the user or of the installation is on."""
        if user_id not in self._killed:
            self._killed[user_id] = exposure_limits.is_killed(self._session, user_id)
        return self._killed[user_id]

    def refusal(self, service: TradingService, shares: int, price: int) -> str | None:
        """Return why *service* may not buy *shares* at *price* micros now, None if it may: then it counts."""
        not_promoted = live_trading.refusal(self._session, service)
        if not_promoted is not None:
            return not_promoted
        bounds = self._bounds(service.user_id)
        worth = from_cents(cost_cents(shares, price))
        for limit, scope in bounds:
            reason = self._broken(limit, scope, worth)
            if reason is not None:
                return reason
        for _, scope in bounds:
            scope.position_value += worth
            scope.orders_last_minute += 1
        return None

    def refusal_to_send(self, service: TradingService) -> str | None:
        """Return why an entry of *service* that was let through, and counts already, may not be sent now after all."""
        not_promoted = live_trading.refusal(self._session, service)
        if not_promoted is not None:
            return not_promoted
        found = (self._stopped(limit, scope) for limit, scope in self._bounds(service.user_id))
        return next((reason for reason in found if reason is not None), None)

    def _bounds(self, user_id: int) -> Sequence[tuple[ExposureLimit, _Scope]]:
        wanted = {exposure_limits.scope_of(None): None, exposure_limits.scope_of(user_id): user_id}
        if not wanted.keys() <= self._known.keys():
            found = {limit.scope: limit for limit in exposure_limits.in_force(self._session, [user_id])}
            for name, owner in wanted.items():
                if name not in self._known:
                    self._known[name] = _Scope(self._session, owner, self._at) if name in found else None
            self._limits |= found
        scopes = ((self._limits.get(name), self._known[name]) for name in wanted)
        return [(limit, scope) for limit, scope in scopes if limit is not None and scope is not None]

    def _broken(self, limit: ExposureLimit, scope: _Scope, worth: Decimal) -> str | None:
        stopped = self._stopped(limit, scope)
        if stopped is not None:
            return stopped
        try:
            return self._passed(limit, scope, worth)
        except unreadable_rows.ERRORS as error:
            return _not_weighed(error)

    def _passed(self, limit: ExposureLimit, scope: _Scope, worth: Decimal) -> str | None:
        of_all = _of(limit)
        most_orders, most_value = limit.max_orders_per_minute, limit.max_position_value
        if most_orders is not None and scope.orders_last_minute >= most_orders:
            return f"{_LIMIT}{of_all} of {most_orders} orders a minute is reached"
        if most_value is not None and scope.position_value + worth > most_value:
            return (
                f"{_LIMIT}{of_all} of {most_value} in positions would be passed: {scope.position_value} are held or "
                f"ordered, this takes {worth}"
            )
        return None

    def _stopped(self, limit: ExposureLimit, scope: _Scope) -> str | None:
        """Return why nothing at all may be bought, however small."""
        of_all = _of(limit)
        if limit.is_killed:
            return KILLED + of_all
        try:
            is_tripped = limit.max_daily_loss is not None and self._is_tripped(limit, scope, of_all)
        except unreadable_rows.ERRORS as error:
            return _not_weighed(error)
        if is_tripped:
            return f"{_DAILY_LOSS}{of_all} of {limit.max_daily_loss} is reached: no buys until the next session"
        return None

    def _is_tripped(self, limit: ExposureLimit, scope: _Scope, of_all: str) -> bool:
        """Return whether the day's loss is too large, or was: a price that recovers does not mend it."""
        assert limit.max_daily_loss is not None
        if limit.tripped_on == scope.day:
            return True
        if -scope.daily_result < limit.max_daily_loss:
            return False
        limit.tripped_on, limit.tripped_at = scope.day, get_current_datetime()
        message = (
            f"The daily loss limit{of_all} of {limit.max_daily_loss} is reached ({scope.daily_result} in the session "
            f"of {scope.day}): nothing buys until the next session, stops stay in force"
        )
        if limit.user_id is None:
            events.record(self._session, system_events.notification(Severity.WARNING, "engine", message))
        else:
            told = system_events.personal_notification(limit.user_id, Severity.WARNING, "engine", message)
            events.record(self._session, told)
        return True


@dataclass
class _Scope:
    """What the services of one user, or all of them, have at stake at market time *at*."""

    session: Session
    user_id: int | None
    at: datetime
    _prices: dict[tuple[int, int, datetime], Decimal | None] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The session."""
        return self.at.astimezone(UTC).date()

    @cached_property
    def position_value(self) -> Decimal:
        """Positions at the last known prices, and what pending entries may cost."""
        reserved = self._of_scope(select(func.sum(TradingService.reserved_cash)))
        held = sum(
            (
                self._worth(service, one.open_shares, self.at) or one.cost
                for one, service in self._trades
                if _is_open(one)
            ),
            Decimal(0),
        )
        return held + (self.session.scalar(reserved) or Decimal(0))

    @cached_property
    def orders_last_minute(self) -> int:
        """Orders placed within the last sixty seconds, by the clock on the wall."""
        query = select(func.count(Order.id)).join(TradingService, TradingService.id == Order.service_id)
        return (
            self.session.scalar(self._of_scope(query.where(Order.created_at > get_current_datetime() - _MINUTE))) or 0
        )

    @cached_property
    def daily_result(self) -> Decimal:
        """What the session has brought so far."""
        return sum((self._result(one, service) for one, service in self._trades), Decimal(0))

    @cached_property
    def _trades(self) -> Sequence[tuple[TradingTransaction, TradingService]]:
        """The positions that are open, or were closed in the session."""
        is_closed = TradingTransaction.state == TransactionState.CLOSED
        sold_today = is_closed & (TradingTransaction.sale_date >= self._began)
        query = (
            select(TradingTransaction, TradingService)
            .join(TradingService, TradingService.id == TradingTransaction.service_id)
            .where(or_(TradingTransaction.state == TransactionState.OPEN, sold_today))
        )
        return [(one, service) for one, service in self.session.execute(self._of_scope(query))]

    def _result(self, one: TradingTransaction, service: TradingService) -> Decimal:
        """Return what the session has brought of one position: what came in and is left, without what there was."""
        sold, bought = self._today(one, OrderSide.SELL), self._today(one, OrderSide.BUY)
        came_in = sum((each.amount - each.fee for each in sold), Decimal(0))
        went_out = sum((each.amount + each.fee for each in bought), Decimal(0))
        moved = sum(each.shares for each in sold) - sum(each.shares for each in bought)
        at_eve = int((one.open_shares + moved) / self._split_today(service))
        left = self._worth(service, one.open_shares, self.at) if one.open_shares else Decimal(0)
        there_was = self._worth(service, at_eve, self._began - _A_MOMENT) if at_eve else Decimal(0)
        if left is None or there_was is None:
            return Decimal(0)  # no price is known: nothing can be said
        return came_in + left - went_out - there_was

    def _today(self, one: TradingTransaction, side: OrderSide) -> Sequence[Execution]:
        return [each for each in self._executions.get(one.id, ()) if each.side is side]

    @cached_property
    def _executions(self) -> Mapping[int, Sequence[Execution]]:
        """What was executed in the session, by position."""
        query = select(Execution).join(TradingService, TradingService.id == Execution.service_id)
        found: dict[int, list[Execution]] = {}
        for execution in self.session.scalars(self._of_scope(query.where(Execution.executed_at >= self._began))):
            found.setdefault(execution.transaction_id, []).append(execution)
        return found

    @property
    def _began(self) -> datetime:
        return datetime.combine(self.day, time(), UTC)

    def _worth(self, service: TradingService, shares: int, at: datetime) -> Decimal | None:
        if service.stock_id is None:
            return None
        key = (service.stock_id, service.interval, at)
        if key not in self._prices:
            last = price_service.last_price(self.session, service.stock_id, service.interval, as_of=at)
            self._prices[key] = None if last is None else last.price
        price = self._prices[key]
        return None if price is None else from_cents(cost_cents(shares, to_micros(price)))

    def _split_today(self, service: TradingService) -> Decimal:
        """Return how many shares the session made of one: the close before it is of so many fewer."""
        action = CorporateAction
        terms = select(action.ratio_numerator, action.ratio_denominator).where(
            action.stock_id == service.stock_id,
            action.ex_date == self.day,
            action.kind == CorporateActionKind.SPLIT,
        )
        ratio = Decimal(1)
        for numerator, denominator in self.session.execute(terms):
            ratio = ratio * numerator / denominator
        return ratio

    def _of_scope(self, query: Select[*Row]) -> Select[*Row]:
        return query if self.user_id is None else query.where(TradingService.user_id == self.user_id)


def _not_weighed(error: Exception) -> str:
    # Somebody's row may be junk, of whoever else's service: what is at stake is not known, so nothing is added to it.
    logger.error("limits cannot be weighed", why=f"{type(error).__name__}: {error}")
    return f"{_LIMIT} of what may be at stake cannot be weighed: a row cannot be read, `daytrader audit` names it"


def _of(limit: ExposureLimit) -> str:
    return "" if limit.user_id is not None else " of the installation"


def _is_open(one: TradingTransaction) -> bool:
    return one.state is TransactionState.OPEN
