"""From marshmallow schemas and decorators to Swagger 2.0: nothing is declared twice."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, TypeVar

from flask_restx import SchemaModel
from marshmallow import Schema

from daytrader.api.schemas.fields import BaseSchema, Field, Shown
from daytrader.api.schemas.glossary import GLOSSARY
from daytrader.services import damage_report
from daytrader.utils.query_utils import Listing

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
    HTTPStatus.SERVICE_UNAVAILABLE: "Busy, or starting for the first time: try again after `Retry-After` seconds",
}


def documented(method: F, **doc: Any) -> F:
    """Add *doc* (Flask-RESTX's words) to what is known of *method*."""
    method.__apidoc__ = _merged(getattr(method, "__apidoc__", {}), doc)  # type: ignore[attr-defined]  # RESTX keeps it there
    return method


def _merged(known: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return both; RESTX's own merge copies every model each time, a fifth of the time of a start."""
    both = dict(known)
    for name, value in more.items():
        old = both.get(name)
        both[name] = _merged(old, value) if type(old) is dict and type(value) is dict else value
    return both


def responses_of(method: Callable[..., Any]) -> dict[int, Any]:
    """Return the answers of *method* that are documented so far."""
    found: dict[int, Any] = getattr(method, "__apidoc__", {}).get("responses", {})
    return found


def can_fail(*statuses: HTTPStatus) -> Callable[[F], F]:
    """Document that a method may answer with these errors."""
    responses = {int(status): (_REASONS[status], _error_model()) for status in statuses}
    return lambda method: documented(method, responses=responses)


def shown(schema: Schema) -> SchemaModel:
    """Return the model of what *schema* shows: its fields and no other."""
    always = [name for name, field in schema.dump_fields.items() if getattr(field, "is_always_shown", True)]
    return _model(schema, "", schema.dump_fields, always)


def accepted(schema: Schema) -> SchemaModel:
    """Return the model of what *schema* accepts; with ``partial`` nothing in it is required."""
    given = schema.load_fields
    required = [] if schema.partial else [name for name, field in given.items() if field.required]
    # A schema that both takes and shows has two models: what is read-only is not even offered.
    suffix = "Changes" if schema.partial else ("Input" if set(given) != set(schema.dump_fields) or required else "")
    return _model(schema, suffix, given, required)


def page_of(schema: Schema) -> SchemaModel:
    """Return the model of one page of what *schema* shows."""
    always = set(_PAGINATION) - {"next_cursor"}  # of pages that were asked for by cursor alone
    pagination = _register("Pagination", _object(_PLACE, _PAGINATION, always))
    always_there = {"items": {"type": "array", "items": _ref(shown(schema))}, "pagination": _ref(pagination)}
    damaged = _register("UnreadableRow", _object("What is damaged in the database", _UNREADABLE, _UNREADABLE))
    properties = always_there | {
        "unreadable": {
            "type": "array",
            "description": "What would stand on this page but is damaged in the database; missing where nothing is",
            "items": _ref(damaged),
        }
    }
    meaning = f"Some of a list, each: {inspect.getdoc(type(schema))}"
    return _register(f"{_name(schema)}Page", _object(meaning, properties, always_there))


def query_parameter(kind: type, description: str, example: Any = None, **more: Any) -> dict[str, Any]:
    """Return an optional parameter of the address, whose values are of the Python type *kind*."""
    swagger: dict[str, Any] = dict(_PARAMETER_TYPES.get(kind, {"type": "string"}))
    if issubclass(kind, Enum):
        swagger["enum"] = [member.value for member in kind]
    if example is not None:
        # In words: Swagger UI would fill in `x-example`, and ask for it.
        description += f" (example: `{example}`)"
    return {"in": "query", "description": description} | swagger | more


def filter_parameters(listing: Listing, schema: Schema) -> dict[str, dict[str, Any]]:
    """Return a parameter for each filter of *listing*, on what *schema* shows."""
    return {name: _filter_parameter(*listing.resolve(name), kind, schema) for name, kind in listing.filters.items()}


def sort_parameters(columns: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the parameters that sort by one of *columns*."""
    return {
        "sort": query_parameter(str, "The column to sort by; ties break on id", enum=sorted(columns), default="id"),
        "order": query_parameter(str, "Ascending or descending", enum=["asc", "desc"], default="asc"),
    }


def completed(specification: dict[str, Any]) -> dict[str, Any]:
    """Return RESTX's *specification* without what nothing here answers with, and with what it leaves out."""
    for address, path in specification["paths"].items():
        for parameter in path.get("parameters", []):
            name = parameter["name"]
            meaning, example = _PATH_PARAMETERS.get(name) or (f"The {name.removesuffix('_id')}'s number", 1)
            parameter |= {"description": meaning, "x-example": example}
        for operation in (path[method] for method in _OPERATIONS & path.keys()):
            found = operation.get("parameters", [])
            operation["parameters"] = [_with_words(p) for p in found if p.get("name") != "X-Fields"]
            if _DAMAGEABLE.search(address):
                operation["responses"].setdefault(str(int(HTTPStatus.CONFLICT)), _DAMAGED)
            if "produces" in operation:  # whatever a success is, an error is the envelope
                operation["produces"] = list(dict.fromkeys([*operation["produces"], *specification["produces"]]))
    # RESTX registers what a response names, not what a model names in turn.
    definitions = {name: model.__schema__ for name, model in sorted(MODELS.items())}
    return {name: part for name, part in specification.items() if name != "responses"} | {"definitions": definitions}


def _with_words(parameter: dict[str, Any]) -> dict[str, Any]:
    if parameter["in"] != "body":
        return parameter
    model = MODELS[parameter["schema"]["$ref"].rpartition("/")[2]]
    return parameter | {"name": "body", "description": model.__schema__["description"]}


def _filter_parameter(column: str, suffix: str, kind: type, schema: Schema) -> dict[str, Any]:
    meaning, example = _meaning(schema, column)
    return query_parameter(kind, f"{_COMPARISONS[suffix]}: {meaning}", None if issubclass(kind, Enum) else example)


def _meaning(schema: Schema, name: str) -> tuple[str, Any]:
    if name not in schema.fields:  # a column to ask by that no answer shows
        return GLOSSARY.get(name, ("", None))
    field = schema.fields[name]
    assert isinstance(field, Field)
    described = field.describe()
    example = described["example"]
    return described["description"], str(example).lower() if isinstance(example, bool) else example


def _model(schema: Schema, suffix: str, fields: Mapping[str, Any], required: Iterable[str]) -> SchemaModel:
    properties = {field_name: _property(field) for field_name, field in fields.items()}
    meaning = inspect.getdoc(type(schema)) or ""
    return _register(_name(schema) + suffix, _object(meaning, properties, required))


def _object(meaning: str, properties: Mapping[str, Any], required: Iterable[str]) -> dict[str, Any]:
    """Return the description of an object that holds *required* and nothing beside *properties*."""
    body: dict[str, Any] = {
        "type": "object",
        "description": meaning,
        "properties": properties,
        "additionalProperties": False,
    }
    names = sorted(required)
    return body | {"required": names} if names else body


def _property(field: Field) -> dict[str, Any]:
    if not isinstance(field, Shown):
        return field.describe()
    reference = _ref(shown(field.schema_shown))
    if field.many:
        return {"type": "array", "items": reference}
    return {"allOf": [reference], "x-nullable": True} if field.allow_none else reference


def _error_model() -> SchemaModel:
    body = {"type": "object", "description": "Every error", "required": sorted(_ERROR), "properties": _ERROR}
    return _register("Error", body)


def _register(name: str, body: dict[str, Any]) -> SchemaModel:
    model = MODELS.setdefault(name, SchemaModel(name, body))
    assert model.__schema__ == body, f"two schemas are called {name}"
    return model


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
_OPERATIONS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_COMPARISONS: Final[Mapping[str, str]] = {
    "": "Equal",
    "_min": "At least",
    "_max": "At most",
    "_after": "At or after",
    "_before": "At or before",
    "_like": "Contains, in any case",
}
_PATH_PARAMETERS: Final[Mapping[str, tuple[str, Any]]] = {
    "symbol": ("The stock's symbol, in any case", "AAPL"),
    "name": ("The strategy's name", "technical"),
    "user_id": ("The account's number", 1),
    "price_id": ("The bar's number", 1),
}
_DAMAGEABLE: Final = re.compile(rf"{{({'|'.join(damage_report.KINDS)}|price)_id}}|/users/me$")
_DAMAGED: Final = {
    "description": "A row of it is damaged in the database; `message` says which, and its column",
    "schema": {"$ref": "#/definitions/Error"},
}
_UNREADABLE: Final[Mapping[str, dict[str, Any]]] = {
    "id": {"type": "integer", "description": "The row's number", "example": 3},
    "reason": {"type": "string", "description": "Its column, and why", "example": "buy_threshold is no number"},
}
_PLACE: Final = "Where a page stands in its list; without page numbers and totals where it was asked for by cursor"
_PAGINATION: Final[Mapping[str, dict[str, Any]]] = {
    "page": {"type": "integer", "description": "From 1", "example": 2, "x-nullable": True},
    "page_size": {"type": "integer", "description": "How many items a page may hold", "example": 20},
    "total_items": {"type": "integer", "description": "In all pages", "example": 57, "x-nullable": True},
    "total_pages": {"type": "integer", "description": "How many there are", "example": 3, "x-nullable": True},
    "has_next": {"type": "boolean", "description": "Whether a page follows", "example": True},
    "has_prev": {"type": "boolean", "description": "Whether a page lies before", "example": True},
    "next_cursor": {
        "type": "string",
        "description": "Asks for the page that follows, where this one was asked for by cursor",
        "example": "WyJpZCIsICJhc2MiLCAiNyIsIDdd",
        "x-nullable": True,
    },
}
_ERROR: Final[Mapping[str, dict[str, Any]]] = {
    "error": {"type": "boolean", "description": "Always true", "example": True},
    "status_code": {"type": "integer", "description": "That of the answer", "example": 404},
    "message": {"type": "string", "description": "For people", "example": "trading service not found"},
    "code": {"type": "string", "description": "For programs: never changes", "example": "not_found"},
    "validation_errors": {
        "type": "object",
        "description": "What is wrong with each field that is",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
        "example": {"shares": ["must be at least 1"]},
    },
    "request_id": {
        "type": "string",
        "description": "Finds the request in the server's log; also in the header `X-Request-ID`",
        "example": "3f2a9c5de1b04c0f8f2d6a7b9c1d2e3f",
    },
}
