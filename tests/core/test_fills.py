"""Every price, fee, level and size, one rule each; docs/trading.md says them in words."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core import fills
from daytrader.core.errors import BoundsError
from daytrader.core.fills import Trigger
from daytrader.core.money import MAX_CASH, MAX_PRICE, MAX_SHARES
from daytrader.core.rules import Costs, RuleInts, Rules

USD = 1_000_000
CENT = 10_000


def book(
    per_order: str = "0",
    per_share: str = "0",
    percent: str = "0",
    minimum: str = "0",
    slippage: str = "0",
    **rules: Decimal | int,
) -> RuleInts:
    """Return compiled rules without slippage or gap reserve unless told."""
    costs = Costs(Decimal(per_order), Decimal(per_share), Decimal(percent), Decimal(minimum), Decimal(slippage))
    settings: dict[str, object] = {"allocation": Decimal(1), "gap_reserve_percent": Decimal(0), **rules}
    return Rules(costs=costs, **settings).compiled  # type: ignore[arg-type]  # each test names what it sets


def test_cost_is_rounded_once_half_up() -> None:
    """3 x 0.335 = 1.005 is 1.01."""
    assert fills.cost_cents(3, 335_000) == 101
    assert fills.cost_cents(3, 334_999) == 100


@pytest.mark.parametrize(
    ("percent", "volume", "shares"),
    [
        (None, math.nan, 50),
        ("10", 399.0, 39),
        ("10", 9.0, 0),
        ("100", 1.0, 1),
        ("100", 0.9, 0),
        ("100", 0.0, 0),
        ("100", math.nan, 0),
        ("0.01", 1e300, 50),
    ],
)
def test_a_fill_takes_a_whole_part_of_the_volume(percent: str | None, volume: float, shares: int) -> None:
    """Rounded down, of whole shares; nothing of what nobody knows; everything where there is no limit."""
    rules = Rules(volume_limit_percent=None if percent is None else Decimal(percent)).compiled
    assert fills.fillable(rules, 50, volume) == shares


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(0, MAX_SHARES), st.integers(0, MAX_PRICE))
def test_cost_is_exact_or_refused(shares: int, price: int) -> None:
    """No product ever wraps: Python's unbounded integers agree, or the amount is out of bounds."""
    exact = (shares * price + 5_000) // 10_000
    if shares * (price // 10_000) > 10 * MAX_CASH:
        with pytest.raises(BoundsError):
            fills.cost_cents(shares, price)
    else:
        assert fills.cost_cents(shares, price) == exact


@pytest.mark.parametrize(
    ("costs", "shares", "amount", "fee"),
    [
        ({"per_order": "1"}, 10, 5_000, 100),
        ({"per_share": "0.005"}, 101, 5_000, 51),  # 0.505: half up
        ({"percent": "0.1"}, 1, 12_500, 13),  # 0.125: half up
        ({"minimum": "1.99", "per_order": "1"}, 1, 5_000, 199),
        # the sum is rounded once: 0.004 + 0.001 is half a cent, not two nothings
        ({"per_share": "0.004", "percent": "0.002"}, 1, 5_000, 1),
        ({"per_order": "0.3", "per_share": "0.0035", "percent": "0.05"}, 100, 123_456, 127),
    ],
)
def test_fee(costs: dict[str, str], shares: int, amount: int, fee: int) -> None:
    """round2, once, of max(minimum, per order + n x per share + percent of the rounded amount)."""
    assert fills.fee_cents(book(**costs), shares, amount) == fee  # type: ignore[arg-type]  # costs are texts


def test_slippage_moves_the_price_against_the_trader_off_the_tick() -> None:
    """5 basis points of 33.33 is 0.016665, rounded to the sixth decimal only."""
    assert fills.buy_price(33_330_000, 500) == 33_346_665
    assert fills.sell_price(33_330_000, 500) == 33_313_335


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(1, MAX_PRICE), st.integers(0, 500_000), st.integers(0, 1_000_000))
def test_sizing_price_is_rounded_once(close: int, slippage: int, gap: int) -> None:
    """close x (1 + slippage) x (1 + gap reserve), one rounding, where the product needs more than 64 bits."""
    rules = book()._replace(slippage_ppm=slippage, gap_reserve_ppm=gap)
    exact = (close * (10**6 + slippage) * (10**6 + gap) + 10**12 // 2) // 10**12
    assert fills.sizing_price(rules, close) == exact


def test_size_is_the_most_that_the_allocation_pays_with_its_fee() -> None:
    """Half of 1,000.00 at 10.00 with a fee of 1.00 buys 49, not 50; the limit may use all 1,000.00."""
    shares, limit = fills.size_entry(book(per_order="1", allocation=Decimal("0.5")), 100_000, 10 * USD)
    assert shares == 49
    assert limit == 20_380_000  # 49 x 20.38 + 1 = 999.62; 20.39 would be 1,000.11


def test_fixed_shares_cap_the_size() -> None:
    """They never raise it."""
    assert fills.size_entry(book(fixed_shares=10), 100_000, 10 * USD)[0] == 10
    assert fills.size_entry(book(fixed_shares=1000), 100_000, 10 * USD)[0] == 100


def test_nothing_affordable_is_nothing() -> None:
    """Not one share: no shares, no limit; likewise without cash."""
    assert fills.size_entry(book(), 999, 10 * USD) == (0, 0)
    assert fills.size_entry(book(), 0, 10 * USD) == (0, 0)
    assert fills.size_entry(book(), -5, 10 * USD) == (0, 0)


@settings(deadline=None)  # a loaded machine is no failure
@given(
    st.integers(1, MAX_CASH),
    st.integers(100, MAX_PRICE // 4),
    st.decimals("0.01", 1, places=2),
    st.sampled_from([{}, {"per_order": "1.5"}, {"per_share": "0.0035", "minimum": "0.35"}, {"percent": "0.25"}]),
)
def test_size_and_limit_are_the_largest_that_fit(
    cash: int, close: int, allocation: Decimal, costs: dict[str, str]
) -> None:
    """One share more breaks the budget, one tick more breaks the purse; neither is broken as it is."""
    rules = book(allocation=allocation, **costs)  # type: ignore[arg-type]  # costs are texts
    shares, limit = fills.size_entry(rules, cash, close)

    def total(n: int, price: int) -> int:
        cost = (n * price + 5_000) // 10_000
        return cost + fills.fee_cents(rules, n, cost)

    budget = cash * rules.allocation_ppm  # in 1e-8
    if shares < MAX_SHARES:
        assert total(shares + 1, close) * 10**6 > budget
    if shares:
        tick = CENT if limit >= USD else 100
        assert total(shares, close) * 10**6 <= budget
        assert total(shares, limit) <= cash
        assert limit % tick == 0
        assert limit + tick > MAX_PRICE or total(shares, limit + tick) > cash


def test_an_entry_above_its_limit_expires() -> None:
    """At the limit it fills; slippage counts."""
    rules = book(slippage="100")
    assert fills.entry_fill(rules, 10 * USD, 10_100_000) == 10_100_000
    assert fills.entry_fill(rules, 10 * USD, 10_099_999) == 0


@pytest.mark.parametrize(
    ("entry", "stop", "target"),
    [
        (100_000_000, 95_000_000, 110_000_000),
        (100_100_000, 95_100_000, 110_110_000),  # 95.095 goes up to 95.10
        (1_000_000, 950_000, 1_100_000),
        (1_052_500, 999_900, 1_160_000),  # 0.999875 is below 1.00: its tick is 0.0001
        (1_052_700, 1_000_000, 1_160_000),  # 1.000065 is not: its tick is 0.01
    ],
)
def test_levels_are_on_the_tick_that_the_unrounded_level_picks(entry: int, stop: int, target: int) -> None:
    """To the nearest tick, half up; 5 % below and 10 % above."""
    assert fills.levels(book(), entry) == (stop, target)


def test_zero_percent_turns_a_level_off() -> None:
    """0 disables."""
    off = book(stop_loss_percent=Decimal(0), take_profit_percent=Decimal(0))
    assert fills.levels(off, 50 * USD) == (0, 0)


@pytest.mark.parametrize(
    ("bar", "target_first", "expected"),
    [
        ((100, 105, 96, 101), False, (Trigger.NONE, 0, False)),
        ((94, 120, 90, 100), False, (Trigger.STOP, 94, False)),  # gaps below: the open, whatever follows
        ((111, 120, 90, 100), False, (Trigger.TARGET, 111, False)),  # gaps above: the open, not ambiguous
        ((100, 105, 95, 101), False, (Trigger.STOP, 95, False)),
        ((100, 110, 96, 101), False, (Trigger.TARGET, 110, False)),
        ((100, 110, 95, 101), False, (Trigger.STOP, 95, True)),
        ((100, 110, 95, 101), True, (Trigger.TARGET, 110, True)),
    ],
)
def test_protection(bar: tuple[int, int, int, int], target_first: bool, expected: tuple[Trigger, int, bool]) -> None:
    """Stop 95, target 110, no slippage."""
    open_, high, low, _ = bar
    assert fills.protective_fill(book(), open_, high, low, 95, 110, target_first) == expected


def test_stops_take_slippage_and_targets_do_not() -> None:
    """A stop is a market order, a target a limit order."""
    rules = book(slippage="100")
    low = fills.protective_fill(rules, 100 * USD, 101 * USD, 90 * USD, 95 * USD, 110 * USD, False)
    high = fills.protective_fill(rules, 100 * USD, 111 * USD, 99 * USD, 95 * USD, 110 * USD, False)
    assert low == (Trigger.STOP, 94_050_000, False)
    assert high == (Trigger.TARGET, 110 * USD, False)


def test_a_split_scales_everything_and_pays_the_fraction() -> None:
    """7 shares split 3 for 2 are 10 and a half; the half is worth half of previous close / ratio."""
    whole, rest = fills.split_shares(7, 3, 2)
    assert (whole, rest) == (10, 1)
    assert fills.cash_in_lieu(rest, 90 * USD, 3) == 3_000  # 0.5 x 60.00
    assert fills.split_level(95_010_000, 3, 2) == 63_340_000
    assert fills.split_level(0, 3, 2) == 0
    assert fills.split_limit(100_010_000, 3, 2) == 66_670_000  # 66.6733 rounds down
    assert fills.lieu_price(90 * USD, 3, 2) == 60 * USD


def test_a_split_entry_keeps_only_the_shares_that_its_reserve_pays_for() -> None:
    """Without a fee per share all of them; with one, the most that fit; reserved for none, none."""
    assert fills.split_entry(book(), 101, 9_900_000, fills.most_cents(book(), 101, 9_900_000), 3, 2) == (151, 6_600_000)
    dear = book(per_share="0.1")
    assert fills.most_cents(dear, 99, 10 * USD) == 99_990
    assert fills.split_entry(dear, 99, 10 * USD, 99_990, 3, 1) == (291, 3_330_000)
    assert fills.split_entry(dear, 99, 10 * USD, 0, 3, 1) == (0, 3_330_000)


def test_a_split_never_makes_more_shares_than_the_largest_number() -> None:
    """Bounds are checked, not hoped for."""
    with pytest.raises(BoundsError):
        fills.split_shares(MAX_SHARES, 2, 1)


def test_a_reverse_split_never_takes_a_price_beyond_the_largest() -> None:
    """A stop and a limit are bounded like the prices they are compared with."""
    for scale in (fills.split_level, fills.split_limit):
        with pytest.raises(BoundsError):
            scale(MAX_PRICE, 1, 1000)


def test_a_dividend_is_rounded_once() -> None:
    """33 x 0.0515 = 1.6995."""
    assert fills.dividend_cents(33, 51_500) == 170
