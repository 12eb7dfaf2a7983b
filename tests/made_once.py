"""
What every test would make again although it is always the same: made once in a process, for most of a test's time.

The schemas of an empty SQLite database, the statements compiled for it, the hash of the one password, and what werkzeug
compiles of the rules of an application: to match addresses and to build them.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine
from werkzeug.routing import Rule

from daytrader.models import Base
from daytrader.services import database
from daytrader.services.session_manager import session_factory
from daytrader.utils import passwords

_FIRST: Final[list[Engine]] = []
"""The first engine of this process, once there is one."""
_BUILDERS: Final = ("_build", "_build_unknown")
_COMPILED: Final = ("_parts", "_trace", "_converters", *_BUILDERS)
"""What a rule has once it is compiled."""


def copy_empty_database(path: Path) -> None:
    """Put an empty SQLite database, with the schema that the models say, at *path*."""
    shutil.copy(_empty_database(), path)


def copy_migrated_database(path: Path) -> None:
    """Put an empty SQLite database, as migrations make it, at *path*: what only they make, such as triggers, too."""
    shutil.copy(_migrated_database(), path)


def open_database(path: Path) -> Engine:
    """Return an engine for the SQLite database at *path*, as `database.connect`; it knows what others have compiled."""
    engine = database.connect(f"sqlite:///{path}", is_durable=False)
    if not _FIRST:
        engine.connect().close()  # only now does its dialect know the database
        _FIRST.append(engine)
    # Statements are kept by dialect, of which every engine has its own.
    engine.dialect, engine._compiled_cache = _FIRST[0].dialect, _FIRST[0]._compiled_cache
    return engine


@cache
def hash_of(password: str) -> str:
    """Return a hash of *password*."""
    return passwords.hash_password(password)


@contextmanager
def rules_compiled_once() -> Iterator[None]:
    """Let applications share what is compiled of their addresses: it hangs on nothing but the rule."""
    compile_rule: Callable[[Rule], None] = Rule.compile
    compiled: dict[object, dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        defaults = tuple(sorted((rule.defaults or {}).items()))
        where = (rule.subdomain, rule.host, rule.map.host_matching, rule.merge_slashes)
        key = (rule.rule, defaults, *where, *map(id, rule.map.converters.values()))
        if key not in compiled:
            compile_rule(rule)
            compiled[key] = {name: getattr(rule, name) for name in _COMPILED}
        vars(rule).update(compiled[key])
        rule.arguments = {*rule.arguments, *rule._converters}
        for name in _BUILDERS:
            setattr(rule, name, getattr(rule, name).__func__.__get__(rule, None))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "compile", compile_once)
        yield


@cache
def _empty_database() -> Path:
    return _made(Base.metadata.create_all)


@cache
def _migrated_database() -> Path:
    return _made(database.upgrade)


def _made(fill: Callable[[Engine], object]) -> Path:
    folder = tempfile.mkdtemp(prefix="dtempty")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "empty.db"
    bound = session_factory.kw.get("bind")
    engine = database.connect(f"sqlite:///{path}", is_durable=False)
    fill(engine)
    engine.dispose()
    session_factory.configure(bind=bound)
    return path
