"""JSON shapes of API keys."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Moment, Text, Whole, Words
from daytrader.models.enums import ApiScope
from daytrader.utils import validators


class ApiKeySchema(BaseSchema):
    """A key for scripts, without its secret."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    name = Text(lambda value: validators.text(value, shortest=1, longest=100), required=True, example="nightly report")
    prefix = Text(dump_only=True, doc="The first characters of the key")
    scopes = Words(ApiScope, required=True, doc="Each includes those before it", example=["read"])
    expires_at = Moment(
        allow_none=True, load_default=None, doc="When it ends; null: never", example="2025-01-02T00:00:00Z"
    )
    last_used_at = Moment(
        dump_only=True,
        allow_none=True,
        doc="When it was last used, to the minute; null: never",
        example="2024-01-02T21:00:00Z",
    )
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class NewApiKeySchema(ApiKeySchema):
    """A key just made: the only answer that holds it."""

    key = Text(dump_only=True, doc="Sent as `Authorization: Bearer ...`; shown this once")
