"""
The strategies of this installation: Python files in a folder that only whoever runs it can write to.

The folder is read as a package, so that one file can import what another shares: ``from ._shared import ...``.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import ModuleType
from typing import Final, TypeAlias

from daytrader.core.errors import BrokenStrategyError
from daytrader.core.strategy import BrokenSource, Strategy, failure, use_local

# Their modules have a name of their own, so that none can stand in for a module of Python's or of ours.
_PACKAGE: Final = "daytrader_local_strategies"


Sources: TypeAlias = tuple[tuple[str, str], ...]
"""Files by name, with what is in them."""


@dataclass
class _InUse:
    """What this process has read."""

    sources: Sources = ()
    folder: TemporaryDirectory[str] | None = None
    lock: Lock = field(default_factory=Lock)


_in_use = _InUse()


def use_folder(folder: Path) -> None:
    """
    Make the strategies in the files of *folder* known, in place of those that were loaded before.

    Each ``*.py`` not starting with an underscore is run as a module; every class in it that has ``signals`` is a
    strategy. A file that fails, or a name that is taken, is left out and told of by `broken_strategies`; it never
    keeps another from working. No folder is no strategies.
    """
    strategies: list[tuple[str, Strategy]] = []
    broken: list[BrokenSource] = []
    files = sorted(folder.glob("*.py")) if folder.is_dir() else []
    for file in files:
        if file.name.startswith("_"):
            continue
        try:
            strategies += [(str(file), strategy) for strategy in read_file(file)]
        except BrokenStrategyError as error:
            broken.append(BrokenSource(file.stem, str(error)))
    use_local(strategies, broken)
    _in_use.sources = tuple((file.name, file.read_text(encoding="utf-8", errors="replace")) for file in files)


def sources() -> Sources:
    """Return the files in use, by name: what another process needs to compute the same."""
    return _in_use.sources


def use_sources(sent: Sources) -> None:
    """Make the strategies that another process *sent* known here, in place of those that were: the same code."""
    with _in_use.lock:
        if sent == _in_use.sources:
            return
        _in_use.folder = TemporaryDirectory(prefix="daytrader-strategies-")  # what was there before is removed
        folder = Path(_in_use.folder.name)
        for name, text in sent:
            (folder / Path(name).name).write_text(text, encoding="utf-8")
        use_folder(folder)


def read_file(file: Path) -> list[Strategy]:
    """
    Run *file* and return the strategies that it defines; at least one.

    Raises:
        BrokenStrategyError: Naming file and line, if it is not there, fails or defines none.
    """
    if not file.is_file():
        raise BrokenStrategyError(f"{file}: there is no such file")
    try:
        module = _run(file)
        found = [
            value()
            for value in vars(module).values()
            if isinstance(value, type)
            and value.__module__ == module.__name__
            and callable(getattr(value, "signals", None))
        ]
    except Exception as error:
        raise BrokenStrategyError(failure(error, str(file))) from error
    if not found:
        raise BrokenStrategyError(f"{file}: there is no class with a method `signals` in it")
    return found


def _run(file: Path) -> ModuleType:
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(file.parent)]
    # Anew for each file: what it shares with others is read again when it has changed.
    for known in [name for name in sys.modules if name.startswith(f"{_PACKAGE}._")]:
        del sys.modules[known]
    sys.modules[_PACKAGE] = package
    name = f"{_PACKAGE}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        with _no_byte_code():
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _no_byte_code() -> Iterator[None]:
    """Keep none of what is imported meanwhile: a file of the same second and length would be taken for the old one."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
