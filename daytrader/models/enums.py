"""Enumerations stored as their string values."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ServiceState(StrEnum):
    """Where a trading service is in its life."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    PAUSED = "PAUSED"
    ERROR = "ERROR"


STATES_AT_WORK = (ServiceState.ACTIVE, ServiceState.PAUSED)
"""Of services that take bars."""
PROTECTED_STATES = (*STATES_AT_WORK, ServiceState.ERROR)
"""Of services whose stop-loss stays in force."""


class ServiceAction(StrEnum):
    """What a service can be asked to look for."""

    CHECK_BUY = "CHECK_BUY"
    CHECK_SELL = "CHECK_SELL"


class TradingMode(StrEnum):
    """What a service is waiting for."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"


class TransactionState(StrEnum):
    """Where a purchase is on its way to a sale."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class PriceSource(StrEnum):
    """Where a price came from."""

    REAL_TIME = "REAL_TIME"
    DELAYED = "DELAYED"
    SIMULATED = "SIMULATED"
    HISTORICAL = "HISTORICAL"


class IntradayInterval(IntEnum):
    """Minutes of an intraday bar."""

    ONE_MINUTE = 1
    FIVE_MINUTES = 5
    FIFTEEN_MINUTES = 15
    THIRTY_MINUTES = 30
    ONE_HOUR = 60


class AnalysisTimeframe(StrEnum):
    """The bars an analysis reads."""

    INTRADAY = "INTRADAY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    YEARLY = "YEARLY"


class DecisionAction(StrEnum):
    """What the engine decided on a bar."""

    BUY = "BUY"
    SELL = "SELL"
    NOTHING = "NOTHING"


class OrderSide(StrEnum):
    """Which way shares move."""

    BUY = "BUY"
    SELL = "SELL"


class OrderKind(StrEnum):
    """Why an order exists."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"
    STOP = "STOP"
    TARGET = "TARGET"
    MANUAL = "MANUAL"


class OrderState(StrEnum):
    """Where an order is between intent and its end."""

    PENDING = "PENDING"  # stored, not yet sent
    SUBMITTING = "SUBMITTING"  # being sent: after a crash here the broker is asked first
    ACCEPTED = "ACCEPTED"  # the broker works it
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


LIVE_ORDER_STATES = (
    OrderState.PENDING,
    OrderState.SUBMITTING,
    OrderState.ACCEPTED,
    OrderState.PARTIALLY_FILLED,
)


class JournalKind(StrEnum):
    """Why a service's cash or shares changed."""

    DEPOSIT = "DEPOSIT"
    BUY = "BUY"
    SELL = "SELL"
    DIVIDEND = "DIVIDEND"
    SPLIT = "SPLIT"
    CASH_IN_LIEU = "CASH_IN_LIEU"
    VOID = "VOID"


class CorporateActionKind(StrEnum):
    """What a company did to its shares."""

    DIVIDEND = "DIVIDEND"
    SPLIT = "SPLIT"


class JobState(StrEnum):
    """Where background work is."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class NotificationKind(StrEnum):
    """What a user may want to be told of."""

    TRADES = "trades"
    ERRORS = "errors"
    DAILY_SUMMARY = "daily_summary"


class ApiScope(StrEnum):
    """What a key may be used for; each includes those before it."""

    READ = "read"
    TRADE = "trade"
    ADMIN = "admin"
