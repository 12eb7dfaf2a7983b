"""A process that replays a service and is made to die: ``python worker.py DATABASE SERVICE [CHECKPOINT NTH]``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from daytrader.engine.replay import Listener, replay_service
from daytrader.services import database


def main(arguments: Sequence[str]) -> None:
    """Replay the service; at the NTH pass of CHECKPOINT the process kills itself as ``kill -9`` would."""
    file, service_id, *death = arguments
    left = int(death[1]) if death else 0

    def checkpoint(name: str) -> None:
        nonlocal left
        if death and name == death[0]:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def say_started(done: int, _total: int) -> None:
        if done == 1:
            sys.stdout.write("started\n")
            sys.stdout.flush()

    database.connect(f"sqlite:///{file}")
    replay_service(int(service_id), listener=Listener(on_progress=say_started, checkpoint=checkpoint))


if __name__ == "__main__":
    main(sys.argv[1:])
