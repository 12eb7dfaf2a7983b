"""What one bar does to one service: corporate actions, fills, protection, decision, in the trading rules' order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from sqlalchemy import select
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

_TRADING: Final = (ServiceState.ACTIVE, ServiceState.PAUSED)
_LEG: Final = {Trigger.STOP: (OrderKind.STOP, STOP_REASON), Trigger.TARGET: (OrderKind.TARGET, TARGET_REASON)}


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
        self._decided: list[tuple[TradingService, Decision, TradeDecision]] = []

    def take(self, service: TradingService, live: Sequence[Order]) -> None:
        """Take *service*, its row locked, and its *live* orders through the bar; once, whatever crashes."""
        if service.last_bar_time is not None and service.last_bar_time >= self._bar.time:
            return
        for due in self._due:
            entitlements.apply(self._session, service, live, due)
        for side, fill in ((OrderSide.SELL, self._fill_exit), (OrderSide.BUY, self._fill_entry)):
            for order in live:
                if order.side is side and order.state in LIVE_ORDER_STATES:
                    fill(service, order)
        if service.state not in _TRADING:
            return
        if service.current_shares:
            self._protect(service)
        if service.state in _TRADING:  # a fill may have ended in ERROR
            self._decide(service, [order for order in live if order.state in LIVE_ORDER_STATES])

    def finish(self) -> None:
        """Store the decisions and the orders they ask for."""
        self._session.add_all(row for _, _, row in self._decided)
        self._session.flush()
        for service, decision, row in self._decided:
            if decision.action is not Action.NOTHING:
                self._place(service, decision, row)
            events.record(self._session, event_payloads.decision_new(service, row))
        self._decided.clear()

    def forget(self) -> None:
        """Drop the decisions that are not stored yet: their service has failed."""
        self._decided.clear()

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

    def _protect(self, service: TradingService) -> None:
        stop, target = _micros(service.stop_price), _micros(service.target_price)
        if service.state is ServiceState.PAUSED or service.mode is TradingMode.HOLD:
            # No target is taken, and the stop stays in force unless the owner has said otherwise.
            stop, target = stop if service.keep_protection else 0, 0
        if not ((stop and self._bar.low <= stop) or (target and self._bar.high >= target)):
            return  # spares most bars the queries below
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

    def _decide(self, service: TradingService, live: Sequence[Order]) -> None:
        signals = self._signals_of(service)
        service.is_armed = rearmed(service.is_armed, signals, self._row)
        sides = {order.side for order in live}
        account = account_of(
            service, has_pending_entry=OrderSide.BUY in sides, has_pending_exit=OrderSide.SELL in sides
        )
        decision = decide(account, rules_of(service), signals, self._row, self._bar.close)
        row = TradeDecision(
            service_id=service.id,
            interval=service.interval,
            bar_time=self._bar.time,
            action=DecisionAction(decision.action.value),
            shares=decision.shares,
            reason=decision.reason,
            evidence=dict(decision.evidence),
        )
        service.last_bar_time = self._bar.time
        self._decided.append((service, decision, row))

    def _signals_of(self, service: TradingService) -> Signals:
        """Return what the service's strategy says about the bars up to this one: computed once for all that agree."""
        params = params_of(service)
        key = (service.strategy, *params.items())
        if key not in self._signals:
            if self._seen is None:
                self._seen = self._stock.bars.head(self._row + 1)
            self._signals[key] = compute(get_strategy(service.strategy), self._seen, params)
        return self._signals[key]

    def _place(self, service: TradingService, decision: Decision, row: TradeDecision) -> None:
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
            decision_id=row.id,
            transaction_id=None if held is None else held.id,
            bar_time=self._bar.time,
        )
        self.placed.append(order.id)

    def _book(self, booked: Booked | None) -> None:
        if booked is not None:
            self.booked.append(booked)


def _micros(level: Decimal | None) -> int:
    return 0 if level is None else to_micros(level)
