"""JSON shapes of the gate to live trading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from daytrader.api.schemas.fields import BaseSchema, Field, Flag, Moment, Number, Shown, Text, Whole
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError

RULES = validators.PROMOTION_RULES

_ASKED: Final[Mapping[str, tuple[type[Field], float, str]]] = {
    "min_backtest_sessions": (Whole, 500, "Sessions that the pinned backtest must cover"),
    "min_backtest_trades": (Whole, 30, "Trades that it must have closed"),
    "min_backtest_return_percent": (Number, 10, "What it must have returned, percent"),
    "min_backtest_sharpe_ratio": (Number, 0.8, "Its Sharpe ratio at the least"),
    "max_backtest_drawdown_percent": (Number, 20, "Its deepest fall at the most, percent above 0"),
    "min_paper_sessions": (Whole, 60, "Sessions that the service must have traded on paper"),
    "min_paper_trades": (Whole, 10, "Trades that it must have closed there, manual ones left out"),
    "min_paper_return_percent": (Number, 0, "What they must have returned, percent of the initial balance"),
    "max_paper_drawdown_percent": (Number, 10, "The deepest fall there at the most, percent above 0"),
}


def _yes(value: bool) -> bool:
    if not value:
        raise BrokenRuleError("must be true: real money is at stake")
    return value


def _thresholds(**options: bool) -> dict[str, Field]:
    """Return a field for each threshold, with the *options* of one that is taken or shown."""
    return {
        name: kind(RULES[name], example=example, doc=doc, **options) for name, (kind, example, doc) in _ASKED.items()
    }


class ThresholdsSchema(BaseSchema):
    """What an owner asks of a service before it trades live; all at first, later what is to change."""

    class Meta:
        """The same names as those shown."""

        include = _thresholds()


class ShownThresholdsSchema(BaseSchema):
    """The thresholds in force, null where none were set: nothing is promoted then."""

    class Meta:
        """The same names as those taken."""

        include = _thresholds(dump_only=True, allow_none=True)


class PromoteSchema(BaseSchema):
    """An owner's word that a service may trade real money."""

    backtest_id = Whole(
        validators.whole(1, 2**31 - 1),
        required=True,
        example=12,
        doc="The own backtest to pin: of the service's present settings",
    )
    confirm = Flag(_yes, required=True, example=True, doc="Must be true")


class CriterionSchema(BaseSchema):
    """One point of the gate."""

    name = Text(dump_only=True, example="paper_sessions", doc="What programs call it")
    description = Text(dump_only=True, example="Sessions on paper", doc="What it asks")
    measured = Number(dump_only=True, allow_none=True, example=64, doc="What there is, null where nothing is known")
    threshold = Number(dump_only=True, allow_none=True, example=60, doc="What is asked for, null where nobody has said")
    is_met = Flag(dump_only=True, example=True, doc="Whether that is enough")
    note = Text(dump_only=True, allow_none=True, example="stop_loss_percent", doc="What makes up the figure, in words")


class PaperPeriodSchema(BaseSchema):
    """What counts of a service's time on paper."""

    began = Moment(dump_only=True, allow_none=True, example="2024-01-03T00:00:00Z", doc="The first bar that counts")
    ended = Moment(dump_only=True, allow_none=True, example="2024-04-03T00:00:00Z", doc="The last one")
    sessions = Whole(dump_only=True, example=64, doc="Days on which it decided in time")
    trades = Whole(dump_only=True, example=11, doc="Closed trades, manual ones left out")
    return_percent = Number(dump_only=True, example=2.4, doc="Of the initial balance")
    drawdown_percent = Number(dump_only=True, example=3.1, doc="The deepest fall, 0 or more")
    voids = Whole(dump_only=True, example=0, doc="Cancelled transactions")


class PromotionSchema(BaseSchema):
    """How a service stands before the gate to live trading."""

    service_id = Whole(dump_only=True, example=7, doc="Which service")
    is_permitted = Flag(dump_only=True, example=False, doc="Whether it may trade live now")
    reason = Text(
        dump_only=True, allow_none=True, example="the owner has not opted in", doc="Why it may not, null where it may"
    )
    backtest_id = Whole(dump_only=True, allow_none=True, example=12, doc="The pinned backtest, or the one asked about")
    opted_in_at = Moment(
        dump_only=True,
        allow_none=True,
        example="2024-04-04T09:00:00Z",
        doc="Since when the opt-in holds, null where none does",
    )
    revoked_at = Moment(dump_only=True, allow_none=True, example="2024-05-02T09:00:00Z", doc="When the last one ended")
    revoked_reason = Text(
        dump_only=True, allow_none=True, example="settings were changed: stop_loss_percent", doc="Why it ended"
    )
    paper = Shown(PaperPeriodSchema, doc="The paper period as far as it counts")
    criteria = Shown(CriterionSchema, many=True, doc="Every criterion, met or not")
