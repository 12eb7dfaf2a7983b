"""Decisions made once more: each from the state that was recorded before its bar, none from one that was made up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from daytrader.core.arrays import BoolArray, IntArray
from daytrader.core.bars import Bars
from daytrader.core.decision import Account, Action, Decision, as_told, decide, evidence_of
from daytrader.core.money import from_micros
from daytrader.core.strategy import Signals, compute, get_strategy
from daytrader.models.enums import DecisionAction, OrderKind, OrderSide, TradingMode
from daytrader.models.order import is_stop
from daytrader.services.decision_journal import STALE, UNREAL
from daytrader.services.exposure import is_refusal
from daytrader.services.parity_audit.history import History
from daytrader.services.parity_audit.record import Decided, Record, moment_of
from daytrader.services.parity_audit.words import Difference, DifferenceKind, ExplainedKind

_CLOSE: Final = "close"
_NOISE: Final = 1e-9  # what differs by less is one number, computed twice
_LEAST_CHANGE: Final = 5e-7  # half of the smallest unit of a price


@dataclass
class DecisionAudit:
    """
    The decisions of a record against those that its bars and rules make.

    Attributes:
        record: What was recorded.
        bars: As they are stored now.
        history: What was decided by.
        compared: How many were decided once more.
        explained: How often somebody had said so.
    """

    record: Record
    bars: Bars
    history: History
    compared: int = 0
    explained: Counter[ExplainedKind] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        decisions = self.record.decisions
        times = np.array([each.at for each in decisions], np.int64)
        self.rows = rows_of(self.bars, times)
        self._recorded = np.array([_close_of(each.evidence) for each in decisions], np.float64)
        self.is_changed: BoolArray = self._changed()
        self._decided_on = self._as_decided()
        self._signals: list[Signals] = [
            compute(get_strategy(each.strategy), self._decided_on, each.params) for each in self.history.settings
        ]
        self._is_armed = self._armed()
        self._pending = {side: self._under_way(side) for side in OrderSide}
        self._limits = {order.decision_id: order for order in self.record.orders if order.decision_id is not None}

    def differences(self, places: range) -> Iterator[Difference]:
        """Yield what is otherwise in the decisions at *places*."""
        is_run = False
        for place in places:
            decided = self.record.decisions[place]
            row = int(self.rows[place])
            if _is_given_up(decided):
                yield _of(decided, DifferenceKind.MISSED, decided.reason, "a decision", "none")
            elif row < 0:
                yield _of(decided, DifferenceKind.DATA, "the bar is no longer stored", "a bar", "none")
            else:
                close = int(self._decided_on.micros.close[row])
                figures = evidence_of(self._signals_of(decided), row, close)
                agrees = _agree(figures, decided.evidence)
                if self.is_changed[place]:
                    yield self._restated(decided, row)
                elif not agrees and not is_run:
                    yield _of(
                        decided,
                        DifferenceKind.DATA,
                        "from here on other figures follow from the stored prices than were decided on",
                        _listed(figures, decided.evidence),
                        _listed(decided.evidence, figures),
                    )
                is_run = not agrees
                yield from self._compare(place, row, close, agrees=agrees)

    def _compare(self, place: int, row: int, close: int, *, agrees: bool) -> Iterator[Difference]:
        decided = self.record.decisions[place]
        account = self._account(place)
        told = as_told(account, decided.reason)
        expected = decide(told, self.history.at(decided.written).rules, self._signals_of(decided), row, close)
        self.compared += 1
        if _is_nothing(decided) and expected.action is Action.BUY and is_refusal(decided.reason):
            self.explained[ExplainedKind.LIMITS] += 1
            return
        wrong = self._wrong(decided, expected)
        if wrong is None:
            self.explained[ExplainedKind.OWNER] += told is not account
            return
        kind = DifferenceKind.DECISION if agrees else DifferenceKind.DATA
        yield _of(decided, kind, wrong, _said(expected), _said(decided))

    def _wrong(self, decided: Decided, expected: Decision) -> str | None:
        """Return in what a decision is otherwise than it should be, None if it is not."""
        if (decided.action.value, decided.shares) != (expected.action.value, expected.shares):
            return "the recorded state and the rules decide otherwise"
        if decided.reason != expected.reason:
            return "the same was done for another reason"
        order = self._limits.get(decided.id)
        if expected.limit and order is not None and not order.was_split and order.limit != expected.limit:
            limits = from_micros(order.limit), from_micros(expected.limit)
            return f"the order's limit is {limits[0]}, not {limits[1]}"
        return None

    def _restated(self, decided: Decided, row: int) -> Difference:
        stored = float(self.bars.close[row])
        was = decided.evidence[_CLOSE]
        return _of(
            decided,
            DifferenceKind.DATA,
            "the bar was corrected after it had been decided on",
            f"close {stored:g}",
            f"close {was:g}",
        )

    def _signals_of(self, decided: Decided) -> Signals:
        return self._signals[self.history.place(decided.written)]

    def _account(self, place: int) -> Account:
        shares = int(self.record.shares[place])
        return Account(
            cash=int(self.record.cash[place]),
            reserved=0,  # cash is only held for a pending entry, and then nothing is bought
            shares=shares,
            mode=(TradingMode.SELL if shares else TradingMode.BUY).value,
            is_active=True,
            has_pending_entry=bool(self._pending[OrderSide.BUY][place]),
            has_pending_exit=bool(self._pending[OrderSide.SELL][place]),
            is_armed=bool(self._is_armed[place]),
        )

    def _changed(self) -> BoolArray:
        """Return which decisions were made on another close than is stored now, shape (n,)."""
        known = (self.rows >= 0) & ~np.isnan(self._recorded)
        stored = np.where(self.rows >= 0, self.bars.close[np.maximum(self.rows, 0)] if self.bars.n else np.nan, np.nan)
        changed: BoolArray = known & ~(np.abs(stored - self._recorded) < _LEAST_CHANGE)
        return changed

    def _as_decided(self) -> Bars:
        """Return the bars with the closes that were decided on: one correction must not change all figures after it."""
        if not self.is_changed.any():
            return self.bars
        bars, rows, was = self.bars, self.rows[self.is_changed], self._recorded[self.is_changed]
        close, high, low = bars.close.copy(), bars.high.copy(), bars.low.copy()
        close[rows] = was
        high[rows], low[rows] = np.maximum(high[rows], was), np.minimum(low[rows], was)
        return Bars.build(
            bars.time,
            bars.open,
            high,
            low,
            close,
            bars.volume,
            interval_minutes=bars.interval_minutes,
            session=bars.session,
            events=bars.corporate_events(),
        )

    def _armed(self) -> BoolArray:
        """Return whether entry was armed at each decision: since the last stop its signal was false once."""
        n = len(self.record.decisions)
        stopped, cleared = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        stops = {each.id for each in self.record.orders if is_stop(each.kind, each.decision_id, each.reason)}
        for done in self.record.executions:
            if done.order_id in stops and done.place < n:
                stopped[done.place] = done.place
        for place, decided in enumerate(self.record.decisions):
            row = int(self.rows[place])
            if row >= 0 and decided.evidence and not self._signals_of(decided).entry[row]:
                cleared[place] = place
        armed: BoolArray = np.maximum.accumulate(cleared) >= np.maximum.accumulate(stopped)
        return armed

    def _under_way(self, side: OrderSide) -> BoolArray:
        """Return whether an order of *side* was under way at each decision."""
        n = len(self.record.decisions)
        change = np.zeros(n + 1, np.int64)
        for order in self.record.orders:
            if order.side is side and order.kind in (OrderKind.ENTRY, OrderKind.EXIT) and order.first < order.end:
                change[min(order.first, n)] += 1
                change[min(order.end, n)] -= 1
        under_way: BoolArray = np.cumsum(change[:n]) > 0
        return under_way


def rows_of(bars: Bars, times: IntArray) -> IntArray:
    """Return the row of each of *times*, -1 where there is no such bar."""
    if not bars.n:
        return np.full(times.size, -1, np.int64)
    found = np.minimum(np.searchsorted(bars.time, times), bars.n - 1)
    rows: IntArray = np.where(bars.time[found] == times, found, -1)
    return rows


def _is_given_up(decided: Decided) -> bool:
    """Return whether nothing was decided on the bar: it never came, came too late or could not be used."""
    return _is_nothing(decided) and (not decided.evidence or decided.reason.endswith((STALE, UNREAL)))


def _is_nothing(decided: Decided) -> bool:
    return decided.action is DecisionAction.NOTHING


def _close_of(evidence: Mapping[str, Any]) -> float:
    close = evidence.get(_CLOSE)
    return float(close) if isinstance(close, int | float) else math.nan


def _agree(expected: Mapping[str, object], recorded: Mapping[str, Any]) -> bool:
    return expected.keys() == recorded.keys() and all(_is_same(expected[name], recorded[name]) for name in expected)


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=_NOISE, abs_tol=_NOISE)
    return one == other


def _listed(figures: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    """Return those of *figures* that the others do not have so."""
    return ", ".join(
        f"{name} {value}" for name, value in figures.items() if name not in others or not _is_same(value, others[name])
    )


def _said(decision: Decision | Decided) -> str:
    """Return what a decision does and why."""
    shares = f" {decision.shares}" if decision.shares else ""
    return f"{decision.action.value}{shares}: {decision.reason}"


def _of(decided: Decided, kind: DifferenceKind, message: str, expected: str, recorded: str) -> Difference:
    return Difference(kind, moment_of(decided.at), message, expected, recorded, decision_id=decided.id)
