"""Replays: stored bars through the real engine without waiting, and the report that the books give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select

from daytrader.brokers.messages import FillMode
from daytrader.brokers.paper import PaperBroker
from daytrader.core.bars import Bars
from daytrader.core.money import to_cents
from daytrader.core.report import Report, Run, build_report
from daytrader.core.rules import Rules, settings
from daytrader.core.strategy import get_strategy, resolve_params
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import Checkpoint, OnTrade, Runner
from daytrader.engine.sandbox import open_service, sandbox, store_bars
from daytrader.engine.stock_bars import StockBars
from daytrader.models.decision import TradeDecision
from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import price_service
from daytrader.services.ledger_run import ledger_run
from daytrader.services.session_manager import SessionManager
from daytrader.services.trading_rules import params_of, rules_of
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError, ConflictError, InsufficientDataError

OnProgress = Callable[[int, int], None]
"""Called with (bars done, bars in all)."""

_BENCHMARK: Final = "buy_and_hold"
_UNNAMED: Final = "REPLAY"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What to trade by.

    Attributes:
        symbol: What the report calls the bars.
        strategy: A strategy's name.
        params: Its parameters that differ from the defaults.
        rules: Sizing, protection and costs.
        cash: Initial balance, currency units.
        start: The first session that may be decided on, None for the first there is.
        end: The last session, None for the last there is.
        fill: "next_open" or "close".
        prices: "raw" or "adjusted": what the bars are, pinned in the report.
    """

    symbol: str
    strategy: str
    params: Mapping[str, object]
    rules: Rules
    cash: Decimal
    start: date | None = None
    end: date | None = None
    fill: str = FillMode.NEXT_OPEN.value
    prices: str = "raw"


@dataclass(frozen=True, slots=True)
class Listener:
    """Who watches a replay."""

    on_progress: OnProgress = lambda _done, _total: None
    on_trade: OnTrade = lambda _booked: None
    checkpoint: Checkpoint = lambda _name: None


def replay(
    bars: Bars, plans: Sequence[Plan], *, file: Path | None = None, listener: Listener | None = None
) -> list[Report]:
    """
    Take *bars* through the real runner in a database of its own and return the report of each plan.

    Args:
        bars: The whole history: indicators start at its first bar whatever a plan's start is.
        plans: Of one symbol, one period and one fill mode, traded side by side.
        file: An SQLite file to keep; a replay that was interrupted goes on there.
        listener: Who is told of progress and trades.

    Raises:
        InvalidInputError: If a plan's setting is refused.
        InsufficientDataError: If there is no bar between a plan's start and end.
        ConflictError: If *file* holds a replay of other settings.
    """
    listener = listener or Listener()
    plan = plans[0]
    used = bars.until(plan.end)
    first = used.first_of(plan.start)
    if first >= used.n:
        raise InsufficientDataError("there is no bar to trade in the chosen dates")
    with sandbox(file):
        stage = _Stage(used, _stock_symbol(plan.symbol), FillMode(plan.fill), first, listener)
        mains = [stage.open(f"replay {place}", _values(one)) for place, one in enumerate(plans, 1)]
        yardsticks = stage.yardsticks(plans)
        stage.walk([*mains, *yardsticks])
        runs = [stage.run(service_id) for service_id in mains]
        benchmarks = [stage.run(service_id) for service_id in yardsticks]
        optimists = stage.target_first(plans, runs)
    return [
        _report(one, used, run, benchmark, optimist)
        for one, run, benchmark, optimist in zip(plans, runs, benchmarks, optimists, strict=True)
    ]


def replay_service(service_id: int, *, listener: Listener | None = None) -> Report:
    """
    Take an ACTIVE service of the connected database through all stored bars after its last decision.

    Killed and started again it goes on where it was. The caller holds the engine's lock.

    Raises:
        NotFoundError: If there is no such service.
        ConflictError: If it is not ACTIVE, or its books do not add up.
        InsufficientDataError: If its stock has no bars.
    """
    listener = listener or Listener()
    with SessionManager(read_only=True) as session:
        service = session.get_one(TradingService, service_id)
        stock = _stored(session, service)
        first_row = stock.row_after(service.last_bar_time)
    if stock.bars.n == 0:
        raise InsufficientDataError(f"there are no bars of {stock.symbol}")
    runner = Runner(PaperBroker(), only=(service_id,), on_trade=listener.on_trade, checkpoint=listener.checkpoint)
    breaches = reconcile(runner, lambda _stock_id, _interval: stock)
    for breach in breaches:
        if breach.service_id == service_id:
            raise ConflictError(f"the books do not add up: {breach.rule}: {breach.message}")
    with SessionManager(read_only=True) as session:
        if session.get_one(TradingService, service_id).state is not ServiceState.ACTIVE:
            raise ConflictError("only an ACTIVE service is replayed")
    _walk(runner, stock, first_row, stock.bars.n, listener)
    return _service_report(service_id, stock)


def _service_report(service_id: int, stock: StockBars) -> Report:
    """Return the report from the service's first decision on; the runs beside it are made in a sandbox."""
    bars = stock.bars
    with SessionManager(read_only=True) as session:
        service = session.get_one(TradingService, service_id)
        began = session.scalar(select(func.min(TradeDecision.bar_time)).where(TradeDecision.service_id == service_id))
        first = 0 if began is None else stock.row_after(began) - 1
        run = ledger_run(session, service_id, bars, first, bars.n)
        plan = Plan(
            symbol=stock.symbol,
            strategy=service.strategy,
            params=params_of(service),
            rules=rules_of(service),
            cash=service.initial_balance,
            start=datetime.fromtimestamp(int(bars.session[first]) * 86_400, UTC).date(),
        )
    with sandbox():
        stage = _Stage(bars, stock.symbol, FillMode.NEXT_OPEN, first, Listener())
        (yardstick,) = stage.yardsticks([plan])
        stage.walk([yardstick])
        benchmark = stage.run(yardstick)
        optimist = stage.target_first([plan], [run])[0]
    return _report(plan, bars, run, benchmark, optimist)


class _Stage:
    """A sandbox's stock and the services that walk its bars from row *first* on."""

    def __init__(self, bars: Bars, symbol: str, fill_mode: FillMode, first: int, listener: Listener) -> None:
        with SessionManager() as session:
            stock_id = store_bars(session, symbol, bars).id
        with SessionManager(read_only=True) as session:
            loaded = price_service.load_bars(session, stock_id, bars.interval_minutes)
        if not np.array_equal(loaded.time, bars.time) or not np.array_equal(loaded.close, bars.close):
            raise ConflictError("the database holds a replay of other bars")
        self._stock = StockBars(stock_id, symbol, bars.interval_minutes, loaded)
        self._fill_mode = fill_mode
        self._first = first
        self._listener = listener

    def open(self, name: str, values: Mapping[str, Any]) -> int:
        """Return the id of the service called *name* that trades by *values*."""
        wanted = {**values, "stock_symbol": self._stock.symbol, "interval": self._stock.interval}
        with SessionManager() as session:
            service = open_service(session, name, wanted)
            different = [column for column, value in wanted.items() if getattr(service, column) != value]
            if different:
                raise ConflictError(f"the database holds a replay with another {', '.join(different)}")
            return service.id

    def yardsticks(self, plans: Sequence[Plan]) -> list[int]:
        """Return the id of the buy-and-hold service of each plan; plans of the same costs share one."""
        wanted = [_all_in(_values(plan)) for plan in plans]
        return [self.open(f"benchmark {wanted.index(values) + 1}", values) for values in wanted]

    def walk(self, service_ids: Sequence[int], *, is_target_first: bool = False) -> None:
        """Take the services through the bars that they have not decided on yet."""
        runner = Runner(
            PaperBroker(self._fill_mode, is_target_first),
            only=frozenset(service_ids),
            on_trade=self._listener.on_trade,
            checkpoint=self._listener.checkpoint,
        )
        reconcile(runner, lambda _stock_id, _interval: self._stock)
        with SessionManager(read_only=True) as session:
            decided = session.scalars(
                select(TradingService.last_bar_time).where(TradingService.id.in_(service_ids))
            ).all()
        # The least advanced one decides where to go on; the others skip what they have had.
        row = min(self._stock.row_after(moment) for moment in decided)
        _walk(runner, self._stock, max(self._first, row), self._stock.bars.n, self._listener)

    def run(self, service_id: int) -> Run:
        """Return what the ledger says the service did."""
        with SessionManager(read_only=True) as session:
            service = session.get_one(TradingService, service_id)
            if service.state is not ServiceState.ACTIVE:
                raise ConflictError(f"the service went into {service.state}: {service.error_reason}")
            return ledger_run(session, service_id, self._stock.bars, self._first, self._stock.bars.n)

    def target_first(self, plans: Iterable[Plan], runs: Iterable[Run]) -> list[Run]:
        """Return the second whole run of each plan, with targets first, the same run where nothing was ambiguous."""
        opened = {
            place: self.open(f"target first {place}", _values(plan))
            for place, (plan, run) in enumerate(zip(plans, runs, strict=True), 1)
            if run.ambiguous_bars
        }
        if opened:
            self.walk(list(opened.values()), is_target_first=True)
        return [self.run(opened[place]) if place in opened else run for place, run in enumerate(runs, 1)]


def _walk(runner: Runner, stock: StockBars, first: int, last: int, listener: Listener) -> None:
    for row in range(first, last):
        runner.step(stock, row)
        listener.on_progress(row + 1 - first, last - first)


def _stored(session: Any, service: TradingService) -> StockBars:
    stock_id = service.stock_id or 0
    bars = price_service.load_bars(session, stock_id, service.interval)
    return StockBars(stock_id, service.stock_symbol, service.interval, bars)


def _values(plan: Plan) -> dict[str, Any]:
    """Return *plan* as the columns of a service."""
    rules, costs = plan.rules, plan.rules.costs
    return {
        "initial_balance": plan.cash,
        "strategy": plan.strategy,
        "strategy_params": resolve_params(get_strategy(plan.strategy), plan.params),
        "allocation_percent": rules.allocation,
        "fixed_shares": rules.fixed_shares,
        "stop_loss_percent": rules.stop_loss_percent,
        "take_profit_percent": rules.take_profit_percent,
        "minimum_balance": rules.minimum_balance,
        "gap_reserve_percent": rules.gap_reserve_percent,
        "commission_per_order": costs.per_order,
        "commission_per_share": costs.per_share,
        "commission_percent": costs.percent,
        "commission_minimum": costs.minimum,
        "slippage_bps": costs.slippage_bps,
        "volume_limit_percent": rules.volume_limit_percent,
    }


def _all_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the benchmark: everything at once whatever traded, unprotected, at the same costs."""
    return {
        **values,
        "strategy": _BENCHMARK,
        "strategy_params": {},
        "allocation_percent": Decimal(1),
        "fixed_shares": None,
        "stop_loss_percent": Decimal(0),
        "take_profit_percent": Decimal(0),
        "volume_limit_percent": None,
    }


def _report(plan: Plan, bars: Bars, run: Run, benchmark: Run, target_first: Run) -> Report:
    return build_report(
        plan.symbol,
        plan.strategy,
        resolve_params(get_strategy(plan.strategy), plan.params),
        to_cents(plan.cash),
        run,
        benchmark,
        target_first,
        bars.data_hash,
        bars.interval_minutes,
        settings(plan.rules, fill=plan.fill, prices=plan.prices, start=plan.start),
    )


def _stock_symbol(name: str) -> str:
    """Return *name* where it is a ticker; a file's name may be anything."""
    try:
        return validators.symbol(name)
    except BrokenRuleError:
        return _UNNAMED
