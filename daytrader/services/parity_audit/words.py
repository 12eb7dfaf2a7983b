"""What the parity audit says: differences and the sum of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DifferenceKind(StrEnum):
    """In what a live period was otherwise than its rules say."""

    DECISION = "decision"  # the same state and the same prices decide otherwise
    SLIPPAGE = "slippage"  # filled when it should, at another price
    PATH = "path"  # a stop, a target or a limit was, or was not, reached
    DATA = "data"  # the prices are no longer those that were decided on
    MISSED = "missed"  # nothing was decided on the bar, or an order filled later than on the next one
    REJECT = "reject"  # the broker refused the order


class ExplainedKind(StrEnum):
    """What is no difference, because somebody said so."""

    LIMITS = "limits"  # a buy that a limit or the kill switch barred
    OWNER = "owner"  # PAUSED, stopped, HOLD or a mode set by hand
    MANUAL_TRADES = "manual_trades"  # traded by hand
    CANCELLED_ORDERS = "cancelled_orders"  # taken back before they filled


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One difference.

    Attributes:
        kind: In what.
        bar_time: The bar that it is a difference of.
        message: What is otherwise, in words.
        expected: What the rules make of the recorded state.
        recorded: What was done.
        decision_id: The decision, None where there is none.
        order_id: The order, None where there is none.
    """

    kind: DifferenceKind
    bar_time: datetime
    message: str
    expected: str
    recorded: str
    decision_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Parity:
    """
    What came of re-deciding a live period.

    Attributes:
        service_id: Whose.
        began: The first bar, None where nothing was decided.
        ended: The last one.
        bars: How many bars lie between them, both included.
        decisions_compared: How many were decided once more.
        score: Percent of the bars without a difference, None without bars.
        differences: Oldest first.
        explained: How often something was otherwise because somebody had said so.
    """

    service_id: int
    began: datetime | None
    ended: datetime | None
    bars: int
    decisions_compared: int
    score: float | None
    differences: Sequence[Difference]
    explained: Mapping[ExplainedKind, int]

    @property
    def by_class(self) -> Mapping[DifferenceKind, int]:
        """Return how many differences of each kind there are."""
        counted = Counter(each.kind for each in self.differences)
        return {kind: counted[kind] for kind in DifferenceKind}

    @property
    def first_difference(self) -> Difference | None:
        """Return the oldest difference."""
        return self.differences[0] if self.differences else None

    def to_dict(self) -> dict[str, Any]:
        """Return the sum of it by the names that API and console show it under."""
        return {
            "service_id": self.service_id,
            "from": self.began,
            "to": self.ended,
            "bars": self.bars,
            "decisions_compared": self.decisions_compared,
            "score": self.score,
            "differences": len(self.differences),
            "by_class": dict(self.by_class),
            "explained": dict(self.explained),
            "first_difference": None if self.first_difference is None else asdict(self.first_difference),
        }

    @property
    def are_decisions_equal(self) -> bool:
        """Return whether every decision came out as it was recorded."""
        return not self.by_class[DifferenceKind.DECISION]
