"""The wheel: everything that a machine without this repository needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, as an installation has them."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("folder", ["data", "api/templates", "api/assets", "static", "static/assets"])
def test_the_wheel_carries_every_file_of_the_package(installed: Path, folder: str) -> None:
    """Not only the Python ones."""
    wanted = {file.name for file in (ROOT / "daytrader" / folder).iterdir() if file.is_file()}
    assert {file.name for file in (installed / "daytrader" / folder).iterdir()} >= wanted


def test_the_wheel_carries_the_migrations_and_nothing_of_ours_besides_the_package(installed: Path) -> None:
    """Neither tests nor tools; types are announced."""
    migrations = {file.name for file in (ROOT / "migrations" / "versions").glob("*.py")}
    assert {file.name for file in (installed / "daytrader" / "migrations" / "versions").glob("*.py")} == migrations
    assert (installed / "daytrader" / "py.typed").exists()
    assert sorted(path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")) == ["daytrader"]


def test_an_installation_can_make_its_database_and_fetch_the_sample(installed: Path, tmp_path: Path) -> None:
    """From the wheel's own files, in any folder."""
    environment = os.environ | {"PYTHONPATH": str(installed), "DAYTRADER_INSTANCE": str(tmp_path / "instance")}
    for words in (["db", "upgrade"], ["db", "check"], ["prices", "fetch", "sample", "FB"]):
        script = f"import daytrader; assert daytrader.__file__.startswith({str(installed)!r})\n"
        script += f"from daytrader.cli import main; main({words!r})"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
