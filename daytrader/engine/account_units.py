"""The units of work of one account: what fails for one service stops that one, and no other of the account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.orm import Session

from daytrader.engine.account_wiring import Wiring
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.enums import OrderState
from daytrader.models.order import Order
from daytrader.models.trading_service import TradingService
from daytrader.services import account_book, account_orders, account_protection, unreadable_rows
from daytrader.services.session_manager import SessionManager, retried
from daytrader.utils.errors import LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

T = TypeVar("T")

_BROKEN_FOR: Final = timedelta(seconds=60)
"""How long a service that failed is left alone before it is tried again."""


@dataclass
class AccountUnits:
    """
    What one account's orders are read and changed in.

    Attributes:
        credential: Whose account, and where.
        left_out: Services of which a row cannot be read: all that is asked of the account is asked without them.
    """

    credential: BrokerCredential
    wiring: Wiring
    left_out: set[int] = field(default_factory=set)
    _broken_until: dict[int, datetime] = field(default_factory=dict)

    def do(self, name: str, act: Callable[[Session], T]) -> T:
        """Do *act* as one unit of work of this engine's, or of nobody's; *name* is that of the step, see `Wiring`."""

        def run() -> T:
            with SessionManager() as session:
                self.wiring.fence.require(session)
                done = act(session)
                self.wiring.checkpoint(f"{name} written")
            return done

        done = retried(run)
        self.wiring.checkpoint(name)
        return done

    def for_service(self, service_id: int, now: datetime, act: Callable[[], T]) -> T | None:
        """
        Return what *act* does for one service; None where it fails, which puts that service into ERROR for a while.

        Raises:
            UnavailableError, OperationalError, InternalError: The broker's trouble or the database's, no service's.
            LostLeaseError: If another engine trades.
        """
        if now < self._broken_until.get(service_id, now):
            return None
        try:
            return act()
        except (UnavailableError, LostLeaseError, OperationalError, InternalError):
            raise
        except Exception as error:
            if isinstance(error, unreadable_rows.ERRORS) and self.leave_out_unreadable():
                return None
            logger.exception("a service at a broker fails", service_id=service_id)
            self._broken_until[service_id] = now + _BROKEN_FOR
            why = f"its orders at {self.credential.broker} cannot be carried: {type(error).__name__}: {error}"
            self._stop(service_id, why)
            return None

    def leave_out_unreadable(self) -> bool:
        """Stop the services of which a row cannot be read, and leave them out; return whether there is a new one."""
        with SessionManager(read_only=True) as session:
            ids = account_book.service_ids(session, self.credential)
            found = {one: why for one, why in unreadable_rows.found(session, ids).items() if one not in self.left_out}
        for service_id, why in found.items():
            logger.error("a row of a service at a broker cannot be read", service_id=service_id, why=why)
            self._stop(service_id, f"a row cannot be read: {why}")
            self.left_out.add(service_id)
        return bool(found)

    def waiting(self, session: Session, *states: OrderState) -> Sequence[Order]:
        """Return the account's orders in *states*, as `account_orders.waiting`."""
        return account_orders.waiting(session, self.credential, *states, left_out=self.left_out)

    def services(self, session: Session) -> Sequence[TradingService]:
        """Return the account's services, as `account_protection.services_of`."""
        return account_protection.services_of(session, self.credential, self.left_out)

    def _stop(self, service_id: int, reason: str) -> None:
        self.do("reports", partial(account_book.fail, credential=self.credential, service_id=service_id, reason=reason))
