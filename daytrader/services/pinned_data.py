"""Whether the prices that a backtest was made from are still what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from daytrader.models import Backtest
from daytrader.services import price_service
from daytrader.utils.errors import InsufficientDataError


def is_restated(session: Session, kept: Backtest) -> bool:
    """Return whether the prices that *kept* was made from have changed since; later bars are no change."""
    return any(_has_changed(session, source) for source in kept.data)


def _has_changed(session: Session, source: Mapping[str, Any]) -> bool:
    try:
        bars = price_service.load_bars(session, source["stock_id"], source["interval"], prices=source["prices"])
    except InsufficientDataError:  # an adjusted close is gone
        return True
    known = bars.head(int(np.searchsorted(bars.time, source["last"], side="right")))
    return known.data_hash != str(source["data_hash"])
