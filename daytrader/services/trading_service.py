"""The life of a trading service: made, changed, started, paused, stopped, archived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import Integer, bindparam, case, or_, select
from sqlalchemy.orm import Session

from daytrader.models.enums import LIVE_ORDER_STATES, STATES_AT_WORK, OrderKind, OrderSide, ServiceState, TradingMode
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import (
    damage_report,
    event_payloads,
    ledger_service,
    live_trading,
    order_service,
    promotion_service,
    settings_history,
    stock_service,
)
from daytrader.services.actor import Actor
from daytrader.services.events import events
from daytrader.services.promotion_criteria import result_settings
from daytrader.services.trading_rules import params_of, rules_of
from daytrader.utils.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from daytrader.utils.kept_statements import KeptStatement

FROZEN_BY_TRADES: Final = ("stock_symbol", "initial_balance")
SERVER_SET: Final = frozenset({"user_id", "stock_id", "state", "mode"})
"""Columns that no caller writes: the owner, what follows from the symbol, and what has verbs of its own."""
_OWNER: Final = KeptStatement(
    select(TradingService.user_id).where(TradingService.id == bindparam("service_id", type_=Integer))
)


def get_owned(session: Session, service_id: int, actor: Actor, *, for_update: bool = False) -> TradingService:
    """
    Return a service that the actor may see: an own one, or any for an admin.

    With *for_update* its row is locked until the unit of work ends.

    Raises:
        NotFoundError: If it does not exist or belongs to someone else.
    """
    service = session.get(TradingService, service_id, with_for_update=for_update or None)
    if service is None or not _may_see(actor, service.user_id):
        raise NotFoundError("trading service")
    return service


def require_owned(session: Session, service_id: int, actor: Actor) -> None:
    """
    Judge as `get_owned` does, of whoever asks often and wants nothing else: by one column, not fifty.

    Raises:
        NotFoundError: If it does not exist or belongs to someone else.
    """
    found = _OWNER.rows(session, {"service_id": service_id})
    if not found or not _may_see(actor, found[0][0]):
        raise NotFoundError("trading service")


def _may_see(actor: Actor, owner_id: int) -> bool:
    return actor.is_admin or owner_id == actor.user_id


def get_own(session: Session, service_id: int, actor: Actor) -> TradingService:
    """
    Return a service that the actor may change, locked: an own one only.

    Raises:
        NotFoundError: As `get_owned`.
        ForbiddenError: If an admin asks for someone else's.
    """
    service = get_owned(session, service_id, actor, for_update=True)
    if service.user_id != actor.user_id:
        raise ForbiddenError("an admin may read, pause and stop another's service, no more")
    return service


def search(session: Session, actor: Actor, wanted: str, limit: int) -> list[TradingService]:
    """
    Return at most *limit* of the actor's services whose name or symbol contains *wanted*; of all, for an admin.

    Case does not matter; names and symbols that begin with it stand first.
    """
    begins = or_(
        TradingService.name.istartswith(wanted, autoescape=True),
        TradingService.stock_symbol.istartswith(wanted, autoescape=True),
    )
    contains = or_(
        TradingService.name.icontains(wanted, autoescape=True),
        TradingService.stock_symbol.icontains(wanted, autoescape=True),
    )
    query = select(TradingService).where(contains).order_by(case((begins, 0), else_=1), TradingService.id).limit(limit)
    if not actor.is_admin:
        query = query.where(TradingService.user_id == actor.user_id)
    try:
        return list(session.scalars(query))
    except damage_report.ERRORS:
        found = session.scalars(query.with_only_columns(TradingService.id)).all()
        damaged = damage_report.judge(session, TradingService, found)
        if not damaged:
            raise
        return list(session.scalars(query.where(TradingService.id.not_in(damaged))))  # the list tells of the others


def create(session: Session, actor: Actor, values: Mapping[str, Any]) -> TradingService:
    """
    Open a service that holds only cash: INACTIVE, waiting to BUY.

    Raises:
        NotFoundError: If no stock has its symbol.
        InvalidInputError: Naming each column that is read-only, missing or out of bounds.
        ConflictError: If it names a real broker: nothing is shown yet.
    """
    _refuse_server_set(values)
    missing = {name: ["is required"] for name in ("name", *FROZEN_BY_TRADES) if name not in values}
    if missing:
        raise InvalidInputError(missing)
    service = TradingService.from_dict(values)
    service.user_id = actor.user_id
    service.stock_id = stock_service.by_symbol(session, service.stock_symbol).id
    service.current_balance = service.initial_balance
    session.add(service)
    session.flush()  # fills in the defaults that the checks below read, and the id
    _check_settings(service)
    live_trading.require_choice(session, service)
    ledger_service.open_account(session, service)
    events.record(session, event_payloads.service_update(service, event_payloads.CREATED))
    return service


def update(session: Session, actor: Actor, service_id: int, values: Mapping[str, Any]) -> TradingService:
    """
    Change settings; they hold from the next bar, the levels of an open position stay.

    Raises:
        NotFoundError, ForbiddenError: As `get_own`; also if no stock has the new symbol.
        InvalidInputError: Naming each column that is read-only or out of bounds.
        ConflictError: If a column is frozen by the service's trades or orders, or the service may not trade at the
            broker it names.
    """
    service = get_own(session, service_id, actor)
    _refuse_server_set(values)
    before, broker, traded_by = result_settings(service), service.broker, settings_history.settings_of(service)
    plain = {name: value for name, value in values.items() if name not in FROZEN_BY_TRADES}
    service.update_from_dict(plain)
    _check_settings(service)
    _refuse_archiving_at_work(service)
    wanted = TradingService.from_dict({name: values[name] for name in FROZEN_BY_TRADES if name in values})
    if wanted.stock_symbol is not None and wanted.stock_symbol != service.stock_symbol:
        _refuse_frozen(session, service, "stock_symbol")
        service.stock_id = stock_service.by_symbol(session, wanted.stock_symbol).id
        service.stock_symbol = wanted.stock_symbol
    if wanted.initial_balance is not None and wanted.initial_balance != service.initial_balance:
        _refuse_frozen(session, service, "initial_balance")
        ledger_service.redeposit(session, service, wanted.initial_balance)
        live_trading.require_cash(session, service)
    promotion_service.keep_settings(session, service, before)
    settings_history.keep(session, service, traded_by)
    if service.broker != broker:
        _refuse_held(session, service)
        live_trading.require_choice(session, service)
    session.flush()
    events.record(session, event_payloads.service_update(service))
    return service


def delete(session: Session, actor: Actor, service_id: int) -> None:
    """
    Remove a service that never traded.

    Raises:
        NotFoundError, ForbiddenError: As `get_own`.
        ConflictError: If it has transactions: a ledger is never erased; or a broker has an order of it.
    """
    service = get_own(session, service_id, actor)
    if service.has_dependencies:
        raise ConflictError("a service with transactions is kept: archive it with is_active = false")
    if any(not order_service.is_on_paper(order) for order in order_service.live_orders(session, [service.id])):
        raise ConflictError("an order of the service is under way at its broker: stop the service and wait for its end")
    events.record(session, event_payloads.service_update(service, event_payloads.DELETED))
    session.delete(service)


def activate(session: Session, actor: Actor, service_id: int) -> TradingService:
    """
    Start a stopped service.

    Raises:
        NotFoundError, ForbiddenError: As `get_own`.
        ConflictError: If it is not INACTIVE, or archived, or may not trade at its broker.
    """
    service = get_own(session, service_id, actor)
    if service.state is ServiceState.PAUSED:
        raise ConflictError("a paused service is resumed, not activated")
    return _start(session, service)


def resume(session: Session, actor: Actor, service_id: int) -> TradingService:
    """
    Let a paused service go on.

    Raises:
        NotFoundError, ForbiddenError: As `get_own`.
        ConflictError: If it is not PAUSED, or archived.
    """
    service = get_own(session, service_id, actor)
    if service.state is not ServiceState.PAUSED:
        raise ConflictError(f"a service that is {service.state} cannot be resumed")
    return _start(session, service)


def pause(session: Session, actor: Actor, service_id: int) -> TradingService:
    """
    Suspend a running service: no signals, no unfilled entries; the stop stays in force while it is protected.

    Raises:
        NotFoundError: As `get_owned`: an admin may pause anyone's.
        ConflictError: If it is not ACTIVE.
    """
    service = get_owned(session, service_id, actor, for_update=True)
    service.move_to(ServiceState.PAUSED)
    order_service.cancel_live(session, service, OrderSide.BUY, "service paused")
    return _announce_state(session, service)


def stop(session: Session, actor: Actor, service_id: int, position: Literal["keep", "sell"] = "keep") -> TradingService:
    """
    Stop a service; a position is kept without protection, or sold at the next open.

    Raises:
        NotFoundError: As `get_owned`: an admin may stop anyone's.
        ConflictError: If it is INACTIVE already.
    """
    service = get_owned(session, service_id, actor, for_update=True)
    service.move_to(ServiceState.INACTIVE)
    # A position that is kept is not sold by an exit decided before.
    order_service.cancel_live(session, service, None if position == "keep" else OrderSide.BUY, "service stopped")
    if position == "sell" and service.current_shares:
        order_service.sell_position(session, service, "service stopped")
    return _announce_state(session, service)


def stop_notice(service: TradingService, position: Literal["keep", "sell"]) -> str | None:
    """Return what the owner must know about the position of the service just stopped, if there is one."""
    if not service.current_shares:
        return None
    held = f"{service.current_shares} shares of {service.stock_symbol}"
    if position == "sell":
        return f"{held} will be sold at the next open"
    return f"{held} are kept without protection: no stop-loss, no target and no signal will sell them"


def toggle(session: Session, actor: Actor, service_id: int) -> TradingService:
    """
    Start a stopped service, stop a running one (its position is kept).

    Raises:
        NotFoundError, ForbiddenError: As `get_own`.
        ConflictError: If it is neither ACTIVE nor INACTIVE.
    """
    service = get_own(session, service_id, actor)
    if service.state is ServiceState.ACTIVE:
        return stop(session, actor, service_id)
    if service.state is ServiceState.INACTIVE:
        return _start(session, service)
    raise ConflictError(f"a service that is {service.state} cannot be toggled")


def set_state(session: Session, actor: Actor, service_id: int, state: ServiceState) -> TradingService:
    """
    Move to *state* as its verb would.

    Raises:
        NotFoundError, ForbiddenError: As the verb does.
        ConflictError: If there is no such transition; ERROR is set by the system alone.
    """
    if state is ServiceState.PAUSED:
        return pause(session, actor, service_id)
    if state is ServiceState.INACTIVE:
        return stop(session, actor, service_id)
    service = get_own(session, service_id, actor)
    if state is ServiceState.ERROR:
        raise ConflictError("ERROR is set by the system alone")
    return _start(session, service)


def set_mode(session: Session, actor: Actor, service_id: int, mode: TradingMode) -> TradingService:
    """
    Say what the service waits for; HOLD takes no signal and cancels an unfilled entry.

    Raises:
        NotFoundError, ForbiddenError: As `get_own`.
        ConflictError: SELL without shares, or BUY with some.
    """
    service = get_own(session, service_id, actor)
    if mode is TradingMode.SELL and not service.current_shares:
        raise ConflictError("mode SELL needs a position: there are no shares to sell")
    if mode is TradingMode.BUY and service.current_shares:
        raise ConflictError("mode BUY needs an empty position: the service holds shares")
    if mode is TradingMode.HOLD:
        order_service.cancel_live(session, service, OrderSide.BUY, "mode set to HOLD")
    service.mode = mode
    session.flush()
    events.record(session, event_payloads.service_update(service))
    return service


def live_sides(session: Session, service_id: int) -> frozenset[OrderSide]:
    """Return the sides on which the service has an order under way; a leg that protects it is none."""
    query = select(Order.side).where(Order.service_id == service_id, Order.state.in_(LIVE_ORDER_STATES))
    return frozenset(session.scalars(query.where(Order.kind.not_in((OrderKind.STOP, OrderKind.TARGET)))))


def _start(session: Session, service: TradingService) -> TradingService:
    if not service.is_active:
        raise ConflictError("an archived service cannot trade: set is_active first")
    live_trading.require(session, service)
    service.move_to(ServiceState.ACTIVE)
    service.error_reason = None
    return _announce_state(session, service)


def _announce_state(session: Session, service: TradingService) -> TradingService:
    session.flush()
    events.record(session, event_payloads.service_state_change(service))
    events.record(session, event_payloads.service_update(service))
    return service


def _check_settings(service: TradingService) -> None:
    rules_of(service)
    params_of(service)


def _refuse_held(session: Session, service: TradingService) -> None:
    if service.current_shares or order_service.live_orders(session, [service.id]):
        raise ConflictError("the broker cannot change while the service holds shares or has an order under way")


def _refuse_server_set(values: Mapping[str, Any]) -> None:
    refused = {name: ["is read-only or unknown"] for name in values if name in SERVER_SET}
    if refused:
        raise InvalidInputError(refused)


def _refuse_archiving_at_work(service: TradingService) -> None:
    if not service.is_active and service.state in STATES_AT_WORK:
        raise ConflictError("a service at work cannot be archived: stop it first")


def _refuse_frozen(session: Session, service: TradingService, column: str) -> None:
    if service.has_dependencies:
        raise ConflictError(f"{column} is frozen by the service's first transaction")
    if live_sides(session, service.id):
        raise ConflictError(f"{column} cannot change while an order is under way")
