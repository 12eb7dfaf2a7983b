"""Backtests on stored prices: the same run and the same report as the command line's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy.orm import Session

from daytrader.core import backtest
from daytrader.core.bars import Bars
from daytrader.core.report import Report
from daytrader.core.rules import Rules
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service, stock_service
from daytrader.services.trading_rules import params_of, rules_of
from daytrader.utils.constants import DAILY
from daytrader.utils.errors import InsufficientDataError, InvalidInputError

_EPOCH = date(1970, 1, 1)


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


def run(session: Session, request: BacktestRequest, *, days: int | None = None) -> Report:
    """
    Run *request* on the stored bars; with *days* it starts so many calendar days before its end.

    Raises:
        NotFoundError: If the symbol is unknown.
        InvalidInputError: If the dates, the strategy, a parameter or a rule is wrong.
        InsufficientDataError: If there is no bar to trade.
    """
    if request.start is not None and request.end is not None and request.start > request.end:
        raise InvalidInputError({"start": ["must not be after the end"]})
    if days is not None and request.start is not None:
        raise InvalidInputError({"days": ["stands instead of a start, not beside it"]})
    stock = stock_service.by_symbol(session, request.symbol)
    bars = price_service.load_bars(session, stock.id, request.interval, prices=request.prices)
    if not bars.n:
        raise InsufficientDataError(f"no prices of {stock.symbol} are stored at this interval")
    return backtest.run(
        bars,
        request.strategy,
        request.params,
        request.rules,
        symbol=stock.symbol,
        cash=request.cash,
        start=request.start if days is None else _days_before(bars, request.end, days),
        end=request.end,
        fill=request.fill,
        prices=request.prices,
    )


def _days_before(bars: Bars, end: date | None, days: int) -> date:
    last = end or _EPOCH + timedelta(days=int(bars.session[-1]))
    return max(last, _EPOCH) - timedelta(days=days)
