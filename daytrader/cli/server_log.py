"""Gunicorn's log in the form of every other line."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import structlog
from gunicorn.glogging import Logger

from daytrader.api.headers import ASKED_BY
from daytrader.cli.socket_limit import Environ

logger = structlog.get_logger("daytrader.server")


class StructuredLog(Logger):  # type: ignore[misc]
    """Gunicorn's words and one line a request, in the form of every other line."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self._requests = logger.bind()  # by now it is settled how this process logs

    def access(self, resp: Any, req: Any, environ: Environ, request_time: timedelta) -> None:
        """Tell of a request; not its query, which may hold what is nobody's business."""
        self._requests.info(
            "request",
            method=req.method,
            path=environ.get("PATH_INFO", req.path),
            status=int(str(resp.status).split(" ", maxsplit=1)[0]),
            bytes=resp.sent,
            milliseconds=round(request_time.total_seconds() * 1000, 1),
            address=environ.get("REMOTE_ADDR", ""),
            request_id=dict(resp.headers).get("X-Request-ID"),
            user_id=environ.get(ASKED_BY),
        )

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.CRITICAL, msg, args, kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.ERROR, msg, args, kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.WARNING, msg, args, kwargs)

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on, as details."""
        self._pass_on(logging.DEBUG, msg, args, kwargs)

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on."""
        self._pass_on(logging.DEBUG, msg, args, kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on, with the trace."""
        self._pass_on(logging.ERROR, msg, args, {"exc_info": True} | kwargs)

    def _pass_on(self, level: int, message: str, args: tuple[Any, ...], more: dict[str, Any]) -> None:
        told = {"exc_info": more["exc_info"]} if more.get("exc_info") else {}
        logger.log(level, message % args if args else message, **told)
