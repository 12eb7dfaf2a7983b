"""Tests of daytrader.api.swagger and daytrader.api.docs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV2SpecValidator

from daytrader.api.schemas.glossary import GLOSSARY
from daytrader.app import create_app
from daytrader.config import Settings

from .conftest import Caller

PUBLIC = {
    ("/auth/register", "post"),
    ("/auth/login", "post"),
    ("/auth/refresh", "post"),
    ("/auth/set-password", "post"),
    ("/system/health", "get"),
    ("/system/ready", "get"),
}


def _specification(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/api/v1/swagger.json")
    assert response.status_code == 200
    return dict(response.get_json())


def _operations(specification: dict[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, item in specification["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield (path, method), operation


def test_it_is_valid_swagger(client: FlaskClient) -> None:
    """Any Swagger 2.0 tool can read it."""
    errors = list(OpenAPIV2SpecValidator(_specification(client)).iter_errors())

    assert errors == []


def test_every_route_is_described(app: Flask, client: FlaskClient) -> None:
    """Nothing that answers is missing from it, and it promises nothing that does not."""
    paths = _specification(client)["paths"]
    described = {(path, method) for path, item in paths.items() for method in item if method != "parameters"}

    served = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api.") and rule.rule.removeprefix("/api/v1") not in {
            "",
            "/",
            "/docs",
            "/swagger.json",
        }:
            path = rule.rule.removeprefix("/api/v1").replace("<int:", "{").replace("<string:", "{").replace(">", "}")
            served |= {(path, method.lower()) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert described == served


def test_all_but_the_public_list_needs_a_token(client: FlaskClient) -> None:
    """Swagger says so, and the server does so: 401 before anything else."""
    specification = _specification(client)
    paths = specification["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            if method == "parameters" or (path, method) in PUBLIC:
                continue
            assert operation["security"] == [{"Bearer": []}], (path, method)
            assert "401" in operation["responses"], (path, method)
            address = "/api/v1" + path.replace("{symbol}", "ACME").replace("{", "1{").split("{")[0]
            address += path.partition("}")[2] if "{" in path and "{symbol}" not in path else ""
            response = client.open(address, method=method.upper())
            assert response.status_code == 401, (path, method)
            assert response.headers["WWW-Authenticate"] == "Bearer"


def test_read_only_fields_are_not_offered(client: FlaskClient) -> None:
    """A form for a new service holds what its owner sets, no balances and no owner."""
    definitions = _specification(client)["definitions"]

    offered = definitions["ServiceInput"]

    assert offered["required"] == ["initial_balance", "name", "stock_symbol"]
    assert not {"id", "user_id", "current_balance", "state"} & offered["properties"].keys()
    assert {"current_balance", "can_buy"} <= definitions["Service"]["properties"].keys()


def test_every_operation_says_what_it_does_and_where_it_belongs(client: FlaskClient) -> None:
    """One sentence, and one group, which is described too."""
    specification = _specification(client)
    groups = {tag["name"]: tag["description"] for tag in specification["tags"]}

    assert all(groups.values())
    for address, operation in _operations(specification):
        assert operation.get("summary"), address
        assert len(operation["tags"]) == 1, address
        assert operation["tags"][0] in groups, address
    names = [operation["operationId"] for _, operation in _operations(specification)]
    assert len(set(names)) == len(names)


def test_every_parameter_is_described_with_an_example(client: FlaskClient) -> None:
    """
    In the path one that Swagger UI fills in; elsewhere its choices, its default or an example in words.

    Swagger UI would fill an optional one in too, and every list would be filtered by everything.
    """
    specification = _specification(client)
    for path, item in specification["paths"].items():
        for parameter in item.get("parameters", []):
            assert parameter["description"], (path, parameter)
            assert parameter["x-example"], (path, parameter)
    for address, operation in _operations(specification):
        for parameter in operation["parameters"]:
            assert parameter["description"], (address, parameter)
            if parameter["in"] == "body":
                assert parameter["schema"]["$ref"].rpartition("/")[2] in specification["definitions"]
                continue
            has_example = "(example: `" in parameter["description"]
            assert has_example or parameter.get("enum") or "default" in parameter, (address, parameter)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def test_every_property_is_described_with_an_example(client: FlaskClient) -> None:
    """Of every body and every answer, and the example is of its type and among its choices."""
    for name, model in _specification(client)["definitions"].items():
        assert model["description"], name
        for field, described in model["properties"].items():
            if {"$ref", "allOf"} & described.keys() or "$ref" in described.get("items", {}):
                continue  # the model that it names says what it is
            example = described["example"]
            assert described["description"], (name, field)
            assert isinstance(example, _TYPES[described["type"]]), (name, field)
            assert isinstance(example, bool) is (described["type"] == "boolean"), (name, field)
            assert example in described.get("enum", [example]), (name, field)


def test_the_glossary_has_no_word_too_many(client: FlaskClient) -> None:
    """Each of its names is a field's."""
    definitions = _specification(client)["definitions"]

    assert GLOSSARY.keys() <= {field for model in definitions.values() for field in model["properties"]}


def test_every_answer_has_a_body_or_says_that_it_has_none(client: FlaskClient) -> None:
    """Errors have the one envelope; a success shows a model, is a file, or is 204."""
    for address, operation in _operations(_specification(client)):
        for status, response in operation["responses"].items():
            assert response["description"], (address, status)
            if int(status) >= 400 and not (address[0] == "/system/ready" and status == "503"):
                assert response["schema"] == {"$ref": "#/definitions/Error"}, (address, status)
            elif "schema" not in response:
                assert status == "204" or operation.get("produces"), (address, status)


def test_every_operation_can_be_refused_for_what_it_needs(client: FlaskClient) -> None:
    """An id may be nobody's, a body may be wrong, whoever writes may do so too often."""
    for address, operation in _operations(_specification(client)):
        path, method = address
        needed = set()
        if "_id}" in path or "{name}" in path or "{symbol}" in path:
            needed.add("404")
        if any(parameter["in"] in {"body", "formData"} for parameter in operation["parameters"]):
            needed |= {"400", "413", "415"}
        if method != "get" and "/backtest" not in path:
            needed |= {"429", "503"}
        assert needed <= operation["responses"].keys(), (address, needed - operation["responses"].keys())


def test_the_page_asks_no_other_host(client: FlaskClient) -> None:
    """The documentation works offline, under a policy that runs no inline script."""
    page = client.get("/api/v1/docs")

    assert page.status_code == 200
    assert "//" not in page.text.replace("<!doctype", "")
    for address in (
        "/swaggerui/swagger-ui-bundle.js",
        "/swaggerui/swagger-ui.css",
        "/assets/docs.js",
        "/assets/icon.svg",
    ):
        assert address in page.text
        assert client.get(address).status_code == 200
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_hidden_documentation_is_for_admins(settings: Settings, admin: Caller, alice: Caller) -> None:
    """With docs off the public gets 401, a user 403, an admin the page."""
    client = create_app(replace(settings, docs=False)).test_client()

    answers = [
        client.get("/api/v1/swagger.json", headers=headers).status_code
        for headers in (
            {},
            {"Authorization": f"Bearer {alice.token}"},
            {"Authorization": f"Bearer {admin.token}"},
        )
    ]

    assert answers == [401, 403, 200]
