"""What a process of the server is made of: database, application, engine and jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daytrader.config import Settings
from daytrader.services.bells import EVENTS, JOBS, Bells
from daytrader.utils import arenas
from daytrader.utils.errors import ConfigurationError
from daytrader.utils.garbage import collect_as_usual, uncollected

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from daytrader.engine.elsewhere import EngineElsewhere
    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.jobs.notifier import Notifier
    from daytrader.jobs.watch_folder import FolderWatch
    from daytrader.jobs.worker import Worker
    from daytrader.services.booking import Booked

# Ten seconds are promised; on a first start the bar in hand may wait for the compiler, and is taken again instead.
_STOP_SECONDS: Final = 5.0
_JOBS_STOP_SECONDS: Final = 2.0  # a job that is stopped begins anew at the next start


@dataclass(frozen=True, slots=True)
class Node:
    """One process that serves, and whatever else it is for: it trades, it works on jobs."""

    app: Flask
    supervisor: EngineSupervisor | EngineElsewhere
    _database: Engine
    _bells: Bells
    _does_jobs: bool
    _notifier: Notifier | None = None
    _watch: FolderWatch | None = None

    def start(self) -> None:
        """Begin to trade, after reconciliation, to work on jobs, to notify and to watch the folder, as it is for."""
        if not self._is_alone:
            self.app.extensions["sockets"].follow(self._bells)
            self._bells.start()
        self.supervisor.start()
        if self._does_jobs:
            self.app.extensions["jobs"].start()
        for other in (self._notifier, self._watch):
            if other is not None:
                other.start()

    def stop(self) -> bool:
        """
        Finish the bar in hand and stop, then hang up; return whether the bar was done in time.

        Who is connected hears the last of it: nothing is told to sockets that have been closed.
        """
        jobs = self.app.extensions["jobs"]
        jobs.stop(0)  # both end at the same time
        for other in (self._notifier, self._watch):
            if other is not None:
                other.stop()
        has_finished = self.supervisor.stop(_STOP_SECONDS)
        jobs.stop(_JOBS_STOP_SECONDS)
        sockets = self.app.extensions["sockets"]
        sockets.stop_following()
        sockets.hang_up()
        self._bells.stop()
        return has_finished

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    @property
    def _is_alone(self) -> bool:
        """Whether no other process can have a part in this installation: its sockets then hear what it does itself."""
        return self._database.dialect.name == "sqlite"


@uncollected()
def prepare(settings: Settings, replay_from: date | None) -> None:
    """
    Bring the database to this version, and fill it with what is to be served.

    Nothing of the connection is left: processes that are forked afterwards open their own.

    Raises:
        ConflictError: If the replay cannot begin on *replay_from*.
    """
    from daytrader.services import database, demo, replay_clock
    from daytrader.services.feed_positions import REPLAY_FEED
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


@uncollected()
def build(
    settings: Settings,
    *,
    trades: bool = True,
    does_jobs: bool = True,
    speed: float | None = None,
    on_trade: Callable[[Booked], None] = lambda _booked: None,
    on_end: Callable[[datetime], None] = lambda _last: None,
) -> Node:
    """
    Connect to the database that was prepared, and put the parts together.

    Without *trades* the engine is another process, without *does_jobs* the worker is.
    """
    from daytrader.app import create_app, make_notifier
    from daytrader.engine.elsewhere import EngineElsewhere
    from daytrader.engine.feed_choice import make_feed
    from daytrader.engine.order_pump import opener
    from daytrader.engine.supervisor import EngineSupervisor
    from daytrader.services import database, demo

    engine = database.connect(settings.database)
    is_sqlite = database.is_sqlite(settings.database)
    supervisor: EngineSupervisor | EngineElsewhere
    if trades:
        supervisor = EngineSupervisor(
            database_is_sqlite=is_sqlite,
            instance_path=settings.instance,
            speed=speed,
            hurries_to=demo.HURRIES_TO if settings.demo else None,
            on_trade=on_trade,
            on_end=on_end,
            feed=make_feed(settings),
            open_account=opener(settings),
        )
    else:
        supervisor = EngineElsewhere(settings.instance)
    app = create_app(settings)
    app.extensions["engine"] = supervisor
    bells = app.extensions["bells"] = Bells("" if is_sqlite else settings.redis_url)
    ring_for_jobs(app.extensions["jobs"], bells)
    watch = watch_folder(settings, supervisor.forget_bars) if settings.watch and does_jobs else None
    notifier = ring_for_notifier(make_notifier(settings), bells) if does_jobs else None
    collect_as_usual()
    arenas.share_few()
    return Node(app, supervisor, engine, bells, does_jobs, notifier, watch)


def ring_for_jobs(worker: Worker, bells: Bells) -> None:
    """Let workers of all processes hear of a job at once."""
    worker.tell_others = partial(bells.ring, JOBS)
    bells.listen(JOBS, worker.hear)


def ring_for_notifier(notifier: Notifier, bells: Bells) -> Notifier:
    """Let *notifier* hear of events at once, where they are rung for."""
    bells.listen(EVENTS, notifier.ring)
    return notifier


@contextmanager
def heard_elsewhere(settings: Settings) -> Iterator[Bells]:
    """Let the processes that serve hear at once of what this one commits, which does not serve itself."""
    from daytrader.services.events import events

    bells = Bells(settings.redis_url)
    events.publish = lambda _published: bells.ring(EVENTS)
    bells.start()
    try:
        yield bells
    finally:
        bells.stop()


def watch_folder(settings: Settings, on_prices: Callable[[], None] = lambda: None) -> FolderWatch:
    """
    Return who imports what is put into the watched folder.

    Raises:
        ConfigurationError: If it is no folder.
    """
    from daytrader.jobs.watch_folder import MEMORY, FolderWatch

    folder = Path(settings.watch)
    if not folder.is_dir():
        raise ConfigurationError(f"DAYTRADER_WATCH names {folder}, which is no folder")
    return FolderWatch(folder, settings.instance / MEMORY, on_prices)
