"""JSON shape of the audit log."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Moment, Text, Whole


class AuditEntrySchema(BaseSchema):
    """One try to do something that matters for security, and what came of it."""

    id = Whole(dump_only=True)
    actor_id = Whole(dump_only=True, allow_none=True, doc="null where nobody was signed in")
    via = Text(dump_only=True, doc="login:7, key:3, anonymous or console")
    action = Text(dump_only=True, doc="What was tried", example="auth.login")
    target = Text(dump_only=True)
    result = Text(dump_only=True, doc="ok, or the code of the error", example="ok")
    address = Text(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
