"""The windows of a walk-forward: sessions to choose on, and those after them to trade the choice in."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from daytrader.core.bars import Bars
from daytrader.core.errors import InvalidParameterError
from daytrader.utils.days import date_of
from daytrader.utils.errors import InsufficientDataError

Mode: TypeAlias = Literal["anchored", "rolling"]


class Span(NamedTuple):
    """One step: trained on sessions *train* to *test* - 1, traded on *test* to *end* - 1, counted from 0."""

    train: int
    test: int
    end: int


def spans(sessions: int, train: int, test: int, mode: Mode) -> tuple[Span, ...]:
    """
    Return the steps over so many sessions; the last test window may be shorter.

    Raises:
        InvalidParameterError: If a window is shorter than a session or the mode is unknown.
        InsufficientDataError: If no session is left to be tested on.
    """
    for name, length in (("train", train), ("test", test)):
        if length < 1:
            raise InvalidParameterError(name, "must be at least one session")
    if mode not in ("anchored", "rolling"):
        raise InvalidParameterError("walk_forward", "must be anchored or rolling")
    if sessions <= train:
        raise InsufficientDataError(f"{sessions:,} sessions leave none to test on after {train:,} of training")
    return tuple(
        Span(0 if mode == "anchored" else first - train, first, min(first + test, sessions))
        for first in range(train, sessions, test)
    )


def sessions_of(bars: Bars, start: date | None) -> list[date]:
    """Return the sessions of *bars* from *start* on."""
    return [date_of(day) for day in np.unique(bars.session[bars.first_of(start) :]).tolist()]


def bars_trained(
    bars: Bars, *, train: int, test: int, mode: Mode, start: date | None = None, end: date | None = None
) -> int:
    """
    Return how many bars the trainings of a walk-forward read in all, for each combination: what it takes grows with it.

    Raises:
        InvalidParameterError, InsufficientDataError: As `spans`.
    """
    used = bars.until(end)
    days = sessions_of(used, start)
    return sum(used.first_of(days[step.test]) for step in spans(len(days), train, test, mode))
