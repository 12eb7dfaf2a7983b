"""An engine's hold on the lease: taken, renewed while it works, proved to every unit of work."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from daytrader.services import engine_lease
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConflictError, LostLeaseError

logger = structlog.get_logger(__name__)

LIFE_SECONDS: Final = 9.0
SEND_SECONDS: Final = 9.0
"""How long an order may be on its way to the broker; a successor waits as long before it looks what became of it."""
_RENEWALS: Final = 3  # in a life: two may fail


class BorrowedLease:
    """
    The lease of whichever engine trades, lent to what a person asks for in another process.

    Its units of work stand or fall with that engine's: when another takes over, they are refused like its own.

    Raises:
        ConflictError: If no engine trades.
    """

    is_held = True

    def __init__(self, life: float = LIFE_SECONDS) -> None:
        self._life = timedelta(seconds=life)
        with SessionManager(read_only=True) as session:
            token = engine_lease.held_token(session)
        if token is None:
            raise ConflictError("no engine trades: nothing is decided until one does")
        self._token = token

    def require(self, session: Session) -> None:
        """
        Begin a unit of work.

        Raises:
            LostLeaseError: If another engine has taken over.
        """
        engine_lease.require(session, self._token, self._life)

    def require_time_to_send(self) -> None:
        """
        Go to the broker only while no successor can have looked what became of the order.

        Raises:
            LostLeaseError: If the lease has expired or passed on.
        """
        with SessionManager(read_only=True) as session:
            if engine_lease.held_token(session) != self._token:
                raise LostLeaseError("perhaps another one")


class HeldLease:
    """
    The lease of one engine. Where two processes have one each, at most one of them trades.

    What fences is the token in the database, not a clock: an engine that slept through its lease's life finds another
    token, whatever it believes. The clock alone guards what no database sees, the call of the broker.
    """

    def __init__(self, life: float = LIFE_SECONDS, send: float = SEND_SECONDS) -> None:
        self.holder = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._life = life
        self._send = send
        self._token: int | None = None
        self._good_until = 0.0
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self.describe: Callable[[], Mapping[str, Any]] | None = None
        """What its engine says of itself, stored with each renewal."""

    @property
    def is_held(self) -> bool:
        """Whether the lease was taken and not found lost since."""
        return self._token is not None

    def take(self) -> float | None:
        """Take the lease; return for how many seconds to wait before anything else, None while another holds it."""
        began = time.monotonic()
        with SessionManager() as session:
            taken = engine_lease.take(session, self.holder, timedelta(seconds=self._life))
        if taken is None:
            return None
        self._token, self._good_until = taken.token, began + self._life
        self._ends.clear()
        self._thread = threading.Thread(target=self._renew, args=(taken.token,), name="engine-lease", daemon=True)
        self._thread.start()
        return self._send if taken.is_inherited else 0.0

    def require(self, session: Session) -> None:
        """
        Begin a unit of work: its commit is this engine's, or is not.

        Raises:
            LostLeaseError: If another engine trades.
        """
        if self._token is None:
            raise LostLeaseError("not this one")
        engine_lease.require(session, self._token, timedelta(seconds=self._life))

    def require_time_to_send(self) -> None:
        """
        Go to the broker only while no successor can have looked what became of the order.

        Raises:
            LostLeaseError: If the lease may have expired since it was last renewed.
        """
        if self._token is None or time.monotonic() > self._good_until:
            raise LostLeaseError("perhaps another one")

    def drop(self) -> None:
        """Stand back: the lease was lost."""
        self._token = None
        self._ends.set()

    def give_back(self) -> None:
        """Let the next engine begin at once; only after the unit in hand."""
        token = self._token
        self.drop()
        if token is not None:
            with SessionManager() as session:
                engine_lease.give_back(session, token)

    def _renew(self, token: int) -> None:
        while not self._ends.wait(self._life / _RENEWALS):
            status = self._said()
            began = time.monotonic()
            try:
                with SessionManager() as session:
                    engine_lease.renew(session, token, timedelta(seconds=self._life), status)
            except LostLeaseError:
                return  # the next unit of work finds out
            except Exception:  # a database that is down for a while: tried again, and each unit asks for itself
                logger.warning("lease not renewed", exc_info=True)
            else:
                if self._token == token:
                    self._good_until = began + self._life

    def _said(self) -> Mapping[str, Any] | None:
        try:
            return None if self.describe is None else self.describe()
        except Exception:  # no word is no reason to lose the lease
            logger.warning("the engine cannot say what it does", exc_info=True)
            return None
