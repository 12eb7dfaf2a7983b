"""
A process that replays a service and is made to die: ``python worker.py DATABASE SERVICE [CHECKPOINT NTH]``.

It says a line after each bar, and waits for one before the next, unless its input is at its end.
"""

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

    def say_and_wait(done: int, _total: int) -> None:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        sys.stdin.readline()

    database.connect(f"sqlite:///{file}")
    replay_service(int(service_id), listener=Listener(on_progress=say_and_wait, checkpoint=checkpoint))


if __name__ == "__main__":
    main(sys.argv[1:])
