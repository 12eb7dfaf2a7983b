"""One account as the pump knows it: who carries its orders, how that went, and when it is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from daytrader.brokers.account import AccountBroker
from daytrader.brokers.errors import BrokerError, BusyError
from daytrader.engine.account_turn import AccountDesk
from daytrader.engine.account_wiring import Wiring
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services import market_calendar, system_events
from daytrader.services.events import events
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity
from daytrader.utils.errors import DayTraderError, LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

OpenAccount = Callable[[BrokerCredential], AccountBroker]
"""Returns the account that keys open; nothing is asked of it yet."""

_BUSY: Final = timedelta(seconds=2)
"""How often an account is asked while orders work there; within the hundreds of requests a minute that are free."""
_QUIET: Final = timedelta(seconds=10)
"""How often otherwise."""
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 300.0
_BUSY_FOR: Final = timedelta(minutes=1)
"""How long a broker may want to be left alone until that is worth a word: limits are by the minute."""


class AccountPlace:
    """
    One account, its turns, and its failures: one that fails is left alone for a while, and is told of once.

    Args:
        credential: Whose account, and where.
        open_account: See `OpenAccount`.
        wiring: What its desk works with.
        clock: What time it is.
    """

    def __init__(
        self, credential: BrokerCredential, open_account: OpenAccount, wiring: Wiring, clock: Callable[[], datetime]
    ) -> None:
        self.credential = credential
        self._open_account = open_account
        self._wiring = wiring
        self._clock = clock
        self._desk: AccountDesk | None = None
        self._last_turn_at: datetime | None = None
        self._rests_until: datetime | None = None
        self._paused_until: datetime | None = None
        self._busy_since: datetime | None = None
        self._failures = 0
        self._error: str | None = None

    def is_opened_by(self, credential: BrokerCredential) -> bool:
        """Return whether *credential* has the keys that this account was opened with: other keys begin anew."""
        return _keys_of(self.credential) == _keys_of(credential)

    def is_paused(self, now: datetime) -> bool:
        """Return whether it is left alone: it failed, or wants to be asked less."""
        return self._paused_until is not None and now < self._paused_until

    def is_due(self, now: datetime) -> bool:
        """Return whether it is to be asked now: its time has come, or something new waits for it."""
        if self.is_paused(now):
            return False
        is_resting = self._rests_until is not None and now < self._rests_until
        return not is_resting or self._desk is None or self._desk.is_wanted(now)

    def status(self) -> dict[str, Any]:
        """Return how the account stands."""
        return {
            "user_id": self.credential.user_id,
            "broker": self.credential.broker,
            "account": self.credential.account,
            "is_live": self.credential.is_live,
            "is_reconciled": self._desk is not None and self._desk.is_reconciled,
            "last_turn_at": self._last_turn_at,
            "paused_until": self._paused_until,
            "error": self._error or (None if self._desk is None else self._desk.error),
        }

    def take_turn(self) -> None:
        """
        Book, compare and send; whatever fails is kept, and told.

        Raises:
            LostLeaseError: If another engine trades.
        """
        with structlog.contextvars.bound_contextvars(
            broker=self.credential.broker, account=self.credential.account, user_id=self.credential.user_id
        ):
            self._take_turn(self._clock())

    def _take_turn(self, now: datetime) -> None:
        try:
            if self._desk is None:
                self._desk = AccountDesk(self.credential, self._open(), self._wiring)
            self._desk.turn(now)
        except LostLeaseError:
            raise
        except BusyError as error:
            self._leave_alone(now, error)
        except BrokerError as error:
            self._pause(now, str(error))
        except UnavailableError as error:  # the database is busy: no fault of the account's
            logger.info("account waits", why=str(error))
        except DayTraderError as error:
            self._pause(now, str(error))
        except Exception as error:
            logger.exception("account failed")
            self._pause(now, f"{type(error).__name__}: {error}")
        else:
            self._went_well(now, is_at_work=self._desk.is_at_work)

    def _open(self) -> AccountBroker:
        try:
            return self._open_account(self.credential)
        except UnavailableError as error:  # what sealed the keys is missing
            raise BrokerError(str(error)) from error

    def _went_well(self, now: datetime, *, is_at_work: bool) -> None:
        self._last_turn_at, self._paused_until = now, None
        self._rests_until = now + (_BUSY if is_at_work and market_calendar.is_open(now) else _QUIET)
        if self._error is not None:
            self._say(Severity.INFO, "is reached again: orders go on")
        self._failures, self._error, self._busy_since = 0, None, None

    def _leave_alone(self, now: datetime, error: BusyError) -> None:
        """Ask nothing for as long as the broker says, but not for ever; what goes on beyond a minute is told."""
        pause = min(error.retry_after, _LONGEST_PAUSE)
        logger.info("the broker wants to be left alone", seconds=pause)
        self._busy_since = self._busy_since or now
        self._paused_until = now + timedelta(seconds=pause)
        if self._paused_until - self._busy_since > _BUSY_FOR:
            self._tell_of(str(error))

    def _pause(self, now: datetime, why: str) -> None:
        """Leave the account alone, longer each time; who owns it is told the first time."""
        pause = min(_FIRST_PAUSE * 2**self._failures, _LONGEST_PAUSE)
        self._failures += 1
        self._paused_until = now + timedelta(seconds=pause)
        logger.warning("account fails", why=why, failures=self._failures, pause_seconds=pause)
        self._tell_of(why)

    def _tell_of(self, why: str) -> None:
        is_new = self._error is None
        self._error = why
        if is_new:
            self._say(Severity.ERROR, f"does not answer as it should, orders wait: {why}")

    def _say(self, severity: Severity, what: str) -> None:
        message = f"The account {self.credential.account} at {self.credential.broker} {what}"
        try:
            with SessionManager() as session:
                self._wiring.fence.require(session)
                told = system_events.personal_notification(self.credential.user_id, severity, "broker", message)
                events.record(session, told)
        except LostLeaseError:
            raise
        except Exception:  # it is in the log and in the status; the orders matter more
            logger.exception("not told")


def _keys_of(credential: BrokerCredential) -> tuple[object, ...]:
    return credential.sealed_key, credential.sealed_secret, credential.is_live, credential.account
