"""The services of one stock as columns: what most bars need of most services, read at once and decided at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Final, cast

import numpy as np
import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    String,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from daytrader.brokers import PAPER
from daytrader.core.arrays import BoolArray, IntArray
from daytrader.core.decision import MODES, Accounts
from daytrader.core.money import MICROS
from daytrader.engine.stock_bars import StockBars
from daytrader.models.base import UtcDateTime
from daytrader.models.enums import LIVE_ORDER_STATES, STATES_AT_WORK, ServiceState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import decision_journal, trading_rules
from daytrader.services.order_service import UNSUBMITTED
from daytrader.utils.kept_statements import KeptStatement

_TABLE: Final = cast("Table", TradingService.__table__)
_ORDERS: Final = cast("Table", Order.__table__)
_STATES: Final = tuple(ServiceState)


def _place_of(column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[int]:
    """Return the place of *column*'s value among *values*: integers are all that is read."""
    places = {value: place for place, value in enumerate(values)}
    return case(places, value=type_coerce(column, String), else_=-1)


def _micros(column: ColumnElement[Any]) -> ColumnElement[int]:
    return as_type(func.round(func.coalesce(column, 0) * MICROS), BigInteger)


def _is_one_of(column: ColumnElement[Any], states: Iterable[StrEnum]) -> ColumnElement[bool]:
    """Return whether *column* is one of *states*, spelt out: by that alone the database sees which index serves it."""
    return column.in_([literal_column(f"'{state.value}'") for state in states])


_OF_STOCK: Final = (
    _TABLE.c.stock_id == bindparam("stock_id"),
    _TABLE.c.interval == bindparam("interval"),
    or_(_is_one_of(_TABLE.c.state, STATES_AT_WORK), _TABLE.c.current_shares > 0),
)
_BAR: Final = bindparam("bar_time", type_=UtcDateTime())
_HAD: Final = 1
_AHEAD: Final = 2
_FIND: Final = KeptStatement(
    select(
        _TABLE.c.id,
        _TABLE.c.user_id,
        case((_TABLE.c.last_bar_time == _BAR, _HAD), (_TABLE.c.last_bar_time > _BAR, _AHEAD), else_=0),
        _place_of(_TABLE.c.state, _STATES),
        _place_of(_TABLE.c.mode, MODES),
        type_coerce(_TABLE.c.is_active, Integer),
        _TABLE.c.current_shares,
        type_coerce(_TABLE.c.is_armed, Integer),
        type_coerce(_TABLE.c.keep_protection, Integer),
        _micros(_TABLE.c.stop_price),
        _micros(_TABLE.c.target_price),
        case((_TABLE.c.broker == PAPER, 1), else_=0),
        _TABLE.c.strategy,
        as_type(_TABLE.c.strategy_params, String),
        type_coerce(_TABLE.c.buy_threshold, Float),
        type_coerce(_TABLE.c.sell_threshold, Float),
    )
    .where(*_OF_STOCK)
    .order_by(_TABLE.c.id)  # in one order for all who lock them
    .with_for_update()
)
_ASTRAY: Final = select(_TABLE.c.id).where(*_OF_STOCK, _TABLE.c.last_bar_time > _BAR, decision_journal.is_astray())
_STATE: Final = 3  # where in a row; it is the place among the states
_ERROR: Final = _STATES.index(ServiceState.ERROR)
_NUMBERS: Final = 12  # the columns that are integers; the others are a `Choice`
_LIVE: Final = KeptStatement(
    select(_ORDERS.c.service_id, _ORDERS.c.id, _ORDERS.c.state, _ORDERS.c.broker).where(
        _is_one_of(_ORDERS.c.state, LIVE_ORDER_STATES),
        _ORDERS.c.service_id.in_(select(_TABLE.c.id).where(*_OF_STOCK)),
    )
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a service trades by, as far as its signals depend on it: services of one choice read the same signals."""

    strategy: str
    params: str  # JSON
    buy_threshold: float
    sell_threshold: float

    def resolved(self) -> dict[str, int | float]:
        """
        Return every parameter of the strategy.

        Raises:
            UnknownStrategyError, InvalidParameterError: As `trading_rules.params_of`.
        """
        thresholds = Decimal(str(self.buy_threshold)), Decimal(str(self.sell_threshold))
        return trading_rules.resolved_params(self.strategy, orjson.loads(self.params), *thresholds)


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """
    The services of a stock that trade or hold, their rows locked, as columns of shape (n,).

    Attributes:
        ids: Rising.
        user_ids: Whose.
        is_done: The service has had the bar.
        is_astray: Its last bar is a later one, and none that it has decided on: junk, by which it would wait for ever.
        state: Each an index into `ServiceState`'s members.
        mode: Each an index into `core.decision.MODES`.
        is_active: Not archived.
        shares: Held now.
        is_armed: False after a stop-loss until the entry signal was false once.
        keeps_protection: The stop stays in force while no signal is taken.
        stop: Micros, 0 where there is none.
        target: Micros, 0 where there is none.
        is_on_paper: Bars fill its orders and set off its levels; a real broker does so by itself.
        choice: Each an index into *choices*.
        has_orders: Orders are under way.
        choices: What they trade by.
        unsent: Ids of the paper orders that the market has not been told of.
    """

    ids: IntArray
    user_ids: IntArray
    is_done: BoolArray
    is_astray: BoolArray
    state: IntArray
    mode: IntArray
    is_active: BoolArray
    shares: IntArray
    is_armed: BoolArray
    keeps_protection: BoolArray
    stop: IntArray
    target: IntArray
    is_on_paper: BoolArray
    choice: IntArray
    has_orders: BoolArray
    choices: Sequence[Choice]
    unsent: Sequence[int]

    @property
    def size(self) -> int:
        """Return how many services there are."""
        return int(self.ids.size)

    def is_in(self, *states: ServiceState) -> BoolArray:
        """Return for each service whether it is in one of *states*."""
        found: BoolArray = _among(states)[self.state]
        return found

    @property
    def is_trading(self) -> BoolArray:
        """Return for each service whether signals and targets are taken."""
        found: BoolArray = self.is_in(ServiceState.ACTIVE) & (self.mode != MODES.index("HOLD"))
        return found

    def accounts(self) -> Accounts:
        """Return the services as far as a decision depends on them."""
        is_active = self.is_active & self.is_in(ServiceState.ACTIVE)
        return Accounts(self.shares, self.mode, is_active, self.is_in(ServiceState.PAUSED), self.is_armed)

    def part(self, chosen: BoolArray | slice) -> Roster:
        """Return the roster of the *chosen* services alone."""
        columns = [each.name for each in fields(self) if isinstance(getattr(self, each.name), np.ndarray)]
        changed: dict[str, Any] = {name: getattr(self, name)[chosen] for name in columns}
        return replace(self, **changed)


@cache
def _among(states: tuple[ServiceState, ...]) -> BoolArray:
    """Return which of `ServiceState`'s members are among *states*, by their index; -1, which is no state, is not."""
    return np.array([*(state in states for state in _STATES), False], np.bool_)


def read_roster(
    session: Session, stock: StockBars, row: int, *, only: Collection[int] | None = None, left_out: Collection[int] = ()
) -> Roster:
    """
    Return the services of *stock* as they stand before bar *row*, their rows locked.

    All of them, or *only* some; those that are *left_out* cannot be read, as long as they are in ERROR.
    """
    wanted = {"stock_id": stock.stock_id, "interval": stock.interval}
    found = [
        one
        for one in _FIND.rows(session, {**wanted, "bar_time": stock.time(row)})
        if (only is None or one[0] in only) and not (one[0] in left_out and one[_STATE] == _ERROR)
    ]
    choices: dict[tuple[Any, ...], int] = {}
    chosen = [choices.setdefault(service[_NUMBERS:], len(choices)) for service in found]
    numbers = np.array([service[:_NUMBERS] for service in found], np.int64).reshape(-1, _NUMBERS).T
    ids, user_ids, had, state, mode, is_active, shares, is_armed, keeps, stop, target, on_paper = numbers
    live = _LIVE.rows(session, wanted) if found else []
    is_astray = np.zeros(ids.size, np.bool_)
    if np.any(had == _AHEAD):
        astray = session.connection().scalars(_ASTRAY, {**wanted, "bar_time": stock.time(row)}).all()
        is_astray = np.isin(ids, np.array(astray, np.int64))
    own = set(ids.tolist())
    unsent = sorted(
        order_id
        for owner, order_id, state_, broker in live
        if owner in own and state_ in UNSUBMITTED and broker == PAPER
    )
    return Roster(
        ids=ids,
        user_ids=user_ids,
        is_done=(had > 0) & ~is_astray,
        is_astray=is_astray,
        state=state,
        mode=mode,
        is_active=is_active.astype(np.bool_),
        shares=shares,
        is_armed=is_armed.astype(np.bool_),
        keeps_protection=keeps.astype(np.bool_),
        stop=stop,
        target=target,
        is_on_paper=on_paper.astype(np.bool_),
        choice=np.array(chosen, np.int64),
        has_orders=np.isin(ids, np.array([owner for owner, *_ in live], np.int64)),
        choices=[Choice(*choice) for choice in choices],
        unsent=unsent,
    )
