"""Coarser bars than a vendor has, or other than it means: made from its finer ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from daytrader.core.bars import Bars
from daytrader.core.resample import coarsen
from daytrader.services import market_calendar
from daytrader.services.data_providers.base import PriceSeries


def resampled(series: PriceSeries, minutes: int) -> PriceSeries:
    """
    Return the regular session's bars of *series* as bars of *minutes*, counted from the opening bell.

    Bars that are not sound are left out before.
    """
    if series.interval == minutes:
        return series
    inside = series.where(market_calendar.in_regular_session(series.time))
    bars = Bars.sift(
        inside.time,
        inside.open,
        inside.high,
        inside.low,
        inside.close,
        inside.volume,
        interval_minutes=series.interval,
        session=market_calendar.session_dates(inside.time),
    )
    made = coarsen(bars, minutes, market_calendar.session_opens(bars.time))
    return replace(
        series,
        time=made.time,
        open=made.open,
        high=made.high,
        low=made.low,
        close=made.close,
        volume=made.volume,
        adj_close=np.full(made.n, np.nan),
        interval=minutes,
    )
