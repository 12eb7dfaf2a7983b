"""The parity audit: every bar of a live period decided once more, from the state that was recorded before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.bars import Bars
from daytrader.models import StockDailyPrice, StockIntradayPrice
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service
from daytrader.services.parity_audit.decisions import DecisionAudit
from daytrader.services.parity_audit.fills import FillAudit
from daytrader.services.parity_audit.history import read_history
from daytrader.services.parity_audit.record import Record, moment_of, read_record, seconds
from daytrader.services.parity_audit.words import Difference, DifferenceKind, ExplainedKind, Parity
from daytrader.utils.constants import DAILY
from daytrader.utils.days import days_since_epoch

__all__ = ["Difference", "DifferenceKind", "ExplainedKind", "Parity", "audit"]

_SESSION: Final = 86_400


def audit(session: Session, service: TradingService, start: date | None = None, end: date | None = None) -> Parity:
    """
    Return what *service* did on its bars from *start* to *end*, both included, against what its rules make of them.

    The state before each bar is the recorded one: a difference is told once and changes nothing after it. The
    settings are those of the time. It takes time in proportion to the bars.
    """
    record = read_record(session, service)
    bars = _bars(session, service)
    places = _places(record, start, end)
    if not places:
        return Parity(service.id, None, None, 0, 0, None, [], dict.fromkeys(ExplainedKind, 0))
    first, last = record.decisions[places[0]].at, record.decisions[places[-1]].at
    history = read_history(session, service)
    decisions, fills = DecisionAudit(record, bars, history), FillAudit(record, bars, history)
    found = [*decisions.differences(places)]
    found += (each for each in fills.differences() if first <= seconds(each.bar_time) <= last)
    found += _gaps(bars, decisions.rows[places.start : places.stop])
    found = _restated(session, service, record, found)
    found.sort(key=lambda each: each.bar_time)
    count = int(np.count_nonzero((bars.time >= first) & (bars.time <= last)))
    wrong = len({each.bar_time for each in found})
    explained = Counter(decisions.explained) + fills.explained_between(first, last)
    return Parity(
        service_id=service.id,
        began=moment_of(first),
        ended=moment_of(last),
        bars=count,
        decisions_compared=decisions.compared,
        score=max(0.0, 100 * (1 - wrong / count)) if count else None,
        differences=found,
        explained={kind: explained[kind] for kind in ExplainedKind},
    )


def _bars(session: Session, service: TradingService) -> Bars:
    if service.stock_id is None:
        return Bars.build([], [], [], [], [], interval_minutes=service.interval)
    return price_service.load_bars(session, service.stock_id, service.interval)


def _places(record: Record, start: date | None, end: date | None) -> range:
    """Return the places of the decisions of the asked days."""
    times = [each.at for each in record.decisions]
    first = 0 if start is None else np.searchsorted(times, days_since_epoch(start) * _SESSION)
    last = len(times) if end is None else np.searchsorted(times, (days_since_epoch(end) + 1) * _SESSION)
    return range(int(first), int(last))


def _gaps(bars: Bars, rows: IntArray) -> Iterator[Difference]:
    """Yield one difference for each run of stored bars, between the first and the last decision, without any."""
    known = rows[rows >= 0]
    for before, after in zip(known[:-1].tolist(), known[1:].tolist(), strict=True):
        count = after - before - 1
        if count:
            bars_ = "bar was" if count == 1 else "bars were"
            message = f"{count} {bars_} not decided on: the service was stopped, or missed them"
            at = moment_of(int(bars.time[before + 1]))
            yield Difference(DifferenceKind.MISSED, at, message, "a decision", "none")


def _restated(
    session: Session, service: TradingService, record: Record, found: Sequence[Difference]
) -> list[Difference]:
    """Return *found*, with what hangs on a bar that was stored again after it had been traded on as of its data."""
    suspects = {each.bar_time for each in found if _is_of_prices(each)}
    if not suspects:
        return list(found)
    stored = _stored_at(session, service, suspects)
    times = np.array([each.at for each in record.decisions], np.int64)

    def judged(each: Difference) -> Difference:
        if not _is_of_prices(each) or each.bar_time not in stored:
            return each
        place = int(np.searchsorted(times, seconds(each.bar_time)))
        written = record.decisions[min(place, times.size - 1)].written
        if stored[each.bar_time].timestamp() * 1e6 <= written:
            return each
        return replace(each, kind=DifferenceKind.DATA, message=f"the bar was stored again since; {each.message}")

    return [judged(each) for each in found]


def _is_of_prices(each: Difference) -> bool:
    """Return whether other prices than those of the time can make a difference so."""
    is_gap = each.kind is DifferenceKind.MISSED and each.decision_id is None and each.order_id is None
    return is_gap or each.kind in (DifferenceKind.SLIPPAGE, DifferenceKind.PATH)


def _stored_at(session: Session, service: TradingService, moments: set[datetime]) -> dict[datetime, datetime]:
    """Return when the bars of *moments* were stored last."""
    table = StockDailyPrice if service.interval == DAILY else StockIntradayPrice
    asked = min(moments), max(moments)
    if table is StockDailyPrice:
        label = StockDailyPrice.price_date
        query = select(label, table.updated_at).where(label.between(asked[0].date(), asked[1].date()))
    else:
        label = StockIntradayPrice.timestamp
        query = select(label, table.updated_at).where(
            label.between(*asked), StockIntradayPrice.interval == service.interval
        )
    rows = session.execute(query.where(table.stock_id == service.stock_id))
    return {_label(at): stored for at, stored in rows}


def _label(at: date | datetime) -> datetime:
    return at if isinstance(at, datetime) else moment_of(days_since_epoch(at) * _SESSION)
