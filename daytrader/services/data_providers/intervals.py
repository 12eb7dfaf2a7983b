"""How far apart the bars of a file are."""

from __future__ import annotations

import numpy as np

from daytrader.core.arrays import IntArray
from daytrader.services.data_providers.csv_text import UnreadableFileError
from daytrader.utils.constants import DAILY, INTRADAY_INTERVALS


def settle_interval(times: IntArray, days: IntArray, given: int | None) -> int:
    """
    Return the minutes of a bar, 0 for daily ones: as *given*, or as the bars of a sample are apart.

    Args:
        times: The sample's moments, epoch seconds, ascending and unique, shape (n,).
        days: Its dates, unique, shape (m,).
        given: What the caller says, None where it is to be found out.

    Raises:
        UnreadableFileError: If it cannot be told, or what was given cannot be.
    """
    if given == DAILY and times.size > days.size:
        raise UnreadableFileError("has several bars a day, not daily ones")
    if given == DAILY or (given is None and times.size and times.size == days.size):
        return DAILY
    apart = int(np.diff(times).min()) if times.size > 1 else 0
    if given is None:
        if not apart:
            raise UnreadableFileError("has too few bars to tell their interval: say it")
        if apart not in [minutes * 60 for minutes in INTRADAY_INTERVALS]:
            raise UnreadableFileError(f"has bars {apart / 60:g} minutes apart: say their interval")
        return apart // 60
    if apart and apart < given * 60:
        raise UnreadableFileError(f"has bars {apart / 60:g} minutes apart, not {given}")
    return given
