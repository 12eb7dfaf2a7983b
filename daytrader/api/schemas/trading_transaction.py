"""JSON shapes of transactions and orders."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Choice, Flag, Moment, Number, Shown, Text, Whole
from daytrader.models.enums import OrderKind, OrderSide, OrderState, TransactionState
from daytrader.utils import validators


class TransactionSchema(BaseSchema):
    """One position of one service, from buy to sell."""

    id = Whole(dump_only=True)
    service_id = Whole(dump_only=True)
    stock_id = Whole(dump_only=True, allow_none=True)
    stock_symbol = Text(dump_only=True)
    shares = Number(dump_only=True)
    state = Choice(TransactionState, dump_only=True)
    purchase_price = Number(dump_only=True)
    sale_price = Number(dump_only=True, allow_none=True)
    gain_loss = Number(dump_only=True, allow_none=True)
    purchase_date = Moment(dump_only=True)
    sale_date = Moment(dump_only=True, allow_none=True)
    notes = Text(dump_only=True, allow_none=True)
    open_shares = Whole(dump_only=True, doc="What is left after splits and sales")
    cost = Number(dump_only=True)
    buy_fee = Number(dump_only=True)
    proceeds = Number(dump_only=True)
    sell_fee = Number(dump_only=True)
    adjustments = Number(dump_only=True, doc="Dividends and cash in lieu")
    entry_reason = Text(dump_only=True, allow_none=True)
    exit_reason = Text(dump_only=True, allow_none=True)
    is_manual = Flag(dump_only=True)
    is_complete = Flag(dump_only=True)
    is_profitable = Flag(dump_only=True)
    can_be_cancelled = Flag(dump_only=True)
    calculated_gain_loss = Number(dump_only=True, allow_none=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class BuySchema(BaseSchema):
    """A manual buy."""

    service_id = Whole(required=True)
    shares = Whole(validators.whole(1, 1_000_000_000), required=True, example=10)
    purchase_price = Number(
        validators.fill_price,
        allow_none=True,
        load_default=None,
        doc="Within 20 % of the last known price, the default; on paper only",
    )


class CompleteSchema(BaseSchema):
    """A manual sale."""

    sale_price = Number(
        validators.fill_price,
        allow_none=True,
        load_default=None,
        doc="Within 20 % of the last known price, the default; on paper only",
    )


class CancelSchema(BaseSchema):
    """Why a purchase is voided."""

    reason = Text(
        lambda value: validators.text(value, shortest=1, longest=200), required=True, doc="Why", example="entered twice"
    )


class NotesSchema(BaseSchema):
    """A remark."""

    notes = Text(validators.optional_text(5000), required=True, allow_none=True)


class OrderSchema(BaseSchema):
    """One order, from intent to end."""

    id = Whole(dump_only=True)
    service_id = Whole(dump_only=True)
    decision_id = Whole(dump_only=True, allow_none=True)
    attempt = Whole(dump_only=True)
    parent_id = Whole(dump_only=True, allow_none=True)
    transaction_id = Whole(dump_only=True, allow_none=True)
    broker = Text(dump_only=True)
    client_order_id = Text(dump_only=True)
    side = Choice(OrderSide, dump_only=True)
    kind = Choice(OrderKind, dump_only=True)
    state = Choice(OrderState, dump_only=True)
    shares = Whole(dump_only=True)
    filled_shares = Whole(dump_only=True)
    limit_price = Number(dump_only=True, allow_none=True)
    stop_price = Number(dump_only=True, allow_none=True, doc="Of a leg that rests at a broker")
    broker_ref = Text(
        dump_only=True,
        allow_none=True,
        doc="The broker's own name of it; null on paper",
        example="904837e3-3b76-47ec-b432-046db621571b",
    )
    sent_at = Moment(
        dump_only=True,
        allow_none=True,
        doc="When it was last sent to a broker; null on paper",
        example="2024-01-02T21:00:00Z",
    )
    cancel_reason = Text(
        dump_only=True, allow_none=True, doc="Why its broker was asked to end it", example="service stopped"
    )
    reserved_cash = Number(dump_only=True)
    bar_time = Moment(dump_only=True, allow_none=True)
    reason = Text(dump_only=True, allow_none=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class PassageSchema(BaseSchema):
    """One state that an order went through."""

    state = Choice(OrderState, dump_only=True)
    at = Moment(dump_only=True)
    reason = Text(dump_only=True, allow_none=True)


class ExecutionSchema(BaseSchema):
    """One fill."""

    id = Whole(dump_only=True)
    service_id = Whole(dump_only=True)
    order_id = Whole(dump_only=True)
    transaction_id = Whole(dump_only=True)
    broker = Text(dump_only=True)
    execution_ref = Text(dump_only=True)
    side = Choice(OrderSide, dump_only=True)
    shares = Whole(dump_only=True)
    price = Number(dump_only=True)
    amount = Number(dump_only=True)
    fee = Number(dump_only=True)
    bar_time = Moment(dump_only=True, allow_none=True)
    executed_at = Moment(dump_only=True)
    is_ambiguous = Flag(dump_only=True)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class OrderWithFillsSchema(OrderSchema):
    """One order with its history and its fills."""

    history = Shown(PassageSchema, many=True)
    executions = Shown(ExecutionSchema, many=True)


class TransactionMetricsSchema(BaseSchema):
    """The sum of a service's transactions; null where there is nothing to divide by."""

    total_transactions = Whole(dump_only=True)
    open_transactions = Whole(dump_only=True)
    closed_transactions = Whole(dump_only=True)
    cancelled_transactions = Whole(dump_only=True)
    total_profit = Number(dump_only=True)
    total_loss = Number(dump_only=True, doc="0 or negative")
    net_gain_loss = Number(dump_only=True)
    average_profit_per_transaction = Number(dump_only=True, allow_none=True)
    average_loss_per_transaction = Number(dump_only=True, allow_none=True)
    profitable_transactions = Whole(dump_only=True)
    unprofitable_transactions = Whole(dump_only=True, doc="What broke even included")
    win_rate = Number(dump_only=True, allow_none=True, doc="Percent of the closed ones")
