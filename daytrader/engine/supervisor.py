"""The engine as a thread of the server: started, paused, watched and stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from daytrader.brokers.paper import PaperBroker
from daytrader.core.rules_warmup import warm_up_rules
from daytrader.engine.account_place import OpenAccount
from daytrader.engine.bar_lag import BarLag
from daytrader.engine.engine_state import EngineState
from daytrader.engine.feeds import Feed, ReplayFeed, Tick
from daytrader.engine.installation import name_orders
from daytrader.engine.lease import HeldLease
from daytrader.engine.lock import engine_lock
from daytrader.engine.order_pump import OrderPump
from daytrader.engine.pause_switch import PauseSwitch
from daytrader.engine.price_watch import PriceWatch
from daytrader.engine.reconcile import reconcile
from daytrader.engine.runner import NoFence, OnTrade, Runner
from daytrader.models.enums import ServiceState
from daytrader.models.trading_service import TradingService
from daytrader.services import account_reconciliation, system_events
from daytrader.services.events import events
from daytrader.services.feed_positions import REPLAY_FEED, UnreadablePositionError
from daytrader.services.session_manager import SessionManager
from daytrader.services.system_events import Severity
from daytrader.utils.errors import LostLeaseError, UnavailableError

logger = structlog.get_logger(__name__)

OnEnd = Callable[[datetime], None]

IDLE_SECONDS: Final = 1.0
"""How long to wait before looking again for a bar, or for a database that was busy."""
RETRY_SECONDS: Final = 5.0
_BREATH_SECONDS: Final = 0.02


class EngineSupervisor:
    """
    Runs feed and runner in a thread of its own.

    Every market time is finished before the thread listens to `pause` or `stop`: no service sees half a bar. On SQLite
    a file lock keeps a second engine away; on PostgreSQL one trades by its lease and the others stand by.
    """

    def __init__(
        self,
        *,
        database_is_sqlite: bool,
        instance_path: Path,
        speed: float | None = None,
        hurries_to: datetime | None = None,
        on_trade: OnTrade = lambda _booked: None,
        on_end: OnEnd = lambda _last: None,
        feed: Feed | None = None,
        lease: HeldLease | None = None,
        open_account: OpenAccount | None = None,
    ) -> None:
        """
        Take bars at *speed*, but without waiting until market time *hurries_to*.

        *speed* is market times a second, 0 for as fast as it goes, None for what the stored replay says. *on_end* is
        called with the last market time whenever no stored bar is left. *feed* is where bars come from, a replay of
        the stored ones by default. *lease* is what trading is allowed by where the database is not SQLite.
        *open_account* opens the accounts at brokers; without it no order is carried to one.
        """
        self._is_sqlite = database_is_sqlite
        self._instance = instance_path
        self._speed = speed
        self._hurries_to = hurries_to
        self._on_end = on_end
        self._feed: Feed = feed or ReplayFeed()
        self._lease = None if database_is_sqlite else lease or HeldLease()
        self._prices = None if database_is_sqlite else PriceWatch(self._feed)
        if self._lease is not None:
            self._lease.describe = self.status
        self._feed.fence = fence = self._lease or NoFence()
        self._lag = BarLag()
        self._runner = Runner(
            PaperBroker(), announces_prices=True, on_trade=on_trade, on_decided=self._lag.note, fence=fence
        )
        self._pump = None
        if open_account is not None:
            self._pump = OrderPump(open_account, account_reconciliation.check, fence=fence, on_trade=on_trade)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._switch = PauseSwitch()
        self._ready = threading.Event()
        self._is_loading = False
        self._hand = threading.Lock()  # held while a bar is taken
        self._locks = ExitStack()
        self._state = EngineState.STOPPED
        self._last_bar_at: datetime | None = None
        self._error: str | None = None

    def start(self) -> None:
        """
        Start trading, after reconciliation.

        Raises:
            ConflictError: If another engine runs on this SQLite database.
        """
        if self._thread is not None and self._thread.is_alive():
            if not self._stopping.is_set():
                return
            self._thread.join()  # it was stopped while it loaded
        if self._is_sqlite:
            self._locks.enter_context(engine_lock(self._instance))
        name_orders(self._instance)
        self._stopping.clear()
        self._ready.clear()
        self._switch.look()
        self._state = EngineState.STARTING
        self._feed.start()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()
        if self._pump is not None:
            self._pump.start(self._may_send)

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the bar and the order in hand and stop; return whether that was done within *timeout* seconds."""
        until = time.monotonic() + timeout
        self._stopping.set()
        has_sent_all = self._pump is None or self._pump.stop(0)
        self._feed.stop()
        if self._thread is not None and not self._is_loading:  # while it loads, it has nothing in hand
            self._thread.join(timeout)
            if self._thread.is_alive():
                return False
        if self._pump is not None and not (has_sent_all or self._pump.stop(max(0.0, until - time.monotonic()))):
            return False
        if self._lease is not None:
            self._give_back(self._lease)
        self._locks.close()
        self._state = EngineState.STOPPED
        return True

    def pause(self) -> None:
        """Wait for the bar in hand, then take no further one until `resume`, whatever restarts meanwhile."""
        self._turn(is_paused=True)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._turn(is_paused=False)

    @property
    def is_paused(self) -> bool:
        """Whether `pause` is in force."""
        return self._switch.is_paused

    def forget_bars(self) -> None:
        """Read the stored bars again: prices have been imported."""
        self._feed.forget()

    @property
    def is_ready(self) -> bool:
        """Whether orders and books have been reconciled: nothing trades before."""
        return self._ready.is_set()

    @property
    def is_standing_by(self) -> bool:
        """Whether another engine trades, and this one waits for its end."""
        return self._state is EngineState.STANDBY

    def wait_until_ready(self, timeout: float) -> bool:
        """Wait for reconciliation; return whether it was done within *timeout* seconds."""
        return self._ready.wait(timeout)

    def status(self) -> dict[str, Any]:
        """Return what the engine does and where it is, as JSON values and moments."""
        feed = self._feed.status()
        return {
            "state": self.state.value,
            "is_ready": self.is_ready,
            "feed": feed.name,
            "provider": feed.provider,
            "position": feed.position,
            "stale": feed.stale,
            "speed": feed.speed if self._speed is None else self._speed,
            "services": _services_at_work(),
            "last_bar_at": self._last_bar_at,
            "error": self._error or feed.error,
            "holder": self._lease.holder if self._lease is not None and self._lease.is_held else None,
            "accounts": [] if self._pump is None else self._pump.status(),
            "lag": self._lag.status(),
        }

    @property
    def state(self) -> EngineState:
        """What the engine is doing."""
        is_waiting = self.is_ready and self._state in (EngineState.STARTING, EngineState.RUNNING, EngineState.IDLE)
        return EngineState.PAUSED if is_waiting and self.is_paused else self._state

    def _may_send(self) -> bool:
        """Whether orders go to accounts: once all is reconciled and splits are known, while no other engine trades."""
        return self.is_ready and self._feed.has_looked and (self._lease is None or self._lease.is_held)

    def _turn(self, *, is_paused: bool) -> None:
        with self._hand:
            self._switch.turn(is_paused=is_paused)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._lease is not None and not self._lease.is_held:
                    self._stand_by(self._lease)
                    continue
                if not self.is_ready:
                    reconcile(self._runner, self._feed.bars_of)
                    self._ready.set()
                    self._load()
                self._work()
            except LostLeaseError as error:
                self._stand_back(error)
            except UnreadablePositionError as error:
                self._fail(str(error), error)
            except UnavailableError as error:
                self._error = str(error)
                self._stopping.wait(IDLE_SECONDS)
            except DBAPIError as error:  # a full disk, a server that is gone: nobody's defect, so no trace
                self._error = f"the database cannot be used: {' '.join(str(error.orig).split())}"
                if self._state is not EngineState.FAILED:
                    logger.error("nothing trades", why=self._error)
                self._state = EngineState.FAILED
                self._stopping.wait(RETRY_SECONDS)
            except Exception as error:  # the engine's edge: what is broken is said, and tried again
                logger.exception("engine failed")
                self._fail(f"{type(error).__name__}: {error}", error)

    def _fail(self, words: str, error: Exception) -> None:
        """Say what is wrong, admins once, and wait before it is tried again."""
        if self._state is not EngineState.FAILED:
            _tell_admins(error)
        self._state, self._error = EngineState.FAILED, words
        self._stopping.wait(RETRY_SECONDS)

    def _load(self) -> None:
        """Compile the rules: what the first bar compiled, every other writer of the database would wait for."""
        self._is_loading = True
        try:
            warm_up_rules()
        finally:
            self._is_loading = False

    def _stand_by(self, lease: HeldLease) -> None:
        """Take the lease as soon as it is free, and wait until whatever its last holder had sent has arrived."""
        wait = lease.take()
        if wait is None:
            self._state, self._error = EngineState.STANDBY, None
            self._stopping.wait(IDLE_SECONDS)
            return
        if wait:
            logger.warning("taking over from an engine that went without a word", waits_seconds=wait)
        self._state = EngineState.STARTING
        self._feed.forget()
        self._stopping.wait(wait)

    def _stand_back(self, error: LostLeaseError) -> None:
        """Trade no more: while this engine was away another one took over."""
        logger.warning("lease lost", error=str(error))
        if self._lease is not None:
            self._lease.drop()
        self._ready.clear()
        self._state = EngineState.STANDBY

    def _give_back(self, lease: HeldLease) -> None:
        try:
            lease.give_back()
        except Exception:  # it expires by itself
            logger.warning("lease not given back", exc_info=True)

    def _work(self) -> None:
        while not self._stopping.is_set():
            with self._hand:
                self._switch.heed()
                if self._prices is not None:
                    self._prices.look()
                tick = None if self.is_paused else self._take_next()
            if self.is_paused:
                self._switch.wait(IDLE_SECONDS)
            elif tick is None:
                self._stopping.wait(IDLE_SECONDS)
            else:
                self._stopping.wait(self._pause_after(tick))

    def _pause_after(self, tick: Tick) -> float:
        """Return for how many seconds to wait after *tick*: never none, or SQLite's other writers get no turn."""
        speed = tick.speed if self._speed is None else self._speed
        hurries = self._hurries_to is not None and tick.time < self._hurries_to
        return _BREATH_SECONDS if hurries or speed == 0 else max(_BREATH_SECONDS, 1 / speed)

    def _take_next(self) -> Tick | None:
        """Take the next market time through its services, if there is one."""
        tick = self._feed.next()
        if tick is None:
            self._error = None
            if self._state is not EngineState.IDLE:
                self._state = EngineState.IDLE
                self._tell_of_the_end()
            return None
        self._state, self._error = EngineState.RUNNING, None
        self._lag.begin(tick.complete_at)
        for stock, row in tick.bars:
            self._runner.step(stock, row)
        self._feed.done(tick)
        self._last_bar_at = tick.time
        return tick

    def _tell_of_the_end(self) -> None:
        """Say that the replay has shown whatever is stored, if there was anything to show."""
        feed = self._feed.status()
        if feed.name != REPLAY_FEED or feed.position is None or not _services_at_work():
            return
        message = f"The stored prices end on {feed.position:%Y-%m-%d}; services trade on when newer ones are imported"
        with SessionManager() as session:
            events.record(session, system_events.notification(Severity.INFO, "engine", message))
        self._on_end(feed.position)


def _tell_admins(error: Exception) -> None:
    try:
        with SessionManager() as session:
            events.record(session, system_events.error("engine", "engine_failed", f"{type(error).__name__}: {error}"))
            message = "The engine has stopped on an error and tries again; nothing trades meanwhile"
            events.record(session, system_events.notification(Severity.CRITICAL, "engine", message))
    except Exception:  # whatever broke may have been the database
        logger.exception("failure not announced")


def _services_at_work() -> int:
    with SessionManager(read_only=True) as session:
        query = select(func.count()).select_from(TradingService).where(TradingService.state == ServiceState.ACTIVE)
        return session.scalar(query) or 0
