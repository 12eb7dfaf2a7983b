"""Bars refuse what is unsound and put corporate events where they belong."""

from __future__ import annotations

import numpy as np
import pytest

from daytrader.core.bars import Bars, EventKind, adjusted, snap_ratio
from daytrader.core.errors import InvalidBarsError, InvalidParameterError
from daytrader.utils.days import date_of
from tests.core.builders import FIRST_DAY, Quote, bars_of, days, dividend, flat_bars, random_walk, split

GOOD: Quote = (10.0, 11.0, 9.0, 10.5)


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ((float("nan"), 11.0, 9.0, 10.5), "not a number"),
        ((10.0, float("inf"), 9.0, 10.5), "not a number"),
        ((0.0, 11.0, 0.0, 10.5), "not positive"),
        ((0.0000004, 11.0, 0.0000004, 10.5), "not positive"),  # nothing is left at six decimals
        ((10.0, 90_000_001.0, 9.0, 10.5), "above 90,000,000"),
        ((10.0, 9.0, 11.0, 10.0), "high is below low"),
        ((10.0, 11.0, 10.2, 10.5), "low is above open or close"),
        ((10.0, 10.2, 9.0, 10.5), "high is below open or close"),
    ],
)
def test_an_unsound_bar_is_refused_with_its_place_and_rule(bad: Quote, rule: str) -> None:
    """`build` names the first one; `sift` leaves it out and says so."""
    with pytest.raises(InvalidBarsError, match=rule) as caught:
        bars_of([GOOD, bad, GOOD])
    assert caught.value.index == 1
    open_, high, low, close = np.array([GOOD, bad, GOOD]).T
    sifted = Bars.sift(days(3) * 86_400, open_, high, low, close)
    assert sifted.n == 2
    assert [(bar.index, bar.time) for bar in sifted.refused] == [(1, (FIRST_DAY + 1) * 86_400)]
    assert rule in sifted.refused[0].reason


def test_times_ascend_and_are_unique() -> None:
    """A repeated time and a step back are refused; what follows is judged by the latest sound bar."""
    one = np.full(5, 10.0)
    sifted = Bars.sift([86_400, 86_400, 259_200, 172_800, 345_600], one, one, one, one)
    assert sifted.time.tolist() == [86_400, 259_200, 345_600]
    assert [bar.reason for bar in sifted.refused] == ["time is repeated", "time is out of order"]


def test_a_bar_from_the_future_is_refused() -> None:
    """The caller, who has a clock, says what now is."""
    one = np.full(2, 10.0)
    with pytest.raises(InvalidBarsError, match="future"):
        Bars.build([86_400, 172_800], one, one, one, one, not_after=100_000)


def test_negative_volume_is_refused_and_unknown_is_not() -> None:
    """NaN is "unknown"."""
    one = np.full(2, 10.0)
    assert Bars.build([86_400, 172_800], one, one, one, one, volume=[np.nan, 0.0]).n == 2
    with pytest.raises(InvalidBarsError, match="volume"):
        Bars.build([86_400, 172_800], one, one, one, one, volume=[1.0, -1.0])


def test_columns_of_different_length_are_refused() -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidBarsError, match="differ in length"):
        Bars.build([86_400, 172_800], [1.0], [1.0], [1.0], [1.0])


def test_prices_have_six_decimals() -> None:
    """A CSV with more and a database row give the same bars."""
    bars = flat_bars([1.23456749, 2.0])
    assert bars.close.tolist() == [1.234567, 2.0]
    assert bars.micros.close.tolist() == [1_234_567, 2_000_000]


def test_no_bars_are_bars() -> None:
    """Zero rows are sound."""
    assert bars_of([]).n == 0
    assert bars_of([]).head(5).n == 0


def test_dividends_come_before_splits_on_one_row() -> None:
    """Whatever order they were given in."""
    bars = bars_of([GOOD] * 3, [split(1, 2), dividend(1, "0.5")])
    assert bars.event_row.tolist() == [1, 1]
    assert bars.event_kind.tolist() == [EventKind.DIVIDEND, EventKind.SPLIT]
    assert bars.event_micros.tolist() == [500_000, 0]


def test_later_splits_never_change_earlier_rows() -> None:
    """The factor runs forward: 1, 2, 2, 3."""
    bars = bars_of([GOOD] * 4, [split(1, 2), split(3, 3, 2)])
    assert bars.split_factor.tolist() == [1.0, 2.0, 2.0, 3.0]
    assert bars.signal.close.tolist() == [10.5, 21.0, 21.0, 31.5]
    assert bars.head(3).signal.close.tolist() == [10.5, 21.0, 21.0]


def test_an_event_without_a_bar_moves_to_the_next() -> None:
    """An ex-date on a day without trading applies at the next open; one beyond the ends applies nowhere."""
    session = [FIRST_DAY, FIRST_DAY + 3]
    one = np.full(2, 10.0)
    events = [split(-1, 5), split(1, 2), split(9, 3)]
    bars = Bars.build(np.array(session) * 86_400, one, one, one, one, session=session, events=events)
    assert bars.split_factor.tolist() == [1.0, 2.0]


def test_a_refused_bar_takes_its_events_along() -> None:
    """Neither is traded on."""
    open_, high, low, close = np.array([GOOD, (10.0, 9.0, 11.0, 10.0), GOOD]).T
    bars = Bars.sift(days(3) * 86_400, open_, high, low, close, events=[split(1, 2), dividend(2, "0.1")])
    assert bars.split_factor.tolist() == [1.0, 1.0]
    assert bars.event_row.tolist() == [1]


@pytest.mark.parametrize(("amount", "is_paid"), [("2.1", True), ("2.100001", False)])
def test_a_dividend_above_a_fifth_of_the_price_waits_for_a_person(amount: str, is_paid: bool) -> None:
    """20 % of the previous close, 10.50, is 2.10: paid; more is quarantined; the close of the day is after it."""
    bars = bars_of([GOOD, GOOD, (8.0, 8.0, 8.0, 8.0)], [dividend(2, amount)])
    assert bars.event_row.size == int(is_paid)
    assert len(bars.quarantined) == int(not is_paid)


@pytest.mark.parametrize(
    ("given", "snapped"),
    [(7.00000700001, (7, 1)), (1.49999925, (3, 2)), (0.05, (1, 20)), (1.054, (527, 500)), (2.0, (2, 1))],
)
def test_split_ratios_snap_to_the_nearest_fraction(given: float, snapped: tuple[int, int]) -> None:
    """Vendors store 7:1 as 7.00000700001."""
    assert snap_ratio(given) == snapped


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan"), 0.0001])
def test_what_is_no_split_is_refused(ratio: float) -> None:
    """Zero, negative, not a number, or nearer to nothing than to 1/1000."""
    with pytest.raises(InvalidParameterError):
        snap_ratio(ratio)


def test_adjusted_bars_scale_all_prices_and_carry_no_events() -> None:
    """OHLC x adj_close / close, six decimals."""
    bars = bars_of([GOOD, GOOD], [split(1, 2)])
    scaled = adjusted(bars, np.array([3.5, 10.5]))
    assert scaled.open.tolist() == [3.333333, 10.0]
    assert scaled.close.tolist() == [3.5, 10.5]
    assert scaled.event_row.size == 0
    assert scaled.split_factor.tolist() == [1.0, 1.0]


def test_adjusted_prices_are_rounded_half_up_as_if_computed_exactly() -> None:
    """25.5 x 3.571425 / 25 is 3.6428535, a tie that doubles put just below (Netflix, 2006-01-04)."""
    scaled = adjusted(bars_of([(25.5, 26.0, 24.5, 25.0)]), np.array([3.571425]))
    assert scaled.open.tolist() == [3.642854]


def test_the_hash_knows_every_price_and_event() -> None:
    """The same data has the same hash, however it came; any difference changes it."""
    bars = random_walk(50)
    quotes = list(zip(bars.open, bars.high, bars.low, bars.close, strict=True))
    other = bars_of([*quotes[:-1], (1.0, 2.0, 0.5, 1.0)])
    assert bars_of(quotes).data_hash == bars_of(quotes).data_hash
    assert len({item.data_hash for item in (bars, bars_of(quotes), bars.head(49), other)}) == 4
    assert bars_of(quotes, [split(3, 2)]).data_hash != bars_of(quotes).data_hash


def test_a_session_closes_with_its_last_bar() -> None:
    """Its date as number and as text, its raw price and its splits so far; found once, as every report shows them."""
    time = np.array([0, 60, 86_400, 172_800, 172_860]) + FIRST_DAY * 86_400
    prices = np.array([10.0, 11, 12, 6, 7])
    bars = Bars.build(time, prices, prices, prices, prices, interval_minutes=1, events=[split(2, 2, 1)])
    closes = bars.closes
    assert closes.session.tolist() == [FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + 2]
    assert closes.date == ["1997-05-19", "1997-05-20", "1997-05-21"]
    assert (closes.price.tolist(), closes.split_factor.tolist()) == ([11.0, 12.0, 7.0], [1.0, 1.0, 2.0])
    assert bars.closes is closes


def test_until_cuts_at_a_session() -> None:
    """The session itself is in; all of them are the same object, hash and all."""
    bars = random_walk(10)
    assert bars.until(date_of(FIRST_DAY + 3)).n == 4
    assert bars.until(date_of(FIRST_DAY + 99)) is bars
