"""What carrying the orders of accounts takes: who compares them with the books, what fences, who is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session

from daytrader.brokers.account import Account, BrokerOrder
from daytrader.engine.runner import Checkpoint, Fence, OnTrade
from daytrader.models.broker_credential import BrokerCredential


class Check(Protocol):
    """Compares the books with the account: `account_reconciliation.check`."""

    def __call__(
        self,
        session: Session,
        credential: BrokerCredential,
        account: Account,
        positions: Mapping[str, Decimal],
        orders: Sequence[BrokerOrder],
        now: datetime,
        left_out: Collection[int],
    ) -> Sequence[str]:
        """Put services that disagree into ERROR, and return what is wrong with the account as a whole."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """
    What the desks of all accounts work with.

    Attributes:
        check: Asked before anything is sent.
        fence: Asked at the beginning of each unit of work, and before an order is sent.
        checkpoint: Called with the name of each step just done ("reports", "protection", "placed", "claim", "submit",
            "unit 2", "cancel"; with "written" behind it before the commit); tests stop the process there.
        on_trade: Called with each trade, after the commit that it is part of.
        is_ending: Asked between two requests: whether the turn is to end here.
    """

    check: Check
    fence: Fence
    checkpoint: Checkpoint
    on_trade: OnTrade
    is_ending: Callable[[], bool] = lambda: False
