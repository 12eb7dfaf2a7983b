"""A word, numbers and a password that nobody else uses, sent to every address: no error and no log repeats them."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from .small_world import SmallWorld

_WORD: Final = "kanarienvogel"
_NUMBERS: Final = (9182736455, -0.9182736455)
_DIGITS: Final = "9182736455"
_INDICATORS: Final = (f"sma:{_DIGITS}", f"bbands:20:2:2:{_DIGITS}", "sma:0.9182736455", f"{_WORD}:20", f"sma:{_WORD}")
_PASSWORD: Final = "Kanarien-Passwort-1"


@pytest.mark.parametrize("who", ["nobody", "user", "admin"])
def test_no_error_repeats_what_was_sent(small_world: SmallWorld, who: str) -> None:
    """In each field of a body, each parameter of the address and each word in it, alone and all together."""
    asked = list(_requests(small_world, (_WORD, *_NUMBERS) if who == "admin" else (_WORD,)))
    repeated = [
        f"{method} {path} {options}: {status} {text}"
        for method, path, options in asked
        for status, text in [_answer(small_world, who, method, path, options)]
        if status >= 400 and (_WORD in text.lower() or _DIGITS in text)
    ]

    assert len(asked) > 500
    if repeated:
        pytest.fail("\n".join(repeated), pytrace=False)


def test_no_row_error_repeats_what_stands_in_a_file(small_world: SmallWorld) -> None:
    """Each bad cell of an import is told by its line and its field."""
    good = ["ACME", "2021-01-04", "10", "11", "9", "10", "100", "0.1", "1"]
    bad = [[*good[:place], cell, *good[place + 1 :]] for place in range(len(good)) for cell in (_WORD, f"-{_DIGITS}")]
    header = "symbol,date,open,high,low,close,volume,dividend,split"
    file = io.BytesIO("\n".join([header, *(",".join(row) for row in [good, *bad]), ""]).encode())

    headers = {"Authorization": f"Bearer {small_world.tokens['admin']}"}
    client = small_world.app.test_client()
    asked = client.post("/api/v1/prices/import?dry_run=true", headers=headers, data={"file": (file, "canary.csv")})
    small_world.app.extensions["jobs"].run_waiting()
    job = client.get(f"/api/v1/jobs/{asked.get_json()['id']}", headers=headers).text
    small_world.put_back()

    assert '"line":' in job
    assert _WORD not in job.lower()
    assert _DIGITS not in job


def test_no_log_line_holds_a_password(
    small_world: SmallWorld, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sends one, to whatever address, right or wrong, and whatever comes of it."""
    caplog.set_level(logging.DEBUG)
    sent = 0
    for who in ("nobody", "user", "admin"):
        for path, method, operation in _operations(small_world):
            fields = _body(small_world, operation)
            secret = {name: _PASSWORD for name in fields if "password" in name or name in {"token", "refresh_token"}}
            if secret:
                sent += 1
                body = {**_fitting(small_world, fields), **secret}
                _answer(small_world, who, method, _address(small_world, path), {"json": body})

    out, err = capfd.readouterr()
    assert sent > 20
    assert _PASSWORD not in out + err + caplog.text


Request = tuple[str, str, dict[str, Any]]


def _requests(world: SmallWorld, canaries: tuple[Any, ...]) -> Iterator[Request]:
    for path, method, operation in _operations(world):
        address = _address(world, path)
        for name in _words_in(path):
            yield method, _address(world, path, {name: _WORD}), {}
        query = [p["name"] for p in operation["parameters"] if p["in"] == "query"]
        fields = _body(world, operation)
        fitting = _fitting(world, fields)
        for canary in canaries:
            if query:
                yield method, address, {"query_string": dict.fromkeys(query, canary)}
            for name in query:
                yield method, address, {"query_string": {name: canary}}
            if fields:
                yield method, address, {"json": dict.fromkeys(fields, canary)}
            for name, described in fields.items():
                yield method, address, {"json": {**fitting, name: _shaped(described, canary)}}
        for name in _INDICATORS if "names" in query else ():
            yield method, address, {"query_string": {"names": name}}
        if method == "post":
            yield method, address, {"json": fitting, "headers": {"Idempotency-Key": _WORD * 20}}


def _shaped(described: Mapping[str, Any], canary: Any) -> Any:
    """Return *canary* where the values of an object or a list would be, else itself."""
    if described.get("type") == "object":
        return dict.fromkeys(described["example"] or {"fast": 1}, canary)
    return [canary] if described.get("type") == "array" else canary


def _operations(world: SmallWorld) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in world.swagger["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _words_in(path: str) -> list[str]:
    return [name for name in ("symbol", "name") if f"{{{name}}}" in path]


def _address(world: SmallWorld, path: str, changed: Mapping[str, str] | None = None) -> str:
    return "/api/v1" + path.format_map({**world.known, **(changed or {})})


def _body(world: SmallWorld, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of the body by name, as Swagger describes them."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "body":
            name = parameter["schema"]["$ref"].rpartition("/")[2]
            properties: Mapping[str, Any] = world.swagger["definitions"][name]["properties"]
            return properties
    return {}


def _fitting(world: SmallWorld, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: world.known.get(name, described.get("example")) for name, described in fields.items()}


def _answer(world: SmallWorld, who: str, method: str, path: str, options: Mapping[str, Any]) -> tuple[int, str]:
    """Return status, and headers and body as text; what it changed is undone."""
    client: FlaskClient = world.app.test_client()
    headers = dict(options.get("headers", {}))
    if who in world.tokens:
        headers["Authorization"] = f"Bearer {world.tokens[who]}"
    response = client.open(path, method=method, **{**options, "headers": headers})
    if response.status_code < 400 and method != "get":
        world.put_back()
    return response.status_code, f"{response.headers}\n{response.get_data().decode(errors='replace')}"
