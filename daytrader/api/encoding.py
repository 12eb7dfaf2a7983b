"""JSON in and out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson
from flask import Flask, Response, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import UnsupportedMediaType

from daytrader.utils.errors import BrokenRuleError

MAX_BODY: Final = 1_000_000
"""Bytes of a request body; imports have a limit of their own."""

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def encode(value: Any) -> bytes:
    """Return *value* as JSON: money as numbers, moments as ISO 8601 UTC with Z, NaN as null."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def answer(value: Any, status: int = 200) -> Response:
    """Return *value* as a JSON response."""
    return Response(encode(value), status, mimetype="application/json")


def read_body() -> dict[str, Any]:
    """
    Return the request's JSON object; an empty body is an empty object. Numbers with a point are exact decimals.

    Raises:
        UnsupportedMediaType: If the body is of another type.
        BrokenRuleError: If it is not one well-formed object, or names a key twice.
    """
    raw = request.get_data()  # kept: a unit of work that the database undoes reads it again
    if not raw:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        # The strict parser first: it refuses NaN, lone surrogates and nesting without end; the second is exact.
        orjson.loads(raw)
        body = json.loads(raw, parse_float=Decimal, parse_int=_whole, object_pairs_hook=_unique)
    except (ValueError, ArithmeticError, RecursionError):  # arithmetic: an exponent that no decimal has
        raise BrokenRuleError("the body is not well-formed JSON") from None
    if not isinstance(body, dict):
        raise BrokenRuleError("the body must be a JSON object")
    return body


class OrjsonProvider(JSONProvider):
    """What Flask itself encodes and decodes with."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Return *obj* as JSON text."""
        return encode(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Return what the JSON text says."""
        return orjson.loads(s)


class SocketJson:
    """The module that Socket.IO encodes and decodes its packets with."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """Return *value* as JSON text."""
        return encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        """Return what the JSON text says."""
        return orjson.loads(text)


def install(app: Flask) -> None:
    """Encode and decode with orjson, and refuse bodies beyond `MAX_BODY`."""
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _whole(digits: str) -> int | Decimal:
    # An integer would forget the sign of -0, which no price has.
    return Decimal(digits) if digits == "-0" else int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
