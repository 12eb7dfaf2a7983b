"""JSON shapes of accounts at brokers."""

from __future__ import annotations

from functools import partial

from daytrader.api.schemas.fields import BaseSchema, Flag, Moment, Number, Secret, Series, Shown, Text, Whole
from daytrader.utils import validators

_LONGEST_KEY = 200
_key = partial(Secret, partial(validators.text, shortest=8, longest=_LONGEST_KEY), required=True)


class BrokerCredentialSchema(BaseSchema):
    """A connected account, without what opens it."""

    id = Whole(dump_only=True)
    user_id = Whole(dump_only=True)
    broker = Text(dump_only=True, example="alpaca")
    is_live = Flag(dump_only=True, doc="Real money; false: the broker's own paper market", example=False)
    shown = Text(dump_only=True, doc="The last four characters of the key's id", example="9X2A")
    account = Text(dump_only=True, doc="The broker's number of the account", example="PA3K7W2M9Q4T")
    verified_at = Moment(dump_only=True, doc="When the broker took the keys", example="2024-01-02T21:00:00Z")
    cash = Number(dump_only=True, allow_none=True, doc="The account's cash as last seen", example=25000)
    cash_seen_at = Moment(dump_only=True, allow_none=True, doc="When that was", example="2024-01-02T21:00:00Z")
    halted_at = Moment(
        dump_only=True, allow_none=True, doc="Since when nothing is bought there", example="2024-01-02T21:00:00Z"
    )
    halted_reason = Text(
        dump_only=True, allow_none=True, doc="Why nothing is bought there", example="an order that is in no book"
    )
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class BrokersSchema(BaseSchema):
    """Which brokers there are, and which accounts of the caller's are connected."""

    available = Series(Text, doc="Names of the brokers that can be connected", example="alpaca")
    connected = Shown(BrokerCredentialSchema, many=True, doc="By the broker's name")


class NewBrokerCredentialSchema(BaseSchema):
    """The keys to an account."""

    broker = Text(partial(validators.text, shortest=1, longest=20), required=True, example="alpaca")
    key = _key(doc="The key's id", example="PK4T7M2Q8W5R1N6H9X2A")
    secret = _key(doc="The key's secret: stored sealed, never shown", example="one of the broker's secrets")
    is_live = Flag(load_default=False, doc="Real money: needs a second factor", example=False)


class BrokerTestedSchema(BaseSchema):
    """Whether the keys open the account now."""

    is_accepted = Flag(dump_only=True, doc="Whether the broker takes the keys and lets the account trade", example=True)
    error = Text(dump_only=True, allow_none=True, doc="Why not", example="trading is blocked")
    cash = Number(dump_only=True, allow_none=True, doc="The account's cash", example=25000)
