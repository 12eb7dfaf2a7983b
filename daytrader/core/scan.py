"""What a strategy says about many stocks at their last bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from daytrader.core.bars import Bars
from daytrader.core.strategy import Strategy, compute
from daytrader.utils.days import date_of


class Side(StrEnum):
    """What a signal asks for."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Signal:
    """
    A strategy's word on a stock's last bar.

    Attributes:
        symbol: Of the stock.
        side: Buy or sell.
        session: Of the bar.
        close: Its raw close, currency units.
        reason: Why.
        evidence: The figures behind it by name, prices as of that day.
        is_new: Whether the bar before had no signal of this side.
    """

    symbol: str
    side: Side
    session: date
    close: float
    reason: str
    evidence: Mapping[str, float | None]
    is_new: bool

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        evidence = dict(self.evidence)
        return asdict(self) | {"side": self.side.value, "session": self.session.isoformat(), "evidence": evidence}


def last_signal(symbol: str, bars: Bars, strategy: Strategy, params: Mapping[str, object]) -> Signal | None:
    """
    Return what *strategy* says at the last of *bars*, None if nothing; exit wins over entry.

    Raises:
        InvalidParameterError: If a parameter is unknown or out of bounds.
        BrokenStrategyError: If the strategy breaks the protocol.
    """
    if not bars.n:
        return None
    signals = compute(strategy, bars, params)
    row = bars.n - 1
    for side, rows, reason in (
        (Side.SELL, signals.exit, signals.exit_reason),
        (Side.BUY, signals.entry, signals.entry_reason),
    ):
        if rows[row]:
            return Signal(
                symbol,
                side,
                date_of(int(bars.session[row])),
                float(bars.close[row]),
                reason(row),
                signals.evidence(row),
                is_new=row == 0 or not rows[row - 1],
            )
    return None
