"""
A few threads that read from many connections.

A thread for each connection costs memory for each, and hundreds that wake up for a message each wait for one
interpreter. Here whichever thread is free takes whichever connection has something to say, for one turn, and then that
connection waits behind the others.
"""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Final, Protocol

import structlog

logger = structlog.get_logger(__name__)

MOST_THREADS: Final = 8
"""More than the sockets that one user may have: whoever has all of them ask for what takes long holds up nobody else.
They are started when they are needed."""
MOST_WITH_SPARE: Final = 32
"""When all of those take long, one more is started each time that none has come free for a while, up to this many: far
fewer than there are connections to the database."""
LINGER_SECONDS: Final = 2.0
"""How long a client may take to hang up once it has been told goodbye."""
_PATIENCE_SECONDS: Final = 0.1
"""How long no turn may end, while nobody is free, until a spare thread is due."""
_LOOK_EVERY: Final = 0.5
"""Seconds between two looks at who lingers, and whether anybody is left to be read."""


class Turn(Enum):
    """What a turn has come to."""

    READ = auto()
    """There is nothing more to do until something comes."""
    UNDONE = auto()
    """There is more to do; it is done when the client can take an answer."""
    OVER = auto()
    """The connection is to be closed."""


# Once each: until the turn that it brings is over, no other thread is told of the connection.
_EVENTS: Final = (
    {
        Turn.READ: select.EPOLLIN | select.EPOLLONESHOT,
        Turn.UNDONE: select.EPOLLOUT | select.EPOLLONESHOT,
    }
    if hasattr(select, "epoll")
    else {}
)


class Connection(Protocol):
    """What is read."""

    def fileno(self) -> int:
        """Return its number."""

    def take_turn(self) -> Turn:
        """Read what has come, waiting for nothing, and do some of what it asks for."""

    def cut(self) -> None:
        """End it; its next turn is its last one."""

    def close(self) -> None:
        """Let go of it: it has had its last turn."""


class Readers:
    """
    Gives connections their turns.

    A connection is in the hands of one thread at a time, which alone may close it: whoever else wants it to end cuts it
    and it has a last turn. So its number belongs to no other connection while somebody still goes by it.
    """

    def __init__(self) -> None:
        self._connections: dict[int, Connection] = {}
        self._leaving: deque[tuple[float, Connection]] = deque()  # all linger equally long: the first goes first
        self._changed = threading.Condition()
        self._closing = 0
        self._threads = 0
        self._free = 0
        self._turns = 0  # that have ended: while it stays the same, nobody has come free
        self._is_stood_by = False
        self._poller = select.epoll() if hasattr(select, "epoll") else None  # none on macOS, which serves no crowds

    def __len__(self) -> int:
        """Return how many connections are not closed yet."""
        return len(self._connections) + self._closing

    def add(self, connection: Connection) -> None:
        """
        Read from a connection until it is over.

        Raises:
            RuntimeError: If nobody can, because no thread can be started.
            OSError: If the system watches no more of them.
        """
        if self._poller is None:
            _start(self._attend, connection)
            return
        with self._changed:
            if not self._threads:
                self._begin(self._poller)
            self._poller.register(connection.fileno(), _EVENTS[Turn.READ])
            self._connections[connection.fileno()] = connection

    def linger(self, connection: Connection) -> None:
        """Cut a connection soon, unless its client hangs up before."""
        self._leaving.append((time.monotonic() + LINGER_SECONDS, connection))

    def wait_until_empty(self, seconds: float) -> None:
        """Wait until every connection is closed, but no longer than that."""
        with self._changed:
            self._changed.wait_for(lambda: len(self) == 0, seconds)

    def _begin(self, poller: select.epoll) -> None:
        _start(self._work, poller)
        self._threads += 1
        self._free += 1

    def _work(self, poller: select.epoll) -> None:
        is_needed = True
        try:
            while is_needed:
                ready = poller.poll(_LOOK_EVERY, 1)  # one: the next is another thread's
                self._cut_lingering()
                is_needed = self._serve(poller, ready[0][0]) if ready else self._is_needed()
        finally:
            if is_needed:  # it fails, and whoever comes next starts another one
                with self._changed:
                    self._leave()

    def _serve(self, poller: select.epoll, number: int) -> bool:
        """Give the connection of that number its turn; return whether this thread is needed any longer."""
        connection = self._taken(poller, number)
        try:
            turn = _turn_of(connection)
            if turn is not Turn.OVER and not _is_told_of(poller, connection, turn):
                turn = Turn.OVER
            if turn is Turn.OVER:
                self._close(connection)
        finally:
            with self._changed:
                self._free += 1
                self._turns += 1
        return self._is_needed()

    def _is_needed(self) -> bool:
        """Return whether a thread that is free goes on; where it does not, it has left."""
        with self._changed:
            is_spare = self._threads > MOST_THREADS and self._free > 1
            if self._connections and not is_spare:
                return True
            self._leave()
            return False

    def _leave(self) -> None:
        self._threads -= 1
        self._free -= 1

    def _taken(self, poller: select.epoll, number: int) -> Connection:
        with self._changed:
            connection = self._connections[number]
            self._free -= 1
            if not self._free:
                with suppress(RuntimeError):  # those that there are do it
                    if self._threads < MOST_THREADS:
                        self._begin(poller)
                    elif self._threads < MOST_WITH_SPARE and not self._is_stood_by:
                        _start(self._stand_by, poller)
                        self._is_stood_by = True
            return connection

    def _stand_by(self, poller: select.epoll) -> None:
        """Read as well once nobody has come free for a while: whatever it is that all others wait for."""
        while True:
            turns = self._turns
            time.sleep(_PATIENCE_SECONDS)
            with self._changed:
                if self._free:
                    self._is_stood_by = False
                    return
                if self._turns == turns:
                    self._is_stood_by = False
                    self._threads += 1
                    self._free += 1
                    break
        self._work(poller)

    def _attend(self, connection: Connection) -> None:
        """Read one connection: where there is nothing better, each has a thread."""
        waiting = select.poll()
        with self._changed:
            self._connections[connection.fileno()] = connection
        while (turn := _turn_of(connection)) is not Turn.OVER:
            waiting.register(connection.fileno(), select.POLLIN if turn is Turn.READ else select.POLLOUT)
            waiting.poll(_LOOK_EVERY * 1000)
            self._cut_lingering()
        self._close(connection)

    def _close(self, connection: Connection) -> None:
        with self._changed:  # forgotten before its number is free for another one
            if self._poller is not None:
                with suppress(OSError):  # it could not be watched
                    self._poller.unregister(connection.fileno())
            del self._connections[connection.fileno()]
            self._closing += 1
        try:
            connection.close()
        except Exception:  # its end must end no thread that others need
            logger.exception("a socket could not be closed")
        with self._changed:
            self._closing -= 1
            self._changed.notify_all()

    def _cut_lingering(self) -> None:
        if not self._leaving:  # mostly
            return
        due = []
        with self._changed:
            while self._leaving and self._leaving[0][0] < time.monotonic():
                due.append(self._leaving.popleft()[1])
        for connection in due:
            connection.cut()


def _start(target: Callable[..., None], *args: object) -> None:
    threading.Thread(target=target, args=args, name="socket-reader", daemon=True).start()


def _is_told_of(poller: select.epoll, connection: Connection, turn: Turn) -> bool:
    """Return whether its next turn will come; where it cannot, nobody would ever read it or close it."""
    try:
        poller.modify(connection.fileno(), _EVENTS[turn])
    except OSError:
        logger.exception("a socket cannot be watched any more")
        return False
    return True


def _turn_of(connection: Connection) -> Turn:
    try:
        return connection.take_turn()
    except Exception:  # one that cannot be read ends alone
        logger.exception("a socket could not be read")
        return Turn.OVER
