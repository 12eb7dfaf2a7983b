"""Fills made once more: each order against the bar that it met, each position against the levels it had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from daytrader.core.arrays import IntArray
from daytrader.core.bars import Bars
from daytrader.core.corporate import EventKind
from daytrader.core.decision import Rules, is_idle
from daytrader.core.fills import Trigger, entry_fill, fillable, levels, protective_fill, sell_price, split_level
from daytrader.core.money import MAX_SHARES, from_micros
from daytrader.core.protection import in_force
from daytrader.core.reasons import STOP_REASON, TARGET_REASON
from daytrader.models.enums import LIVE_ORDER_STATES, OrderKind, OrderSide, OrderState
from daytrader.services.parity_audit.decisions import rows_of
from daytrader.services.parity_audit.history import History, Settings
from daytrader.services.parity_audit.record import FOREVER, Asked, Done, Position, Record, moment_of
from daytrader.services.parity_audit.words import Difference, DifferenceKind, ExplainedKind

_TRIGGERS: Final = {OrderKind.STOP: Trigger.STOP, OrderKind.TARGET: Trigger.TARGET}
_RESTS: Final = {STOP_REASON: Trigger.STOP, TARGET_REASON: Trigger.TARGET}
_WORDS: Final = {Trigger.NONE: "nothing", Trigger.STOP: "stop", Trigger.TARGET: "target"}


@dataclass
class FillAudit:
    """
    The fills of a record against those that its bars and rules make.

    Attributes:
        record: What was recorded.
        bars: As they are stored now.
        history: Costs and protection.
    """

    record: Record
    bars: Bars
    history: History

    def __post_init__(self) -> None:
        self._filled: dict[int, list[Done]] = {}
        self._of_position: dict[int, list[Done]] = {}
        for done in self.record.executions:
            self._filled.setdefault(done.order_id, []).append(done)
            self._of_position.setdefault(done.transaction_id, []).append(done)
        self._orders = {order.id: order for order in self.record.orders}
        times = np.array([each.at for each in self.record.decisions], np.int64)
        self._decided_rows = rows_of(self.bars, times)
        micros = self.bars.micros
        self._open, self._high, self._low = micros.open, micros.high, micros.low
        self._volume = self.bars.volume
        self._walked = frozenset(self._decided_rows.tolist())
        self._written = dict(zip(self._decided_rows.tolist(), (d.written for d in self.record.decisions), strict=True))
        pairs = zip(self.record.decisions, self._decided_rows.tolist(), strict=True)
        self._idle = frozenset(row for decided, row in pairs if is_idle(decided.reason))

    def differences(self) -> Iterator[Difference]:
        """Yield what is otherwise in orders and positions, in the order of their ids."""
        for order in self.record.orders:
            if order.kind in (OrderKind.ENTRY, OrderKind.EXIT):
                yield from self._order(order)
        for position in self.record.positions:
            yield from self._protection(position)

    def explained_between(self, first: int, last: int) -> Counter[ExplainedKind]:
        """Return how many trades by hand and orders taken back belong to the bars from *first* to *last*."""
        found: Counter[ExplainedKind] = Counter()
        decisions = self.record.decisions
        for order in self.record.orders:
            at = order.at
            if at is None and order.first:
                at = decisions[min(order.first, len(decisions)) - 1].at  # the bar it was placed after
            if at is None or not first <= at <= last:
                continue
            if order.kind is OrderKind.MANUAL:
                found[ExplainedKind.MANUAL_TRADES] += 1
            elif order.state is OrderState.CANCELLED:
                found[ExplainedKind.CANCELLED_ORDERS] += 1
        return found

    def _order(self, order: Asked) -> Iterator[Difference]:
        row = None if order.at is None else self._row(order.at)
        if order.at is None or row is None:
            return  # its decision tells of the bar
        if order.state is OrderState.REJECTED:
            why = order.ended_reason or "no reason was given"
            yield _of(order, order.at, DifferenceKind.REJECT, "the broker refused the order", "accepted", why)
        filled = self._filled.get(order.id, [])
        if order.state is OrderState.EXPIRED and not filled:
            yield from self._expiry(order, row + 1)
        following, is_over = self._taking(order, row + 1), order.state in (OrderState.FILLED, OrderState.REJECTED)
        for done in filled:
            yield from self._fill(order, done, following, is_last=is_over and done is filled[-1])
            following = self._taking(order, following + 1)
        if order.state in LIVE_ORDER_STATES and self._is_past(following):
            yield _of(order, order.at, DifferenceKind.MISSED, "the order still waits", "filled on the next bar", "open")

    def _expiry(self, order: Asked, row: int) -> Iterator[Difference]:
        if order.side is OrderSide.SELL or not order.limit or order.ended_reason.startswith("a split"):
            return
        if row < self.bars.n and self._takes(order, row):
            price = entry_fill(self._of_row(row).rules.compiled, int(self._open[row]), order.limit)
            if price:
                message = "the order expired although the open was within its limit"
                yield _of(order, int(self.bars.time[row]), DifferenceKind.PATH, message, _price(price), "expired")

    def _fill(self, order: Asked, done: Done, following: int, *, is_last: bool) -> Iterator[Difference]:
        if done.at is None:
            return
        row = self._row(done.at)
        if row is None:
            message = "the bar that it filled on is no longer stored"
            yield _of(order, done.at, DifferenceKind.DATA, message, "a bar", "none")
            return
        if row != following:
            meant = moment_of(int(self.bars.time[following])) if following < self.bars.n else None
            message = "the order filled on another bar than the next one"
            yield _of(order, done.at, DifferenceKind.MISSED, message, str(meant), str(moment_of(done.at)))
        base, rules = int(self._open[row]), self.history.at(done.written).rules.compiled
        is_buy = order.side is OrderSide.BUY
        price = entry_fill(rules, base, order.limit) if is_buy else sell_price(base, rules.slippage_ppm)
        if price == 0:
            message = f"it filled although the open was above the limit of {from_micros(order.limit)}"
            yield _of(order, done.at, DifferenceKind.PATH, message, "expired", _price(done.price))
        elif price != done.price:
            yield self._slipped(order, done, price)
        yield from self._sized(order, done, row, is_last=is_last)

    def _sized(self, order: Asked, done: Done, row: int, *, is_last: bool) -> Iterator[Difference]:
        """Yield where a fill is larger than the bar's volume gives, or smaller and yet left something."""
        if not order.is_on_paper:
            return
        room = fillable(self._of_row(row).rules.compiled, MAX_SHARES, float(self._volume[row]))
        if done.shares > room or (done.shares < room and not is_last):
            message = "another number of shares filled than the bar's volume gives"
            yield _of(order, int(self.bars.time[row]), DifferenceKind.PATH, message, f"{room:,}", f"{done.shares:,}")

    def _takes(self, order: Asked, row: int) -> bool:
        """Return whether the volume of a bar gives anything to *order*."""
        return not order.is_on_paper or fillable(self._of_row(row).rules.compiled, 1, float(self._volume[row])) > 0

    def _taking(self, order: Asked, row: int) -> int:
        """Return the first bar from *row* on whose volume gives anything to *order*."""
        while row < self.bars.n and not self._takes(order, row):
            row += 1
        return row

    def _protection(self, position: Position) -> Iterator[Difference]:
        """Yield where a position's stop or target was, or was not, taken as its bars say."""
        bought = [done for done in self._of_position.get(position.id, ()) if done.side is OrderSide.BUY]
        sold = [done for done in self._of_position.get(position.id, ()) if done.side is OrderSide.SELL]
        entry = self._row(bought[-1].at) if bought and bought[-1].at is not None else self._row_after(bought)
        if position.is_void or entry is None:
            return
        leg = self._leaving(position, sold)
        exit_row = self._exit_row(position, sold, leg)
        stop, target = self._levels(position, entry, exit_row, self.history.at(bought[-1].written).rules)
        trigger = None if leg is None else _trigger_of(leg)
        if leg is None or trigger is None:
            # A pending exit fills at the open, before stop and target are looked at.
            reached = self._first_reached(entry, exit_row, stop, target)
        else:
            reached = self._first_reached(entry, exit_row - 1, stop, target)
            if 0 <= exit_row < self.bars.n and exit_row - entry < stop.size:
                met = int(stop[exit_row - entry]), int(target[exit_row - entry])
                yield from self._triggered(leg, sold, trigger, exit_row, met)
        if reached is not None:
            which = self._protect(reached, int(stop[reached - entry]), int(target[reached - entry]))
            order = self._orders[bought[-1].order_id]
            message = f"the {_WORDS[Trigger(which[0])]} was reached and not taken"
            at = int(self.bars.time[reached])
            yield _of(order, at, DifferenceKind.PATH, message, _price(which[1]), "still held")

    def _leaving(self, position: Position, sold: list[Done]) -> Asked | None:
        """Return the order by which a position is left: on paper the first, which ends the watch over its levels."""
        if sold:
            first = self._orders[sold[0].order_id]
            return first if first.is_on_paper else self._orders[sold[-1].order_id]
        return next((order for order in self.record.orders if self._is_leaving(order, position)), None)

    def _is_leaving(self, order: Asked, position: Position) -> bool:
        """Return whether *order* is selling *position* and has not found the volume yet."""
        is_its_sale = order.side is OrderSide.SELL and order.transaction_id == position.id
        row = self._row(order.at)
        is_waiting = order.state in LIVE_ORDER_STATES and order.is_on_paper and row is not None
        return is_its_sale and is_waiting and self._is_past((row or 0) + 1)

    def _triggered(
        self, leg: Asked, sold: list[Done], trigger: Trigger, row: int, met: tuple[int, int]
    ) -> Iterator[Difference]:
        found, price, _ = self._protect(row, *met)
        done = sold[-1] if not leg.is_on_paper else next((done for done in sold if done.at == leg.at), None)
        if found != trigger:
            message = f"the {_WORDS[trigger]} was taken, the bar reaches {_WORDS[Trigger(found)]}"
            at = int(self.bars.time[row]) if done is None or done.at is None else done.at
            sold_at = "nothing of it sold" if done is None else _price(done.price)
            yield _of(leg, at, DifferenceKind.PATH, message, _price(price), sold_at)
        elif done is not None:
            if price != done.price:
                yield self._slipped(leg, done, price)
            yield from self._sized(leg, done, row, is_last=done is sold[-1])

    def _slipped(self, order: Asked, done: Done, price: int) -> Difference:
        apart = (done.price / price - 1) * 10_000
        message = f"filled {apart:+.2f} basis points from the price that the rules make"
        return _of(order, done.at or 0, DifferenceKind.SLIPPAGE, message, _price(price), _price(done.price))

    def _protect(self, row: int, stop: int, target: int) -> tuple[int, int, bool]:
        settings = self._of_row(row)
        held = in_force(row not in self._idle, settings.keeps_protection, stop, target)
        bar = int(self._open[row]), int(self._high[row]), int(self._low[row])
        return protective_fill(settings.rules.compiled, *bar, *held, False)

    def _of_row(self, row: int) -> Settings:
        """Return the settings by which the bar was taken, today's where it was not."""
        return self.history.at(self._written.get(row, FOREVER))

    def _levels(self, position: Position, entry: int, last: int, rules: Rules) -> tuple[IntArray, IntArray]:
        """Return stop and target, as they were set by *rules*, on each row from *entry* to *last*, splits included."""
        size = max(min(last, self.bars.n - 1) - entry + 1, 0)
        stop, target = levels(rules.compiled, position.price)
        stops, targets = np.full(size, stop, np.int64), np.full(size, target, np.int64)
        events = self.bars.events
        first, end = np.searchsorted(events.row, [entry + 1, entry + size])
        for place in range(first, end):
            if events.kind[place] == EventKind.SPLIT:
                terms = int(events.num[place]), int(events.den[place])
                stop, target = split_level(stop, *terms), split_level(target, *terms)
                stops[events.row[place] - entry :] = stop
                targets[events.row[place] - entry :] = target
        return stops, targets

    def _first_reached(self, entry: int, last: int, stop: IntArray, target: IntArray) -> int | None:
        """Return the first row up to *last*, of those decided on, on which a level that was in force was reached."""
        size = max(min(last - entry + 1, stop.size), 0)
        low, high = self._low[entry : entry + size], self._high[entry : entry + size]
        hit = ((stop[:size] > 0) & (low <= stop[:size])) | ((target[:size] > 0) & (high >= target[:size]))
        for offset in np.flatnonzero(hit).tolist():
            if entry + offset not in self._walked:
                continue  # a stopped service leaves its position unprotected; the gap is told of
            if self._protect(entry + offset, int(stop[offset]), int(target[offset]))[0] != Trigger.NONE:
                return entry + int(offset)
        return None

    def _exit_row(self, position: Position, sold: list[Done], leg: Asked | None) -> int:
        """Return the last row of a position's levels: the one before a sale at the open, or the one that met them."""
        if leg is None:
            split_up = self._row(position.ended)  # a split left no share of it
            return int(self._decided_rows.max(initial=-1)) if split_up is None else split_up - 1
        row = self._row(leg.at) if leg.is_on_paper else None
        return (self._row_after(sold) or 0) - 1 if row is None else row

    def _row_after(self, done: list[Done]) -> int | None:
        """Return the row of the first decision made after a trade by hand."""
        if not done or done[-1].place >= self._decided_rows.size:
            return None
        row = int(self._decided_rows[done[-1].place])
        return row if row >= 0 else None

    def _is_past(self, row: int) -> bool:
        return row <= int(self._decided_rows.max(initial=-1))

    def _row(self, at: int | None) -> int | None:
        if at is None:
            return None
        row = int(np.searchsorted(self.bars.time, at))
        return row if row < self.bars.n and self.bars.time[row] == at else None


def _trigger_of(order: Asked) -> Trigger | None:
    """Return which level *order* sells at, or for: what its bar's volume left of one is sold at the next opens."""
    is_rest = order.kind is OrderKind.EXIT and order.decision_id is None and order.is_on_paper
    return _RESTS.get(order.reason) if is_rest else _TRIGGERS.get(order.kind)


def _price(micros: int) -> str:
    return f"{from_micros(micros):f}"


def _of(order: Asked, at: int, kind: DifferenceKind, message: str, expected: str, recorded: str) -> Difference:
    return Difference(
        kind, moment_of(at), message, expected, recorded, decision_id=order.decision_id, order_id=order.id
    )
