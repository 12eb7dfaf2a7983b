"""The documents: every link leads somewhere, every command exists, and the README's tour works as printed."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from benchmarks import table
from daytrader.cli import main
from daytrader.config import PREFIX, Settings
from tests.e2e.server import RunningServer, wait_for
from tests.packages import install_debian_packages

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
_CODE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CONSOLE: Final = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_PRINTED_ADDRESS: Final = "http://127.0.0.1:8000"


def _text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def _commands(text: str) -> Iterator[str]:
    for block in _CONSOLE.findall(text):
        for line in block.splitlines():
            assert line.startswith("$ "), f"a line of a console block that is no command: {line}"
            yield line.removeprefix("$ ")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    """To a file of this repository, and to a heading in it."""
    for target in _LINK.findall(_CODE.sub("", _text(document))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), f"{document} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{document} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_exists_with_its_options(document: str) -> None:
    """Commands of ours and targets of make, in console blocks."""
    targets = set(re.findall(r"^([a-z-]+):", _text("Makefile"), re.MULTILINE))
    for command in _commands(_text(document)):
        words = shlex.split(re.split(" [<>|] ", command, maxsplit=1)[0])
        program = Path(words[0]).name
        if program == "make":
            assert set(words[1:]) <= targets, command
        if program == "daytrader":
            _check(words[1:], command)


def _check(words: list[str], command: str) -> None:
    found: click.Command = main
    names = iter(words)
    while isinstance(found, click.Group):
        name = next(names)
        step = found.get_command(click.Context(found), name)
        assert step is not None, f"no command {name}: {command}"
        found = step
    known = {option for parameter in found.params for option in parameter.opts}
    given = {word.split("=")[0] for word in names if word.startswith("--")}
    assert given <= known, f"unknown options {given - known}: {command}"


def test_every_setting_is_documented_with_its_variable() -> None:
    """And none is documented that does not exist."""
    documented = set(re.findall(rf"^\| `({PREFIX}[A-Z_]+)`", _text("docs/operations.md"), re.MULTILINE))
    assert documented == {PREFIX + name.upper() for name in Settings.__dataclass_fields__}


def test_the_decisions_are_all_in_their_index() -> None:
    """By number and title."""
    index = _text("docs/decisions/README.md")
    for file in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        number, title = re.match(r"# (\d{4}): (.+)\n", file.read_text(encoding="utf-8")).groups()  # type: ignore[union-attr]  # no match fails the test
        assert f"[{number}]({file.name}) | {title} |" in index


def test_the_table_of_benchmarks_is_what_was_measured() -> None:
    """`make bench` writes both."""
    assert table.table(json.loads(table.RESULTS.read_text(encoding="utf-8"))) in _text("benchmarks/README.md")


def test_the_tour_works_as_printed(tmp_path: Path) -> None:
    """Every command of the README's five minutes, one after the other, beside a running demo."""
    assert shutil.which("curl") or install_debian_packages("curl"), "the tour needs curl"
    tour = _text("README.md").partition("## Five minutes")[2].partition("\n## ")[0]
    (tmp_path / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    with RunningServer(tmp_path / "instance", "--demo", "--speed", "1", "--replay-from", "2012-06-20") as server:
        server.sign_in()
        wait_for(lambda: server.items("/transactions"))
        commands = "\n".join(_commands(tour)).replace(_PRINTED_ADDRESS, server.address)
        done = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", commands],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert '"entry_reason"' in (tmp_path / "replay.json").read_text()
