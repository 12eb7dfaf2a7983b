"""By which rules each bar was taken: the settings of a service as they were when it was decided on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from daytrader.core.arrays import IntArray
from daytrader.core.decision import Rules
from daytrader.core.strategy import Params
from daytrader.models.trading_service import TradingService
from daytrader.services import settings_history
from daytrader.services.parity_audit.record import FOREVER, epoch_micros
from daytrader.services.trading_rules import params_of, rules_of


@dataclass(frozen=True, slots=True)
class Settings:
    """What decisions and fills are made by."""

    rules: Rules
    strategy: str
    params: Params
    keeps_protection: bool


@dataclass(frozen=True)
class History:
    """
    Settings one after the other.

    Attributes:
        settings: Oldest first.
        until: When each was replaced, in epoch microseconds, rising.
    """

    settings: Sequence[Settings]
    until: Sequence[int]

    def place(self, written: int) -> int:
        """Return the place of the settings by which was done what was *written* then (epoch microseconds)."""
        return min(int(np.searchsorted(self._until, written, side="right")), len(self.settings) - 1)

    def at(self, written: int) -> Settings:
        """Return those settings."""
        return self.settings[self.place(written)]

    @cached_property
    def _until(self) -> IntArray:
        return np.array(self.until, np.int64)


def read_history(session: Session, service: TradingService) -> History:
    """Return what *service* has traded by."""
    periods = settings_history.periods(session, service)
    settings = [
        Settings(rules_of(one.settings), one.settings.strategy, params_of(one.settings), one.settings.keep_protection)
        for one in periods
    ]
    return History(settings, [FOREVER if one.until is None else epoch_micros(one.until) for one in periods])
