"""How this process logs."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

from daytrader.utils.errors import ConfigurationError


def configure(level: str, *, is_json: bool = False) -> None:
    """
    Write what is worth a look to stderr, from *level* on: for people, or with *is_json* one JSON object a line.

    Traces are plain: those with local variables, structlog's default where rich is installed, would write passwords.

    Raises:
        ConfigurationError: If there is no such level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ConfigurationError("DAYTRADER_LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    # Libraries speak up when something is wrong, not on each request.
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_machines() if is_json else _for_people()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _for_machines() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_to_json)]


def _to_json(line: dict[str, Any], **_: Any) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # a number or a text beyond what it can write: told all the same
        return json.dumps(line, default=str)


def _for_people() -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]
