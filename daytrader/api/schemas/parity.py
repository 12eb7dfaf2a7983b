"""JSON shapes of the parity audit."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Choice, Moment, Number, Shown, Text, Whole
from daytrader.services.parity_audit import DifferenceKind, ExplainedKind


def _counts(name: str, doc: str, meanings: dict[str, str]) -> type[BaseSchema]:
    fields = {kind: Whole(dump_only=True, doc=meaning, example=0) for kind, meaning in meanings.items()}
    return type(name, (BaseSchema,), {"__doc__": doc, **fields})


ParityCountsSchema = _counts(
    "ParityCountsSchema",
    "Differences of each kind.",
    {
        DifferenceKind.DECISION: "The same state and the same prices decide otherwise",
        DifferenceKind.SLIPPAGE: "Filled when it should, at another price",
        DifferenceKind.PATH: "A stop, a target or a limit was, or was not, reached",
        DifferenceKind.DATA: "The prices are no longer those that were decided on",
        DifferenceKind.MISSED: "Nothing was decided on the bar, or an order filled later than on the next one",
        DifferenceKind.REJECT: "The broker refused the order",
    },
)
ParityExplainedSchema = _counts(
    "ParityExplainedSchema",
    "What is no difference, because somebody had said so.",
    {
        ExplainedKind.LIMITS: "Buys that a limit or the kill switch barred",
        ExplainedKind.OWNER: "Decisions while paused, on HOLD or in a mode set by hand",
        ExplainedKind.MANUAL_TRADES: "Trades by hand",
        ExplainedKind.CANCELLED_ORDERS: "Orders that were taken back before they filled",
    },
)


class ParityDifferenceSchema(BaseSchema):
    """One difference between what was done and what the rules make of the recorded state."""

    kind = Choice(DifferenceKind, dump_only=True, doc="In what", example="slippage")
    bar_time = Moment(dump_only=True, doc="The bar", example="2024-01-03T00:00:00Z")
    message = Text(
        dump_only=True,
        doc="What is otherwise",
        example="filled +4.00 basis points from the price that the rules make",
    )
    expected = Text(dump_only=True, doc="What the rules make", example="184.350000")
    recorded = Text(dump_only=True, doc="What was done", example="184.423740")
    decision_id = Whole(dump_only=True, allow_none=True, doc="The decision, if it is of one", example=812)
    order_id = Whole(dump_only=True, allow_none=True, doc="The order, if it is of one", example=31)


class ParitySchema(BaseSchema):
    """What came of deciding a live period once more, with a page of the differences, oldest first."""

    class Meta:
        """What Python reserves the name of."""

        include = {  # noqa: RUF012 (marshmallow reads it so)
            "from": Moment(dump_only=True, allow_none=True, doc="The first bar", example="2023-01-03T00:00:00Z")
        }

    service_id = Whole(dump_only=True)
    to = Moment(dump_only=True, allow_none=True, doc="The last bar", example="2024-01-03T00:00:00Z")
    bars = Whole(dump_only=True, doc="Stored between the two, both included", example=252)
    decisions_compared = Whole(dump_only=True, doc="How many were decided once more", example=252)
    score = Number(dump_only=True, allow_none=True, doc="Percent of the bars without a difference", example=99.6)
    differences = Whole(dump_only=True, doc="How many there are", example=1)
    by_class = Shown(ParityCountsSchema, doc="How many of each kind")
    explained = Shown(ParityExplainedSchema, doc="What is no difference, because somebody had said so")
    first_difference = Shown(ParityDifferenceSchema, allow_none=True, doc="The oldest, null where all is equal")
    items = Shown(ParityDifferenceSchema, many=True, doc="A page of the differences")
    page = Whole(dump_only=True, doc="From 1", example=1)
    page_size = Whole(dump_only=True, doc="How many items a page may hold", example=20)
    total_pages = Whole(dump_only=True, doc="How many pages there are", example=1)
