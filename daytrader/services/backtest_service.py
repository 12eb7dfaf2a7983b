"""Backtests on stored prices: the same run and the same report as the command line's; kept, found again, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from daytrader.core import backtest, portfolio
from daytrader.core.bars import Bars
from daytrader.core.money import CENTS, from_cents
from daytrader.core.portfolio import Member
from daytrader.core.portfolio_report import PortfolioReport
from daytrader.core.report import Report
from daytrader.models import Backtest, Stock
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service, report_archive, stock_service
from daytrader.services.actor import Actor
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.trading_rules import params_of, rules_of
from daytrader.utils.days import date_of
from daytrader.utils.errors import InsufficientDataError, InvalidInputError, NotFoundError

StoredReport: TypeAlias = Report | PortfolioReport
"""What a backtest is told as: of one stock, or of a portfolio."""

SHORT: Final = 100_000
"""Bars that are run while the caller waits; more become a job."""


def of_service(
    service: TradingService,
    *,
    start: date | None = None,
    end: date | None = None,
    prices: Literal["raw", "adjusted"] = "raw",
) -> BacktestRequest:
    """Return the backtest that trades as *service* does, from its initial balance."""
    return BacktestRequest(
        symbol=service.stock_symbol,
        strategy=service.strategy,
        params=params_of(service),
        rules=rules_of(service),
        cash=service.initial_balance,
        interval=service.interval,
        start=start,
        end=end,
        prices=prices,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """A request and the bars it is about, those of each member: what runs without a database."""

    request: BacktestRequest
    stock_ids: tuple[int, ...]
    all_bars: tuple[Bars, ...]

    @property
    def bars(self) -> Bars:
        """Return the bars, the first member's of a portfolio."""
        return self.all_bars[0]

    def run(self) -> StoredReport:
        """
        Return the report.

        Raises:
            InvalidInputError: If the strategy, a parameter or a rule is wrong.
            InsufficientDataError: If there is no bar to trade.
        """
        request = self.request
        if request.members:
            members = [
                Member(one.symbol, bars, one.strategy, one.params, one.rules, one.budget, one.name)
                for one, bars in zip(request.members, self.all_bars, strict=True)
            ]
            return portfolio.run(
                members,
                cash=request.cash,
                start=request.start,
                end=request.end,
                fill=request.fill,
                prices=request.prices,
            )
        return backtest.run(
            self.bars,
            request.strategy,
            request.params,
            request.rules,
            symbol=request.symbol,
            cash=request.cash,
            start=request.start,
            end=request.end,
            fill=request.fill,
            prices=request.prices,
        )


def check(session: Session, request: BacktestRequest, days: int | None = None) -> list[Stock]:
    """
    Return the stocks that *request* is about, a member's for each member.

    Raises:
        NotFoundError: If a symbol is unknown.
        InvalidInputError: If the dates contradict each other.
    """
    if request.start is not None and request.end is not None and request.start > request.end:
        raise InvalidInputError({"start": ["must not be after the end"]})
    if days is not None and request.start is not None:
        raise InvalidInputError({"days": ["stands instead of a start, not beside it"]})
    return [stock_service.by_symbol(session, symbol) for symbol in request.symbols]


def load(session: Session, request: BacktestRequest, *, days: int | None = None) -> Loaded:
    """
    Return *request* with its bars; with *days* it starts so many calendar days before its end.

    Raises:
        NotFoundError, InvalidInputError: As `check`.
        InsufficientDataError: If no bar is stored.
    """
    stocks = check(session, request, days)
    all_bars = []
    for stock in stocks:
        bars = price_service.load_bars(session, stock.id, request.interval, prices=request.prices)
        if not bars.n:
            raise InsufficientDataError(f"no prices of {stock.symbol} are stored at this interval")
        all_bars.append(bars)
    asked = replace(
        request,
        symbol=stocks[0].symbol,
        start=request.start if days is None else _days_before(all_bars[0], request.end, days),
        members=tuple(
            replace(member, symbol=stock.symbol) for member, stock in zip(request.members, stocks, strict=False)
        ),
    )
    return Loaded(asked, tuple(stock.id for stock in stocks), tuple(all_bars))


def is_short(session: Session, request: BacktestRequest) -> bool:
    """Return whether *request*, which must be checked, is run while its caller waits."""
    stocks = check(session, request)
    return sum(price_service.count_bars(session, stock.id, request.interval) for stock in stocks) <= SHORT


def run(session: Session, request: BacktestRequest, *, days: int | None = None) -> Report:
    """
    Run *request* on the stored bars; of a portfolio the report of the whole.

    Raises:
        NotFoundError, InvalidInputError, InsufficientDataError: As `load` and `Loaded.run`.
    """
    return whole(load(session, request, days=days).run())


def keep(
    session: Session,
    actor: Actor,
    loaded: Loaded,
    made: StoredReport,
    *,
    service_id: int | None = None,
    job_id: int | None = None,
) -> Backtest:
    """Store what *loaded* came to as the actor's."""
    report = whole(made)
    figures = report.metrics
    params = report.pinned.params
    kept = Backtest(
        user_id=actor.user_id,
        service_id=service_id,
        job_id=job_id,
        symbol=report.symbol,
        strategy=report.strategy,
        params=dict(report.params),
        interval=report.interval_minutes,
        start=date.fromisoformat(report.dates[0]),
        end=date.fromisoformat(report.dates[-1]),
        initial_balance=from_cents(report.initial_cash),
        final_portfolio_value=from_cents(report.final_equity),
        total_return_pct=figures["total_return_pct"],
        buy_and_hold_return_pct=figures["buy_and_hold_return_pct"],
        max_drawdown_pct=figures["max_drawdown_pct"],
        sharpe_ratio=figures["sharpe_ratio"],
        trades=figures["trades"],
        metrics=dict(figures),
        settings={name: value for name, value in params.items() if name not in report.params},
        data_hash=report.pinned.data_hash,
        engine_version=report.pinned.engine_version,
        data=[
            _source(loaded.request, stock_id, bars)
            for stock_id, bars in zip(loaded.stock_ids, loaded.all_bars, strict=True)
        ],
        report=report_archive.pack(made),
    )
    session.add(kept)
    session.flush()
    return kept


def get_owned(session: Session, backtest_id: int, actor: Actor) -> Backtest:
    """
    Return the backtest.

    Raises:
        NotFoundError: If it does not exist or is someone else's and the actor is no administrator.
    """
    kept = session.get(Backtest, backtest_id)
    if kept is None or not (actor.is_admin or kept.user_id == actor.user_id):
        raise NotFoundError("backtest")
    return kept


def of_job(session: Session, job_id: int) -> Backtest | None:
    """Return what the job has kept, if it came so far."""
    return session.scalar(select(Backtest).where(Backtest.job_id == job_id))


def report_of(kept: Backtest) -> StoredReport:
    """Return the report as it was made."""
    return report_archive.unpack(kept.report)


def whole(made: StoredReport) -> Report:
    """Return the report of all members of a portfolio together; of one stock it is the report."""
    return made.whole if isinstance(made, PortfolioReport) else made


def equity(report: Report) -> Mapping[str, Any]:
    """Return the value, the drawdown in percent and what holding was worth at each session's close, in columns."""
    values = report.run.equity
    highest = np.maximum(np.maximum.accumulate(values), report.initial_cash)
    return {
        "dates": report.dates,
        "portfolio_values": values / CENTS,
        "drawdown_pct": (values / highest - 1) * 100,
        "buy_and_hold_values": None if report.benchmark is None else report.benchmark / CENTS,
    }


def delete(session: Session, actor: Actor, backtest_id: int) -> None:
    """
    Remove the backtest.

    Raises:
        NotFoundError: If it does not exist or is someone else's.
    """
    session.delete(get_owned(session, backtest_id, actor))
    session.flush()


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Backtests side by side.

    Attributes:
        backtests: In the order they were asked for.
        differences: Of each setting in which they differ, the values in that order; None where one has no such setting.
        is_same_data: Whether all were made from the same prices.
    """

    backtests: Sequence[Backtest]
    differences: Mapping[str, Sequence[Any]]
    is_same_data: bool


def compare(session: Session, actor: Actor, ids: Sequence[int]) -> Comparison:
    """
    Return the backtests beside each other.

    Raises:
        NotFoundError: If one does not exist or is someone else's.
    """
    found = [get_owned(session, backtest_id, actor) for backtest_id in ids]
    told = [_settings_of(kept) for kept in found]
    names = dict.fromkeys(name for settings in told for name in settings)
    beside = {name: [settings.get(name) for settings in told] for name in names}
    return Comparison(
        found,
        {name: values for name, values in beside.items() if any(value != values[0] for value in values)},
        len({kept.data_hash for kept in found}) == 1,
    )


def _settings_of(kept: Backtest) -> dict[str, Any]:
    names = ("symbol", "strategy", "interval", "start", "end", "initial_balance", "engine_version")
    return {name: getattr(kept, name) for name in names} | kept.settings | kept.params


def _source(request: BacktestRequest, stock_id: int, bars: Bars) -> dict[str, Any]:
    used = bars.until(request.end)
    return {
        "stock_id": stock_id,
        "interval": request.interval,
        "prices": request.prices,
        "data_hash": used.data_hash,
        "last": int(used.time[-1]),
    }


def _days_before(bars: Bars, end: date | None, days: int) -> date:
    last = end or date_of(int(bars.session[-1]))
    return max(last, date_of(0)) - timedelta(days=days)
