"""
The audit: L1 to L8 of the trading rules, proved from executions for the whole database.

Whatever can be derived is derived again and compared. Rows are read as the database holds them, so that what can no
longer be read is a breach like any other, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from daytrader.services.ledger_audit import journal, money, orders, positions, reservations, states
from daytrader.services.ledger_audit.books import Books, Breach, read
from daytrader.services.ledger_audit.references import dangling

__all__ = ["RULES", "Books", "Breach", "audit"]

RULES: Final[Mapping[str, Sequence[Callable[[Books], Iterator[str]]]]] = {
    "L1": (money.check_cash, positions.check_executions),
    "L2": (positions.check_shares,),
    "L3": (money.check_gains, positions.check_prices),
    "L4": (money.check_counts,),
    "L5": (money.check_equity,),
    "L6": (reservations.check_reservations,),
    "L7": (states.check_service, states.check_transactions, journal.check_journal),
    "L8": (orders.check_orders, orders.check_executions),
}


def audit(session: Session, service_ids: Sequence[int] | None = None) -> list[Breach]:
    """Return every breach of L1 to L8 in the books of the given services, or of all; none when all is well."""
    breaches = list(dangling(session, service_ids))
    for books in read(session, service_ids):
        if books.unreadable:
            # Sums over what cannot be read prove nothing.
            breaches += [Breach(books.service_id, "L7", message) for message in books.unreadable]
            continue
        for rule, checks in RULES.items():
            breaches += [Breach(books.service_id, rule, message) for check in checks for message in check(books)]
    return breaches
