"""One stock's sweep on a Dask cluster, where `DAYTRADER_DASK` names one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from daytrader.core.errors import SweepStoppedError
from daytrader.core.outcome import Results
from daytrader.core.search import BLOCKS
from daytrader.jobs.cluster import Plain, Task, machines
from daytrader.services.sweep_estimate import part_size
from daytrader.services.sweep_files import Part

if TYPE_CHECKING:
    from daytrader.core.bars import Bars
    from daytrader.core.combinations import Combinations
    from daytrader.core.room import Room
    from daytrader.core.search import Search
    from daytrader.core.sweep import Outcome

_FEWEST_PARTS: Final = 16  # so that several workers share a small sweep, too


def run(
    address: str,
    search: Search,
    bars: Bars,
    tried: Combinations,
    *,
    room: Room,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> Outcome:
    """
    Return what `search.run` would, in every bit, computed by the cluster at *address*.

    Raises:
        UnavailableError: If no scheduler answers there, or it has no workers.
        SweepStoppedError, InvalidParameterError, BoundsError: As `search.run`.
    """
    extremes = np.unique([int(row) for column in tried.columns for row in (np.argmin(column), np.argmax(column))])
    # Refused here, as on this machine's cores: a value out of bounds, and not in the middle of the work.
    edges = search.run(bars, tried.at(extremes), threads=1).blocks.count
    results, done = Results.made(tried.size, BLOCKS, room), 0
    size = max(1, min(part_size(bars.n), -(-tried.size // _FEWEST_PARTS)))
    parts = [Part(0, first, min(first + size, tried.size)) for first in range(0, tried.size, size)]

    def look(within: int = 0) -> None:
        progress(done + within, tried.size)
        if should_stop():
            results.drop_invalid()
            raise SweepStoppedError(done, tried.size, results.outcome(edges, BLOCKS))

    with machines(address) as machines_:
        tasks = (Task(part, bars, tried.part(part.first, part.last)) for part in parts)
        for part, outcome in machines_.run(Plain(search), tasks, look):
            results.take(part.first, outcome)
            done += outcome.size
            look()
    return results.outcome(edges, BLOCKS)
