"""A search through settings, whatever its prices: each history is swept, its best is judged and walked forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, Protocol, Self, TypeAlias

from daytrader.core import backtest, sweep, walk_forward
from daytrader.core.assessment import Assessment, assess
from daytrader.core.backtest import Fill, Prices
from daytrader.core.bars import Bars
from daytrader.core.combinations import Combinations
from daytrader.core.room import MEMORY, Room
from daytrader.core.rules import Rules
from daytrader.core.sweep import Outcome
from daytrader.core.walk_forward import WalkForward
from daytrader.core.windows import Mode, bars_trained
from daytrader.utils.errors import InsufficientDataError

Stage: TypeAlias = Literal["luck", "walk-forward"]

BLOCKS: Final = 16
"""Into which the sessions are cut for the probability of overfitting."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How to walk forward; see `walk_forward.run`."""

    mode: Mode = "rolling"
    train: int = 504
    test: int = 126


@dataclass(frozen=True, eq=False, slots=True)
class Judgement:
    """
    What the best of one history is worth, and how choosing it anew would have done.

    *not_walked* says why there is no walk-forward where one was wanted.
    """

    assessment: Assessment
    earlier_trials: int
    walk_forward: WalkForward | None
    not_walked: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            **self.assessment.to_dict(),
            "earlier_trials": self.earlier_trials,
            "walk_forward": None if self.walk_forward is None else self.walk_forward.to_dict(),
            "not_walked": self.not_walked,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One of several stocks that is not searched on, and why."""

    symbol: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"symbol": self.symbol, "reason": self.reason}


def nothing_left(left_out: Sequence[LeftOut]) -> InsufficientDataError:
    """Return the error of a search on several stocks of which not one can be traded."""
    reasons = "; ".join(dict.fromkeys(one.reason for one in left_out)) or "no stock has prices"
    return InsufficientDataError(f"there is nothing to search on: {reasons}")


class Trading(Protocol):
    """What a caller has been asked to trade by; the fields are those of `Search`."""

    @property
    def strategy(self) -> str: ...
    @property
    def params(self) -> Mapping[str, object]: ...
    @property
    def rules(self) -> Rules: ...
    @property
    def cash(self) -> Decimal: ...
    @property
    def start(self) -> date | None: ...
    @property
    def end(self) -> date | None: ...
    @property
    def fill(self) -> Fill: ...
    @property
    def prices(self) -> Prices: ...


@dataclass(frozen=True, slots=True)
class Search:
    """
    What the backtests of a search have in common, and how the best is chosen and judged.

    Attributes:
        strategy: Its name.
        params: Of its parameters those that are not tried.
        rules: Where a combination names no other.
        cash: Initial balance, currency units.
        start: First session, None for the first there is.
        end: Last session, None for the last there is.
        fill: When decisions fill.
        prices: Whether bars are raw or adjusted; pinned in reports.
        metric: What the best is chosen by.
        walk: How to walk forward, None for not at all.
    """

    strategy: str
    params: Mapping[str, object]
    rules: Rules
    cash: Decimal
    start: date | None = None
    end: date | None = None
    fill: Fill = "next_open"
    prices: Prices = "raw"
    metric: str = "sharpe_ratio"
    walk: Walk | None = None

    @classmethod
    def of(cls, trading: Trading, *, metric: str, walk: Walk | None) -> Self:
        """Return the search by what *trading* has in common."""
        return cls(
            trading.strategy,
            trading.params,
            trading.rules,
            trading.cash,
            trading.start,
            trading.end,
            trading.fill,
            trading.prices,
            metric,
            walk,
        )

    def require_bars(self, bars: Bars) -> None:
        """
        Check that there is something to trade.

        Raises:
            InsufficientDataError: If there is no bar between *start* and *end*.
        """
        backtest.first_row(bars.until(self.end), self.start)

    def run(self, bars: Bars, combinations: Combinations, *, blocks: int = BLOCKS, **control: Any) -> Outcome:
        """Return what *combinations* come to on *bars*; *control* and errors are those of `sweep.run`."""
        return sweep.run(
            bars,
            self.strategy,
            combinations,
            self.rules,
            params=self.params,
            cash=self.cash,
            start=self.start,
            end=self.end,
            fill=self.fill,
            blocks=blocks,
            **control,
        )

    def judge(
        self,
        symbol: str,
        bars: Bars,
        combinations: Combinations,
        outcome: Outcome,
        *,
        earlier_trials: int = 0,
        is_one_of_several: bool = False,
        threads: int = 1,
        room: Room = MEMORY,
        progress: Callable[[Stage, float], None] = lambda _stage, _part: None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Judgement:
        """
        Return what the best of *outcome* is worth, and its walk-forward where one is wanted.

        Args:
            symbol: What *bars* are of.
            bars: The whole history.
            combinations: What was tried.
            outcome: What `run` made of them, with block sums.
            earlier_trials: Combinations tried on the same history before.
            is_one_of_several: Whether a history that leaves nothing to walk on is no error: the others go on.
            threads: How many may work; the result is the same.
            room: Where the results of the walk-forward's trainings are made.
            progress: Told what is being done and the fraction of it that is.
            should_stop: Asked now and then whether to give up.

        Raises:
            InvalidParameterError: If there is no such metric, or a window is out of bounds.
            InsufficientDataError: If no session is left to test a walk-forward on, and it is not one of several.
            SweepStoppedError: If *should_stop* said so.
        """
        progress("luck", 0.0)
        assessment = assess(
            bars,
            self.strategy,
            combinations,
            outcome,
            self.rules,
            symbol=symbol,
            params=self.params,
            cash=self.cash,
            start=self.start,
            end=self.end,
            fill=self.fill,
            prices=self.prices,
            metric=self.metric,
            earlier_trials=earlier_trials,
            threads=threads,
            progress=lambda part: progress("luck", part),
            should_stop=should_stop,
        )
        if self.walk is None:
            return Judgement(assessment, earlier_trials, None)
        try:
            self.times_walked(bars)
        except InsufficientDataError as error:
            if not is_one_of_several:
                raise
            return Judgement(assessment, earlier_trials, None, str(error))
        progress("walk-forward", 0.0)
        walked = walk_forward.run(
            bars,
            self.strategy,
            combinations,
            self.rules,
            symbol=symbol,
            params=self.params,
            cash=self.cash,
            mode=self.walk.mode,
            train=self.walk.train,
            test=self.walk.test,
            metric=self.metric,
            start=self.start,
            end=self.end,
            fill=self.fill,
            prices=self.prices,
            threads=threads,
            room=room,
            progress=lambda done, total: progress("walk-forward", done / total),
            should_stop=should_stop,
        )
        return Judgement(assessment, earlier_trials, walked)

    def times_walked(self, bars: Bars) -> float:
        """
        Return how many passes over all *bars* the trainings of the walk-forward amount to, for each combination.

        Raises:
            InvalidParameterError, InsufficientDataError: As `windows.spans`.
        """
        if self.walk is None:
            return 0.0
        train, test, mode = self.walk.train, self.walk.test, self.walk.mode
        trained = bars_trained(bars, train=train, test=test, mode=mode, start=self.start, end=self.end)
        return trained / bars.n
