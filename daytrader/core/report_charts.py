"""
The charts of a report's page: lines as SVG that stretches, words and marks as HTML that does not.

Positions are percent of the plot, so that one drawing serves a phone, a wide screen and paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from daytrader.core.arrays import DayArray, FloatArray, IntArray
from daytrader.utils.days import date_of

_BUCKETS: Final = 600  # two points in each: more would draw several on one pixel
_TICKS: Final = 5
_LABELS: Final = 8
_FEW: Final = 2
_WIDE: Final = 5.0
_HUNDRED: Final = 100
_MONTHS_OF_LABELS: Final = (1, 2, 3, 6)
_THOUSAND: Final = 1_000
_MILLION: Final = 1_000_000
# By how much an axis divides its numbers, the name of that, from which number on, and the most digits behind the point.
_UNITS: Final = ((_MILLION, "M", _MILLION, 2), (_THOUSAND, "k", 10 * _THOUSAND, 1), (1, "", 0, 6))


class Line(NamedTuple):
    """One line of a chart; a *filled* one is an area down from the top."""

    values: FloatArray
    kind: str
    filled: bool = False


class Mark(NamedTuple):
    """A fill: at which session and value, of which class, and what to say of it."""

    session: int
    value: float
    kind: str
    told: str


class Stroke(NamedTuple):
    """A straight line between two points of a chart."""

    first: int
    begin: float
    last: int
    end: float
    kind: str


class Scale:
    """
    Where sessions and values are, in percent of the plot.

    Values that span more than a factor of five stand on a logarithmic scale: equal changes are equally high.
    """

    def __init__(self, values: Sequence[FloatArray], *, top: float | None = None) -> None:
        low = min(float(one.min()) for one in values)
        high = max(float(one.max()) for one in values) if top is None else top
        self.is_logarithmic = low > 0 and high / low > _WIDE
        self.steps = max(max(one.size for one in values) - 1, 1)
        self._low, self._high = self._height(low), self._height(high)
        if self._high - self._low < max(abs(self._high), 1.0) * 1e-9:
            self._low, self._high = self._low - 1, self._high + (top is None)
        room = (self._high - self._low) * 0.04
        self._low -= room
        self._high += room if top is None else 0

    def x(self, index: float) -> float:
        """Return the place of a session."""
        return 100 * index / self.steps

    def y(self, value: float) -> float:
        """Return the place of a value, from the top."""
        return 100 * (self._high - self._height(value)) / (self._high - self._low)

    def ticks(self) -> list[float]:
        """Return a handful of round values."""
        if self.is_logarithmic:
            powers = range(math.floor(self._low), math.ceil(self._high) + 1)
            tens = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            seen = [tick for tick in tens if self._low <= self._height(tick) <= self._high]
            return seen if len(seen) <= 2 * _TICKS else seen[::3]
        rough = (self._high - self._low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
        first, last = math.ceil(self._low / step), math.floor(self._high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _height(self, value: float) -> float:
        return math.log10(value) if self.is_logarithmic else value


def plot(
    name: str,
    session: DayArray,
    lines: Sequence[Line],
    *,
    unit: str = "",
    top: float | None = None,
    marks: Sequence[Mark] = (),
    strokes: Sequence[Stroke] = (),
) -> str:
    """Return one chart over the sessions; *name* is what the page's script and style know it by."""
    scale = Scale([line.values for line in lines], top=top)
    grid, labels = [], []
    ticks = scale.ticks()
    for value, told in zip(ticks, [short(one) for one in ticks] if scale.is_logarithmic else even(ticks), strict=True):
        y = scale.y(value)
        grid.append(f'<path class="grid" d="M0 {y:.2f}H100"/>')
        labels.append(f'<span class="y" style="top:{y:.2f}%">{told}{unit}</span>')
    for index, label in _dates(session):
        labels.append(f'<span class="x" style="left:{scale.x(index):.2f}%">{label}</span>')
    drawn = "".join(_path(scale, line) for line in lines)
    straight = "".join(
        f'<path class="{one.kind}" d="M{scale.x(one.first):.2f} {scale.y(one.begin):.2f}'
        f'L{scale.x(one.last):.2f} {scale.y(one.end):.2f}"/>'
        for one in strokes
    )
    points = "".join(
        f'<i class="{mark.kind}" style="left:{scale.x(mark.session):.2f}%;top:{scale.y(mark.value):.2f}%" '
        f'title="{mark.told}"></i>'
        for mark in marks
    )
    kinds = f"plot {name}{' logarithmic' if scale.is_logarithmic else ''}"
    return (
        f'<div class="{kinds}"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f'{"".join(grid)}{straight}{drawn}</svg>{"".join(labels)}{points}<b class="cursor" hidden></b></div>'
    )


def picked(values: FloatArray) -> IntArray:
    """Return which points to draw: of each of many short stretches the lowest and the highest, and both ends."""
    if values.size <= 2 * _BUCKETS:
        return np.arange(values.size)
    edges = np.linspace(0, values.size, _BUCKETS + 1).astype(np.int64)
    chosen = [0, values.size - 1]
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = values[first:last]
        chosen += [first + int(part.argmin()), first + int(part.argmax())]
    return np.unique(chosen)


def short(value: float) -> str:
    """Return *value* as an axis says it."""
    size = abs(value)
    if size >= _MILLION:
        return f"{value / _MILLION:,.4g}M"
    if size >= 10 * _THOUSAND:
        return f"{value / _THOUSAND:,.4g}k"
    return f"{value:,.0f}" if size >= _HUNDRED or value == int(value) else f"{value:,.4g}"


def even(ticks: Sequence[float]) -> list[str]:
    """Return *ticks*, equally far apart, as an axis says them: in one unit, with the digits that tell them apart."""
    size = max((abs(one) for one in ticks), default=0.0)
    for unit, suffix, least, most in _UNITS:
        scaled = [one / unit for one in ticks]
        noise = 1e-9 * max(1.0, size / unit)
        digits = next((n for n in range(most + 1) if all(abs(round(one, n) - one) <= noise for one in scaled)), None)
        if size >= least and digits is not None:
            return [f"{one + 0.0:,.{digits}f}{suffix if one else ''}" for one in scaled]
    return [short(one) for one in ticks]


def _path(scale: Scale, line: Line) -> str:
    if line.values.size == 1:  # a session on its own is a level
        line = line._replace(values=line.values.repeat(2))
    points = "L".join(f"{scale.x(i):.2f} {scale.y(float(line.values[i])):.2f}" for i in picked(line.values).tolist())
    drawn = f'<path class="{line.kind}" d="M{points}"/>'
    if line.filled:
        drawn += f'<path class="area" d="M{points}L{scale.x(line.values.size - 1):.2f} 0L0 0Z"/>'
    return drawn


def _dates(session: DayArray) -> list[tuple[int, str]]:
    """Return a few sessions and how they are labelled: the first ones of years, of months, or any."""
    days = [date_of(day) for day in session.tolist()]
    years = [i for i in range(1, len(days)) if days[i].year != days[i - 1].year]
    if len(years) > _FEW:
        step = -(-len(years) // _LABELS)
        return [(i, str(days[i].year)) for i in years[::step]]
    months = [i for i in range(1, len(days)) if days[i].month != days[i - 1].month]
    if len(months) > _FEW:
        step = next((each for each in _MONTHS_OF_LABELS if len(months) <= each * _LABELS), 12)
        return [(i, f"{days[i]:%b %Y}") for i in months if (days[i].month - 1) % step == 0]
    every = max(1, -(-len(days) // 6))
    return [(i, f"{days[i].day} {days[i]:%b}") for i in range(0, len(days), every)]
