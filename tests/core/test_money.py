"""The crossing between decimals and integers: exact, half up, within bounds."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daytrader.core.errors import BoundsError
from daytrader.core.money import from_cents, from_micros, micros_array, to_cents, to_micros, to_ppm


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.004", 0), ("0.005", 1), ("-0.005", 0), ("1.235", 124), ("99999999.99", 9_999_999_999)]
)
def test_cents_round_half_up(amount: str, cents: int) -> None:
    """Half a cent goes up, never to even."""
    assert to_cents(Decimal(amount)) == cents


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(-(10**13), 10**13))
def test_cents_survive_the_round_trip(cents: int) -> None:
    """Every amount within the bounds comes back as it went."""
    assert to_cents(from_cents(cents)) == cents


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(1, 90_000_000 * 10**6))
def test_a_price_is_one_integer_wherever_it_comes_from(micros: int) -> None:
    """Decimal, float and array give the same micros."""
    price = from_micros(micros)
    assert to_micros(price) == to_micros(float(price)) == micros
    assert micros_array(np.array([float(price)])).tolist() == [micros]


def test_rates_are_never_rounded() -> None:
    """A percentage finer than parts per million is refused."""
    assert to_ppm(Decimal("0.0001")) == 1
    with pytest.raises(BoundsError, match="more than 4 decimals"):
        to_ppm(Decimal("0.00001"))


@pytest.mark.parametrize("amount", ["100000000000.01", "NaN", "Infinity"])
def test_amounts_beyond_the_bound_are_refused(amount: str) -> None:
    """10^11 is the most; what is no number is no amount."""
    with pytest.raises(BoundsError):
        to_cents(Decimal(amount))


@pytest.mark.parametrize("price", [Decimal("90000000.000001"), 90_000_001.0, float("nan"), float("inf")])
def test_prices_beyond_the_bound_are_refused(price: Decimal | float) -> None:
    """90,000,000 is the most."""
    with pytest.raises(BoundsError):
        to_micros(price)
