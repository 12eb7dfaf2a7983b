"""docs/api.md: its commands and its Python work as printed, one after the other, and every answer shown is real."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.e2e.server import RunningServer, daytrader
from tests.packages import install_debian_packages

GUIDE: Final = Path(__file__).parents[1] / "docs" / "api.md"
PRINTED_ADDRESS: Final = "http://127.0.0.1:8000"
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_START: Final = "daytrader run"
# What differs from one run to the next: it has to be there, and of the same kind.
_DIFFERS: Final = re.compile(r"(_at|_token|_url|request_id|last_login|^timestamp|^key|^prefix)$")


class Reader:
    """Somebody who follows the guide, in a folder of their own."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._address = address
        self._names: dict[str, Any] = {}

    def follow(self, kind: str, text: str) -> str:
        """Do what a block says; return what it prints."""
        here = text.replace(PRINTED_ADDRESS, self._address)
        return self._run(here) if kind == "console" else self._execute(here)

    def _run(self, text: str) -> str:
        commands = "\n".join(line.removeprefix("$ ") for line in text.splitlines())
        # Each block goes on with the variables of those before it.
        script = f"set -a; [ ! -f variables ] || . ./variables\n{commands}\nexport -p > variables"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._folder,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _execute(self, text: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(printed):
            exec(compile(text, GUIDE.name, "exec"), self._names)
        return printed.getvalue()


def test_the_guide_works_as_printed(tmp_path: Path) -> None:
    """From an empty folder to the last section."""
    assert shutil.which("curl") or install_debian_packages("curl"), "the guide needs curl"
    first, rest = _opening_and_rest()
    instance = tmp_path / "instance"
    for command in first:
        if command.startswith("daytrader "):
            words = command.removeprefix("daytrader ").partition(" < ")
            done = daytrader(instance, *words[0].split(), given="Root-Secret-1\n")
            assert done.returncode == 0, done.stdout + done.stderr
    asked = 0
    with RunningServer(instance, "--speed", "0") as server:
        reader, printed = Reader(tmp_path, server.address), ""
        for kind, text in rest:
            if kind in {"console", "python"}:
                printed = reader.follow(kind, text)
            else:
                asked += 1
                _compare(kind, text, printed.replace(server.address, PRINTED_ADDRESS))
    assert asked > 30


def _opening_and_rest() -> tuple[list[str], list[tuple[str, str]]]:
    blocks = _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    opening = [line.removeprefix("$ ") for line in blocks[0][1].splitlines()]
    assert opening[-1].startswith(_START)
    return opening[:-1], blocks[1:]


def _compare(kind: str, shown: str, printed: str) -> None:
    if kind == "json":
        difference = _difference(json.loads(shown), json.loads(printed))
        assert difference is None, f"{difference}\n{printed[:2000]}"
    else:
        assert kind == "text"
        assert printed.strip() == shown.strip()


def _difference(shown: Any, real: Any, name: str = "") -> str | None:
    """Return where an answer is not as shown: fields may be left out, and the ends of lists; figures are rounded."""
    if isinstance(shown, dict) and isinstance(real, dict):
        found = [
            _difference(value, real[key], key) if key in real else f"there is no {key}" for key, value in shown.items()
        ]
        return next(filter(None, found), None)
    if isinstance(shown, list) and isinstance(real, list):
        if len(shown) > len(real):
            return f"{name} has {len(real)} items only"
        return next(filter(None, (_difference(*pair, name) for pair in zip(shown, real, strict=False))), None)
    if _DIFFERS.search(name) and type(shown) is type(real):
        return None
    if isinstance(shown, float) and isinstance(real, float):  # what is fitted differs in its last digits by machine
        return None if math.isclose(shown, real, rel_tol=1e-3) else f"{name} is {real}, not {shown}"
    return None if shown == real and type(shown) is type(real) else f"{name} is {real!r}, not {shown!r}"
