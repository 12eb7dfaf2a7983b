"""The order pump: carries the orders of services with a real broker to their accounts, and books what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

from daytrader.brokers import open_broker
from daytrader.brokers.account import AccountBroker
from daytrader.brokers.errors import BrokerError, BusyError
from daytrader.config import Settings
from daytrader.engine.account_turn import AccountDesk
from daytrader.engine.account_wiring import Check, Wiring
from daytrader.engine.runner import Checkpoint, Fence, NoFence, OnTrade
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services import account_book, broker_credentials, market_calendar, system_events
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import DayTraderError, LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

OpenAccount = Callable[[BrokerCredential], AccountBroker]
"""Returns the account that keys open; nothing is asked of it yet."""

_TICK_SECONDS: Final = 0.5
"""How often it is seen whether something new waits: a kill switch is obeyed within a second."""
_BUSY: Final = timedelta(seconds=2)
"""How often an account is asked while orders work there; within the hundreds of requests a minute that are free."""
_QUIET: Final = timedelta(seconds=10)
"""How often otherwise."""
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 300.0


def opener(settings: Settings) -> OpenAccount:
    """Return what opens the accounts of an installation by the keys that are stored."""
    return lambda credential: open_broker(credential.broker, broker_credentials.access_of(credential), settings)


@dataclass
class _Place:
    """One account as the pump knows it: who carries its orders, and how it went."""

    credential: BrokerCredential
    desk: AccountDesk | None = None
    last_turn_at: datetime | None = None
    rests_until: datetime | None = None
    paused_until: datetime | None = None
    failures: int = 0
    error: str | None = None


class OrderPump:
    """
    Takes one account after the other. One that fails is left alone for a while, is told of once, and holds up no other.

    Args:
        open_account: See `OpenAccount`.
        check: Compares books and account before anything is sent: `account_reconciliation.check`.
        fence: Asked at the beginning of each unit of work, and before an order is sent.
        clock: What time it is.
        checkpoint: See `account_wiring.Wiring`.
        on_trade: Called with each trade, after the commit that it is part of.
    """

    def __init__(
        self,
        open_account: OpenAccount,
        check: Check,
        *,
        fence: Fence | None = None,
        clock: Callable[[], datetime] = get_current_datetime,
        checkpoint: Checkpoint = lambda _name: None,
        on_trade: OnTrade = lambda _booked: None,
    ) -> None:
        self._open = open_account
        self._clock = clock
        self._wiring = Wiring(check, fence or NoFence(), checkpoint, on_trade)
        self._places: dict[int, _Place] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, may_trade: Callable[[], bool]) -> None:
        """Take turns in a thread of its own while *may_trade* says so."""
        if self._thread is not None:
            self._thread.join()  # it was stopped in a request
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(may_trade,), name="order-pump", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End after the request in hand; return whether that was within *timeout* seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def turn(self) -> None:
        """
        Take every account where something is under way, save those that are left alone for a while.

        Raises:
            LostLeaseError: If another engine trades.
        """
        self._turn(is_due_only=False)

    def forget(self) -> None:
        """Know nothing of the accounts any more: each is compared with its books before anything is sent there."""
        self._places.clear()

    def status(self) -> list[dict[str, Any]]:
        """Return how each account stands, by its credential."""
        return [
            {
                "user_id": place.credential.user_id,
                "broker": place.credential.broker,
                "account": place.credential.account,
                "is_live": place.credential.is_live,
                "is_reconciled": place.desk is not None and place.desk.is_reconciled,
                "last_turn_at": place.last_turn_at,
                "paused_until": place.paused_until,
                "error": place.error or (None if place.desk is None else place.desk.error),
            }
            for _, place in sorted(self._places.copy().items())
        ]

    def _run(self, may_trade: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                if may_trade():
                    self._turn(is_due_only=True)
                else:
                    self.forget()
            except LostLeaseError:
                self.forget()  # who runs the engine finds out by itself
            except (UnavailableError, DBAPIError) as error:
                logger.warning("orders wait for the database", why=" ".join(str(error).split())[:200])
            except Exception:  # the thread's edge: what is broken is said, and tried again
                logger.exception("order pump failed")
            self._stopping.wait(_TICK_SECONDS)

    def _turn(self, *, is_due_only: bool) -> None:
        now = self._clock()
        with SessionManager(read_only=True) as session:
            found = broker_credentials.at_work(session, now - account_book.REMEMBERED)
        for gone in self._places.keys() - {credential.id for credential in found}:
            del self._places[gone]
        for credential in found:
            if self._stopping.is_set():
                return
            place = self._place_of(credential)
            if place.paused_until is not None and now < place.paused_until:
                continue
            if is_due_only and self._rests(place, now):
                continue
            with structlog.contextvars.bound_contextvars(broker=credential.broker, account=credential.account):
                self._take(place)

    def _place_of(self, credential: BrokerCredential) -> _Place:
        place = self._places.get(credential.id)
        if place is None or _keys_of(place.credential) != _keys_of(credential):
            place = self._places[credential.id] = _Place(credential)
        return place

    def _rests(self, place: _Place, now: datetime) -> bool:
        """Return whether an account has nothing to be asked about yet."""
        if place.rests_until is None or now >= place.rests_until or place.desk is None:
            return False
        return not place.desk.is_wanted(now)

    def _take(self, place: _Place) -> None:
        now = self._clock()
        try:
            if place.desk is None:
                place.desk = AccountDesk(place.credential, self._open_of(place), self._wiring)
            place.desk.turn(now)
        except LostLeaseError:
            raise
        except BusyError as error:
            logger.info("the broker wants to be left alone", seconds=error.retry_after)
            place.paused_until = now + timedelta(seconds=error.retry_after)
        except BrokerError as error:
            self._pause(place, now, str(error))
        except UnavailableError as error:  # the database is busy: no fault of the account's
            logger.info("account waits", why=str(error))
        except DayTraderError as error:
            self._pause(place, now, str(error))
        except Exception as error:
            logger.exception("account failed")
            self._pause(place, now, f"{type(error).__name__}: {error}")
        else:
            self._went_well(place, now, is_at_work=place.desk.is_at_work)

    def _open_of(self, place: _Place) -> AccountBroker:
        try:
            return self._open(place.credential)
        except UnavailableError as error:  # what sealed the keys is missing
            raise BrokerError(str(error)) from error

    def _went_well(self, place: _Place, now: datetime, *, is_at_work: bool) -> None:
        place.last_turn_at, place.paused_until = now, None
        place.rests_until = now + (_BUSY if is_at_work and market_calendar.is_open(now) else _QUIET)
        if place.error is not None:
            self._say(place, Severity.INFO, "is reached again: orders go on")
        place.failures, place.error = 0, None

    def _pause(self, place: _Place, now: datetime, why: str) -> None:
        """Leave an account alone, longer each time; who owns it is told the first time."""
        pause = min(_FIRST_PAUSE * 2**place.failures, _LONGEST_PAUSE)
        place.failures += 1
        place.paused_until = now + timedelta(seconds=pause)
        logger.warning("account fails", why=why, failures=place.failures, pause_seconds=pause)
        is_new = place.error is None
        place.error = why
        if is_new:
            self._say(place, Severity.ERROR, f"does not answer as it should, orders wait: {why}")

    def _say(self, place: _Place, severity: Severity, what: str) -> None:
        credential = place.credential
        message = f"The account {credential.account} at {credential.broker} {what}"
        try:
            with SessionManager() as session:
                self._wiring.fence.require(session)
                told = system_events.personal_notification(credential.user_id, severity, "broker", message)
                events.record(session, told)
        except LostLeaseError:
            raise
        except Exception:  # it is in the log and in the status; the orders matter more
            logger.exception("not told")


def _keys_of(credential: BrokerCredential) -> tuple[object, ...]:
    """Return what opens the account: other keys begin anew."""
    return credential.sealed_key, credential.sealed_secret, credential.is_live, credential.account
