"""What a user has tried before on the same history: every try counts, also when nobody looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.models import Sweep
from daytrader.models.enums import JobState
from daytrader.services.backtest_request import BacktestRequest


@dataclass(frozen=True, slots=True)
class EarlierSweeps:
    """What a user has tried before: the symbols of each sweep, and how many combinations."""

    sweeps: tuple[tuple[frozenset[str], int], ...]

    def trials(self, symbols: Iterable[str]) -> int:
        """Return how many combinations were tried on one or more of *symbols*."""
        asked = frozenset(symbols)
        return sum(combinations for swept, combinations in self.sweeps if not swept.isdisjoint(asked))


def earlier_sweeps(session: Session, stored: Sweep) -> EarlierSweeps:
    """
    Return what the same user has tried on the same history before the sweep *stored*.

    That is: at its interval, over a period that overlaps its own. A new bar, or a corrected one, makes no new history,
    so the prices' hash does not matter.
    """
    query = select(
        Sweep.symbols, Sweep.combinations, *(Sweep.request["asked"][name].as_string() for name in ("start", "end"))
    ).where(
        Sweep.user_id == stored.user_id,
        Sweep.interval == stored.interval,
        Sweep.id < stored.id,
        Sweep.state == JobState.SUCCEEDED,
    )
    asked = BacktestRequest.from_json(stored.request["asked"])
    begin, end = asked.start or date.min, asked.end or date.max
    return EarlierSweeps(
        tuple(
            (frozenset(symbols), combinations)
            for symbols, combinations, first, last in session.execute(query)
            if (first is None or date.fromisoformat(first) <= end)
            and (last is None or date.fromisoformat(last) >= begin)
        )
    )
