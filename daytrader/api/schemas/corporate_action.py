"""JSON shape of dividends and splits."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Choice, Day, Flag, Moment, Number, Text, Whole
from daytrader.models.enums import CorporateActionKind


class CorporateActionSchema(BaseSchema):
    """What happens to the holder of a share on its ex-date: a dividend, or new shares for old ones."""

    id = Whole(dump_only=True)
    stock_id = Whole(dump_only=True)
    symbol = Text(dump_only=True)
    ex_date = Day(dump_only=True, example="2024-01-03", doc="The first session without the entitlement")
    kind = Choice(CorporateActionKind, dump_only=True)
    amount = Number(dump_only=True, example=0.24, doc="Dividend for each share; 0 for a split")
    ratio_numerator = Whole(dump_only=True, example=4, doc="New shares ...")
    ratio_denominator = Whole(dump_only=True, example=1, doc="... for so many old ones")
    is_quarantined = Flag(
        dump_only=True,
        example=False,
        doc="Whether it is too large to be a dividend: not paid until an admin releases it",
    )
    is_judged = Flag(
        dump_only=True,
        example=True,
        doc="Whether it was held against the close before it; one without prices before it still waits for them",
    )
    source = Text(dump_only=True, example="csv", doc="The file or provider that it comes from")
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)
