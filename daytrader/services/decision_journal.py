"""The decision journal: what services of one stock decided on one bar, stored and told of together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import orjson
from sqlalchemy import ColumnElement, Table, and_, select
from sqlalchemy.orm import Session

from daytrader.models.decision import TradeDecision
from daytrader.models.enums import DecisionAction
from daytrader.models.trading_service import TradingService
from daytrader.services import bulk, event_payloads
from daytrader.services.events import events
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS
from daytrader.utils.current_datetime import get_current_datetime, iso_utc

STALE: Final = "nothing is decided on stale prices"
"""How the reason ends where a bar came too late to be decided on."""
UNREAL: Final = "nothing is decided on prices that are not real"
"""How it ends where real money is at stake and the bar was made up."""
_TABLE: Final = cast("Table", TradeDecision.__table__)
_COLUMNS: Final = (
    "id",
    "service_id",
    "interval",
    "bar_time",
    "action",
    "shares",
    "reason",
    "evidence",
    "created_at",
    "updated_at",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What one service decided, and why.

    Services that read the same figures share one *evidence*: it is encoded once for all of them.
    """

    service_id: int
    user_id: int
    action: DecisionAction
    shares: int
    reason: str
    evidence: Mapping[str, object]


def is_astray() -> ColumnElement[bool]:
    """Return the condition that a service's last bar is none that it has decided on: somebody wrote there."""
    decided = select(TradeDecision.id).where(
        TradeDecision.service_id == TradingService.id,
        TradeDecision.interval.in_((DAILY, *INTRADAY_INTERVALS)),  # spelt out, the index serves it
        TradeDecision.bar_time == TradingService.last_bar_time,
    )
    return and_(TradingService.last_bar_time.is_not(None), ~decided.exists())


def write(session: Session, interval: int, bar_time: datetime, entries: Sequence[Entry]) -> Sequence[int]:
    """Store *entries*, tell of each, and return their ids in the same order."""
    if not entries:
        return ()
    connection = session.connection()
    now = get_current_datetime()
    ids = bulk.reserve_ids(connection, _TABLE, len(entries))
    encode = _Encoder(interval, bar_time, now)
    stored_bar = bulk.driver_value(connection, _TABLE, "bar_time", bar_time)
    stored_now = bulk.driver_value(connection, _TABLE, "created_at", now)
    rows: list[tuple[Any, ...]] = []
    for decision_id, entry in zip(ids, entries, strict=True):
        said = (entry.action.value, entry.shares, entry.reason, encode.evidence(entry))
        rows.append((decision_id, entry.service_id, interval, stored_bar, *said, stored_now, stored_now))
        entity = _entity(decision_id, interval, bar_time, now, entry)
        events.record(session, event_payloads.decision_new(entry.user_id, entity, encode.entity(decision_id, entry)))
    bulk.insert_rows(connection, _TABLE, _COLUMNS, rows)
    return ids


class _Encoder:
    """Entries as JSON: what many of them share is encoded once."""

    def __init__(self, interval: int, bar_time: datetime, now: datetime) -> None:
        moment, stored = iso_utc(bar_time), iso_utc(now)
        self._middle = f'"interval":{interval},"bar_time":"{moment}",'
        self._end = f',"created_at":"{stored}","updated_at":"{stored}"}}'
        self._evidence: dict[int, str] = {}
        self._said: dict[tuple[object, ...], str] = {}

    def evidence(self, entry: Entry) -> str:
        """Return the figures behind *entry*."""
        key = id(entry.evidence)
        if key not in self._evidence:
            self._evidence[key] = orjson.dumps(entry.evidence).decode()
        return self._evidence[key]

    def entity(self, decision_id: int, entry: Entry) -> str:
        """Return what `_entity` says."""
        key = (entry.action, entry.shares, entry.reason, id(entry.evidence))
        if key not in self._said:
            said = {"action": entry.action.value, "shares": entry.shares, "reason": entry.reason}
            head = orjson.dumps(said).decode()[1:-1]
            self._said[key] = f'{self._middle}{head},"evidence":{self.evidence(entry)}{self._end}'
        return f'{{"id":{decision_id},"service_id":{entry.service_id},{self._said[key]}'


def _entity(decision_id: int, interval: int, bar_time: datetime, now: datetime, entry: Entry) -> Mapping[str, object]:
    return {
        "id": decision_id,
        "service_id": entry.service_id,
        "interval": interval,
        "bar_time": bar_time,
        "action": entry.action,
        "shares": entry.shares,
        "reason": entry.reason,
        "evidence": entry.evidence,
        "created_at": now,
        "updated_at": now,
    }
