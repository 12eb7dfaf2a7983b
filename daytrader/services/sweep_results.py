"""The results of a sweep as callers read them: a page of combinations, or a figure over two settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from daytrader.core import heatmap as core
from daytrader.core.arrays import FloatArray
from daytrader.core.combinations import Combinations
from daytrader.core.heatmap import Heatmap, Reduce
from daytrader.core.ranking import LOWER_IS_BETTER
from daytrader.models import Sweep
from daytrader.services.sweep_files import FIGURES, SweepFiles
from daytrader.utils.errors import ConflictError

_WIDEST: Final = 60  # values on an axis of a heatmap; more are put together


@dataclass(frozen=True, slots=True)
class ResultQuery:
    """
    Which combinations, in which order.

    Attributes:
        symbol: A place among the symbols, None for all together.
        where: Only combinations with these values of these settings.
    """

    sort: str
    is_descending: bool
    page: int
    page_size: int
    symbol: int | None
    where: Mapping[str, float] = field(default_factory=dict)


def settings_of(stored: Sweep) -> list[str]:
    """Return the names of the settings that the sweep varies."""
    space = stored.request["space"]
    return list(space["rows"][0] if space["method"] == "list" else space["axes"])


def page(files: SweepFiles, stored: Sweep, query: ResultQuery) -> dict[str, Any]:
    """
    Return one page of combinations, each with its number, settings and figures; unknown figures are None.

    Raises:
        ConflictError: If the files are gone.
    """
    _require(files)
    names = settings_of(stored)
    if query.sort in names:
        column = files.setting(names.index(query.sort))
    else:
        column = _of_those_that_traded(files, query.sort, query.symbol)
    order = files.order(column, descending=query.is_descending)
    for name, value in query.where.items():
        order = order[np.asarray(files.setting(names.index(name)))[order] == value]
    total = int(order.size)
    rows = order[(query.page - 1) * query.page_size : query.page * query.page_size]
    shown = Combinations(tuple(names), tuple(files.setting(place)[rows] for place in range(len(names))))
    figures = {name: np.asarray(files.figure(name, query.symbol)[rows]) for name in FIGURES}
    items = [
        {
            "index": int(row),
            "params": shown.of(place),
            "is_valid": bool(figures["is_valid"][place]),
            "metrics": {
                name: _plain(values[place]) if figures["is_valid"][place] else None
                for name, values in figures.items()
                if name != "is_valid"
            },
        }
        for place, row in enumerate(rows.tolist())
    ]
    total_pages = -(-total // query.page_size)
    return {
        "items": items,
        "pagination": {
            "page": query.page,
            "page_size": query.page_size,
            "total_items": total,
            "total_pages": total_pages,
            "has_next": query.page < total_pages,
            "has_prev": query.page > 1,
        },
    }


def heatmap(
    files: SweepFiles,
    stored: Sweep,
    x: str,
    y: str,
    metric: str,
    reduce: Reduce,
    symbol: int | None,
) -> Heatmap:
    """
    Return *metric* over the settings *x* and *y*.

    Raises:
        ConflictError: If the files are gone.
        InvalidParameterError: As `core.heatmap.heatmap`.
    """
    _require(files)
    names = tuple(settings_of(stored))
    return core.heatmap(
        Combinations(names, tuple(files.setting(place) for place in range(len(names)))),
        _of_those_that_traded(files, metric, symbol),
        x,
        y,
        reduce=reduce,
        is_lower_better=metric in LOWER_IS_BETTER,
        widest=_WIDEST,
    )


def _of_those_that_traded(files: SweepFiles, name: str, symbol: int | None) -> FloatArray:
    """Return a figure, NaN of what was refused or never held a share: doing nothing beats every loser."""
    has_traded = (files.figure("trades", symbol) > 0) | (files.figure("exposure_pct", symbol) > 0)
    return np.where(has_traded, np.asarray(files.figure(name, symbol), np.float64), np.nan)


def _require(files: SweepFiles) -> None:
    if not files.is_there():
        raise ConflictError("the results of this sweep are no longer there: run it again")


def _plain(value: Any) -> int | float | None:
    plain: int | float = value.item()
    return None if plain != plain else plain  # noqa: PLR0124 (NaN is the one that differs from itself)
