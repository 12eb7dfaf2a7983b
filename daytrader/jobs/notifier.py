"""The thread that tells users outside of DayTrader: it reads the outbox, and nothing that trades waits for it."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from daytrader.models.enums import NotificationKind
from daytrader.services import event_log, market_calendar, rate_limits
from daytrader.services.notifications import channels, messages, targets
from daytrader.services.notifications.messages import Message
from daytrader.services.notifications.targets import Target
from daytrader.services.rate_limits import RateLimits
from daytrader.services.session_manager import SessionManager, in_unit
from daytrader.utils import sealing
from daytrader.utils.constants import DAILY
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.days import date_of
from daytrader.utils.errors import DayTraderError, TooManyRequestsError

logger = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 1.0
_AT_ONCE: Final = 4
_TRIES: Final = 3
_CLAIM: Final = timedelta(minutes=5)  # three tries of at most half a minute each, and what lies between
_CHUNK: Final = 200
_SUMMARY_DELAY: Final = timedelta(minutes=10)
"""After the day's bar is final: by then services have traded on it."""
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Due:
    """One message to one target, and where the target is once it is sent."""

    target: Target
    message: Message
    cursor: int
    summary_of: date | None


class Notifier:
    """
    Sends each target what it has not been told yet: once an event, in one message whatever has come together.

    How far a target has been told is stored. A process that dies between sending and storing sends that one message
    again; nothing is left out. A target that fails is left alone for half a minute, then longer, an hour at most; what
    happens meanwhile is told when it works again, if that is within the outbox's day.

    Args:
        limits: How many messages a target is sent; beyond, they wait and come together.
        allows_private: Whether mail servers and webhooks may be in a private network.
        clock: What time it is.
        wait: How to wait between two tries, in seconds.
    """

    def __init__(
        self,
        limits: RateLimits,
        *,
        allows_private: bool,
        clock: Callable[[], datetime] = get_current_datetime,
        wait: Callable[[float], None] | None = None,
    ) -> None:
        self._limits = limits
        self._allows_private = allows_private
        self._clock = clock
        self._holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._wait = wait or self._pause
        self._thread: threading.Thread | None = None
        self._busy: set[int] = set()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._looked: dict[int, int] = {}  # target to the sequence up to which there is nothing for it

    def start(self) -> None:
        """Begin to send."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin no further message; one on its way is not waited for longer than a moment."""
        self._stopping.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(_LOOK_SECONDS)

    def ring(self) -> None:
        """Look now."""
        self._bell.set()

    def send_waiting(self) -> int:
        """Send in this thread whatever is due, and return how many messages were accepted."""
        return sum(self._deliver(due) for due in self._due())

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                for due in self._due():
                    if self._slots.acquire(blocking=False):  # else it is due in the next round, too
                        self._busy.add(due.target.id)
                        threading.Thread(target=self._deliver_apart, args=(due,), name="notifying", daemon=True).start()
            except Exception:  # the notifier's edge: it outlives a database that is down for a while
                logger.exception("notifications cannot be looked for")
            self._bell.wait(_LOOK_SECONDS)
            self._bell.clear()

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _deliver_apart(self, due: _Due) -> None:
        try:
            self._deliver(due)
        except Exception:  # as above
            logger.exception("notification failed", target_id=due.target.id)
        finally:
            self._busy.discard(due.target.id)
            self._slots.release()
            self._bell.set()

    def _due(self) -> list[_Due]:
        now = self._clock()
        found = []
        with SessionManager(read_only=True) as session:
            free = [target for target in targets.free(session, now) if target.id not in self._busy]
            last = event_log.last_sequence(session) if free else 0
        for target in free:
            due = self._of_events(target, last) or self._summary(target, now)
            if due is not None:
                found.append(due)
        return found

    def _of_events(self, target: Target, last: int) -> _Due | None:
        after = max(target.cursor, self._looked.get(target.id, 0))
        if after >= last:
            return None
        with SessionManager(read_only=True) as session:
            seen = event_log.of_names(session, target.actor.user_id, messages.EVENTS, after, _CHUNK)
            told = [event for event in seen if messages.kind_of(event, target.actor) in target.kinds]
            if not told:
                self._looked[target.id] = seen[-1].sequence if len(seen) == _CHUNK else last
                return None
            return _Due(target, messages.of_events(session, told), told[-1].sequence, target.summary_of)

    def _summary(self, target: Target, now: datetime) -> _Due | None:
        if NotificationKind.DAILY_SUMMARY not in target.kinds:
            return None
        started = market_calendar.last_complete_bar(now - _SUMMARY_DELAY, DAILY)
        day = date_of(started // _DAY_SECONDS)
        if target.summary_of is None:
            in_unit(partial(targets.begin_summaries, target=target, day=day))
            return None
        if day <= target.summary_of:
            return None
        with SessionManager(read_only=True) as session:
            return _Due(target, messages.summary(session, target.actor), target.cursor, day)

    def _deliver(self, due: _Due) -> bool:
        target, log = due.target, logger.bind(target_id=due.target.id, user_id=due.target.actor.user_id)
        if not in_unit(lambda session: targets.claim(session, target, self._holder, self._clock(), _CLAIM)):
            return False  # another process has it
        try:
            self._limits.take(rate_limits.NOTIFICATIONS, f"target:{target.id}")
            self._send(sealing.unseal(target.sealed_url), due.message)
        except TooManyRequestsError as error:
            until = self._clock() + timedelta(seconds=error.retry_after)
            in_unit(lambda session: targets.put_off(session, target, self._holder, until))
            return False
        except DayTraderError as error:
            log.warning("notification not accepted", why=str(error), failures=target.failures + 1)
            why = str(error)
            in_unit(lambda session: targets.note_failed(session, target, self._holder, self._clock(), why))
            return False
        sent = partial(targets.note_sent, cursor=due.cursor, summary_of=due.summary_of)
        in_unit(lambda session: sent(session, target, self._holder, self._clock()))
        log.info("notification sent", sequence=due.cursor)
        return True

    def _send(self, url: str, message: Message) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(channels.DeliveryError),
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential_jitter(initial=1, max=10, jitter=1),
            sleep=self._wait,
            reraise=True,
        )
        retrying(channels.send, url, message.title, message.body, allows_private=self._allows_private)
