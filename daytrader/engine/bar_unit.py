"""What one bar does to the services of its stock: corporate actions, fills, protection, decision, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

import numpy as np
from sqlalchemy import Table, Update, bindparam, select, update
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.brokers.messages import Position
from daytrader.core.arrays import BoolArray, IntArray
from daytrader.core.decision import ACTS, Action, Decision, decide, rearmed, standing_reason, standings
from daytrader.core.fills import Trigger
from daytrader.core.protection import any_reached, is_reached
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.engine.bar_signals import BarSignals
from daytrader.engine.live_bar import LiveBar
from daytrader.engine.roster import Roster
from daytrader.engine.stock_bars import StockBars
from daytrader.models.enums import (
    LIVE_ORDER_STATES,
    PROTECTED_STATES,
    STATES_AT_WORK,
    DecisionAction,
    OrderKind,
    OrderSide,
    OrderState,
    ServiceState,
    TradingMode,
)
from daytrader.models.order import BEYOND_STOP, Order
from daytrader.models.trading_service import TradingService
from daytrader.services import (
    booking,
    bulk,
    decision_journal,
    entitlements,
    ledger_service,
    order_service,
    positions,
    trade_rows,
)
from daytrader.services.booking import Booked
from daytrader.services.exposure import KILLED, EntryGuard
from daytrader.services.order_service import Broker
from daytrader.services.trading_rules import account_of, levels_of, params_of, rules_of
from daytrader.utils.current_datetime import get_current_datetime

_LEG: Final = {Trigger.STOP: (OrderKind.STOP, STOP_REASON), Trigger.TARGET: (OrderKind.TARGET, TARGET_REASON)}
_CHUNK: Final = 1000
_SERVICES: Final = cast("Table", TradingService.__table__)
_OF_THESE: Final = _SERVICES.c.id.in_(bindparam("ids", expanding=True))
_NOTE: Final = update(_SERVICES).where(_OF_THESE).values(last_bar_time=bindparam("seen"))
_OBJECTS: Final = select(TradingService).where(_OF_THESE).order_by(_SERVICES.c.id)
_REARM: Final = update(_SERVICES).where(_OF_THESE).values(is_armed=True)


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a service decided; *service* is None where nothing but the decision happened to it."""

    entry: decision_journal.Entry
    decision: Decision | None = None
    service: TradingService | None = None


class BarUnit:
    """
    The first unit of work of one bar: what it does to every service of its stock.

    `take` the services; *booked* and *placed* then say what was traded and which order intents wait for their broker.
    """

    def __init__(self, session: Session, broker: Broker, stock: StockBars, row: int) -> None:
        self.booked: list[Booked] = []
        self.placed: list[int] = []
        self._session = session
        self._broker = broker
        self._row = row
        self._bar = stock.bar(row)
        self._due = stock.entitlements(row)
        self._refusal = stock.refusals.get(row)
        self._stock = stock
        self._live_bar = LiveBar(session, stock, row)
        self._guard = EntryGuard(session, self._bar.time)
        self._signals = BarSignals(stock, row)

    def take(self, roster: Roster) -> None:
        """
        Take the services of *roster* through the bar; each once, whatever crashes.

        Where nothing happens but a decision to do nothing, columns are all it takes.
        """
        roster = roster.part(~roster.is_done)
        is_touched = roster.has_orders | self._is_due(roster) | self._is_reached(roster) | self._is_beyond_stop(roster)
        is_touched |= roster.is_astray
        asked = roster.part(roster.is_in(*STATES_AT_WORK) & ~is_touched)
        decided, acting = self._decide_quietly(asked)
        whole = np.sort(np.append(roster.ids[is_touched], asked.ids[acting]))
        for first in range(0, whole.size, _CHUNK):
            decided += self._take_whole(whole[first : first + _CHUNK].tolist())
        self._store(sorted(decided, key=lambda one: one.entry.service_id))

    def forget(self, booked: int, placed: int) -> None:
        """Drop what services that failed had come to: all but the first *booked*, *placed*."""
        del self.booked[booked:]
        del self.placed[placed:]

    def _is_due(self, roster: Roster) -> BoolArray:
        """Return which services the bar's corporate actions reach."""
        return (roster.shares > 0) & bool(self._due)

    def _is_reached(self, roster: Roster) -> BoolArray:
        """Return whose stop or target the bar reaches."""
        is_protected = (roster.shares > 0) & roster.is_in(*PROTECTED_STATES) & roster.is_on_paper
        levels = roster.is_trading, roster.keeps_protection, roster.stop, roster.target
        return is_protected & any_reached(*levels, self._bar.low, self._bar.high)

    def _is_beyond_stop(self, roster: Roster) -> BoolArray:
        """Return whose stop at a real broker the close is beyond: whether one rests there is asked of these alone."""
        at_stake: BoolArray = (roster.shares > 0) & roster.is_in(*PROTECTED_STATES) & ~roster.is_on_paper
        if not at_stake.any() or not self._live_bar.shows_the_market:
            return np.zeros_like(at_stake)
        levels = roster.is_trading, roster.keeps_protection, roster.stop, np.zeros_like(roster.stop)
        return at_stake & any_reached(*levels, self._bar.close, self._bar.close)

    def _decide_quietly(self, asked: Roster) -> tuple[list[_Decided], BoolArray]:
        """Return the decisions of those of *asked* that do nothing, noted, and which ones act."""
        signals = {
            place: self._signals.of(asked.choices[place].strategy, asked.choices[place].resolved())
            for place in set(asked.choice.tolist())
        }
        entry, exit_ = np.zeros((2, len(asked.choices)), np.bool_)
        for place, said in signals.items():
            entry[place], exit_[place] = said.entry[self._row], said.exit[self._row]
        found, is_armed = standings(asked.accounts(), entry[asked.choice], exit_[asked.choice])
        at_broker = None if asked.is_on_paper.all() else self._refusal_of(is_on_paper=False)
        is_refused = np.where(asked.is_on_paper, self._refusal is not None, at_broker is not None)
        acting: BoolArray = (found == ACTS) & ~is_refused
        self._note(asked.ids[~acting], _NOTE)
        self._note(asked.ids[~acting & is_armed & ~asked.is_armed], _REARM)
        columns = (asked.ids, asked.user_ids, asked.choice, found, asked.is_on_paper, acting)
        decided = [
            _Decided(
                decision_journal.Entry(
                    service_id,
                    user_id,
                    DecisionAction.NOTHING,
                    0,
                    (self._refusal if is_on_paper else at_broker) or standing_reason(standing),
                    self._signals.evidence(signals[choice]),
                )
            )
            for service_id, user_id, choice, standing, is_on_paper, acts in zip(
                *(c.tolist() for c in columns), strict=True
            )
            if not acts
        ]
        return decided, acting

    def _refusal_of(self, *, is_on_paper: bool) -> str | None:
        """Return why nothing is decided on the bar, None where something may be."""
        return self._refusal or (None if is_on_paper else self._live_bar.refusal)

    def _note(self, ids: IntArray, statement: Update) -> None:
        """Note on the services that the bar changes nothing else of that they have had it."""
        for first in range(0, ids.size, _CHUNK):
            chunk = {"ids": ids[first : first + _CHUNK].tolist(), "seen": self._bar.time}
            self._session.connection().execute(statement, chunk)

    def _take_whole(self, ids: Sequence[int]) -> Sequence[_Decided]:
        """
        Take services through everything, their rows locked: at the open all of them, then all through the bar.

        What they fill at the open is stored together, and so is what their levels sell.
        """
        ledger_service.look_up(self._session, ids)
        positions.look_up(self._session, ids)
        live: dict[int, list[Order]] = {}
        for order in order_service.live_orders(self._session, ids):
            live.setdefault(order.service_id, []).append(order)
        services = self._session.scalars(_OBJECTS, {"ids": ids}).all()
        seen = {service.id: service.last_bar_time for service in services}
        on_paper = [order for orders in live.values() for order in orders if order_service.is_on_paper(order)]
        entries = sum(order.side is OrderSide.BUY for order in on_paper)
        trade_rows.make_room(self._session, fills=len(on_paper), entries=entries)
        for service in services:
            self._open(service, live.get(service.id, ()))
        self._make_room_for_levels(services)
        return [
            decided
            for service in services
            for decided in self._go_through(service, live.get(service.id, ()), seen[service.id])
        ]

    def _make_room_for_levels(self, services: Sequence[TradingService]) -> None:
        reached = [service.id for service in services if self._levels_reached(service) is not None]
        if not reached:
            return
        positions.look_up(self._session, reached)  # with those that were bought at the open
        held = [positions.open_transaction(self._session, service_id) for service_id in reached]
        order_service.look_up_entries(self._session, [one.id for one in held if one is not None])
        trade_rows.make_room(self._session, fills=len(reached), entries=0)
        bulk.reserve(self._session, Order, len(reached))

    def _store(self, decided: Sequence[_Decided]) -> None:
        """Store the decisions and the orders they ask for."""
        self._session.flush()
        ids = decision_journal.write(
            self._session, self._stock.interval, self._bar.time, [one.entry for one in decided]
        )
        orders = sum(one.decision is not None and one.decision.action is not Action.NOTHING for one in decided)
        bulk.reserve(self._session, Order, orders)
        with self._session.no_autoflush:  # all together, below
            placed = [
                (one.service, self._place(one.service, one.decision, decision_id))
                for one, decision_id in zip(decided, ids, strict=True)
                if one.service is not None and one.decision is not None and one.decision.action is not Action.NOTHING
            ]
        order_service.store(self._session, placed)
        self._session.flush()  # here what cannot be stored is still known to be of these services
        # A real broker's are sent when it takes them.
        self.placed += [order.id for _, order in placed if order_service.is_on_paper(order)]

    def _open(self, service: TradingService, live: Sequence[Order]) -> None:
        """Let one service have what is due and what its orders fill at the open."""
        seen = service.last_bar_time
        if service.state in STATES_AT_WORK and seen is not None and seen > self._bar.time:  # it is astray
            booking.fail(self._session, service, f"last_bar_time is {seen:%Y-%m-%d}, nothing was decided then")
        if service.state in STATES_AT_WORK:
            service.last_bar_time = self._bar.time  # first, so that it is stored with whatever is booked
            trade_rows.write_whole(service, get_current_datetime())
        for due in self._due:
            entitlements.apply(self._session, service, live, due)
        for side, fill in ((OrderSide.SELL, self._fill_exit), (OrderSide.BUY, self._fill_entry)):
            for order in live:
                if order.side is side and order.state in LIVE_ORDER_STATES and order_service.is_on_paper(order):
                    fill(service, order)

    def _go_through(self, service: TradingService, live: Sequence[Order], seen: datetime | None) -> Iterator[_Decided]:
        """Let one service's levels sell, and yield what it decides; *seen* is the bar that it had had before."""
        levels = self._levels_reached(service)
        # What is being sold already is protected no more.
        if levels is not None and not any(o.side is OrderSide.SELL and o.state in LIVE_ORDER_STATES for o in live):
            live = [*live, *self._protect(service, *levels)]
        if service.broker != PAPER:
            live = [*live, *self._sell_beyond_stop(service, live)]
        if service.state not in STATES_AT_WORK:  # a fill may have ended in ERROR: nothing is decided
            service.last_bar_time = seen
        else:
            pending = [o for o in live if o.state in LIVE_ORDER_STATES and not order_service.is_leg(o)]
            yield self._decide(service, pending)

    def _fill_exit(self, service: TradingService, order: Order) -> None:
        answer = self._broker.at_open(order_service.ticket_of(service, order), self._bar)
        self._book(booking.settle(self._session, service, order, answer))

    def _fill_entry(self, service: TradingService, order: Order) -> None:
        if service.state is not ServiceState.ACTIVE or service.mode is TradingMode.HOLD:
            order_service.move(self._session, service, order, OrderState.CANCELLED, "the service takes no entries now")
            return
        if self._guard.is_killed(service.user_id):
            order_service.move(self._session, service, order, OrderState.CANCELLED, KILLED)
            return
        answer = self._broker.at_open(order_service.ticket_of(service, order), self._bar)
        self._book(booking.settle(self._session, service, order, answer))

    def _levels_reached(self, service: TradingService) -> tuple[int, int] | None:
        """Return stop and target in micros (0: off) where the bar reaches one of them."""
        if service.broker != PAPER or not service.current_shares:
            return None
        levels = levels_of(service)
        return levels if is_reached(*levels, self._bar.low, self._bar.high) else None

    def _sell_beyond_stop(self, service: TradingService, live: Sequence[Order]) -> Iterator[Order]:
        """Sell at a real broker what closed at or beyond its stop while no order of ours watched it there."""
        stop, _ = levels_of(service)
        is_beyond = service.current_shares > 0 and is_reached(stop, 0, self._bar.close, self._bar.close)
        if not is_beyond or not self._live_bar.shows_the_market:
            return
        if any(order.side is OrderSide.SELL and order.state in LIVE_ORDER_STATES for order in live):
            return
        order = order_service.sell_position(self._session, service, BEYOND_STOP)
        if order is not None:
            yield order

    def _protect(self, service: TradingService, stop: int, target: int) -> Iterator[Order]:
        """Sell what the bar's stop or target sells; yield the order for what its volume has left, if any."""
        held = positions.open_transaction(self._session, service.id)
        if held is None:
            return
        entry = order_service.entry_of(self._session, held)
        if entry is None:
            return
        position = Position(entry.client_order_id, held.open_shares, stop, target, rules_of(service).compiled)
        protective = self._broker.protect(position, self._bar)
        if protective is None:
            return
        kind, reason = _LEG[protective.trigger]
        if protective.fill is not None:
            leg = order_service.place(
                self._session,
                service,
                side=OrderSide.SELL,
                kind=kind,
                shares=protective.fill.shares,
                reason=reason,
                parent_id=entry.id,
                transaction_id=held.id,
                bar_time=self._bar.time,
                state=OrderState.ACCEPTED,
            )
            self._book(booking.book(self._session, service, leg, protective.fill))
        if held.open_shares > 0:
            yield order_service.sell_rest(self._session, service, held, reason, self._bar.time)

    def _decide(self, service: TradingService, live: Sequence[Order]) -> _Decided:
        signals = self._signals.of(service.strategy, params_of(service))
        service.is_armed = rearmed(service.is_armed, signals, self._row)
        sides = {order.side for order in live}
        account = account_of(
            service, has_pending_entry=OrderSide.BUY in sides, has_pending_exit=OrderSide.SELL in sides
        )
        decision = decide(account, rules_of(service), signals, self._row, self._bar.close)
        refusal = self._refusal_of(is_on_paper=service.broker == PAPER)
        if refusal is not None:
            decision = _undone(decision, refusal)
        if decision.action is Action.BUY:
            barred = self._guard.refusal(service, decision.shares, self._bar.close)
            decision = decision if barred is None else _undone(decision, barred)
        action = DecisionAction(decision.action.value)
        entry = decision_journal.Entry(
            service.id, service.user_id, action, decision.shares, decision.reason, decision.evidence
        )
        return _Decided(entry, decision, service)

    def _place(self, service: TradingService, decision: Decision, decision_id: int) -> Order:
        """Return the order that a decision asks for; `store` it with the others."""
        is_buy = decision.action is Action.BUY
        held = None if is_buy else positions.open_transaction(self._session, service.id)
        return order_service.place(
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
            stores=False,
        )

    def _book(self, booked: Booked | None) -> None:
        if booked is not None:
            self.booked.append(booked)


def _undone(decision: Decision, reason: str) -> Decision:
    return replace(decision, action=Action.NOTHING, shares=0, limit=0, reason=reason)
