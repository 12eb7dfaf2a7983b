"""Peers in environments of their own: installed once, kept running, asked for one timing after the other."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from benchmarks.run import median_seconds

_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians in seconds of interleaved runs, and what the peer answered with its last one."""

    ours: float
    peer: float
    answer: dict[str, float]
    repeats: int


class Peer:
    """A worker script in an environment with one package; it does its work once for each line that it reads."""

    def __init__(self, package: str, version: str, worker: str, *arguments: str) -> None:
        self.name, self.version = package, version
        python = environment(package, version)
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

    def work(self) -> dict[str, float]:
        """Return what the worker tells of one run: `seconds`, and its results."""
        told = _pipe(self._process.stdin)
        told.write("\n")
        told.flush()
        answer: dict[str, float] = json.loads(_pipe(self._process.stdout).readline())
        return answer

    def beside(self, ours: Callable[[], object], repeats: int) -> Compared:
        """Return the medians of *ours* and the peer's work, taken in turns after one run each to warm up."""
        ours()
        answer = self.work()
        own, other = [], []
        for _ in range(repeats):
            own.append(median_seconds(ours, 1))
            answer = self.work()
            other.append(answer["seconds"])
        return Compared(statistics.median(own), statistics.median(other), answer, repeats)


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
