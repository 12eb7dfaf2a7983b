"""What an address says behind its question mark: what is known, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from flask import request

from daytrader.api import swagger
from daytrader.utils.errors import InvalidInputError


def asks(parameters: Mapping[str, Mapping[str, Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let the address say these *parameters*, each once, and no other: what is misspelt would be as if not said."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def check(*args: Any, **kwargs: Any) -> Any:
            unknown = {
                name: [f"is unknown, allowed: {', '.join(parameters)}"]
                for name in query_arguments()
                if name not in parameters
            }
            if unknown:
                raise InvalidInputError(unknown)
            return method(*args, **kwargs)

        documented = swagger.documented(check, params=dict(parameters))
        return swagger.can_fail(HTTPStatus.BAD_REQUEST)(documented)

    return decorate


def query_arguments() -> dict[str, str]:
    """
    Return what the address says behind its question mark.

    Raises:
        InvalidInputError: Naming whatever it says twice: one of the two would be as if not said.
    """
    twice = {name: ["is given twice"] for name, values in request.args.lists() if len(values) > 1}
    if twice:
        raise InvalidInputError(twice)
    return request.args.to_dict()
