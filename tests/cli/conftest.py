"""How the commands are run in tests: as a user would, in an instance folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from daytrader.cli import main
from daytrader.services.session_manager import session_factory

Command = Callable[..., Result]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder that does not exist yet."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("DAYTRADER_INSTANCE", str(folder))
    monkeypatch.delenv("DAYTRADER_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def daytrader(instance: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:  # noqa: ARG001 (sets the scene)
    """Run ``daytrader`` with the given words; an exception that is no exit fails the test."""
    from daytrader.cli.context import console

    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object, input: str | None = None) -> Result:
        console.cache_clear()  # it writes where stdout pointed when it was made
        result = CliRunner().invoke(main, [str(word) for word in words], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield run
    console.cache_clear()
    bound = session_factory.kw.get("bind")
    if bound is not None:
        bound.dispose()
