"""Every shipped strategy says what its textbook formula says, row by row, on real prices and on made-up ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.bars import Bars
from daytrader.core.strategy import compute, get_strategy, list_strategies, resolve_params
from daytrader.services.data_providers.sample import SampleProvider
from tests.core.builders import bars_of
from tests.property.strategy_oracle import Prices, oracle

SETTINGS: list[tuple[str, dict[str, int | float]]] = [
    ("technical", {}),
    ("technical", {"buy_threshold": 0.5, "sell_threshold": 0.0}),
    ("sma_cross", {}),
    ("sma_cross", {"fast": 1, "slow": 3}),
    ("sma_trend", {}),
    ("sma_trend", {"window": 2}),
    ("rsi_reversion", {}),
    ("rsi_reversion", {"window": 2, "oversold": 10, "overbought": 90}),
    ("rsi_reversion", {"oversold": 60, "overbought": 40}),
    ("bollinger_reversion", {}),
    ("bollinger_reversion", {"window": 5, "deviations": 1.5}),
    ("breakout", {}),
    ("breakout", {"entry_window": 1, "exit_window": 1}),
    ("breakout", {"entry_window": 5, "exit_window": 55}),
    ("macd", {}),
    ("macd", {"fast": 4, "slow": 5, "signal": 1}),
    ("macd", {"fast": 2, "slow": 9, "signal": 3}),
    ("buy_and_hold", {}),
]


def told(name: str, bars: Bars, params: dict[str, int | float]) -> list[tuple[bool, bool]]:
    """Return what the strategy says, row by row."""
    signals = compute(get_strategy(name), bars, params)
    return list(zip(signals.entry.tolist(), signals.exit.tolist(), strict=True))


def expected(name: str, bars: Bars, params: dict[str, int | float]) -> list[tuple[bool, bool]]:
    """Return what the plain formulas say."""
    seen = bars.signal
    prices = Prices(seen.high.tolist(), seen.low.tolist(), seen.close.tolist())
    return oracle(name, prices, resolve_params(get_strategy(name), params))


def test_the_oracle_knows_every_strategy() -> None:
    """One that is added has to be written down twice."""
    shipped = {found.name for found in list_strategies() if type(found).__module__.startswith("daytrader.core.")}
    assert shipped == {name for name, _ in SETTINGS}


@pytest.mark.parametrize("symbol", ["AAPL", "GOOG"])
@pytest.mark.parametrize(("name", "params"), SETTINGS, ids=str)
def test_real_prices_give_the_same_signals(name: str, params: dict[str, int | float], symbol: str) -> None:
    """Thirteen and nine years, two splits among them."""
    series = SampleProvider().fetch(symbol)
    bars = Bars.build(series.time, series.open, series.high, series.low, series.close, events=series.events)
    found = told(name, bars, params)
    assert found == expected(name, bars, params)
    if not params and name != "buy_and_hold":
        assert any(entry for entry, _ in found)
        assert any(exit_ for _, exit_ in found)


@pytest.mark.parametrize(("name", "params"), SETTINGS, ids=str)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(closes=st.lists(st.integers(95, 105), max_size=60))
def test_ties_and_short_histories_give_the_same_signals(
    name: str, params: dict[str, int | float], closes: list[int]
) -> None:
    """Prices that stand still and return to where they were: what is equal must not count as crossed."""
    bars = bars_of([(float(close), close + 1.0, close - 1.0, float(close)) for close in closes])
    assert told(name, bars, params) == expected(name, bars, params)
