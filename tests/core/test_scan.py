"""What a strategy says at the last bar."""

from __future__ import annotations

import pytest

from daytrader.core.errors import InvalidParameterError
from daytrader.core.scan import Side, last_signal
from daytrader.core.strategy import get_strategy
from tests.core.builders import bars_of, day, flat_bars, split

TREND = get_strategy("sma_trend")


def test_a_signal_has_its_reason_and_its_evidence() -> None:
    """Close and average as of that day."""
    told = last_signal("ACME", flat_bars([10, 10, 10, 13]), TREND, {"window": 3})
    assert told is not None
    assert (told.symbol, told.side, told.session, told.close) == ("ACME", Side.BUY, day(3), 13.0)
    assert told.reason
    assert list(told.evidence.values()) == [pytest.approx(11)]
    assert told.is_new


def test_a_signal_that_goes_on_is_not_new() -> None:
    """It was there on the bar before."""
    told = last_signal("ACME", flat_bars([10, 10, 10, 13, 14]), TREND, {"window": 3})
    assert told is not None
    assert not told.is_new


def test_an_exit_is_a_sale() -> None:
    """At or below the average."""
    told = last_signal("ACME", flat_bars([10, 10, 10, 13, 5]), TREND, {"window": 3})
    assert told is not None
    assert (told.side, told.is_new) == (Side.SELL, True)


def test_no_word_is_none() -> None:
    """While warming up, and without bars."""
    assert last_signal("ACME", flat_bars([10, 10, 13]), TREND, {"window": 50}) is None
    assert last_signal("ACME", flat_bars([10]).head(0), TREND, {}) is None


def test_a_split_is_no_crash() -> None:
    """Signals read adjusted prices; the close is told as traded, the average in the shares of the day."""
    quotes = [(100.0,) * 4] * 3 + [(51.0,) * 4]
    told = last_signal("ACME", bars_of(quotes, [split(3, 2)]), TREND, {"window": 3})
    assert told is not None
    assert (told.side, told.close) == (Side.BUY, 51.0)
    assert list(told.evidence.values()) == [pytest.approx((50 + 50 + 51) / 3)]


def test_a_wrong_parameter_is_refused() -> None:
    """By the strategy's own bounds."""
    with pytest.raises(InvalidParameterError, match="window"):
        last_signal("ACME", flat_bars([10]), TREND, {"window": 0})
