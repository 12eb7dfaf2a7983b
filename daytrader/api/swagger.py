"""From marshmallow schemas and decorators to Swagger 2.0: nothing is declared twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask_restx import SchemaModel
from flask_restx.utils import merge
from marshmallow import Schema

from daytrader.api.schemas.fields import BaseSchema, Field, Shown

F = TypeVar("F", bound=Callable[..., Any])

AUTHORIZATIONS: Final = {
    "Bearer": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The access token that `POST /auth/login` answers with, or an API key.",
    }
}
MODELS: Final[dict[str, SchemaModel]] = {}
"""Every model that a decorator has mentioned, by name."""

_REASONS: Final = {
    HTTPStatus.BAD_REQUEST: "A value or a name is not accepted; `validation_errors` says which and why",
    HTTPStatus.UNAUTHORIZED: "Not signed in",
    HTTPStatus.FORBIDDEN: "Signed in, but not allowed",
    HTTPStatus.NOT_FOUND: "No such thing, or someone else's",
    HTTPStatus.CONFLICT: "The present state forbids it",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than 1 MB",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON",
    HTTPStatus.UNPROCESSABLE_ENTITY: "There is not enough market data to carry it out",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests: try again after `Retry-After` seconds",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is busy: try again after `Retry-After` seconds",
}


def documented(method: F, **doc: Any) -> F:
    """Add *doc* (Flask-RESTX's words) to what is known of *method*."""
    method.__apidoc__ = merge(getattr(method, "__apidoc__", {}), doc)  # type: ignore[attr-defined]  # RESTX keeps it there
    return method


def responses_of(method: Callable[..., Any]) -> dict[int, Any]:
    """Return the answers of *method* that are documented so far."""
    found: dict[int, Any] = getattr(method, "__apidoc__", {}).get("responses", {})
    return found


def can_fail(*statuses: HTTPStatus) -> Callable[[F], F]:
    """Document that a method may answer with these errors."""
    responses = {int(status): (_REASONS[status], _error_model()) for status in statuses}
    return lambda method: documented(method, responses=responses)


def shown(schema: Schema) -> SchemaModel:
    """Return the model of what *schema* shows."""
    return _model(_name(schema), schema.dump_fields)


def accepted(schema: Schema) -> SchemaModel:
    """Return the model of what *schema* accepts; with ``partial`` nothing in it is required."""
    given = schema.load_fields
    required = [] if schema.partial else [name for name, field in given.items() if field.required]
    # A schema that both takes and shows has two models: what is read-only is not even offered.
    suffix = "Changes" if schema.partial else ("Input" if set(given) != set(schema.dump_fields) or required else "")
    return _model(_name(schema) + suffix, given, required)


def page_of(schema: Schema) -> SchemaModel:
    """Return the model of one page of what *schema* shows."""
    numbers: dict[str, dict[str, Any]] = {
        name: {"type": "integer", "x-nullable": True} for name in ("page", "total_items", "total_pages")
    }
    numbers["page_size"] = {"type": "integer"}
    flags: dict[str, dict[str, Any]] = {name: {"type": "boolean"} for name in ("has_next", "has_prev")}
    flags["next_cursor"] = {"type": "string", "x-nullable": True}
    pagination = _register("Pagination", {"type": "object", "properties": numbers | flags})
    properties = {"items": {"type": "array", "items": _ref(shown(schema))}, "pagination": _ref(pagination)}
    return _register(f"{_name(schema)}Page", {"type": "object", "properties": properties})


def query_parameter(kind: type, description: str = "", **more: Any) -> dict[str, Any]:
    """Return an optional parameter of the address, whose values are of the Python type *kind*."""
    swagger: dict[str, Any] = dict(_PARAMETER_TYPES.get(kind, {"type": "string"}))
    if issubclass(kind, Enum):
        swagger["enum"] = [member.value for member in kind]
    return {"in": "query", "description": description} | swagger | more


def _model(name: str, fields: Mapping[str, Any], required: list[str] | None = None) -> SchemaModel:
    properties = {field_name: _property(field) for field_name, field in fields.items()}
    body: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        body["required"] = sorted(required)
    return _register(name, body)


def _property(field: Field) -> dict[str, Any]:
    if not isinstance(field, Shown):
        return field.describe()
    reference = _ref(shown(field.schema_shown))
    return {"type": "array", "items": reference} if field.many else reference


def _error_model() -> SchemaModel:
    properties = {
        "error": {"type": "boolean", "example": True},
        "status_code": {"type": "integer", "example": 404},
        "message": {"type": "string", "example": "trading service not found"},
        "code": {"type": "string", "example": "not_found"},
        "validation_errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "request_id": {"type": "string"},
    }
    return _register("Error", {"type": "object", "required": sorted(properties), "properties": properties})


def _register(name: str, body: dict[str, Any]) -> SchemaModel:
    return MODELS.setdefault(name, SchemaModel(name, body))


def _ref(model: SchemaModel) -> dict[str, str]:
    return {"$ref": f"#/definitions/{model.name}"}


def _name(schema: Schema) -> str:
    assert isinstance(schema, BaseSchema)
    return type(schema).__name__.removesuffix("Schema")


_PARAMETER_TYPES: Final[Mapping[type, dict[str, str]]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
}
