"""The sentence, by fixed rules."""

from __future__ import annotations

import numpy as np
import pytest

from daytrader.core.overfitting import DeflatedSharpe, Overfitting
from daytrader.core.stability import Stability
from daytrader.core.verdict import Level, judge


def overfitted(probability: float, loss: float = 0.3) -> Overfitting:
    """Return what cross-validation found."""
    nothing = np.empty(0)
    return Overfitting(probability, 1000, 12_870, -0.5, 1.0, loss, nothing, nothing, nothing)


def deflated(value: float, trials: int = 1000) -> DeflatedSharpe:
    """Return a Sharpe ratio of 1.32."""
    return DeflatedSharpe(1.32, 1.21, 0.99, value, trials, 2000, 0.0, 3.0)


def plateau(share: float) -> Stability:
    """Return neighbours that keep *share* of the best."""
    return Stability(8, share, share, share, 1.0)


@pytest.mark.parametrize(
    ("probability", "value", "share", "trades", "level"),
    [
        (0.05, 0.951, 0.5, 30, Level.HOLDS),
        (0.06, 0.951, 0.5, 30, Level.DOUBTFUL),
        (0.05, 0.949, 0.5, 30, Level.DOUBTFUL),
        (0.05, 0.951, 0.49, 30, Level.DOUBTFUL),
        (0.05, 0.951, 0.5, 29, Level.DOUBTFUL),
        (0.51, 0.99, 0.9, 99, Level.LUCK),
        (0.0, 0.49, 0.9, 99, Level.LUCK),
    ],
)
def test_levels(probability: float, value: float, share: float, trades: int, level: Level) -> None:
    """5 % on both, thirty trades and half of the result in the neighbourhood hold; above 50 % it is luck."""
    assert judge(overfitted(probability), deflated(value), plateau(share), trades).level is level


def test_the_worse_figure_leads_the_sentence() -> None:
    """In words for somebody who never heard of either."""
    told = judge(overfitted(0.68), deflated(0.4), plateau(0.2), 12)
    assert told.odds_of_luck == 0.68
    assert told.sentence == (
        "Do not trade it: 68 % odds that the best is luck: chosen on half of the past it was in the worse half of the "
        "rest 68 % of the time; its Sharpe ratio is 1.32 where the best of 1,000 tries without skill shows 1.21; only "
        "12 closed trades; a small change of its settings keeps 20 % of the result."
    )
    other = judge(overfitted(0.0), deflated(0.3), None, 100)
    assert other.sentence.startswith("Do not trade it: 70 % odds that the best is luck: its Sharpe ratio is 1.32")
    assert judge(overfitted(0.001), deflated(0.999), None, 100).sentence.startswith("Holds up: under 1 % odds")


def test_where_all_settings_earn_alike_choosing_is_luck_but_earning_is_not() -> None:
    """A plateau has no best; it is no proof either."""
    told = judge(overfitted(0.8, loss=0.05), deflated(0.96), plateau(0.9), 100)
    assert told.level is Level.DOUBTFUL
    assert told.sentence.startswith("Not proven: 80 % odds that choosing was luck, though hardly a choice lost outside")
    assert judge(overfitted(0.8, loss=0.06), deflated(0.96), plateau(0.9), 100).level is Level.LUCK
    assert judge(overfitted(0.8, loss=0.0), deflated(0.94), plateau(0.9), 100).level is Level.LUCK


def test_what_cannot_be_computed_is_never_proof() -> None:
    """One figure alone, or none, is not enough to hold."""
    assert judge(None, deflated(0.99), None, 100).level is Level.DOUBTFUL
    assert judge(overfitted(0.01), None, None, 100).level is Level.DOUBTFUL
    told = judge(None, None, None, 1)
    assert told.sentence == (
        "Not proven: too few sessions or combinations to tell skill from luck; only 1 closed trade."
    )
