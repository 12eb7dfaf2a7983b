"""What a backtest trades on which bars, as it is asked for and as a job keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Self

from daytrader.core.rules import Rules
from daytrader.utils.constants import DAILY


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """One member of a portfolio; see `core.portfolio.Member`."""

    symbol: str
    strategy: str
    params: Mapping[str, object]
    rules: Rules
    budget: Decimal | None = None
    name: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "symbol": self.symbol,
            "strategy": self.strategy,
            "params": _plain(self.params),
            "rules": self.rules.as_dict(),
            "budget": None if self.budget is None else str(self.budget),
            "name": self.name,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the member that `to_json` wrote."""
        budget = None if plain["budget"] is None else Decimal(plain["budget"])
        return cls(**{**plain, "rules": Rules.called(plain["rules"]), "budget": budget})


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """
    What to trade on which bars.

    Attributes:
        symbol: Of a stored stock.
        strategy: A strategy's name.
        params: The parameters that differ from their defaults.
        rules: Sizing, protection and costs.
        cash: Initial balance, currency units.
        interval: Minutes of a bar, 0 for daily.
        start: The first session that may be traded, None for the first there is.
        end: The last one, None for the last there is.
        fill: At the next open, or (research only) at the close that decides.
        prices: As traded, or scaled by the vendor's adjusted close.
        members: Of a portfolio; the symbol, strategy, parameters and rules above are then the first one's.
    """

    symbol: str
    strategy: str
    params: Mapping[str, object]
    rules: Rules
    cash: Decimal
    interval: int = DAILY
    start: date | None = None
    end: date | None = None
    fill: Literal["next_open", "close"] = "next_open"
    prices: Literal["raw", "adjusted"] = "raw"
    members: tuple[MemberRequest, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Return what is traded, a member's symbol for each member."""
        return tuple(member.symbol for member in self.members) or (self.symbol,)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads: for a job."""
        plain = {name: getattr(self, name) for name in ("symbol", "strategy", "interval", "fill", "prices")}
        return plain | {
            "params": _plain(self.params),
            "rules": self.rules.as_dict(),
            "cash": str(self.cash),
            "start": None if self.start is None else self.start.isoformat(),
            "end": None if self.end is None else self.end.isoformat(),
            "members": [member.to_json() for member in self.members],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the request that `to_json` wrote."""
        days = {name: None if plain[name] is None else date.fromisoformat(plain[name]) for name in ("start", "end")}
        members = tuple(MemberRequest.from_json(member) for member in plain["members"])
        own = {"rules": Rules.called(plain["rules"]), "cash": Decimal(plain["cash"]), "members": members}
        return cls(**{**plain, **own, **days})


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in params.items()}
