"""How a broker fails: whether it has taken what it was sent, and when to ask again."""

from __future__ import annotations

from daytrader.utils.errors import UnavailableError


class BrokerError(UnavailableError):
    """A broker did not answer what it was asked; nothing follows from that about any order."""

    code = "broker_failed"


class UnknownOutcomeError(BrokerError):
    """It cannot be told whether the broker has taken what it was sent: it has to be looked up."""


class BusyError(BrokerError):
    """It was asked too often and has taken nothing; *retry_after* is how many seconds it wants to be left alone."""

    def __init__(self, broker: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"{broker} takes no more requests for another {retry_after:.0f} seconds")


class BrokerAccessError(BrokerError):
    """The keys are wrong, or are not allowed to do this; nothing was taken."""

    code = "broker_access"


class RefusedOrderError(BrokerError):
    """The broker has refused the order, for the reason it gives; nothing was taken."""


class DuplicateOrderError(BrokerError):
    """The broker has an order under this client_order_id already."""
