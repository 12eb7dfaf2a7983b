"""JSON shapes of background work."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Choice, Flag, Moment, Number, Object, Shown, Text, Whole
from daytrader.models.enums import JobState


class RowErrorSchema(BaseSchema):
    """What is wrong with one row of a file."""

    line = Whole(dump_only=True, doc="From 1", example=3)
    field = Text(dump_only=True, example="date")
    reason = Text(dump_only=True, example="is not a date like the others")


class JobItemSchema(BaseSchema):
    """Background work as lists and events show it."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True, allow_none=True)
    kind = Text(dump_only=True, example="import_prices")
    state = Choice(JobState, dump_only=True)
    progress = Number(dump_only=True, doc="0 to 1", example=0.42)
    eta = Moment(dump_only=True, allow_none=True, doc="When it should be done")
    is_cancel_requested = Flag(dump_only=True)
    result = Object(dump_only=True, doc="What was done, by kind")
    result_url = Text(dump_only=True, allow_none=True, doc="Where it can be looked at")
    error = Text(dump_only=True, allow_none=True, doc="Why it failed")
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
    started_at = Moment(dump_only=True, allow_none=True)
    finished_at = Moment(dump_only=True, allow_none=True)


class JobSchema(JobItemSchema):
    """Background work with the row errors that it found."""

    errors = Shown(RowErrorSchema, many=True)
