"""Tests of daytrader.api.swagger and daytrader.api.docs."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV2SpecValidator

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


def _specification(client: FlaskClient) -> dict[str, object]:
    response = client.get("/api/v1/swagger.json")
    assert response.status_code == 200
    return dict(response.get_json())


def test_it_is_valid_swagger(client: FlaskClient) -> None:
    """Any Swagger 2.0 tool can read it."""
    errors = list(OpenAPIV2SpecValidator(_specification(client)).iter_errors())

    assert errors == []


def test_every_route_is_described(app: Flask, client: FlaskClient) -> None:
    """Nothing that answers is missing from it, and it promises nothing that does not."""
    paths = _specification(client)["paths"]
    assert isinstance(paths, dict)
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
    assert isinstance(paths, dict)
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
    assert isinstance(definitions, dict)

    offered = definitions["ServiceInput"]

    assert offered["required"] == ["initial_balance", "name", "stock_symbol"]
    assert not {"id", "user_id", "current_balance", "state"} & offered["properties"].keys()
    assert {"current_balance", "can_buy"} <= definitions["Service"]["properties"].keys()


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
