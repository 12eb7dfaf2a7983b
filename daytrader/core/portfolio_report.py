"""The report of a portfolio: the whole as one report, and what each member did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daytrader.core import metrics
from daytrader.core.arrays import BoolArray, IntArray
from daytrader.core.money import CENTS
from daytrader.core.report import Report, framed
from daytrader.core.trades import TradeColumns


@dataclass(frozen=True, eq=False)
class MemberResult:
    """
    What one member did.

    Attributes:
        name: Unique within the portfolio.
        gains: Cents it had brought at each session close of the portfolio, open positions marked, shape (m,).
        held: Whether it held shares there, shape (m,).
        trades: Its own.
        shares: Held at the end.
        fees: Cents.
        ambiguous_bars: Bars that touched its stop and its target, undecided by their open.
        expired_for_cash: Orders that others had left too little cash for when they would have filled.
    """

    name: str
    symbol: str
    strategy: str
    params: Mapping[str, int | float]
    budget: int | None
    gains: IntArray
    held: BoolArray
    trades: TradeColumns
    shares: int
    fees: int
    ambiguous_bars: int
    expired_for_cash: int

    @property
    def gain_loss(self) -> int:
        """Return the cents it brought, the open position marked."""
        return int(self.gains[-1])

    def to_dict(self) -> dict[str, object]:
        """Return the result as JSON values."""
        closed = self.trades.closed_gain_loss
        won = metrics.win_rate(closed)
        return {
            "name": self.name,
            "symbol": self.symbol,
            "strategy": self.strategy,
            "params": dict(self.params),
            "budget": None if self.budget is None else self.budget / CENTS,
            "gain_loss": self.gain_loss / CENTS,
            "final_shares": self.shares,
            "trades": int(closed.size),
            "win_rate_pct": None if won is None else won * 100,
            "exposure_pct": int(np.count_nonzero(self.held)) / self.held.size * 100,
            "fees": self.fees / CENTS,
            "ambiguous_bars": self.ambiguous_bars,
            "expired_for_cash": self.expired_for_cash,
            "gains": (self.gains / CENTS).tolist(),
        }


@dataclass(frozen=True, eq=False)
class PortfolioReport:
    """
    The report of a portfolio.

    Attributes:
        whole: All members together, as one report; of a portfolio of one it is that member's backtest.
        members: Each for itself; their gains add up to the whole's at every session close.
        trade_members: The member (index) of each of the whole's trades, shape (k,).
    """

    whole: Report
    members: tuple[MemberResult, ...]
    trade_members: IntArray

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON values: the whole's, each trade with its member's name, and the members."""
        told = self.whole.to_dict()
        trades = [self.whole.trade_dict(trade) for trade in self.whole.run.trades]
        told["trades"] = [{"member": name, **trade} for name, trade in zip(self._owners, trades, strict=True)]
        told["members"] = [member.to_dict() for member in self.members]
        return told

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page."""
        from daytrader.core.report_html import render
        from daytrader.core.report_sections import section, table, tone_of

        rows = []
        for member in self.members:
            told = member.to_dict()
            gain, won = member.gain_loss / CENTS, told["win_rate_pct"]
            rows.append(
                (
                    (member.name, "text"),
                    (member.strategy, "text"),
                    (f"{gain:+,.2f}", tone_of(gain)),
                    (f"{told['trades']:,}", ""),
                    ("-" if won is None else f"{won:.1f} %", ""),
                    (f"{told['exposure_pct']:.1f} %", ""),
                    (f"{told['fees']:,.2f}", ""),
                    (f"{member.expired_for_cash:,}", ""),
                )
            )
        heads = [("Member", "text"), ("Strategy", "text")]
        heads += [(name, "") for name in ("Gain", "Closed trades", "Won", "In the market", "Fees", "Expired for cash")]
        return render(self.whole, (section("Members", table(heads, rows)),), self._owners)

    @property
    def _owners(self) -> list[str]:
        return [self.members[member].name for member in self.trade_members.tolist()]

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return framed(self.to_html())
