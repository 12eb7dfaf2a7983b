"""What the figures of a sweep mean for somebody who thinks of trading its best: one sentence, by fixed rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from daytrader.core.overfitting import DeflatedSharpe, Overfitting
from daytrader.core.stability import Stability

# docs/sweeps.md names the sources of the bounds.
_LUCK: Final = 0.5
_SIGNIFICANT: Final = 0.05
_FEW_TRADES: Final = 30
_NEEDLE: Final = 0.5


class Level(StrEnum):
    """How far the best may be believed."""

    HOLDS = "holds"
    DOUBTFUL = "doubtful"
    LUCK = "luck"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The judgement.

    Attributes:
        level: How far the best may be believed.
        odds_of_luck: The larger one of the probability of overfitting and of what is missing from the deflated Sharpe
            ratio to 1; None if neither is known.
        sentence: The same in words.
    """

    level: Level
    odds_of_luck: float | None
    sentence: str


NOTHING_TRADED: Final = Verdict(Level.NOTHING, None, "Nothing to judge: no combination traded.")

_OPENINGS: Final = {
    Level.HOLDS: "Holds up",
    Level.DOUBTFUL: "Not proven",
    Level.LUCK: "Do not trade it",
}


def judge(
    overfitting: Overfitting | None, deflated: DeflatedSharpe | None, stability: Stability | None, trades: int
) -> Verdict:
    """
    Return the verdict on the best of a sweep, which closed *trades* trades.

    Luck: the odds of it are above 50 %. Holds: they are at most 5 %, there are 30 trades or more and the neighbours
    keep half of the result. Doubtful: everything between, whatever cannot be computed, and settings that all earn
    alike: then choosing among them is luck, earning is not.
    """
    odds = _odds(overfitting, deflated)
    doubts = _doubts(stability, trades)
    is_any_good = _is_any_good(overfitting, deflated)
    if odds is not None and odds > _LUCK and not is_any_good:
        level = Level.LUCK
    elif odds is None or odds > _SIGNIFICANT or doubts or overfitting is None or deflated is None:
        level = Level.DOUBTFUL
    else:
        level = Level.HOLDS
    parts = [*_evidence(overfitting, deflated), *doubts]
    if odds is None:
        parts.insert(0, "too few sessions or combinations to tell skill from luck")
    else:
        what = "choosing was luck, though hardly a choice lost outside" if is_any_good else "the best is luck"
        parts[0] = f"{_percent(odds)} odds that {what}: {parts[0]}"
    return Verdict(level, odds, f"{_OPENINGS[level]}: {'; '.join(parts)}.")


def _is_any_good(overfitting: Overfitting | None, deflated: DeflatedSharpe | None) -> bool:
    """Return whether the choice was no better than the median outside, but the median is good: a plateau."""
    if overfitting is None or deflated is None or overfitting.probability <= _LUCK:
        return False
    return deflated.deflated >= 1 - _SIGNIFICANT and overfitting.probability_of_loss <= _SIGNIFICANT


def _odds(overfitting: Overfitting | None, deflated: DeflatedSharpe | None) -> float | None:
    known = [] if overfitting is None else [overfitting.probability]
    if deflated is not None:
        known.append(1 - deflated.deflated)
    return max(known, default=None)


def _evidence(overfitting: Overfitting | None, deflated: DeflatedSharpe | None) -> list[str]:
    """Return what speaks for or against it, the worse first."""
    found: list[tuple[float, str]] = []
    if overfitting is not None:
        share = _percent(overfitting.probability)
        found.append(
            (
                overfitting.probability,
                f"chosen on half of the past it was in the worse half of the rest {share} of the time",
            )
        )
    if deflated is not None:
        best_of = "a single try" if deflated.trials == 1 else f"the best of {deflated.trials:,} tries"
        found.append(
            (
                1 - deflated.deflated,
                f"its Sharpe ratio is {deflated.sharpe_ratio:.2f} where {best_of} without skill shows "
                f"{deflated.expected_maximum:.2f}",
            )
        )
    return [text for _, text in sorted(found, key=lambda pair: -pair[0])]


def _doubts(stability: Stability | None, trades: int) -> list[str]:
    doubts = []
    if trades < _FEW_TRADES:
        doubts.append(f"only {trades} closed {'trade' if trades == 1 else 'trades'}")
    if stability is not None and stability.median_share is not None and stability.median_share < _NEEDLE:
        kept = max(0.0, stability.median_share)
        doubts.append(f"a small change of its settings keeps {_percent(kept)} of the result")
    return doubts


def _percent(fraction: float) -> str:
    if 0 < fraction < 0.01:  # noqa: PLR2004 (less than one percent is not none)
        return "under 1 %"
    if 0.99 < fraction < 1:  # noqa: PLR2004 (likewise)
        return "over 99 %"
    return f"{fraction * 100:.0f} %"
