"""The results of a sweep as callers read them: a page of combinations, or a figure over two settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from daytrader.core import heatmap as core
from daytrader.core.arrays import FloatArray
from daytrader.core.combinations import Combinations
from daytrader.core.heatmap import Heatmap, Reduce
from daytrader.core.money import CENTS
from daytrader.core.ranking import LOWER_IS_BETTER
from daytrader.models import Sweep
from daytrader.services.sweep_files import FIGURES, SweepFiles
from daytrader.utils.errors import ConflictError

_GONE: Final = "the results of this sweep are no longer there: run it again"
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
                name: one if figures["is_valid"][place] else None for name, one in told(figures, place).items()
            },
        }
        for place, row in enumerate(rows.tolist())
    ]
    return _paged(items, total, query.page, query.page_size)


def told(figures: Mapping[str, npt.NDArray[Any]], place: int) -> dict[str, int | float | None]:
    """Return the *figures* of one combination as JSON values by name: money in currency units, None where unknown."""
    plain = {name: _plain(column[place]) for name, column in figures.items() if name != "is_valid"}
    cents = plain["final_equity"]
    plain["final_equity"] = None if cents is None else cents / CENTS
    return plain


SUMMARY_ORDERS: Final = ("symbol", "value", "overfitting", "deflated_sharpe", "walk_forward_return_pct", "efficiency")
"""What the symbols of a sweep can be ordered by."""


def summary_of(symbol: str, findings: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """Return the line that stands for one symbol among many."""
    metrics, walked = findings["metrics"], findings["walk_forward"]
    overfitting, deflated = findings["overfitting"], findings["deflated_sharpe"]
    return {
        "symbol": symbol,
        "settings": findings["settings"],
        "value": None if metrics is None else metrics[metric],
        "overfitting": None if overfitting is None else overfitting["probability"],
        "deflated_sharpe": None if deflated is None else deflated["deflated"],
        "walk_forward_return_pct": None if walked is None else walked["metrics"]["total_return_pct"],
        "efficiency": None if walked is None else walked["efficiency"],
        "level": findings["verdict"]["level"],
    }


def symbols_page(
    files: SweepFiles, stored: Sweep, sort: str | None, page: int, page_size: int, *, is_descending: bool
) -> dict[str, Any]:
    """
    Return one page of the sweep's symbols, each judged alone; unknown figures stand last, equals in the sweep's order.

    Raises:
        ConflictError: If the files are gone, or are of a time when several symbols were only judged together.
    """
    lines = files.summaries() if len(stored.symbols) > 1 else [_line(stored)]
    if lines is None:
        raise ConflictError(_GONE)
    ordered = list(lines)
    if sort is not None:
        known = [line for line in lines if line[sort] is not None]
        known.sort(key=lambda line: line[sort], reverse=is_descending)
        ordered = known + [line for line in lines if line[sort] is None]
    return _paged(ordered[(page - 1) * page_size : page * page_size], len(ordered), page, page_size)


def findings_of(files: SweepFiles, stored: Sweep, place: int) -> dict[str, Any]:
    """
    Return what the best is worth on the symbol at *place* alone.

    Raises:
        ConflictError: As `symbols_page`.
    """
    found = files.findings(place) if len(stored.symbols) > 1 else told_of(stored)
    if found is None:
        raise ConflictError(_GONE)
    return found


def told_of(stored: Sweep) -> dict[str, Any] | None:
    """Return the findings of the whole sweep, None before it is done; older ones do not say why nothing was walked."""
    return {"not_walked": None, **stored.findings} if stored.findings else None


def _line(stored: Sweep) -> dict[str, Any]:
    return summary_of(stored.symbol, stored.findings, stored.metric)


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


def _paged(items: Sequence[Any], total: int, page: int, page_size: int) -> dict[str, Any]:
    total_pages = -(-total // page_size)
    return {
        "items": items,
        "pagination": {
            "page": page,
            "page_size": page_size,
            "total_items": total,
            "total_pages": total_pages,
            "has_next": page < total_pages,
            "has_prev": page > 1,
        },
    }


def _require(files: SweepFiles) -> None:
    if not files.is_there():
        raise ConflictError(_GONE)


def _plain(value: Any) -> int | float | None:
    plain: int | float = value.item()
    return None if plain != plain else plain  # noqa: PLR0124 (NaN is the one that differs from itself)
