"""Dividends and splits as stored: recorded once, the improbable ones kept back for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Insert, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from daytrader.core.bars import CorporateEvent, EventKind
from daytrader.core.corporate import needs_a_person
from daytrader.core.money import from_micros, to_micros
from daytrader.models import CorporateAction, JournalEntry, StockDailyPrice
from daytrader.models.enums import CorporateActionKind
from daytrader.models.price_revision import ACTIONS
from daytrader.services import price_revisions
from daytrader.services.price_upsert import OnConflict
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import date_of, days_since_epoch
from daytrader.utils.errors import ConflictError, NotFoundError

_KIND: Final = {EventKind.DIVIDEND: CorporateActionKind.DIVIDEND, EventKind.SPLIT: CorporateActionKind.SPLIT}
_EVENT_KIND: Final = {kind: event for event, kind in _KIND.items()}
_CHUNK: Final = 500
_WAITING: Final = select(CorporateAction).where(
    CorporateAction.stock_id == bindparam("stock"), CorporateAction.is_judged.is_(False)
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `record` stored: how many events, and the dividends that it keeps back."""

    count: int
    quarantined: tuple[CorporateEvent, ...]


def record(
    session: Session,
    stock_id: int,
    actions: Iterable[CorporateEvent],
    *,
    source: str,
    on_conflict: OnConflict = OnConflict.UPDATE,
) -> Recorded:
    """
    Store the stock's *actions*, each (date, kind) once; call it after the bars are stored.

    A dividend above 20 % of the previous stored close is stored but quarantined: not paid until a person says so. One
    that has no stored close before it yet is judged once there is: by the next call, and by whoever reads the bars.
    What a service has booked stays as it was booked: see `booked_otherwise`.
    *source* names the provider or the layout that the actions come from.
    """
    given = list(actions)
    now = get_current_datetime()
    rows: list[dict[str, Any]] = [
        {
            "stock_id": stock_id,
            "ex_date": date_of(event.session),
            "kind": _KIND[event.kind],
            "ratio_numerator": event.numerator,
            "ratio_denominator": event.denominator,
            "amount": from_micros(to_micros(event.amount)),
            "source": source,
            "is_quarantined": False,
            "is_judged": False,
            "created_at": now,
            "updated_at": now,
        }
        for event in given
    ]
    for start in range(0, len(rows), _CHUNK):
        session.execute(_upsert(session, rows[start : start + _CHUNK], on_conflict))
    if _judge(session, stock_id) or rows:
        price_revisions.draw(session, [stock_id], ACTIONS)
    kept = select(CorporateAction.ex_date).where(
        CorporateAction.stock_id == stock_id, CorporateAction.is_quarantined.is_(True)
    )
    kept_days = {days_since_epoch(day) for day in session.scalars(kept)} if rows else set()
    return Recorded(
        len(given), tuple(one for one in given if one.kind is EventKind.DIVIDEND and one.session in kept_days)
    )


def _judge(session: Session, stock_id: int) -> bool:
    """
    Hold each dividend that never was against the close before it, and return whether there were any.

    What a service has booked stays as it was booked.
    """
    action = CorporateAction
    waiting = session.scalars(_WAITING, {"stock": stock_id}, execution_options={"populate_existing": True}).all()
    if not waiting:
        return False
    booked = set(session.scalars(select(action.id).where(action.stock_id == stock_id, _is_booked())))
    for one in waiting:
        is_improbable = _is_improbable(session, one)
        one.is_judged = is_improbable is not None
        one.is_quarantined = bool(is_improbable) and one.id not in booked
    session.flush()
    return True


def booked_otherwise(session: Session, stock_id: int, actions: Iterable[CorporateEvent]) -> list[CorporateEvent]:
    """Return those of *actions* that a service has booked with another amount or ratio: `record` leaves them so."""
    stored = {
        (days_since_epoch(action.ex_date), _EVENT_KIND[action.kind]): action
        for action in session.scalars(select(CorporateAction).where(CorporateAction.stock_id == stock_id, _is_booked()))
    }

    def differs(event: CorporateEvent) -> bool:
        action = stored.get((event.session, event.kind))
        if action is None:
            return False
        is_same_ratio = (action.ratio_numerator, action.ratio_denominator) == (event.numerator, event.denominator)
        return not is_same_ratio or to_micros(action.amount) != to_micros(event.amount)

    return [event for event in actions if differs(event)] if stored else []


def listing(session: Session, stock_id: int) -> Sequence[CorporateAction]:
    """Return the stock's dividends and splits by date, quarantined ones too."""
    query = select(CorporateAction).where(CorporateAction.stock_id == stock_id)
    return session.scalars(query.order_by(CorporateAction.ex_date, CorporateAction.kind)).all()


_EVENTS: Final = (
    select(
        CorporateAction.ex_date,
        CorporateAction.kind,
        CorporateAction.ratio_numerator,
        CorporateAction.ratio_denominator,
        CorporateAction.amount,
        CorporateAction.id,
        CorporateAction.is_judged,
    )
    .where(CorporateAction.stock_id == bindparam("stock_id"), CorporateAction.is_quarantined.is_(False))
    .order_by(CorporateAction.ex_date, CorporateAction.kind)
)


def events_of(session: Session, stock_id: int) -> list[CorporateEvent]:
    """Return the stock's dividends and splits for the core, by date, each with its row's id; no quarantined one."""
    return [
        # What was judged, or let go by a person, is not judged a second time; the rest by the bars that it comes to.
        CorporateEvent(days_since_epoch(ex_date), _EVENT_KIND[kind], numerator, denominator, amount, ref, is_judged)
        for ex_date, kind, numerator, denominator, amount, ref, is_judged in session.execute(
            _EVENTS, {"stock_id": stock_id}
        )
    ]


def get(session: Session, action_id: int) -> CorporateAction:
    """
    Return one dividend or split.

    Raises:
        NotFoundError: If there is none of this id.
    """
    action = session.get(CorporateAction, action_id)
    if action is None:
        raise NotFoundError("corporate action")
    return action


def release(session: Session, action_id: int) -> CorporateAction:
    """
    Let a quarantined dividend be paid, on a person's word: from now on it counts in backtests and for holders.

    Raises:
        NotFoundError: If there is no such corporate action.
        ConflictError: If it is not kept back.
    """
    action = get(session, action_id)
    if not action.is_quarantined and action.is_judged:
        raise ConflictError("this corporate action is not kept back")
    action.is_quarantined = False
    action.is_judged = True
    session.flush()
    price_revisions.draw(session, [action.stock_id], ACTIONS)
    return action


def has_splits(session: Session, stock_id: int) -> bool:
    """Return whether any split of the stock is stored: raw prices without them deserve a warning."""
    split = CorporateAction.kind == CorporateActionKind.SPLIT
    query = select(CorporateAction.id).where(CorporateAction.stock_id == stock_id, split).limit(1)
    return session.scalar(query) is not None


def _is_booked() -> ColumnElement[bool]:
    booked = select(JournalEntry.corporate_action_id).where(JournalEntry.corporate_action_id.is_not(None))
    return CorporateAction.id.in_(booked)


def _is_improbable(session: Session, action: CorporateAction) -> bool | None:
    """Return whether *action* is to be kept back; None where no close before it is stored."""
    if action.kind is not CorporateActionKind.DIVIDEND:
        return False
    price = StockDailyPrice
    previous = session.scalar(
        select(price.close_price)
        .where(price.stock_id == action.stock_id, price.price_date < action.ex_date, price.close_price.is_not(None))
        .order_by(price.price_date.desc())
        .limit(1)
    )
    return None if previous is None else needs_a_person(to_micros(action.amount), to_micros(previous))


def _upsert(session: Session, rows: list[dict[str, Any]], on_conflict: OnConflict) -> Insert:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(CorporateAction).values(rows)
    identity = ["stock_id", "ex_date", "kind"]
    if on_conflict is OnConflict.SKIP:
        return statement.on_conflict_do_nothing(index_elements=identity)
    kept = {*identity, "created_at"}
    changed: dict[str, Any] = {name: statement.excluded[name] for name in rows[0] if name not in kept}
    # The same dividend again leaves a person's word on it as it is.
    is_same = CorporateAction.amount == statement.excluded.amount
    for name in ("is_quarantined", "is_judged"):
        changed[name] = case((is_same, getattr(CorporateAction, name)), else_=statement.excluded[name])
    # A vendor's correction of what was paid would make the ledger wrong: the ledger refers to this row.
    return statement.on_conflict_do_update(index_elements=identity, set_=changed, where=~_is_booked())
