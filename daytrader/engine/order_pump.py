"""The order pump: carries the orders of services with a real broker to their accounts, and books what comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

from daytrader.brokers import open_broker
from daytrader.config import Settings
from daytrader.engine.account_place import AccountPlace, OpenAccount
from daytrader.engine.account_wiring import Check, Wiring
from daytrader.engine.runner import Checkpoint, Fence, NoFence, OnTrade
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services import account_book, broker_credentials
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

_TICK_SECONDS: Final = 0.5
"""How often it is seen whether something new waits: a kill switch is obeyed within a second."""
_MOST_AT_ONCE: Final = 16
"""How many accounts are asked at once: of more that hang, the others wait for the first timeout, not for all."""


def opener(settings: Settings) -> OpenAccount:
    """Return what opens the accounts of an installation by the keys that are stored."""
    return lambda credential: open_broker(credential.broker, broker_credentials.access_of(credential), settings)


class OrderPump:
    """
    Gives each account turns of its own, so that one that hangs or fails holds up no other.

    Args:
        open_account: See `OpenAccount`.
        check: Compares books and account before anything is sent: `account_reconciliation.check`.
        fence: Asked at the beginning of each unit of work, and before an order is sent.
        clock: What time it is.
        checkpoint: See `account_wiring.Wiring`.
        on_trade: Called with each trade, after the commit that it is part of; of several accounts by several threads.
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
        self._stopping = threading.Event()
        self._wiring = Wiring(check, fence or NoFence(), checkpoint, on_trade, self._stopping.is_set)
        self._places: dict[int, AccountPlace] = {}
        self._thread: threading.Thread | None = None
        self._under_way: dict[int, threading.Thread] = {}  # by credential: an account has one turn at a time

    def start(self, may_trade: Callable[[], bool]) -> None:
        """Give turns in threads of their own while *may_trade* says so."""
        if self._thread is not None:
            self._thread.join()  # it was stopped in a request
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(may_trade,), name="order-pump", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End after the requests in hand; return whether that was within *timeout* seconds."""
        until = time.monotonic() + timeout
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                return False
        turns = list(self._under_way.values())  # nobody begins another one
        for turn in turns:
            turn.join(max(0.0, until - time.monotonic()))
        return not any(turn.is_alive() for turn in turns)

    def turn(self) -> None:
        """
        Take every account where something is under way, one after the other, save those that are left alone.

        Raises:
            LostLeaseError: If another engine trades.
        """
        now = self._clock()
        for place in self._look_for_places(now):
            if not place.is_paused(now):
                place.take_turn()

    def forget(self) -> None:
        """Know nothing of the accounts any more: each is compared with its books before anything is sent there."""
        self._places = {}

    def status(self) -> list[dict[str, Any]]:
        """Return how each account stands, by its credential."""
        return [place.status() for _, place in sorted(self._places.items())]

    def _run(self, may_trade: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                if may_trade():
                    self._begin_turns()
                else:
                    self.forget()
            except (UnavailableError, DBAPIError) as error:
                logger.warning("orders wait for the database", why=" ".join(str(error).split())[:200])
            except Exception:  # the thread's edge: what is broken is said, and tried again
                logger.exception("order pump failed")
            self._stopping.wait(_TICK_SECONDS)

    def _begin_turns(self) -> None:
        """Begin the turn of every account that is due and has none."""
        now = self._clock()
        for place in self._look_for_places(now):
            if self._stopping.is_set() or len(self._under_way) >= _MOST_AT_ONCE:
                return
            number = place.credential.id
            if number not in self._under_way and place.is_due(now):
                # No pool: its threads would be waited for when the process ends, whatever they hang in.
                turn = threading.Thread(target=self._take_turn, args=(place,), name=f"account-{number}", daemon=True)
                self._under_way[number] = turn
                try:
                    turn.start()
                except RuntimeError:  # no thread to be had: at the next tick perhaps
                    del self._under_way[number]
                    raise

    def _take_turn(self, place: AccountPlace) -> None:
        try:
            place.take_turn()
        except LostLeaseError:
            self.forget()  # who runs the engine finds out by itself
        except Exception:  # the thread's edge
            logger.exception("the turn of an account failed")
        finally:
            del self._under_way[place.credential.id]

    def _look_for_places(self, now: datetime) -> Sequence[AccountPlace]:
        """Return the accounts that have work, each as it was left."""
        with SessionManager(read_only=True) as session:
            found = broker_credentials.at_work(session, now - account_book.REMEMBERED)
        places = [self._place_of(credential) for credential in found]
        self._places = {place.credential.id: place for place in places}
        return places

    def _place_of(self, credential: BrokerCredential) -> AccountPlace:
        known = self._places.get(credential.id)
        if known is not None and known.is_opened_by(credential):
            return known
        return AccountPlace(credential, self._open, self._wiring, self._clock)
