"""Bars as a provider says them: put together, those that count chosen and judged, and as they are stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from daytrader.core.bars import Bars
from daytrader.services import market_calendar
from daytrader.services.data_providers.base import PriceSeries
from daytrader.services.data_providers.resampled import resampled
from daytrader.utils.constants import DAILY


def put_together(series: PriceSeries, minutes: int) -> PriceSeries:
    """Return *series* as bars of *minutes*, without one at the end whose finer bars have not all come."""
    made = resampled(series, minutes)
    if made is series or not made.time.size:
        return made
    come = int(series.time[-1]) + series.interval * 60
    return made.where(market_calendar.complete_at(made.time, minutes) <= come)


def complete_bars(series: PriceSeries, now: datetime, settling: timedelta) -> PriceSeries:
    """Return the bars of regular sessions that are complete at *now*."""
    if series.interval != DAILY:
        series = series.where(market_calendar.in_regular_session(series.time))
        on_grid = (series.time - market_calendar.session_opens(series.time)) % (series.interval * 60) == 0
        series = series.where(on_grid)
    ends = market_calendar.complete_at(series.time, series.interval, settling=settling)
    return series.where(ends <= now.timestamp())


def sift(series: PriceSeries) -> Bars:
    """Return the sound ones of *series*, the others among their `refused`."""
    return Bars.sift(
        series.time,
        series.open,
        series.high,
        series.low,
        series.close,
        series.volume,
        interval_minutes=series.interval,
        session=market_calendar.session_dates(series.time) if series.interval else None,
    )
