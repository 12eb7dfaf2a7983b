"""
Where the parts of a sweep are computed: on this machine's cores, or on a Dask cluster.

Both call the same function on the same bars and settings, and every combination is computed on its own, so that the
results are the same bits. Dask computes again what a lost worker had; nothing else depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from daytrader import __version__
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations
from daytrader.core.search import BLOCKS, Search
from daytrader.core.sweep import Outcome
from daytrader.services.strategy_folder import Sources, sources, use_sources
from daytrader.services.sweep_files import Part
from daytrader.utils.errors import ConfigurationError, UnavailableError

_CONNECT_SECONDS: Final = 10
_POLL_SECONDS: Final = 0.5
_AHEAD: Final = 2  # parts that wait at each thread of a worker, so that none is idle
_WORKERS_SECONDS: Final = 30.0


@dataclass(frozen=True, eq=False, slots=True)
class Task:
    """One part: these combinations on these bars."""

    part: Part
    bars: Bars
    combinations: Combinations


class Asked(Protocol):
    """What is searched by; small, since it goes to a worker with every part."""

    @property
    def search(self) -> Search: ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A search that no request stands behind."""

    search: Search


Progress = Callable[[int], None]
"""Told how many combinations of the part in hand are done; raises to stop."""


class Machines(Protocol):
    """Who computes."""

    def run(self, request: Asked, tasks: Iterator[Task], progress: Progress) -> Iterator[tuple[Part, Outcome]]:
        """Yield what each part came to, in whatever order it is done."""
        ...


def run_part(bars: Bars, asked: Asked, combinations: Combinations, **control: Any) -> Outcome:
    """Return what *combinations* come to on *bars*; *control* and errors are those of `core.sweep.run`."""
    return asked.search.run(bars, combinations, blocks=BLOCKS, **control)


class Cores:
    """The cores of this machine: one part after the other, each on all of them."""

    def run(self, request: Asked, tasks: Iterator[Task], progress: Progress) -> Iterator[tuple[Part, Outcome]]:
        """Yield the parts in their order."""
        for task in tasks:
            outcome = run_part(
                task.bars,
                request,
                task.combinations,
                progress=lambda done, _total: progress(done),
            )
            yield task.part, outcome


class Cluster:
    """The workers of a Dask cluster."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, request: Asked, tasks: Iterator[Task], progress: Progress) -> Iterator[tuple[Part, Outcome]]:
        """Yield parts as they are done; a few wait at each worker, the rest is not even read yet."""
        from distributed import wait
        from distributed.client import FIRST_COMPLETED

        running: dict[Any, Part] = {}
        of_symbol: dict[int, Any] = {}
        try:
            while True:
                while len(running) < self._most() and (task := next(tasks, None)) is not None:
                    if task.part.symbol not in of_symbol:
                        # A task of its own, not scattered: whatever worker held the bars, they are made again.
                        of_symbol = {task.part.symbol: self._submit(_given, task.bars)}
                    bars = of_symbol[task.part.symbol]
                    future = self._submit(compute, __version__, sources(), request, bars, task.combinations)
                    running[future] = task.part
                if not running:
                    return
                progress(0)
                with _connected(), self._client.as_current():
                    done = _done(wait, list(running), FIRST_COMPLETED)
                for future in done:
                    part = running.pop(future)
                    yield part, _result(future)
                    future.release()
        finally:
            with suppress(CancelledError, OSError):
                for future in running:
                    future.cancel(force=True)

    def _submit(self, function: Callable[..., Any], *given: Any) -> Any:
        with _connected():
            return self._client.submit(function, *given, pure=False)

    def _most(self) -> int:
        with _connected():
            threads: int = sum(self._client.nthreads().values())
        return max(1, threads) * _AHEAD


def compute(
    engine_version: str, strategies: Sources, request: Asked, bars: Bars, combinations: Combinations
) -> Outcome:
    """
    Return what a part comes to; this is what runs on a worker, on one of its threads.

    The installation's own strategies come along: a worker needs no folder of them, and has no other ones.

    Raises:
        ConfigurationError: If the worker is of another version: its results might differ.
    """
    if engine_version != __version__:
        raise ConfigurationError(f"a worker runs DayTrader {__version__}, this is {engine_version}")
    use_sources(strategies)
    return run_part(bars, request, combinations, threads=1)


def _given(bars: Bars) -> Bars:
    return bars


@contextmanager
def machines(address: str) -> Iterator[Machines]:
    """
    Yield who computes: the Dask cluster whose scheduler is at *address*, or this machine where it is empty.

    Raises:
        UnavailableError: If no scheduler answers there, or it has no workers.
        ConfigurationError: If the packages for it are not installed.
    """
    if not address:
        yield Cores()
        return
    client = _connect(address)
    try:
        yield Cluster(client)
    finally:
        client.close()


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ConfigurationError("DAYTRADER_DASK needs the extra `cluster`: pip install 'daytrader[cluster]'") from None
    try:
        client: Any = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]  # Dask has no types
    except (OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(f"no Dask scheduler answers at {address}") from error
    try:
        client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
    except TimeoutError:
        client.close()
        raise UnavailableError(f"the Dask scheduler at {address} has no workers") from None
    return client


@contextmanager
def _connected() -> Iterator[None]:
    """Tell of a scheduler that went away as somebody can understand it: Dask cancels what waits for it."""
    try:
        yield
    except (CancelledError, OSError) as error:
        raise UnavailableError("the Dask scheduler went away in the middle of the sweep") from error


def _done(wait: Callable[..., Any], futures: list[Any], when: str) -> list[Any]:
    try:
        return list(wait(futures, timeout=_POLL_SECONDS, return_when=when).done)
    except TimeoutError:
        return []


def _result(future: Any) -> Outcome:
    from distributed.scheduler import KilledWorker

    try:
        with _connected():
            outcome: Outcome = future.result()
    except KilledWorker:
        raise UnavailableError("a part of the sweep ended one worker after the other") from None
    return outcome
