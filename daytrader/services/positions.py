"""What services hold: the open transaction of each, looked for alone or for many together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from daytrader.models.enums import TransactionState
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.services import known_ahead

_KNOWN: Final = "what services hold"
_OPEN: Final = select(TradingTransaction).where(
    TradingTransaction.service_id.in_(bindparam("service_ids", expanding=True)),
    TradingTransaction.state == TransactionState.OPEN,
)


def look_up(session: Session, service_ids: Sequence[int]) -> None:
    """Read with one statement what services hold, whose rows the caller has locked, before `open_transaction`."""
    found = session.scalars(_OPEN, {"service_ids": service_ids})
    held = {transaction.service_id: transaction for transaction in found}
    known_ahead.of(session, _KNOWN).update((service_id, held.get(service_id)) for service_id in service_ids)


def note(session: Session, transaction: TradingTransaction) -> None:
    """Know that a service, whose row the caller has locked, holds *transaction* from now on."""
    known_ahead.of(session, _KNOWN)[transaction.service_id] = transaction


def open_transaction(session: Session, service_id: int) -> TradingTransaction | None:
    """Return the position that the service holds; there is never more than one."""
    known: dict[int, TradingTransaction | None] = known_ahead.of(session, _KNOWN)
    if service_id in known:
        held = known[service_id]
        if held is None:
            del known[service_id]  # true once: whoever asks may be about to buy
            return None
        if held.state is TransactionState.OPEN:
            return held
    return session.scalar(_OPEN, {"service_ids": [service_id]})
