"""Whatever a strategy answers that is no answer is its own failure, by name: nothing else breaks on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daytrader.core.bars import Bars
from daytrader.core.errors import BrokenStrategyError
from daytrader.core.scan import last_signal
from daytrader.core.signals import Signals
from daytrader.core.strategy import Params, compute, get_strategy, list_strategies, resolve_params, use_local
from tests.core.builders import random_walk

N = 30
YES, NO = np.ones(N, np.bool_), np.zeros(N, np.bool_)
FIRST, WILD = np.zeros(N, np.int16), np.full(N, 7, np.int16)


def held(_bars: Bars) -> Signals:
    """Return what is in order."""
    return Signals.of([(YES, "in")], [(NO, "out")])


class Wrong:
    """A strategy that says what it is told to."""

    name = "wrong"
    description = "Says what it is told to."
    parameters = ()

    def __init__(self, says: Callable[[Bars], Any] = held, warmup: Any = 0) -> None:
        self._says = says
        self._warmup = warmup

    def warmup(self, params: Params) -> int:  # noqa: ARG002 (the protocol's signature)
        """Return anything."""
        if isinstance(self._warmup, Exception):
            raise self._warmup
        told: int = self._warmup
        return told

    def signals(self, bars: Bars, params: Params) -> Signals:  # noqa: ARG002 (likewise)
        """Return anything."""
        told: Signals = self._says(bars)
        return told


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (lambda _: None, "wrong: signals must return Signals, was NoneType"),
        (lambda _: (YES, NO), "wrong: signals must return Signals, was tuple"),
        (lambda _: Signals([True] * N, NO, FIRST, FIRST, ("a",)), "wrong: entry must be an array, was list"),  # type: ignore[arg-type]  # on purpose
        (lambda _: Signals.of([(YES, "in")], [(NO[1:], "out")]), "wrong: exit must be 30 values of bool, was (29,)"),
        (lambda _: Signals.of([(YES[:, None], "in")], [(NO, "out")]), "was (30, 1) of bool"),
        (lambda _: Signals.of([(YES * 1.0, "in")], [(NO, "out")]), "was (30,) of float64"),  # type: ignore[list-item]  # on purpose
        (lambda _: Signals(YES, NO, WILD, FIRST, ("a",)), "the entry's reason on row 0 is none of its 1 reasons"),
        (lambda _: Signals(NO, YES, FIRST, FIRST - np.int16(1), ("a",)), "the exit's reason on row 0 is none"),
        (lambda _: Signals(YES, NO, FIRST, FIRST, ()), "the entry's reason on row 0 is none of its 0 reasons"),
        (lambda _: Signals.of([(YES, None)], [(NO, "out")]), "wrong: reasons must be words, were (None, 'out')"),  # type: ignore[list-item]  # on purpose
        (lambda _: Signals.of([], []), "wrong fails on 30 bars: "),
        (lambda bars: bars.signal.close.fill(1), "wrong fails on 30 bars: "),
    ],
)
def test_what_is_no_answer_is_refused(says: Callable[[Bars], Any], told: str) -> None:
    """In words, before anything is traded on it."""
    with pytest.raises(BrokenStrategyError, match=re.escape(told)):
        compute(Wrong(says), random_walk(N), {})


def test_codes_count_where_there_is_a_signal() -> None:
    """Elsewhere they may be anything."""
    signals = compute(Wrong(lambda _: Signals(NO, NO, WILD, FIRST - np.int16(1), ())), random_walk(N), {})
    assert not signals.entry.any()


@pytest.mark.parametrize("warmup", [-1, -50, None, 1.5, True, "3"])
def test_a_warm_up_is_a_number_of_rows(warmup: object) -> None:
    """A negative one would count from the end, None would swallow every signal, True would be 1."""
    with pytest.raises(BrokenStrategyError, match=r"wrong: the warm-up must be a whole number from 0, was "):
        compute(Wrong(warmup=warmup), random_walk(N), {})


def test_a_warm_up_of_numpy_is_one() -> None:
    """`max` of two parameters may be."""
    assert compute(Wrong(warmup=np.int64(3)), random_walk(N), {}).entry.tolist() == [False] * 3 + [True] * (N - 3)


def test_a_warm_up_or_a_check_that_fails_names_its_line() -> None:
    """As signals do."""

    class Checked(Wrong):
        def check(self, params: Params) -> None:
            raise KeyError(f"fast of {params}")

    with pytest.raises(BrokenStrategyError, match=rf"fails to tell its warm-up: .*{Path(__file__).name}, line \d+"):
        compute(Wrong(warmup=ValueError("no")), random_walk(N), {})
    with pytest.raises(BrokenStrategyError, match=r"fails to check its parameters: .*KeyError: 'fast of {}'"):
        resolve_params(Checked(), {})


def test_a_strategy_whose_defaults_do_not_work_keeps_no_other_from_being_listed() -> None:
    """It cannot be used, and says why."""
    try:
        use_local([("wrong.py", Wrong(warmup=-1))], [])
        assert "technical" in {strategy.name for strategy in list_strategies()}
        with pytest.raises(BrokenStrategyError, match="with its defaults: wrong: the warm-up must be"):
            get_strategy("wrong")
    finally:
        use_local([], [])


def test_a_figure_without_a_row_is_told() -> None:
    """A signal's evidence is looked up at its row."""
    short = Wrong(lambda _: Signals.of([(YES, "in")], [(NO, "out")], {"rsi": np.zeros(3)}))
    with pytest.raises(BrokenStrategyError, match="no number on row 29"):
        last_signal("ACME", random_walk(N), short, {})


def test_a_figure_that_is_no_number_is_not_known() -> None:
    """JSON has no infinity."""
    wild = Wrong(lambda _: Signals.of([(YES, "in")], [(NO, "out")], {"ratio": np.full(N, np.inf)}))
    signal = last_signal("ACME", random_walk(N), wild, {})
    assert signal is not None
    assert signal.evidence == {"ratio": None}
