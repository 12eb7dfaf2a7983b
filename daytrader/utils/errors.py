"""Errors raised on purpose. None of them knows about HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DayTraderError(Exception):
    """Base of every expected failure; *code* is stable and part of the API."""

    code: ClassVar[str] = "error"


class NotFoundError(DayTraderError):
    """The thing does not exist, or the actor may not learn that it does."""

    code = "not_found"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} not found")


class ConflictError(DayTraderError):
    """The request is well-formed but the current state forbids it."""

    code = "conflict"


class UnreadableRowError(ConflictError):
    """What is stored is damaged: somebody wrote into the database what no column of its kind can hold."""

    code = "unreadable_row"


class ForbiddenError(DayTraderError):
    """The actor is known but may not do this."""

    code = "forbidden"


class UnauthenticatedError(DayTraderError):
    """Nobody we know is asking."""

    code = "unauthenticated"


class SecondFactorError(UnauthenticatedError):
    """The password is right; the code of the second factor is missing or wrong."""

    code = "totp_required"


class TooManyRequestsError(DayTraderError):
    """The actor asks too often; *retry_after* is the number of seconds until it may ask again."""

    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("too many requests, try again later")


class InvalidInputError(DayTraderError):
    """The input breaks a rule; *fields* maps each field's name to what is wrong with it."""

    code = "validation_error"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: list(messages) for name, messages in fields.items()}
        super().__init__("; ".join(f"{name}: {', '.join(messages)}" for name, messages in self.fields.items()))


class BrokenRuleError(DayTraderError):
    """A single value breaks a rule; whoever knows the field's name turns it into InvalidInputError."""

    code = "validation_error"


class InsufficientDataError(DayTraderError):
    """A well-formed request cannot be carried out for want of market data."""

    code = "insufficient_data"


class LostLeaseError(ConflictError):
    """Another engine has taken over: what this one was doing is undone."""

    code = "lost_lease"

    def __init__(self, holder: str) -> None:
        super().__init__(f"another engine trades now: {holder}")


class UnavailableError(DayTraderError):
    """Something needed is busy or down; trying again later is right."""

    code = "unavailable"


class ConfigurationError(DayTraderError):
    """The installation's settings are wrong or unsafe."""

    code = "configuration_error"
