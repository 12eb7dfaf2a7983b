"""JSON shapes of notifications."""

from __future__ import annotations

from functools import partial

from daytrader.api.schemas.fields import BaseSchema, Flag, Moment, Parts, Shown, Text, Whole, Words
from daytrader.models.enums import NotificationKind
from daytrader.services.notifications.channels import LONGEST_URL
from daytrader.utils import validators

_name = partial(Text, partial(validators.text, shortest=1, longest=50), example="my phone")


class NotificationTargetSchema(BaseSchema):
    """Where a user is told, without the address."""

    id = Whole(dump_only=True)
    name = _name(dump_only=True)
    shown = Text(dump_only=True, example="Telegram: 987654321", doc="What can be shown of the address")
    kinds = Words(NotificationKind, dump_only=True, doc="What is told", example=["trades", "errors"])
    is_active = Flag(dump_only=True, doc="Whether anything is sent there")
    last_sent_at = Moment(
        dump_only=True,
        allow_none=True,
        doc="When it last took a message; null: never",
        example="2024-01-02T21:00:00Z",
    )
    failures = Whole(dump_only=True, doc="How often in a row it has failed since", example=0)
    last_error = Text(
        dump_only=True, allow_none=True, doc="Why it failed last; null: it works", example="mail.example is not known"
    )
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class NotificationsSchema(BaseSchema):
    """All targets of one user."""

    targets = Shown(NotificationTargetSchema, many=True, doc="By name")


class _ChosenTargetSchema(BaseSchema):
    """A target as its owner chooses it."""

    name = _name(required=True, doc="Its name, of this user's once")
    url = Text(
        partial(validators.text, shortest=1, longest=LONGEST_URL),
        allow_none=True,
        load_default=None,
        example="tgram://123456789:AAbot-token/987654321",
        doc="The address, with what it takes to send there: stored sealed, never shown. Null: as it is stored",
    )
    kinds = Words(NotificationKind, required=True, doc="What is told", example=["trades", "errors"])
    is_active = Flag(load_default=True, doc="Whether anything is sent there")


class NotificationChoiceSchema(BaseSchema):
    """All targets that a user wants; others are removed."""

    targets = Parts(
        _ChosenTargetSchema,
        fewest=0,
        required=True,
        doc="Ten at most",
        example=[{"name": "my phone", "url": "tgram://123456789:AAbot-token/987654321", "kinds": ["trades", "errors"]}],
    )


class NotificationTestSchema(BaseSchema):
    """Which target to try."""

    name = _name(required=True, doc="The name of one of the caller's targets")


class NotificationTestedSchema(BaseSchema):
    """Whether a message was taken."""

    is_accepted = Flag(dump_only=True, doc="Whether the other side took the message", example=True)
    error = Text(dump_only=True, allow_none=True, doc="Why not", example="mail.example is not known")
