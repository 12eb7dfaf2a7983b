"""What one bar does to one service: corporate actions, fills, protection, decision, in the trading rules' order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from daytrader.brokers.messages import Position
from daytrader.core.bars import Bars
from daytrader.core.decision import Action, Decision, decide, rearmed
from daytrader.core.fills import Trigger
from daytrader.core.money import to_micros
from daytrader.core.strategy import Signals, compute, get_strategy
from daytrader.core.trades import STOP_REASON, TARGET_REASON
from daytrader.engine.stock_bars import StockBars
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    DecisionAction,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
)
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import booking, entitlements, event_payloads, order_service
from daytrader.services.booking import Booked
from daytrader.services.events import events
from daytrader.services.order_service import Broker
from daytrader.services.trading_rules import account_of, params_of, rules_of
from daytrader.utils.current_datetime import get_current_datetime

ServiceRow: TypeAlias = Any
"""The columns of a trading service and the number of its *live_orders*, or the object itself."""

AT_WORK: Final = (ServiceState.ACTIVE, ServiceState.PAUSED)
_PROTECTED: Final = (*AT_WORK, ServiceState.ERROR)
"""Where a stop stays in force: what broke must not leave a position without one."""
_LEG: Final = {Trigger.STOP: (OrderKind.STOP, STOP_REASON), Trigger.TARGET: (OrderKind.TARGET, TARGET_REASON)}
_DECISIONS: Final = cast("Table", TradeDecision.__table__)
_SERVICES: Final = cast("Table", TradingService.__table__)
_STORE: Final = insert(_DECISIONS).returning(_DECISIONS.c.id, sort_by_parameter_order=True)
_NOTE: Final = (
    update(_SERVICES)
    .where(_SERVICES.c.id.in_(bindparam("ids", expanding=True)))
    .values(last_bar_time=bindparam("seen"))
)
_REARM: Final = update(_SERVICES).where(_SERVICES.c.id.in_(bindparam("ids", expanding=True))).values(is_armed=True)


@dataclass(frozen=True, slots=True)
class _Decided:
    service: ServiceRow
    decision: Decision
    is_armed: bool
    is_quiet: bool


class BarUnit:
    """
    The first unit of work of one bar: what it does to every service of its stock.

    `take` each service, then `finish`; *booked* and *placed* then say what was traded and which order intents wait
    for their broker.
    """

    def __init__(self, session: Session, broker: Broker, stock: StockBars, row: int) -> None:
        self.booked: list[Booked] = []
        self.placed: list[int] = []
        self._session = session
        self._broker = broker
        self._row = row
        self._bar = stock.bar(row)
        self._due = stock.entitlements(row)
        self._stock = stock
        self._seen: Bars | None = None
        self._signals: dict[object, Signals] = {}
        self._decided: list[_Decided] = []

    def take(self, service: ServiceRow) -> None:
        """
        Take a service, its row locked, through the bar; once, whatever crashes.

        Where nothing happens but a decision to do nothing, columns are all it takes.
        """
        if service.last_bar_time is not None and service.last_bar_time >= self._bar.time:
            return
        levels = self._levels_reached(service)
        if not service.live_orders and levels is None and not (self._due and service.current_shares):
            if service.state not in AT_WORK:
                return
            decided = self._decide(service, ())
            if decided.decision.action is Action.NOTHING:
                self._decided.append(decided)
                return
        self._take_whole(self._session.get_one(TradingService, service.id), has_orders=bool(service.live_orders))

    def finish(self) -> None:
        """Store the decisions and the orders they ask for."""
        if not self._decided:
            return
        self._session.flush()
        now = get_current_datetime()
        rows = [self._columns(decided, now) for decided in self._decided]
        ids = self._session.connection().execute(_STORE, rows).scalars().all()
        self._note_quiet()
        for decided, row, decision_id in zip(self._decided, rows, ids, strict=True):
            if decided.decision.action is not Action.NOTHING:
                self._place(decided.service, decided.decision, decision_id)
            events.record(
                self._session, event_payloads.decision_new(decided.service.user_id, {"id": decision_id, **row})
            )
        self._decided.clear()

    def forget(self, booked: int, placed: int) -> None:
        """Drop what a service that failed had come to: its decision, and all but the first *booked*, *placed*."""
        self._decided.clear()
        del self.booked[booked:]
        del self.placed[placed:]

    def _take_whole(self, service: TradingService, *, has_orders: bool) -> None:
        live = order_service.live_orders(self._session, [service.id]) if has_orders else ()
        for due in self._due:
            entitlements.apply(self._session, service, live, due)
        for side, fill in ((OrderSide.SELL, self._fill_exit), (OrderSide.BUY, self._fill_entry)):
            for order in live:
                if order.side is side and order.state in LIVE_ORDER_STATES:
                    fill(service, order)
        levels = self._levels_reached(service)
        if levels is not None:
            self._protect(service, *levels)
        if service.state in AT_WORK:  # a fill may have ended in ERROR
            decided = self._decide(service, [order for order in live if order.state in LIVE_ORDER_STATES])
            service.is_armed = decided.is_armed
            service.last_bar_time = self._bar.time
            self._decided.append(decided)

    def _fill_exit(self, service: TradingService, order: Order) -> None:
        fill = self._broker.at_open(order_service.ticket_of(service, order), self._bar)
        if fill is not None:
            self._book(booking.book(self._session, service, order, fill))

    def _fill_entry(self, service: TradingService, order: Order) -> None:
        if service.state is not ServiceState.ACTIVE or service.mode is TradingMode.HOLD:
            order_service.move(self._session, service, order, OrderState.CANCELLED, "the service takes no entries now")
            return
        fill = self._broker.at_open(order_service.ticket_of(service, order), self._bar)
        if fill is None:
            order_service.move(self._session, service, order, OrderState.EXPIRED, "the open was above the limit")
        else:
            self._book(booking.book(self._session, service, order, fill))

    def _levels_reached(self, service: ServiceRow) -> tuple[int, int] | None:
        """Return stop and target in micros (0: off) where the bar reaches one of them."""
        if not service.current_shares or service.state not in _PROTECTED:
            return None
        stop, target = _micros(service.stop_price), _micros(service.target_price)
        if service.state is not ServiceState.ACTIVE or service.mode is TradingMode.HOLD:
            # No target is taken, and the stop stays in force unless the owner has said otherwise.
            stop, target = stop if service.keep_protection else 0, 0
        is_reached = (stop and self._bar.low <= stop) or (target and self._bar.high >= target)
        return (stop, target) if is_reached else None

    def _protect(self, service: TradingService, stop: int, target: int) -> None:
        held = order_service.open_transaction(self._session, service.id)
        if held is None:
            return
        entry = self._session.scalars(
            select(Order).where(Order.transaction_id == held.id, Order.side == OrderSide.BUY).order_by(Order.id)
        ).first()
        if entry is None:
            return
        position = Position(entry.client_order_id, held.open_shares, stop, target, rules_of(service).compiled)
        protective = self._broker.protect(position, self._bar)
        if protective is None:
            return
        kind, reason = _LEG[protective.trigger]
        leg = order_service.place(
            self._session,
            service,
            side=OrderSide.SELL,
            kind=kind,
            shares=held.open_shares,
            reason=reason,
            parent_id=entry.id,
            transaction_id=held.id,
            bar_time=self._bar.time,
            state=OrderState.ACCEPTED,
        )
        self._book(booking.book(self._session, service, leg, protective.fill))

    def _decide(self, service: ServiceRow, live: Sequence[Order]) -> _Decided:
        signals = self._signals_of(service)
        is_armed = rearmed(service.is_armed, signals, self._row)
        sides = {order.side for order in live}
        account = account_of(
            service,
            has_pending_entry=OrderSide.BUY in sides,
            has_pending_exit=OrderSide.SELL in sides,
            is_armed=is_armed,
        )
        decision = decide(account, rules_of(service), signals, self._row, self._bar.close)
        refusal = self._stock.refusals.get(self._row)
        if refusal is not None:
            decision = replace(decision, action=Action.NOTHING, shares=0, limit=0, reason=refusal)
        return _Decided(service, decision, is_armed, is_quiet=not isinstance(service, TradingService))

    def _signals_of(self, service: ServiceRow) -> Signals:
        """Return what the service's strategy says about the bars up to this one: computed once for all that agree."""
        params = params_of(service)
        key = (service.strategy, *params.items())
        if key not in self._signals:
            if self._seen is None:
                self._seen = self._stock.bars.head(self._row + 1)
            self._signals[key] = compute(get_strategy(service.strategy), self._seen, params)
        return self._signals[key]

    def _columns(self, decided: _Decided, now: object) -> Mapping[str, Any]:
        decision = decided.decision
        return {
            "service_id": decided.service.id,
            "interval": decided.service.interval,
            "bar_time": self._bar.time,
            "action": DecisionAction(decision.action.value),
            "shares": decision.shares,
            "reason": decision.reason,
            "evidence": dict(decision.evidence),
            "created_at": now,
            "updated_at": now,
        }

    def _note_quiet(self) -> None:
        """Note the bar on the services that it changed nothing else of."""
        quiet = [decided for decided in self._decided if decided.is_quiet]
        if not quiet:
            return
        connection = self._session.connection()
        connection.execute(_NOTE, {"ids": [decided.service.id for decided in quiet], "seen": self._bar.time})
        rearmed_ids = [decided.service.id for decided in quiet if decided.is_armed and not decided.service.is_armed]
        if rearmed_ids:
            connection.execute(_REARM, {"ids": rearmed_ids})

    def _place(self, service: TradingService, decision: Decision, decision_id: int) -> None:
        is_buy = decision.action is Action.BUY
        held = None if is_buy else order_service.open_transaction(self._session, service.id)
        order = order_service.place(
            self._session,
            service,
            side=OrderSide(decision.action.value),
            kind=OrderKind.ENTRY if is_buy else OrderKind.EXIT,
            shares=decision.shares,
            reason=decision.reason,
            limit=decision.limit,
            decision_id=decision_id,
            transaction_id=None if held is None else held.id,
            bar_time=self._bar.time,
        )
        self.placed.append(order.id)

    def _book(self, booked: Booked | None) -> None:
        if booked is not None:
            self.booked.append(booked)


def _micros(level: Decimal | None) -> int:
    return 0 if level is None else to_micros(level)
