"""The strategies of this installation: Python files in a folder that only whoever runs it can write to."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from daytrader.core.errors import BrokenStrategyError
from daytrader.core.strategy import BrokenSource, Strategy, failure, use_local

# Their modules have a name of their own, so that none can stand in for a module of Python's or of ours.
_PACKAGE: Final = "daytrader_local_strategies"


def use_folder(folder: Path) -> None:
    """
    Make the strategies in the files of *folder* known, in place of those that were loaded before.

    Each ``*.py`` not starting with an underscore is run as a module; every class in it that has ``signals`` is a
    strategy. A file that fails, or a name that is taken, is left out and told of by `broken_strategies`; it never
    keeps another from working. No folder is no strategies.
    """
    strategies: list[tuple[str, Strategy]] = []
    broken: list[BrokenSource] = []
    for file in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        if file.name.startswith("_"):
            continue
        try:
            strategies += [(str(file), strategy) for strategy in read_file(file)]
        except BrokenStrategyError as error:
            broken.append(BrokenSource(file.stem, str(error)))
    use_local(strategies, broken)


def read_file(file: Path) -> list[Strategy]:
    """
    Run *file* and return the strategies that it defines; at least one.

    Raises:
        BrokenStrategyError: Naming file and line, if it fails or defines none.
    """
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
    name = f"{_PACKAGE}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
