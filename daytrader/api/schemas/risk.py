"""JSON shapes of limits, of what they are held against, and of the kill switch."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Day, Flag, Moment, Number, Text, Whole
from daytrader.utils import validators


class LimitsSchema(BaseSchema):
    """What buying is bounded by; what is not named stays, null lifts a limit."""

    max_daily_loss = Number(
        validators.initial_balance,
        allow_none=True,
        example=500,
        doc="Once a session has lost so much, nothing buys until the next; currency units",
    )
    max_position_value = Number(
        validators.initial_balance,
        allow_none=True,
        example=20000,
        doc="What positions and pending entries may be worth together; currency units",
    )
    max_orders_per_minute = Whole(
        validators.whole(1, 1_000_000), allow_none=True, example=30, doc="Orders that may be placed in sixty seconds"
    )


class RiskSchema(LimitsSchema):
    """Limits, how much of them is taken, and the kill switch."""

    daily_result = Number(
        dump_only=True,
        allow_none=True,
        example=-120.5,
        doc="What the session has brought, dividends left out; null while a row that it is of is damaged",
    )
    position_value = Number(
        dump_only=True, allow_none=True, example=8200, doc="Positions and pending entries; null as that is"
    )
    orders_last_minute = Whole(
        dump_only=True, allow_none=True, example=2, doc="Placed within the last sixty seconds; null as that is"
    )
    tripped_on = Day(
        dump_only=True, allow_none=True, example="2024-01-03", doc="The session whose loss was too large, null for none"
    )
    tripped_at = Moment(dump_only=True, allow_none=True, example="2024-01-03T21:00:00Z", doc="When that was noticed")
    is_killed = Flag(dump_only=True, example=False, doc="Whether the kill switch is on: nothing buys, stops stay")
    killed_at = Moment(dump_only=True, allow_none=True, example="2024-01-03T15:00:00Z", doc="Since when")
    kill_reason = Text(dump_only=True, allow_none=True, example="vendor sends nonsense", doc="Why, as it was told")
    is_installation_killed = Flag(dump_only=True, example=False, doc="Whether an admin has stopped everybody's buys")


class KillSchema(BaseSchema):
    """Why the kill switch is turned."""

    reason = Text(
        lambda value: validators.text(value, shortest=1, longest=200), example="vendor sends nonsense", doc="For people"
    )
