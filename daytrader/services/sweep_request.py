"""What a sweep is asked to search: symbols, settings, and the history that it is searched on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Literal, Self

from sqlalchemy.orm import Session

from daytrader.core import combinations as core
from daytrader.core.combinations import Combinations
from daytrader.core.search import LeftOut, Search, Walk, nothing_left
from daytrader.services import backtest_service
from daytrader.services.backtest_request import BacktestRequest
from daytrader.services.backtest_service import Loaded
from daytrader.utils.errors import InsufficientDataError, InvalidInputError

MOST_COMBINATIONS: Final = 2_000_000
"""Of one sweep."""
MOST_BACKTESTS: Final = 4_000_000
"""Combinations times symbols of one sweep."""


@dataclass(frozen=True)
class SweepRequest:
    """
    What to search.

    Attributes:
        asked: What every backtest has in common; its symbol is the first one.
        symbols: What to search on.
        space: ``{"method": "grid", "axes": {name: [values]}}``, ``{"method": "random", "axes": {name: [low, high]},
            "draws": n, "seed": s}`` or ``{"method": "list", "rows": [{name: value}]}``, plain numbers throughout.
        metric: What the best is chosen by.
        walk_forward: ``{"mode", "train", "test"}``, of each symbol, or None for none.
        left_out: Symbols that were asked for too, but cannot be searched on.
    """

    asked: BacktestRequest
    symbols: tuple[str, ...]
    space: Mapping[str, Any]
    metric: str = "sharpe_ratio"
    walk_forward: Mapping[str, Any] | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def method(self) -> Literal["grid", "random", "list"]:
        """Return how combinations are found."""
        method: Literal["grid", "random", "list"] = self.space["method"]
        return method

    @property
    def search(self) -> Search:
        """Return the same as the core takes it, for any of the symbols."""
        walk = None if self.walk_forward is None else Walk(**self.walk_forward)
        return Search.of(self.asked, metric=self.metric, walk=walk)

    @cached_property
    def combinations(self) -> Combinations:
        """
        Return what is tried.

        Raises:
            InvalidInputError: If there is nothing to try, or too much.
        """
        axes = self.space.get("axes", {})
        if self.method == "grid":
            size = math.prod(len(values) for values in axes.values())
        else:
            size = self.space["draws"] if self.method == "random" else len(self.space["rows"])
        if size > MOST_COMBINATIONS or size * len(self.symbols) > MOST_BACKTESTS:
            most = min(MOST_COMBINATIONS, MOST_BACKTESTS // len(self.symbols))
            raise InvalidInputError({"combinations": [f"must be at most {most:,} here, were {size:,}"]})
        if self.method == "grid":
            return core.grid(axes)
        if self.method == "random":
            bounds = {name: (low, high) for name, (low, high) in axes.items()}
            try:
                return core.random(bounds, self.space["draws"], self.space["seed"], self.asked.strategy)
            except ValueError:  # steps beyond what can be drawn from
                raise InvalidInputError({"random": ["has bounds that are too large for steps that small"]}) from None
        return core.listed(self.space["rows"])

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "asked": self.asked.to_json(),
            "symbols": list(self.symbols),
            "space": dict(self.space),
            "metric": self.metric,
            "walk_forward": None if self.walk_forward is None else dict(self.walk_forward),
            "left_out": [one.to_dict() for one in self.left_out],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the request that `to_json` wrote."""
        return cls(
            BacktestRequest.from_json(plain["asked"]),
            tuple(plain["symbols"]),
            plain["space"],
            plain["metric"],
            plain["walk_forward"],
            tuple(LeftOut(**one) for one in plain.get("left_out", ())),  # older ones left nothing out
        )


def load(session: Session, request: SweepRequest, symbol: str) -> Loaded:
    """Return the bars of one symbol; see `backtest_service.load` for errors."""
    return backtest_service.load(session, replace(request.asked, symbol=symbol))


def load_first(session: Session, request: SweepRequest) -> tuple[SweepRequest, Loaded]:
    """
    Return the request for those of its symbols that can be traded, the others in *left_out*, and the first one's bars.

    Raises:
        NotFoundError: If a symbol is unknown.
        InvalidInputError: If the dates contradict each other.
        InsufficientDataError: If none of the symbols has a bar to trade.
    """
    first: Loaded | None = None
    kept, left_out = list[str](), list[LeftOut]()
    for symbol in request.symbols:
        try:
            loaded = load(session, request, symbol)
            request.search.require_bars(loaded.bars)
        except InsufficientDataError as error:
            if len(request.symbols) == 1:
                raise
            left_out.append(LeftOut(symbol, str(error)))
        else:
            first = first or loaded
            kept.append(symbol)
    if first is None:
        raise nothing_left(left_out)
    asked = replace(request.asked, symbol=kept[0])
    return replace(request, asked=asked, symbols=tuple(kept), left_out=tuple(left_out)), first
