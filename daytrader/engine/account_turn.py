"""One account at a broker: what it reports is booked, what is due is sent, and no transaction waits for the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.orm import Session

from daytrader.brokers.account import AccountBroker, BrokerOrder
from daytrader.brokers.errors import (
    BrokerAccessError,
    BusyError,
    DuplicateOrderError,
    RefusedOrderError,
    UnknownOutcomeError,
)
from daytrader.core.protection import is_reached
from daytrader.engine.account_units import AccountUnits
from daytrader.engine.account_wiring import Wiring
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import LIVE_ORDER_STATES, OrderSide, OrderState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import (
    account_book,
    account_orders,
    account_protection,
    engine_control,
    order_service,
    unreadable_rows,
)
from daytrader.services.account_book import Reports, Standing
from daytrader.services.account_orders import Claimed
from daytrader.services.booking import Booked
from daytrader.services.session_manager import SessionManager

logger = structlog.get_logger(__name__)

RECONCILE_EVERY: Final = timedelta(minutes=5)
_RECONCILE_AGAIN: Final = timedelta(minutes=1)
"""While something is wrong."""
_UNSETTLED_FOR: Final = timedelta(minutes=2)
"""How long fills may be missing that the broker has counted already."""
_SHORT_LOOK: Final = timedelta(minutes=10)
_LONG_LOOK_EVERY: Final = timedelta(minutes=5)
_CANCEL_AGAIN: Final = timedelta(seconds=10)
_MOST_PASSES: Final = 4
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class AccountDesk:
    """
    Carries the orders of one account. It remembers nothing that matters: another one goes on where it stopped.

    Attributes:
        credential: Whose account, and where.
        broker: Opens it.
        is_reconciled: Whether its books were compared with it; nothing is sent before.
        problems: What is wrong with the account; while there is anything, nothing is bought.
        is_at_work: Whether the last turn left something that is not to wait.
    """

    credential: BrokerCredential
    broker: AccountBroker
    wiring: Wiring
    is_reconciled: bool = False
    problems: Sequence[str] = ()
    is_at_work: bool = True
    _reports: Reports = field(default=Reports("", (), ()))
    _standing: Standing = field(default=Standing((), (), is_settled=False))
    _refusal: str | None = None
    _is_cut_off: bool = False  # an answer was lost: nothing more is sent before the next look
    _reconcile_at: datetime = _LONG_AGO
    _long_look_at: datetime = _LONG_AGO
    _unsettled_since: datetime | None = None
    _wanted: frozenset[object] = frozenset()
    _cancelled_at: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._units = AccountUnits(self.credential, self.wiring)

    def turn(self, now: datetime) -> None:
        """
        Book what there is, compare, and send what is due.

        Raises:
            BrokerError: If the broker fails; whatever was begun is found again by the next turn.
            UnavailableError: If the database is busy.
            LostLeaseError: If another engine trades.
        """
        if now >= self._reconcile_at:
            self._units.left_out.clear()  # they may have been mended
        while True:
            try:
                self._turn(now)
            except unreadable_rows.ERRORS:
                if not self._units.leave_out_unreadable():
                    raise
                logger.warning("the turn begins anew without services of which a row cannot be read")
            else:
                return

    def _turn(self, now: datetime) -> None:
        self._look(now)
        self._reconcile(now)
        if not self.is_reconciled:
            return
        for _ in range(_MOST_PASSES):
            if self.wiring.is_ending():
                return
            is_changed = self._resolve(now) | self._cancel(now)
            if is_changed:
                self._look(now)
            is_changed = self._protect(now) | self._send(now) | is_changed
            if not is_changed:
                break
            self._look(now)
        with SessionManager(read_only=True) as session:
            self.is_at_work = bool(
                self._units.waiting(session, OrderState.SUBMITTING, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
            )

    def is_wanted(self, now: datetime) -> bool:
        """Return whether something waits for the account that did not when this was last asked."""
        before = self._wanted
        try:
            self._wanted = self._all_wanted(now)
        except unreadable_rows.ERRORS:
            return True  # the turn finds out which
        return bool(self._wanted - before)

    def _all_wanted(self, now: datetime) -> frozenset[object]:
        with SessionManager(read_only=True) as session:
            waiting = self._units.waiting(session, *LIVE_ORDER_STATES)
            orders = {
                (order.id, order.state, order.cancel_reason)
                for order in waiting
                if order.cancel_reason is not None
                or (order.state is OrderState.PENDING and account_orders.is_due(session, order, self.broker, now))
            }
            services = self._units.services(session)
            unprotected = {one.id for one in services if account_protection.is_missing(session, one, now)}
        return frozenset(orders | unprotected)

    def _look(self, now: datetime) -> bool:
        """Ask what has become of the orders, and book it; return whether there was anything new."""
        is_long = now >= self._long_look_at
        since = now - (account_book.REMEMBERED if is_long else _SHORT_LOOK)
        with SessionManager(read_only=True) as session:
            since = account_book.window(session, self.credential, since, now, self._units.left_out)
        orders = self.broker.orders(since)
        self._reports = Reports(self.credential.account, orders, self.broker.executions(since))
        is_news = self._take(now)
        if is_long:
            self._long_look_at = now + _LONG_LOOK_EVERY
        return is_news

    def _take(self, now: datetime) -> bool:
        standing = self._compare(now)
        for service_id in standing.news:
            take = partial(
                account_book.take, credential=self.credential, service_id=service_id, reports=self._reports, now=now
            )
            booked = self._units.for_service(service_id, now, partial(self._units.do, "reports", take))
            self._tell(booked or ())
        self._standing = self._compare(now) if standing.news else standing
        if self._standing.is_settled:
            self._unsettled_since = None
        elif self._unsettled_since is None:
            self._unsettled_since = now
        return bool(standing.news)

    def _compare(self, now: datetime) -> Standing:
        with SessionManager(read_only=True) as session:
            return account_book.compare(session, self.credential, self._reports, now, self._units.left_out)

    def _reconcile(self, now: datetime) -> None:
        """Compare the books with the account as both were at one moment: nothing may have filled meanwhile."""
        if now < self._reconcile_at:
            return
        for _ in range(_MOST_PASSES):
            is_overdue = self._unsettled_since is not None and now - self._unsettled_since >= _UNSETTLED_FOR
            if not (self._standing.is_settled or is_overdue):
                return
            positions, account = self.broker.positions(), self.broker.account()
            self._long_look_at = _LONG_AGO
            if not self._look(now):
                break
        else:
            return
        said = (account, positions, self._reports.orders, now, self._units.left_out)
        self.problems = tuple(
            self._units.do(
                "reconciled",
                lambda session: self.wiring.check(
                    session, session.get_one(BrokerCredential, self.credential.id), *said
                ),
            )
        )
        self._refusal = account.refusal
        is_well = not self.problems and account.refusal is None
        self._reconcile_at = now + (RECONCILE_EVERY if is_well else _RECONCILE_AGAIN)
        if not self.is_reconciled:
            logger.info("account reconciled", problems=list(self.problems), refusal=account.refusal)
        self.is_reconciled = True

    @property
    def error(self) -> str | None:
        """Why nothing, or no entry, is sent now."""
        return self._refusal or ("; ".join(self.problems) or None)

    def _resolve(self, now: datetime) -> bool:
        """Find out what became of orders of which nobody knows whether they were taken."""
        with SessionManager(read_only=True) as session:
            unknown = self._units.waiting(session, OrderState.SUBMITTING)
        resolved = [
            self._units.for_service(order.service_id, now, partial(self._resolve_one, order, now)) for order in unknown
        ]
        return any(resolved)

    def _resolve_one(self, order: Order, now: datetime) -> bool:
        with structlog.contextvars.bound_contextvars(
            service_id=order.service_id, order_id=order.id, client_order_id=order.client_order_id
        ):
            found = self.broker.find(order.client_order_id)
            if found is not None:
                self._units.do("unit 2", partial(account_orders.accept, order_id=order.id, reported=found))
                return True
            if order.sent_at is not None and now - order.sent_at < account_orders.UNKNOWN_FOR:
                return False
            give_up = partial(account_orders.give_up, order_id=order.id, broker=self.broker, now=now)
            return self._units.do("unit 2", give_up) or self._claim_and_send(order.id, now)

    def _cancel(self, now: datetime) -> bool:
        """Ask for the end of what is to end, and of what works there although it has ended here."""
        with SessionManager(read_only=True) as session:
            live = self._units.waiting(session, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
        refs = [one.broker_ref for one in live if one.cancel_reason is not None and one.broker_ref is not None]
        is_changed = False
        for ref in [*refs, *self._standing.strays]:
            if self._cancelled_at.get(ref, _LONG_AGO) + _CANCEL_AGAIN > now:
                continue
            self.wiring.fence.require_time_to_send()
            self.broker.cancel(ref)
            self._cancelled_at[ref] = now
            self.wiring.checkpoint("cancel")
            is_changed = True
        return is_changed

    def _protect(self, now: datetime) -> bool:
        """Let stop and target rest where they should, and exits that their broker has ended be placed anew."""
        with SessionManager(read_only=True) as session:
            services = self._units.services(session)
            missing = [one.id for one in services if account_protection.is_missing(session, one, now)]
            unsold = [one.id for one in services if account_orders.unsold(session, one, now) is not None]
            refused = [(one, account_protection.refused_levels(session, one, now)) for one in services]
        is_changed = self._sell_at_levels(refused, now)
        for name, ids, act in (
            ("placed", unsold, account_orders.sell_again),
            ("protection", missing, account_protection.tend),
        ):
            for service_id in ids:
                place = partial(self._place, name, partial(act, service_id=service_id, now=now))
                is_changed |= bool(self._units.for_service(service_id, now, place))
        return is_changed

    def _sell_at_levels(self, refused: Iterable[tuple[TradingService, tuple[int, int]]], now: datetime) -> bool:
        """Sell what the broker keeps no levels for, and says to trade at one: why it refuses, it says in words."""
        is_changed = False
        for service, (stop, target) in refused:
            price = self.broker.last_price(service.stock_symbol) if stop or target else 0
            if price > 0 and is_reached(stop, target, price, price):
                sell = partial(account_protection.sell_at_level, service_id=service.id, price=price, now=now)
                place = partial(self._place, "protection", sell)
                is_changed |= bool(self._units.for_service(service.id, now, place))
        return is_changed

    def _place(self, name: str, act: Callable[[Session], None]) -> bool:
        self._units.do(name, act)
        return True

    def _send(self, now: datetime) -> bool:
        """Send what is due: what sells first, and no entry while something is wrong with the account."""
        if self._refusal is not None:
            return False
        with SessionManager(read_only=True) as session:
            is_paused = engine_control.is_paused(session)
            due = [
                order
                for order in self._units.waiting(session, OrderState.PENDING)
                if (order_service.is_leg(order) or not is_paused)
                and not (order.side is OrderSide.BUY and self.problems)
                and account_orders.is_due(session, order, self.broker, now)
            ]
        is_changed = self._is_cut_off = False
        for order in due:
            send = partial(self._claim_and_send, order.id, now)
            is_changed |= bool(self._units.for_service(order.service_id, now, send))
            if self._is_cut_off or self.wiring.is_ending():
                break
        return is_changed

    def _claim_and_send(self, order_id: int, now: datetime) -> bool:
        """Send one order; return whether it was sent. What becomes of it is known by looking."""
        claimed = self._units.do("claim", partial(account_orders.claim, order_id=order_id, broker=self.broker, now=now))
        if claimed is None:
            return False
        with structlog.contextvars.bound_contextvars(
            service_id=claimed.service_id, order_id=order_id, client_order_id=claimed.request.client_order_id
        ):
            return self._submit(claimed)

    def _submit(self, claimed: Claimed) -> bool:
        order_id = claimed.order_id
        self.wiring.fence.require_time_to_send()
        try:
            sent: BrokerOrder | None = self.broker.submit(claimed.request)
        except DuplicateOrderError:
            sent = self.broker.find(claimed.request.client_order_id)
        except RefusedOrderError as error:
            logger.warning("order refused", why=str(error))
            sent = self.broker.find(claimed.request.client_order_id)  # one that it has, it refuses, too
            if sent is None:
                self.wiring.checkpoint("submit")
                self._units.do("unit 2", partial(account_orders.refuse, order_id=order_id, error=error))
                return True
        except (BusyError, BrokerAccessError) as error:
            self._units.do("unit 2", partial(account_orders.put_back, order_id=order_id, error=error))
            raise
        except UnknownOutcomeError as error:
            logger.warning("whether the order was taken is not known", why=str(error))
            sent, self._is_cut_off = None, True
        self.wiring.checkpoint("submit")
        if sent is not None:
            self._units.do("unit 2", partial(account_orders.accept, order_id=order_id, reported=sent))
        return True

    def _tell(self, booked: Sequence[Booked]) -> None:
        for trade in booked:
            self.wiring.on_trade(trade)
