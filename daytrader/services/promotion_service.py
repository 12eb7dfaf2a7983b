"""The gate to live trading: shut until an owner's own thresholds are met and the owner has opted in, and shut again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from daytrader.models import Backtest, Promotion, PromotionThresholds, TradingService
from daytrader.services import audit_service, system_events
from daytrader.services.audit_service import Source
from daytrader.services.events import events
from daytrader.services.paper_period import PAPER, PaperPeriod
from daytrader.services.promotion_criteria import (
    Criterion,
    Evidence,
    changed_names,
    gather,
    result_settings,
)
from daytrader.services.system_events import Severity
from daytrader.utils import validators
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, InvalidInputError, NotFoundError

__all__ = [
    "REFUSED",
    "THRESHOLDS",
    "Criterion",
    "PaperPeriod",
    "State",
    "keep_settings",
    "opt_in",
    "permits",
    "refusal",
    "set_thresholds",
    "state",
    "thresholds",
    "withdraw",
]

THRESHOLDS: Final = tuple(validators.PROMOTION_RULES)
"""What an owner sets, all of it at first: the gate has no defaults to hide behind."""
REFUSED: Final = "live trading is not permitted"
"""How a refusal begins."""
_SYSTEM: Final = Source(None, "system", "")
_REASON_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class State:
    """
    How one service stands before the gate.

    Attributes:
        service_id: Which.
        is_permitted: Whether it may trade live now.
        reason: Why not, None where it may.
        backtest_id: The pinned backtest, or the candidate that was asked about.
        opted_in_at: When the owner opted in, None where that does not hold.
        revoked_at: When the last opt-in ended, None where none did since.
        revoked_reason: Why.
        paper: The paper period that was measured.
        criteria: Every criterion, met or not.
    """

    service_id: int
    is_permitted: bool
    reason: str | None
    backtest_id: int | None
    opted_in_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None
    paper: PaperPeriod
    criteria: list[Criterion]


def thresholds(session: Session, user_id: int) -> PromotionThresholds | None:
    """Return what a user asks of services before they trade live, None where nothing was set."""
    return session.scalar(select(PromotionThresholds).where(PromotionThresholds.user_id == user_id))


def set_thresholds(session: Session, user_id: int, values: Mapping[str, int | Decimal]) -> PromotionThresholds:
    """
    Set a user's thresholds; later changes may name some of them only. They hold for promoted services at once.

    Raises:
        InvalidInputError: Naming each that is missing the first time.
    """
    known = thresholds(session, user_id)
    missing = {name: ["is required"] for name in THRESHOLDS if known is None and name not in values}
    if missing:
        raise InvalidInputError(missing)
    given = {name: values[name] for name in THRESHOLDS if name in values}
    if known is not None:
        known.update_from_dict(given)
        session.flush()
        return known
    PromotionThresholds.from_dict({"user_id": user_id, **given})  # through the model's rules
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    now = get_current_datetime()
    session.execute(
        insert(PromotionThresholds)
        .values(user_id=user_id, **given, created_at=now, updated_at=now)
        .on_conflict_do_update(index_elements=["user_id"], set_={**given, "updated_at": now})
    )
    return session.scalars(select(PromotionThresholds).where(PromotionThresholds.user_id == user_id)).one()


def permits(session: Session, service: TradingService) -> str | None:
    """
    Return why *service* may not trade live, None when it may; what cannot be shown is not permitted.

    Everything is measured anew: the pinned backtest against the settings and the stored prices, its figures and the
    paper period against the owner's thresholds of now.
    """
    promotion = _of(session, service)
    return _why_not(promotion, _evidence(session, service, promotion, None))


def refusal(session: Session, service: TradingService) -> str | None:
    """
    Return why *service*, whose row the caller has locked, may not add exposure where it trades; None where it may.

    The one function that everything asks which starts a service or places, sends or fills an entry. On paper nothing
    is at stake. An opt-in whose backtest has become another one ends here, for good.
    """
    if service.broker == PAPER:
        return None
    promotion = _of(session, service)
    evidence = _evidence(session, service, promotion, None)
    why = _why_not(promotion, evidence)
    if promotion is not None and promotion.opted_in_at is not None and evidence.stale is not None:
        _revoke(session, service, promotion, evidence.stale)
    return None if why is None else f"{REFUSED}: {why}"[:_REASON_LENGTH]


def state(session: Session, service: TradingService, backtest_id: int | None = None) -> State:
    """
    Return how *service* stands; with *backtest_id*, how it would with that backtest of its owner.

    Raises:
        NotFoundError: If the owner has no such backtest.
    """
    promotion = _of(session, service)
    candidate = None if backtest_id is None else _backtest(session, service, backtest_id)
    evidence = _evidence(session, service, promotion, candidate)
    pinned = None if promotion is None else promotion.backtest_id
    is_pinned = candidate is None or candidate.id == pinned
    why = _why_not(promotion, evidence) if is_pinned else "the owner has not opted in with this backtest"
    return State(
        service_id=service.id,
        is_permitted=why is None,
        reason=why,
        backtest_id=None if evidence.backtest is None else evidence.backtest.id,
        opted_in_at=None if promotion is None else promotion.opted_in_at,
        revoked_at=None if promotion is None else promotion.revoked_at,
        revoked_reason=None if promotion is None else promotion.revoked_reason,
        paper=evidence.paper,
        criteria=list(evidence.criteria),
    )


def opt_in(session: Session, service: TradingService, backtest_id: int) -> State:
    """
    Pin a backtest to *service*, whose row the caller has locked, and let the service trade live from now on.

    The paper period ends with it: what is traded live afterwards is no evidence for itself.

    Raises:
        NotFoundError: If the owner has no such backtest.
        ConflictError: Naming the criteria that are not met.
    """
    candidate = _backtest(session, service, backtest_id)
    promotion = _of(session, service) or _new(session, service)
    evidence = _evidence(session, service, promotion, candidate)
    unmet = [_told(each) for each in evidence.criteria if not each.is_met]
    if unmet:
        raise ConflictError(f"{REFUSED}: {'; '.join(unmet)}")
    promotion.backtest_id = candidate.id
    promotion.opted_in_at = get_current_datetime()
    promotion.revoked_at = promotion.revoked_reason = None
    promotion.paper_until = promotion.paper_until or evidence.paper.ended
    session.flush()
    return state(session, service)


def withdraw(session: Session, service: TradingService, reason: str = "withdrawn by the owner") -> State:
    """
    End the opt-in of *service*, whose row the caller has locked: nothing buys any more where it trades live.

    Raises:
        ConflictError: If there is none.
    """
    promotion = _of(session, service)
    if promotion is None or promotion.opted_in_at is None:
        raise ConflictError("the service has no opt-in that could be withdrawn")
    _end(promotion, reason)
    session.flush()
    return state(session, service)


def keep_settings(session: Session, service: TradingService, before: Mapping[str, Any]) -> None:
    """
    Note that settings of *service*, whose row the caller has locked, are no longer what they were *before*.

    The paper period begins anew, and an opt-in ends: its backtest was of another service. *before* is what
    `promotion_criteria.result_settings` said.
    """
    changed = changed_names(before, result_settings(service))
    if not changed:
        return
    promotion = _of(session, service) or _new(session, service)
    promotion.paper_since, promotion.paper_until = service.last_bar_time, None
    if promotion.opted_in_at is not None:
        _revoke(session, service, promotion, f"settings were changed: {', '.join(changed)}")
    session.flush()


def _evidence(
    session: Session, service: TradingService, promotion: Promotion | None, candidate: Backtest | None
) -> Evidence:
    backtest = candidate
    if backtest is None and promotion is not None and promotion.backtest_id is not None:
        backtest = session.get(Backtest, promotion.backtest_id)
    return gather(session, service, thresholds(session, service.user_id), promotion, backtest)


def _why_not(promotion: Promotion | None, evidence: Evidence) -> str | None:
    if promotion is None or (promotion.opted_in_at is None and promotion.revoked_at is None):
        return "the owner has not opted in"
    if promotion.opted_in_at is None:
        return f"the opt-in has ended: {promotion.revoked_reason}"
    unmet = evidence.unmet
    return None if unmet is None else _told(unmet)


def _told(unmet: Criterion) -> str:
    wanted = "no threshold is set" if unmet.threshold is None else f"{unmet.threshold:g} is asked for"
    there_is = "nothing is known" if unmet.measured is None else f"{unmet.measured:.6g}"
    note = "" if unmet.note is None else f" ({unmet.note})"
    return f"{unmet.description}: {there_is}{note}, {wanted}"


def _of(session: Session, service: TradingService) -> Promotion | None:
    return session.scalar(select(Promotion).where(Promotion.service_id == service.id))


def _new(session: Session, service: TradingService) -> Promotion:
    promotion = Promotion(service_id=service.id)
    session.add(promotion)
    session.flush()
    return promotion


def _backtest(session: Session, service: TradingService, backtest_id: int) -> Backtest:
    found = session.get(Backtest, backtest_id)
    if found is None or found.user_id != service.user_id:
        raise NotFoundError("backtest")
    return found


def _revoke(session: Session, service: TradingService, promotion: Promotion, reason: str) -> None:
    """End an opt-in that its owner has not ended; who owns the service is told, and so is the audit log."""
    _end(promotion, reason)
    audit_service.record(session, _SYSTEM, "promotion.revoked", f"/services/{service.id}")
    message = f"Service {service.id} ({service.name}) is no longer promoted to live trading: {reason}"
    events.record(session, system_events.personal_notification(service.user_id, Severity.WARNING, "promotion", message))


def _end(promotion: Promotion, reason: str) -> None:
    promotion.opted_in_at = None
    promotion.revoked_at, promotion.revoked_reason = get_current_datetime(), reason[:_REASON_LENGTH]
