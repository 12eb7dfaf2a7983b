"""
Bells: "there is something to look at", rung in this process and, over Redis, in every other.

A bell says nothing more, and whoever hears it looks into the database. So none that is lost loses anything: everybody
looks by themselves every second or two, and while Redis is away that is all that happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog

from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from redis import Redis

logger = structlog.get_logger(__name__)

EVENTS: Final = "events"
"""Something was committed to the outbox."""
JOBS: Final = "jobs"
"""A job waits."""
NONE: Final = "none"
OK: Final = "ok"
SILENT: Final = "does not answer"

_CHANNEL: Final = "daytrader:bells"
_ANSWER_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 1.0


class Bells:
    """The bells of one process."""

    def __init__(self, redis_url: str = "") -> None:
        """
        Ring over the Redis at *redis_url*; without one, in this process alone.

        Raises:
            ConfigurationError: If that is no address of a Redis.
        """
        self._redis = _client(redis_url) if redis_url else None
        self._ears: dict[str, list[Callable[[], None]]] = {}
        self._due: set[str] = set()
        self._is_due = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._status = SILENT if redis_url else NONE

    @property
    def status(self) -> str:
        """Return `NONE` without a Redis, `OK` while it answers, else `SILENT`."""
        return self._status

    def listen(self, bell: str, hear: Callable[[], None]) -> None:
        """Call *hear*, which must not take long, whenever *bell* is rung anywhere."""
        self._ears.setdefault(bell, []).append(hear)

    def ring(self, bell: str) -> None:
        """Ring *bell*, here at once; never waits for Redis, and never fails."""
        self._hear(bell)
        if self._redis is not None:
            with self._is_due:
                self._due.add(bell)  # rung again before it was sent, it is sent once
                self._is_due.notify()

    def start(self) -> None:
        """Begin to send and to hear."""
        if self._redis is None or self._threads:
            return
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._send, args=(self._redis,), name="bells-out", daemon=True),
            threading.Thread(target=self._receive, args=(self._redis,), name="bells-in", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send what is due and end."""
        self._stopping.set()
        with self._is_due:
            self._is_due.notify_all()
        for thread in self._threads:
            thread.join(_ANSWER_SECONDS)
        self._threads = []

    def _hear(self, bell: str) -> None:
        for hear in self._ears.get(bell, ()):
            hear()

    def _send(self, redis: Redis) -> None:
        while True:
            with self._is_due:
                self._is_due.wait_for(lambda: self._due or self._stopping.is_set())
                due, self._due = self._due, set()
                if not due:
                    return
            try:
                for bell in due:
                    redis.publish(_CHANNEL, bell)
                    self._status = OK  # one try may have failed while the thread that hears was not aware of it
            except Exception as error:  # noqa: BLE001 - whatever it is, the others look by themselves
                self._fail(error)

    def _receive(self, redis: Redis) -> None:
        while not self._stopping.is_set():
            try:
                with redis.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]  # redis-py's
                    heard.subscribe(_CHANNEL)
                    for bell in list(self._ears):
                        self._hear(bell)  # rung, perhaps, while nobody could hear it
                    self._status = OK
                    while not self._stopping.is_set():
                        message = heard.get_message(timeout=_LOOK_SECONDS)
                        if message is not None:
                            self._hear(message["data"])
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(error)
                self._stopping.wait(_RETRY_SECONDS)

    def _fail(self, error: Exception) -> None:
        if self._status is OK:
            logger.warning("Redis does not answer: other processes hear a second later", why=str(error))
        self._status = SILENT


def _client(url: str) -> Redis:
    from redis import Redis

    try:
        return Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            health_check_interval=5,
        )
    except ValueError:
        raise ConfigurationError("DAYTRADER_REDIS_URL must be an address such as redis://host:6379/0") from None
