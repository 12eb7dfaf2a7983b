"""Files that come with a request: streamed to disk, never held in memory."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flask import current_app, g, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from daytrader.api import swagger
from daytrader.config import Settings
from daytrader.services.data_providers import price_files
from daytrader.utils import private
from daytrader.utils.errors import InvalidInputError

MAX_UPLOAD: Final = 64_000_000
"""Bytes of a request that brings a file."""
FOLDER: Final = "uploads"

_CHUNK: Final = 1 << 20
_FIELD: Final = "file"


@dataclass(slots=True)
class Upload:
    """
    A file that was sent.

    Attributes:
        path: Where it is; removed with the request unless kept.
        is_kept: Set by whoever hands it on.
        stocks: Whose its first rows are, None where it does not say of each row whose it is.
    """

    path: Path
    stocks: tuple[str, ...] | None = None
    is_kept: bool = False


def folder(settings: Settings) -> Path:
    """Return where uploaded files wait."""
    return settings.instance / FOLDER


def receives_price_file(method: Callable[..., Any]) -> Callable[..., Any]:
    """
    Pass the multipart field ``file`` as *upload*; stands above `writes`, which would hold the database meanwhile.

    Raises:
        RequestEntityTooLarge: If it is larger than `MAX_UPLOAD`, or unpacks to more than prices ever do.
        UnsupportedMediaType: If the request is no multipart form, or the file an archive.
        InvalidInputError: If there is no such field, or the file is no table of prices.
    """

    @wraps(method)
    def run(*args: Any, **kwargs: Any) -> Any:
        request.max_content_length = MAX_UPLOAD
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType
        given = request.files.get(_FIELD)
        if given is None or set(request.files) != {_FIELD}:
            raise InvalidInputError({_FIELD: ["is required, as the one file of a multipart form"]})
        upload = Upload(_store(given))
        try:
            _judge(upload)
            response = method(*args, upload=upload, **kwargs)
        except BaseException:
            upload.is_kept = False
            raise
        finally:
            if not upload.is_kept:
                upload.path.unlink(missing_ok=True)
        return response

    documented = swagger.documented(
        run,
        consumes=["multipart/form-data"],
        params={
            _FIELD: {
                "in": "formData",
                "type": "file",
                "required": True,
                "description": "CSV, JSON, gzip or Parquet (example: `AAPL.csv`)",
            }
        },
    )
    return swagger.can_fail(
        HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    )(documented)


def _store(given: FileStorage) -> Path:
    """Copy the file to the instance folder under a name of our own, and remember what the request is about."""
    settings: Settings = current_app.extensions["settings"]
    home = folder(settings)
    private.make_folder(home)
    path = home / secrets.token_hex(16)
    digest = hashlib.sha256()
    with path.open("wb") as out:
        while chunk := given.stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    # The form's own bytes differ from request to request: its boundary is drawn by lot.
    g.body_digest = digest.digest()
    return path


def _judge(upload: Upload) -> None:
    if price_files.is_archive(upload.path):
        raise UnsupportedMediaType
    if price_files.is_bomb(upload.path):
        raise RequestEntityTooLarge
    upload.stocks = price_files.stocks_at_start(upload.path)
