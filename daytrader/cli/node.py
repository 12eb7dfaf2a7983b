"""What a process of the server is made of: database, application, engine and jobs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daytrader.config import Settings
from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.jobs.watch_folder import FolderWatch
    from daytrader.services.booking import Booked

# Ten seconds are promised; on a first start the bar in hand may wait for the compiler, and is taken again instead.
_STOP_SECONDS: Final = 5.0
_JOBS_STOP_SECONDS: Final = 2.0  # a job that is stopped begins anew at the next start


@dataclass(frozen=True, slots=True)
class Node:
    """One process that serves and trades."""

    app: Flask
    supervisor: EngineSupervisor
    _database: Engine
    _watch: FolderWatch | None = None

    def start(self) -> None:
        """Begin to trade, after reconciliation, to work on jobs and to watch the folder, where there is one."""
        self.supervisor.start()
        self.app.extensions["jobs"].start()
        if self._watch is not None:
            self._watch.start()

    def stop(self) -> bool:
        """Finish the bar in hand and stop; return whether that was done in time."""
        jobs = self.app.extensions["jobs"]
        jobs.stop(0)  # both end at the same time
        if self._watch is not None:
            self._watch.stop()
        has_finished = self.supervisor.stop(_STOP_SECONDS)
        jobs.stop(_JOBS_STOP_SECONDS)
        return has_finished

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage meanwhile: what is loaded stays, and looking through it costs a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@_without_collecting()
def prepare(settings: Settings, replay_from: date | None) -> None:
    """
    Bring the database to this version, and fill it with what is to be served.

    Nothing of the connection is left: processes that are forked afterwards open their own.

    Raises:
        ConflictError: If the replay cannot begin on *replay_from*.
    """
    from daytrader.services import database, demo, replay_clock
    from daytrader.services.price_service import REPLAY_FEED
    from daytrader.services.session_manager import SessionManager

    engine = database.connect(settings.database)
    try:
        database.upgrade(engine)
        with SessionManager() as session:
            if settings.demo:
                demo.fill(session, demo.credentials(settings.instance))
            if settings.feed != REPLAY_FEED:
                replay_clock.put_away(session)
                return
            replay_clock.set_up(session)
            if replay_from is not None:
                replay_clock.begin_on(session, replay_from)
    finally:
        engine.dispose()


@_without_collecting()
def build(
    settings: Settings,
    *,
    speed: float | None = None,
    on_trade: Callable[[Booked], None] = lambda _booked: None,
    on_end: Callable[[datetime], None] = lambda _last: None,
) -> Node:
    """Connect to the database that was prepared, and put the parts together."""
    from daytrader.app import create_app
    from daytrader.engine.feed_choice import make_feed
    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.services import database, demo

    engine = database.connect(settings.database)
    supervisor = EngineSupervisor(
        database_is_sqlite=database.is_sqlite(settings.database),
        instance_path=settings.instance,
        speed=speed,
        hurries_to=demo.HURRIES_TO if settings.demo else None,
        on_trade=on_trade,
        on_end=on_end,
        feed=make_feed(settings),
    )
    app = create_app(settings)
    app.extensions["engine"] = supervisor
    return Node(app, supervisor, engine, _watch(settings, supervisor) if settings.watch else None)


def _watch(settings: Settings, supervisor: EngineSupervisor) -> FolderWatch:
    from daytrader.jobs.watch_folder import MEMORY, FolderWatch

    folder = Path(settings.watch)
    if not folder.is_dir():
        raise ConfigurationError(f"DAYTRADER_WATCH names {folder}, which is no folder")
    return FolderWatch(folder, settings.instance / MEMORY, supervisor.forget_bars)
