"""The jobs in a process of their own."""

from __future__ import annotations

import click

from daytrader.cli.context import console, open_installation, use_own_strategies, warn
from daytrader.config import Settings
from daytrader.utils.errors import ConfigurationError


@click.command()
def worker() -> None:
    """
    Do the jobs in this process (PostgreSQL only): imports, fetches, backtests, sweeps, scans; SIGTERM stops it.

    It also sends notifications and watches the folder of DAYTRADER_WATCH. As many may run as you like: each job is
    one's. What is interrupted begins anew elsewhere, and a job whose process dies is taken over within a minute.
    """
    from daytrader.cli.ending import until_told_to_stop
    from daytrader.cli.node import heard_elsewhere, ring_for_jobs, ring_for_notifier, watch_folder
    from daytrader.services import database
    from daytrader.utils import garbage, logs

    settings = Settings.from_environment()
    if database.is_sqlite(settings.database):
        raise ConfigurationError("on SQLite the server does the jobs; a worker of its own needs PostgreSQL")
    logs.configure(settings.log_level, is_json=settings.is_production)
    open_installation(settings)
    use_own_strategies(settings)
    from daytrader.app import make_notifier, make_worker

    working = make_worker(settings)
    notifier = make_notifier(settings)
    watch = watch_folder(settings) if settings.watch else None
    with until_told_to_stop() as told_to_stop, heard_elsewhere(settings) as bells:
        ring_for_jobs(working, bells)
        ring_for_notifier(notifier, bells)
        garbage.collect_as_usual()
        working.start()
        notifier.start()
        if watch is not None:
            watch.start()
        console().print("The worker takes jobs. Ctrl-C stops it")
        told_to_stop.wait()
        notifier.stop()
        if watch is not None:
            watch.stop()
        if not working.stop():
            warn("a job did not stop in time: another worker takes it over")
