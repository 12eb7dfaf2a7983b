"""Bars that nothing is decided on, and why: one line in the decision journal of every service that waited for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models.decision import TradeDecision
from daytrader.models.enums import STATES_AT_WORK, DecisionAction
from daytrader.models.trading_service import TradingService
from daytrader.services import decision_journal, unreadable_rows


def refuse(
    session: Session,
    stock_id: int,
    interval: int,
    bar_times: Iterable[datetime],
    reason: str,
    *,
    is_undecided_only: bool = False,
) -> int:
    """
    Enter *reason* as the decision to do nothing on each of *bar_times*, and return how many lines that made.

    Every service of the stock that is at work has decided on these bars then, once and for all: a bar that comes later
    is history. Where a decision stands already it stays. With *is_undecided_only* for services that have never decided.
    """
    query = (
        select(TradingService.id)
        .where(TradingService.stock_id == stock_id, TradingService.interval == interval)
        .where(TradingService.state.in_(STATES_AT_WORK))
        .order_by(TradingService.id)
        .with_for_update()
    )
    if is_undecided_only:
        query = query.where(TradingService.last_bar_time.is_(None))
    moments = sorted(bar_times)
    return sum(
        unreadable_rows.of_each(
            session,
            session.scalars(query).all(),
            lambda service: sum(_enter(session, service, moment, reason) for moment in moments),
        )
    )


def _enter(session: Session, service: TradingService, moment: datetime, reason: str) -> int:
    known = select(TradeDecision.id).where(
        TradeDecision.service_id == service.id,
        TradeDecision.interval == service.interval,
        TradeDecision.bar_time == moment,
    )
    if session.scalar(known) is not None:
        return 0
    if service.last_bar_time is None or service.last_bar_time < moment:
        service.last_bar_time = moment
    nothing = decision_journal.Entry(service.id, service.user_id, DecisionAction.NOTHING, 0, reason, {})
    decision_journal.write(session, service.interval, moment, [nothing])
    return 1
