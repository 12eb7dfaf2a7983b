"""Where users are told, as stored: chosen, claimed by the one process that sends, and how far each has been told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, delete, or_, select, update
from sqlalchemy.orm import Session

from daytrader.models.enums import NotificationKind
from daytrader.models.notification_target import NotificationTarget
from daytrader.models.user import User
from daytrader.services import event_log
from daytrader.services.actor import Actor
from daytrader.services.notifications import channels
from daytrader.utils import sealing
from daytrader.utils.errors import BrokenRuleError, InvalidInputError, NotFoundError

MOST_TARGETS: Final = 10
"""Targets of one user."""

_TABLE: Final = cast("Table", NotificationTarget.__table__)
_USERS: Final = cast("Table", User.__table__)
_FIRST_WAIT: Final = 30.0
_LONGEST_WAIT: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Target:
    """What whoever sends needs to know; *url* is sealed still."""

    id: int
    actor: Actor
    kinds: frozenset[NotificationKind]
    cursor: int
    summary_of: date | None
    sealed_url: bytes
    failures: int


def of_user(session: Session, actor: Actor) -> Sequence[NotificationTarget]:
    """Return the actor's own targets, by name."""
    query = select(NotificationTarget).where(NotificationTarget.user_id == actor.user_id)
    return session.scalars(query.order_by(NotificationTarget.name)).all()


def replace(session: Session, actor: Actor, chosen: Sequence[Mapping[str, Any]]) -> Sequence[NotificationTarget]:
    """
    Let *chosen* be the actor's targets: those of other names are removed.

    Each has ``name``, ``kinds``, ``is_active`` and ``url``, which may be None where one of its name is there already.
    One that is new or active again hears what happens from now on.

    Raises:
        InvalidInputError: If one of them breaks a rule, naming it.
        ConflictError: If this installation lacks apprise.
    """
    _require_sound(chosen)
    session.get_one(User, actor.user_id, with_for_update=True)  # two answers of two browsers come one after the other
    kept = {target.name: target for target in of_user(session, actor)}
    for item in chosen:
        target = kept.pop(item["name"], None)
        if target is None and not item["url"]:
            raise InvalidInputError({"targets": [f"{item['name']} is new: its url is needed"]})
        now = event_log.last_sequence(session)
        if target is None:
            target = NotificationTarget(user_id=actor.user_id, name=item["name"], is_active=False, cursor=now)
            session.add(target)
        if item["url"]:
            _address(target, item["url"])
        if item["is_active"] and not target.is_active:
            target.cursor, target.summary_of, target.not_before = now, None, None
        target.kinds = sorted(kind.value for kind in item["kinds"])
        target.is_active = item["is_active"]
    gone = [target.id for target in kept.values()]
    session.flush()
    session.execute(delete(NotificationTarget).where(NotificationTarget.id.in_(gone)))
    return of_user(session, actor)


def address_of(session: Session, actor: Actor, name: str) -> str:
    """
    Return the address of the actor's target *name*.

    Raises:
        NotFoundError: If there is none of that name.
        UnavailableError: If the key that sealed it is missing.
    """
    found = next((target for target in of_user(session, actor) if target.name == name), None)
    if found is None:
        raise NotFoundError("notification target")
    return sealing.unseal(found.sealed_url)


def free(session: Session, now: datetime) -> Sequence[Target]:
    """Return the active targets that nobody is sending to, and that may be tried at *now*."""
    query = (
        select(_TABLE, _USERS.c.is_admin)
        .join(_USERS, _USERS.c.id == _TABLE.c.user_id)
        .where(_TABLE.c.is_active, _USERS.c.is_active, *_is_free(now))
        .order_by(_TABLE.c.id)
    )
    return [
        Target(
            row.id,
            Actor(row.user_id, row.is_admin),
            frozenset(NotificationKind(kind) for kind in row.kinds),
            row.cursor,
            row.summary_of,
            row.sealed_url,
            row.failures,
        )
        for row in session.execute(query)
    ]


def claim(session: Session, target: Target, holder: str, now: datetime, life: timedelta) -> bool:
    """Return whether *holder* alone may send to *target* for *life*: nobody else does, nor has since it was read."""
    unchanged = (_TABLE.c.id == target.id, _TABLE.c.cursor == target.cursor, _TABLE.c.is_active)
    claimed = update(_TABLE).where(*unchanged, _TABLE.c.summary_of.is_not_distinct_from(target.summary_of))
    values = {"claimed_by": holder, "claimed_until": now + life}
    return session.scalar(claimed.where(*_is_free(now)).values(**values).returning(_TABLE.c.id)) is not None


def note_sent(
    session: Session, target: Target, holder: str, now: datetime, *, cursor: int, summary_of: date | None
) -> None:
    """Store that *target* was told up to *cursor*, and let go of it."""
    told = {"cursor": cursor, "summary_of": summary_of, "last_sent_at": now, "failures": 0, "last_error": None}
    session.execute(_mine(target, holder).values(**told, not_before=None, claimed_by=None, claimed_until=None))


def note_failed(session: Session, target: Target, holder: str, now: datetime, why: str) -> None:
    """Store that *target* could not be told, let go of it, and leave it alone the longer the oftener that happens."""
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**target.failures)
    failed = {"failures": target.failures + 1, "last_error": why, "not_before": now + timedelta(seconds=wait)}
    session.execute(_mine(target, holder).values(**failed, claimed_by=None, claimed_until=None))


def put_off(session: Session, target: Target, holder: str, until: datetime) -> None:
    """Let go of *target* until it may be told more: it was told a lot in the last minute."""
    session.execute(_mine(target, holder).values(not_before=until, claimed_by=None, claimed_until=None))


def begin_summaries(session: Session, target: Target, day: date) -> None:
    """Let the first summary of *target* be that of the session after *day*."""
    mine = (_TABLE.c.id == target.id, _TABLE.c.summary_of.is_(None))
    session.execute(update(_TABLE).where(*mine).values(summary_of=day))


def _require_sound(chosen: Sequence[Mapping[str, Any]]) -> None:
    names = [item["name"] for item in chosen]
    if len(names) > MOST_TARGETS:
        raise InvalidInputError({"targets": [f"{MOST_TARGETS} are the most"]})
    if len(set(names)) < len(names):
        raise InvalidInputError({"targets": ["have the same name twice"]})


def _address(target: NotificationTarget, url: str) -> None:
    try:
        target.shown = channels.shown(url)
    except BrokenRuleError as error:
        raise InvalidInputError({"targets": [f"{target.name}: its url {error}"]}) from None
    target.sealed_url = sealing.seal(url)
    target.failures, target.last_error, target.not_before = 0, None, None


def _is_free(now: datetime) -> tuple[Any, ...]:
    return (
        or_(_TABLE.c.not_before.is_(None), _TABLE.c.not_before <= now),
        or_(_TABLE.c.claimed_until.is_(None), _TABLE.c.claimed_until <= now),
    )


def _mine(target: Target, holder: str) -> Any:
    return update(_TABLE).where(_TABLE.c.id == target.id, _TABLE.c.claimed_by == holder)
