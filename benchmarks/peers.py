"""Peers in environments of their own: installed once, kept running, asked for one timing after the other."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from benchmarks.run import Figure

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Compared:
    """
    Medians in seconds of interleaved runs, and what the peer answered with its last one.

    `own_cpu` and `peer_cpu` are processor time, all threads added up: other work on the machine moves it less.
    """

    ours: float
    peer: float
    own_cpu: float
    peer_cpu: float
    answer: dict[str, Any]
    repeats: int


class Peer:
    """A worker script in an environment with one package; it does its work once for each line that it reads."""

    def __init__(self, package: str, version: str, worker: str, *arguments: str, needs: Sequence[str] = ()) -> None:
        self.name, self.version = package, version
        python = environment(package, version, *needs)
        self._process = subprocess.Popen(
            [python, str(_HERE / "workers" / worker), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait()

    def work(self, about: str = "") -> dict[str, Any]:
        """Return what the worker tells of one run, on what *about* names: `seconds`, `cpu`, and its results."""
        told = _pipe(self._process.stdin)
        told.write(f"{about}\n")
        told.flush()
        answer: dict[str, Any] = json.loads(_pipe(self._process.stdout).readline())
        return answer

    def beside(self, *ours: Callable[[], object], repeats: int, each: int = 1) -> list[Compared]:
        """
        Return the medians of each of *ours* and of the peer's work, taken in turns after one run each to warm up.

        Args:
            ours: Our work, perhaps in several ways.
            repeats: How many turns.
            each: How often ours runs in a turn, where one run is too short to be timed on its own.
        """
        for work in ours:
            work()
        answer = self.work()
        turns = []
        for _ in range(repeats):
            turn = [_taken(work, each) for work in ours]
            answer = self.work()
            turns.append([*turn, (answer["seconds"], answer["cpu"])])
        *own, (peer, peer_cpu) = (
            tuple(statistics.median(taken) for taken in zip(*runs, strict=True)) for runs in zip(*turns, strict=True)
        )
        return [Compared(clock, peer, cpu, peer_cpu, answer, repeats) for clock, cpu in own]

    def figures(self, name: str, work: str, found: Compared, target: float, *, equal: bool) -> list[Figure]:
        """Return a comparison as two figures: by the clock, and by processor time."""
        return [
            Figure(
                name + suffix,
                work + more,
                ours,
                peer,
                self.name,
                self.version,
                "s",
                peer / ours,
                target,
                equal,
                found.repeats,
            )
            for suffix, more, ours, peer in (
                ("", "", found.ours, found.peer),
                ("-cpu", "; processor time", found.own_cpu, found.peer_cpu),
            )
        ]


def _taken(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median time of *work*, and the median processor time of all threads."""
    taken = []
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began, time.process_time() - used))
    clock, processor = (statistics.median(each) for each in zip(*taken, strict=True))
    return clock, processor


def environment(package: str, version: str, *needs: str) -> str:
    """Return the Python of the environment with *package* and what else it *needs*, made where there is none."""
    folder = _HERE / "envs" / f"{package}-{version}"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        sys.stderr.write(f"Installing {package} {version} into {folder} (once) ...\n")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"{package}=={version}", *needs], check=True)
        (folder / "done").touch()
    return str(python)


def _pipe(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("the worker has no pipes")
    return stream
