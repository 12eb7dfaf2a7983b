"""JSON shapes of what the system says of itself."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Moment, Number, Object, Series, Text


class StatusSchema(BaseSchema):
    """A status word; an admin sees each part."""

    status = Text(dump_only=True, example="ready")
    parts = Object(dump_only=True, doc="For admins only")


class InfoSchema(BaseSchema):
    """What runs here."""

    name = Text(dump_only=True)
    version = Text(dump_only=True)
    uptime_seconds = Number(dump_only=True)
    market_time = Moment(dump_only=True, allow_none=True, doc="How far the replay has come, where there is one")
    strategies = Series(Text)
    features = Object(dump_only=True)
