"""Requests drawn from the whole Swagger by schemathesis: whatever is asked, the answer is one that is documented."""

from __future__ import annotations

import os
import time
from http import HTTPStatus
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .small_world import SmallWorld

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

_CASES: Final = int(os.environ.get("CONTRACT_CASES", "2000"))
_SLOW_SECONDS: Final = 2.0
_CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_CHECKS_OF_NOTHING: Final = [check for check in _CHECKS if check is not content_type_conformance]
_CALLERS: Final = ("nobody", "user", "admin")


@pytest.fixture(scope="module")
def drawn(small_world: SmallWorld) -> list[tuple[Operation, list[AnyCase]]]:
    """Cases of every operation; each caller asks them all: drawing costs more than asking."""
    operations = _operations(small_world)
    cases = -(-_CASES // (len(operations) * len(_CALLERS)))
    return [(operation, _draw(small_world, operation, cases)) for operation in operations]


@pytest.mark.parametrize("who", _CALLERS)
def test_every_answer_is_documented(
    small_world: SmallWorld, drawn: list[tuple[Operation, list[AnyCase]]], who: str
) -> None:
    """No 5xx, no status, type, header or key that Swagger does not have, none that takes over two seconds."""
    wrong: dict[str, str] = {}
    for operation, cases in drawn:
        assert cases, operation.label
        for case in cases:
            _ask(small_world, operation, who, case, wrong)
    if wrong:
        pytest.fail("\n\n".join(f"{where}\n{what}" for where, what in wrong.items()), pytrace=False)


def _operations(world: SmallWorld) -> list[Operation]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/swagger.json", world.app)
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def _draw(world: SmallWorld, operation: Operation, cases: int) -> list[AnyCase]:
    """Return *cases* requests, or as many as there can be."""
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if operation.body or any(operation.iter_parameters()):
        strategy |= operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    found: list[AnyCase] = []

    @settings(
        max_examples=cases,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, fitting=st.sampled_from(("nothing", "known", "all")))
    def draw(case: AnyCase, fitting: str) -> None:
        _fit(case, fitting, world.known)
        found.append(case)

    draw()
    return found


def _ask(world: SmallWorld, operation: Operation, who: str, case: AnyCase, wrong: dict[str, str]) -> None:
    headers = {"Accept-Encoding": "identity"}
    if who in world.tokens:
        headers["Authorization"] = f"Bearer {world.tokens[who]}"
    response, taken = _timed(world, case, headers)
    if taken > _SLOW_SECONDS:  # the first of its kind also imports what it needs
        _, taken = _timed(world, case, headers)
    try:
        case.validate_response(response, checks=_CHECKS if response.content else _CHECKS_OF_NOTHING)
    except FailureGroup as error:
        wrong[f"{operation.label} as {who}: {response.status_code}"] = (
            "\n".join(map(str, error.exceptions)) + f"\n{case.as_curl_command()}\n{response.content[:300]!r}"
        )
    if taken > _SLOW_SECONDS:
        wrong[f"{operation.label} as {who}: slow"] = f"{taken:.1f} s for {case.as_curl_command()}"


def _timed(world: SmallWorld, case: AnyCase, headers: dict[str, str]) -> tuple[Response, float]:
    """Return the answer and the processor's seconds that it took; what it changed is undone."""
    began = time.process_time()
    response = case.call(headers=headers)
    taken = time.process_time() - began
    if response.status_code < HTTPStatus.BAD_REQUEST and case.method != "GET":
        world.put_back()
    return response, taken


def _fit(case: AnyCase, fitting: str, known: dict[str, Any]) -> None:
    """Put values that exist in the place of some of those that were drawn, else hardly any would be found."""
    if fitting == "nothing":
        return
    if fitting == "all" and isinstance(case.body, dict):
        case.body = {name: part["example"] for name, part in _properties(case).items()}
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            values.update({name: known[name] for name in values.keys() & known.keys()})


def _properties(case: AnyCase) -> dict[str, Any]:
    """Return what the body may hold."""
    schema: Any = case.operation.schema.raw_schema
    body = case.operation.definition.raw["parameters"]
    named = next((part["schema"]["$ref"] for part in body if part["in"] == "body"), None)
    return schema["definitions"][named.rpartition("/")[2]]["properties"] if named else {}
