"""What a service must have shown before it may trade real money, each point with its figure and its threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from daytrader import __version__
from daytrader.core.rules import settings
from daytrader.models import Backtest, Promotion, PromotionThresholds, TradingService
from daytrader.models.base import json_ready
from daytrader.services import paper_period, pinned_data, price_service
from daytrader.services.trading_rules import params_of, rules_of
from daytrader.utils.days import days_since_epoch


@dataclass(frozen=True, slots=True)
class Criterion:
    """
    One point of the gate.

    Attributes:
        name: What programs call it.
        description: What it asks, in words.
        measured: What there is; None where there is nothing to measure.
        threshold: What is asked for; None where the owner has not said.
        is_met: Whether that is enough: never without both figures.
        note: What makes up the figure, where words say more.
    """

    name: str
    description: str
    measured: float | None
    threshold: float | None
    is_met: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    Every criterion of one service, and what they were read from.

    Attributes:
        backtest: The pinned one, or the candidate.
        criteria: Those of the backtest first.
        paper: The paper period.
        stale: Why the backtest is not the one that was pinned any more, None while it is.
    """

    backtest: Backtest | None
    criteria: Sequence[Criterion]
    paper: paper_period.PaperPeriod
    stale: str | None

    @property
    def unmet(self) -> Criterion | None:
        """Return the first criterion that is not met."""
        return next((each for each in self.criteria if not each.is_met), None)


def gather(
    session: Session,
    service: TradingService,
    thresholds: PromotionThresholds | None,
    promotion: Promotion | None,
    backtest: Backtest | None,
) -> Evidence:
    """
    Return how *service* stands with *backtest*.

    Its paper period is of bars that came after the end of the backtest and after the last change of a setting: what
    the backtest knew, or other settings did, shows nothing.
    """
    asked = thresholds or PromotionThresholds()
    same = [] if backtest is None else list(_sameness(session, service, backtest))
    paper = _paper(session, service, promotion, backtest)
    return Evidence(
        backtest=backtest,
        criteria=[*(same or _NOTHING_PINNED), *_shown(session, backtest, asked), *_on_paper(paper, asked)],
        paper=paper,
        stale=next((f"{each.description}: {each.note}" for each in same if not each.is_met), None),
    )


def result_settings(service: TradingService) -> Mapping[str, Any]:
    """Return the settings of *service* that a backtest's result depends on, as JSON values."""
    told: dict[str, Any] = {
        "symbol": service.stock_symbol,
        "strategy": service.strategy,
        "interval": service.interval,
        "initial_balance": service.initial_balance,
        **settings(rules_of(service), fill="next_open", prices="raw", start=None),
        **params_of(service),
    }
    told.pop("start")  # of a backtest alone
    found: Mapping[str, Any] = json_ready(told)
    return found


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings in which two differ."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _sameness(session: Session, service: TradingService, kept: Backtest) -> Iterator[Criterion]:
    """Yield whether the backtest is what the service, run on the same days today, would come to."""
    of_backtest: Mapping[str, Any] = json_ready(
        {name: getattr(kept, name) for name in ("symbol", "strategy", "interval", "initial_balance")}
        | kept.settings
        | kept.params
    )
    tested = {name: value for name, value in of_backtest.items() if name != "start"}
    differing = changed_names(tested, result_settings(service))
    yield _none_of("backtest_settings", "Settings in which the service differs from the backtest", differing)
    restated = [kept.symbol] if pinned_data.is_restated(session, kept) else []
    yield _none_of("backtest_data", "Stocks whose prices were restated since the backtest", restated)
    other = [] if kept.engine_version == __version__ else [f"{kept.engine_version}, this is {__version__}"]
    yield _none_of("backtest_engine_version", "Other versions that the backtest was made by", other)


def _none_of(name: str, description: str, found: Sequence[str]) -> Criterion:
    return Criterion(name, description, len(found), 0, not found, ", ".join(found) or None)


_NOTHING_PINNED = (
    Criterion("backtest_settings", "Settings in which the service differs from the backtest", None, 0, is_met=False),
    Criterion("backtest_data", "Stocks whose prices were restated since the backtest", None, 0, is_met=False),
    Criterion("backtest_engine_version", "Other versions that the backtest was made by", None, 0, is_met=False),
)


def _shown(session: Session, kept: Backtest | None, asked: PromotionThresholds) -> Iterator[Criterion]:
    sessions = None if kept is None else _sessions(session, kept)
    trades = None if kept is None else kept.trades
    fall = None if kept is None or kept.max_drawdown_pct is None else abs(kept.max_drawdown_pct)
    gained, sharpe = (None, None) if kept is None else (kept.total_return_pct, kept.sharpe_ratio)
    yield _at_least("backtest_sessions", "Sessions of the backtest", sessions, asked.min_backtest_sessions)
    yield _at_least("backtest_trades", "Closed trades of the backtest", trades, asked.min_backtest_trades)
    yield _at_least("backtest_return", "Return of the backtest, percent", gained, asked.min_backtest_return_percent)
    yield _at_least("backtest_sharpe_ratio", "Its Sharpe ratio", sharpe, asked.min_backtest_sharpe_ratio)
    yield _at_most("backtest_drawdown", "Its deepest fall, percent", fall, asked.max_backtest_drawdown_percent)


def _on_paper(paper: paper_period.PaperPeriod, asked: PromotionThresholds) -> Iterator[Criterion]:
    is_there = paper.sessions > 0
    gained = paper.return_percent if is_there else None
    fall = paper.drawdown_percent if is_there else None
    yield _at_least("paper_sessions", "Sessions on paper", paper.sessions, asked.min_paper_sessions)
    yield _at_least(
        "paper_trades", "Closed trades on paper, manual ones left out", paper.trades, asked.min_paper_trades
    )
    yield _at_least("paper_return", "Return on paper, percent", gained, asked.min_paper_return_percent)
    yield _at_most("paper_drawdown", "Deepest fall on paper, percent", fall, asked.max_paper_drawdown_percent)
    yield _at_most("paper_voids", "Cancelled transactions on paper", paper.voids, 0)


def _at_least(name: str, description: str, measured: float | None, least: float | Decimal | None) -> Criterion:
    asked = None if least is None else float(least)
    is_met = measured is not None and asked is not None and measured >= asked
    return Criterion(name, description, measured, asked, is_met)


def _at_most(name: str, description: str, measured: float | None, most: float | Decimal | None) -> Criterion:
    asked = None if most is None else float(most)
    is_met = measured is not None and asked is not None and measured <= asked
    return Criterion(name, description, measured, asked, is_met)


def _sessions(session: Session, kept: Backtest) -> int:
    """Return how many sessions the backtest was of, as far as its bars are stored."""
    source = kept.data[0]
    bars = price_service.load_bars(session, source["stock_id"], source["interval"])
    days = bars.session[(bars.session >= days_since_epoch(kept.start)) & (bars.session <= days_since_epoch(kept.end))]
    return int(np.unique(days).size)


def _paper(
    session: Session, service: TradingService, promotion: Promotion | None, backtest: Backtest | None
) -> paper_period.PaperPeriod:
    since = None if promotion is None else promotion.paper_since
    until = None if promotion is None else promotion.paper_until
    known = None if backtest is None else datetime.fromtimestamp(backtest.data[0]["last"], UTC)
    bounds = [moment for moment in (since, known) if moment is not None]
    return paper_period.measure(session, service, max(bounds, default=None), until)
