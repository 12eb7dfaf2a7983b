"""What every strategy promises, and how they are found and set."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from daytrader.core import strategy as strategies
from daytrader.core.bars import Bars
from daytrader.core.errors import BrokenStrategyError, InvalidParameterError, UnknownStrategyError
from daytrader.core.strategy import Signals, Strategy, compute, get_strategy, list_strategies, resolve_params
from tests.core.builders import TooShort, flat_bars, random_walk, split

SHIPPED = [
    "bollinger_reversion",
    "breakout",
    "buy_and_hold",
    "macd",
    "rsi_reversion",
    "sma_cross",
    "sma_trend",
    "technical",
]


def with_split(bars: Bars, row: int, ratio: int) -> Bars:
    """Return the same company with a split on *row*: raw prices fall by *ratio* from there on."""
    divisor = np.where(np.arange(bars.n) < row, 1, ratio)
    open_, high, low, close = (price / divisor for price in (bars.open, bars.high, bars.low, bars.close))
    return Bars.build(bars.time, open_, high, low, close, events=[split(row, ratio)])


def told(signals: Signals) -> list[tuple[bool, bool, str, str]]:
    """Return what signals say row by row."""
    return [
        (
            bool(signals.entry[row]),
            bool(signals.exit[row]),
            signals.entry_reason(row) if signals.entry[row] else "",
            signals.exit_reason(row) if signals.exit[row] else "",
        )
        for row in range(signals.entry.size)
    ]


def test_the_shipped_strategies_are_found() -> None:
    """By name, in order, each saying what it does."""
    found = list_strategies()
    assert set(SHIPPED) <= {strategy.name for strategy in found}
    assert all(strategy.description.endswith(".") for strategy in found)


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    """The message helps."""
    with pytest.raises(UnknownStrategyError, match="sma_cross"):
        get_strategy("sma_cros")


def test_a_strategy_that_cannot_be_loaded_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third party's broken entry point breaks itself only."""
    broken = EntryPoint("broken", "nowhere.to:Find", strategies.ENTRY_POINT_GROUP)
    found = {**strategies._found(), "broken": broken}
    monkeypatch.setattr(strategies, "_found", lambda: found)
    with pytest.raises(BrokenStrategyError, match="broken cannot be loaded"):
        get_strategy("broken")
    assert get_strategy("technical").name == "technical"


@pytest.mark.parametrize("name", SHIPPED)
def test_no_row_depends_on_a_later_one(name: str) -> None:
    """Cutting the bars anywhere changes nothing before the cut, splits included."""
    bars = with_split(random_walk(300, seed=4), 170, 2)
    whole = told(compute(get_strategy(name), bars, {}))
    for rows in (1, 2, 20, 21, 22, 50, 51, 120, 169, 170, 171, 172, 200, 251, 299):
        assert told(compute(get_strategy(name), bars.head(rows), {})) == whole[:rows]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("scale", [0.01, 0.5, 8.0, 1000.0])
def test_the_prices_scale_does_not_matter(name: str, scale: float) -> None:
    """A company that trades at a hundredth of the price gives the same signals."""
    plain, scaled = random_walk(400, seed=9), random_walk(400, seed=9, scale=scale)
    assert told(compute(get_strategy(name), scaled, {})) == told(compute(get_strategy(name), plain, {}))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_split_does_not_matter(name: str) -> None:
    """Signals read prices adjusted for the splits so far."""
    bars = random_walk(300, seed=12)
    assert told(compute(get_strategy(name), with_split(bars, 150, 2), {})) == told(
        compute(get_strategy(name), bars, {})
    )


@pytest.mark.parametrize(
    ("name", "params", "warmup"),
    [
        ("technical", {}, 20),
        ("sma_cross", {}, 20),
        ("sma_cross", {"slow": 35}, 35),
        ("sma_trend", {}, 49),
        ("sma_trend", {"window": 3}, 2),
        ("buy_and_hold", {}, 0),
        ("rsi_reversion", {}, 14),
        ("rsi_reversion", {"window": 2}, 2),
        ("bollinger_reversion", {}, 19),
        ("breakout", {}, 20),
        ("breakout", {"entry_window": 5, "exit_window": 30}, 30),
        ("macd", {}, 34),
        ("macd", {"fast": 5, "slow": 30, "signal": 1}, 30),
    ],
)
def test_no_signal_before_the_warm_up(name: str, params: dict[str, object], warmup: int) -> None:
    """Counted from 0, and not later than it has to be."""
    strategy = get_strategy(name)
    assert strategy.warmup(resolve_params(strategy, params)) == warmup
    for seed in range(20):
        signals = compute(strategy, random_walk(60, seed), params)
        assert not signals.entry[:warmup].any()
        assert not signals.exit[:warmup].any()


@pytest.mark.parametrize("name", SHIPPED)
def test_exit_wins_over_entry(name: str) -> None:
    """No row has both."""
    signals = compute(get_strategy(name), random_walk(2000, seed=3), {})
    assert not (signals.entry & signals.exit).any()


@pytest.mark.parametrize("name", ["technical", "sma_cross", "rsi_reversion", "bollinger_reversion", "breakout", "macd"])
def test_a_flat_series_gives_no_signal(name: str) -> None:
    """Nothing moved, nothing to do: RSI 50, bands on the price, averages equal but for noise."""
    signals = compute(get_strategy(name), flat_bars([33.33] * 100), {})
    assert not signals.entry.any()
    assert not signals.exit.any()


@pytest.mark.parametrize("value", [10, 10.0, "10", Decimal(10)])
def test_parameters_come_as_numbers_or_text(value: object) -> None:
    """From JSON, the command line or a column."""
    assert resolve_params(get_strategy("sma_cross"), {"fast": value}) == {"fast": 10, "slow": 20}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fast": 0}, "between 1 and 5000"),
        ({"fast": 1.5}, "whole number"),
        ({"fast": "ten"}, "whole number"),
        ({"fast": True}, "whole number"),
        ({"fast": None}, "whole number"),
        ({"fast": float("nan")}, "whole number"),
        ({"fast": 10**400}, "whole number"),
        ({"quick": 3}, "unknown parameter of sma_cross, known: fast, slow"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(params: dict[str, object], message: str) -> None:
    """So that a form can show it beside its field."""
    with pytest.raises(InvalidParameterError, match=message) as caught:
        resolve_params(get_strategy("sma_cross"), params)
    assert caught.value.name == next(iter(params))


@pytest.mark.parametrize("name", ["buy_threshold", "sell_threshold"])
def test_thresholds_have_the_two_decimals_of_a_services_columns(name: str) -> None:
    """One rule, whichever way they come: as a parameter of `technical`, as an option, as a column."""
    assert resolve_params(get_strategy("technical"), {name: "2.55"})[name] == 2.55
    for value in (2.555, "2.555", Decimal("2.555"), 1e-9):
        with pytest.raises(InvalidParameterError, match=f"{name}: must be .*, with at most 2 decimal places"):
            resolve_params(get_strategy("technical"), {name: value})


def test_macd_refuses_a_fast_average_that_is_not_faster() -> None:
    """By name: a form can show it, a sweep can skip it."""
    for fast, slow in ((26, 26), (30, 26)):
        with pytest.raises(InvalidParameterError, match="fast: must be below slow"):
            compute(get_strategy("macd"), random_walk(50), {"fast": fast, "slow": slow})


def test_evidence_is_json() -> None:
    """Figures by name; None while warming up."""
    signals = compute(get_strategy("sma_trend"), random_walk(60), {"window": 5})
    assert signals.evidence(3) == {"sma": None}
    assert isinstance(signals.evidence(4)["sma"], float)


def test_the_first_condition_that_holds_gives_the_reason() -> None:
    """Conditions are listed by weight."""
    first, second = np.array([True, False, False]), np.array([True, True, False])
    signals = Signals.of([(first, "a"), (second, "b")], [(~second, "c")])
    assert signals.entry.tolist() == [True, True, False]
    assert (signals.entry_reason(0), signals.entry_reason(1), signals.exit_reason(2)) == ("a", "b", "c")


def test_arrays_of_another_length_are_refused() -> None:
    """Array in, array of the same length out."""
    strategy: Strategy = TooShort()
    with pytest.raises(BrokenStrategyError, match="too_short: entry must be 10 values"):
        compute(strategy, random_walk(10), {})


def test_levels_are_told_as_prices_of_their_day() -> None:
    """After a 2:1 split the signal scale is twice the price: a decision's evidence is not."""
    signals = Signals.of(
        [(np.array([True, True]), "in")],
        [(np.array([False, False]), "out")],
        {"rsi": np.array([40.0, 50.0])},
        {"sma": np.array([100.0, 102.0])},
    )
    told = replace(signals, scale=np.array([1.0, 2.0])).evidence(1)

    assert told == {"rsi": 50.0, "sma": 51.0}
