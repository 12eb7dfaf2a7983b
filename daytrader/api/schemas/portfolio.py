"""JSON shapes of a portfolio."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Moment, Number, Series, Shown, Whole
from daytrader.api.schemas.trading_service import DecisionSchema


class HoldingSchema(BaseSchema):
    """One service in the portfolio."""

    service_id = Whole(dump_only=True)
    equity = Number(dump_only=True, doc="Cash and the position at the last known close")
    position_value = Number(dump_only=True)
    session_change = Number(dump_only=True, doc="What the portfolio's last session changed", example=-12.5)
    last_decision = Shown(DecisionSchema, allow_none=True)


class PortfolioSchema(BaseSchema):
    """All services of one owner together, and their equity curve in columns."""

    as_of = Moment(dump_only=True, allow_none=True, doc="The last session that any service has seen")
    initial_balance = Number(dump_only=True)
    value = Number(dump_only=True, doc="Cash and positions at the last known closes", example=51234.5)
    cash = Number(dump_only=True)
    position_value = Number(dump_only=True)
    session_change = Number(dump_only=True, doc="What the last session changed", example=-12.5)
    timestamps = Series(Moment)
    equity = Series(Number, doc="At each session's close; a service counts with its initial balance before it began")
    services = Shown(HoldingSchema, many=True)
