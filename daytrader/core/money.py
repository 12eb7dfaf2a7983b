"""The one crossing between people's decimals and the core's integers, and the one rounding: half up."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from daytrader.core.arrays import FloatArray, IntArray
from daytrader.core.errors import BoundsError

CENTS: Final = 100
MICROS: Final = 1_000_000
MICROS_PER_CENT: Final = 10_000
PPM: Final = 1_000_000

# Within these bounds no product below leaves 64 bits (docs: "Money" in the trading rules).
MAX_PRICE: Final = 90_000_000 * MICROS
MAX_CASH: Final = 100_000_000_000 * CENTS
MAX_SHARES: Final = 100_000_000_000_000

_HALF: Final = Decimal("0.5")


def to_cents(amount: Decimal) -> int:
    """
    Return *amount*, in units of the currency, as whole cents, half up.

    Raises:
        BoundsError: If it is not a number or beyond +-10^11.
    """
    cents = _round_half_up(amount, CENTS)
    if abs(cents) > MAX_CASH:
        raise BoundsError(f"must be at most {MAX_CASH // CENTS:,}")
    return cents


def from_cents(cents: int) -> Decimal:
    """Return *cents* as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def to_micros(price: Decimal | float) -> int:
    """
    Return *price* as whole millionths of the currency unit, half up.

    Raises:
        BoundsError: If it is not a number or beyond +-90,000,000.
    """
    if isinstance(price, Decimal):
        micros = _round_half_up(price, MICROS)
    else:
        if not math.isfinite(price):
            raise BoundsError(f"{price} is not a price")
        # The same arithmetic as micros_array: one price is one integer, wherever it comes from.
        micros = math.floor(price * MICROS + 0.5)
    if abs(micros) > MAX_PRICE:
        raise BoundsError(f"{price} is beyond the largest price, {MAX_PRICE // MICROS:,}")
    return micros


def from_micros(micros: int) -> Decimal:
    """Return *micros* as a price with six decimals."""
    return Decimal(micros).scaleb(-6)


def to_ppm(percent: Decimal) -> int:
    """
    Return *percent* as parts per million (1 % = 10,000).

    Raises:
        BoundsError: If it is not a number or has more than four decimals: a rate is never rounded.
    """
    return to_scaled(percent, 10_000)


def to_scaled(value: Decimal, scale: int) -> int:
    """
    Return *value* times *scale* as an integer.

    Raises:
        BoundsError: If the product is not whole.
    """
    if not value.is_finite():
        raise BoundsError(f"{value} is not a number")
    scaled = value * scale
    if scaled != scaled.to_integral_value():
        raise BoundsError(f"{value} has more than {len(str(scale)) - 1} decimals")
    return int(scaled)


def micros_array(prices: FloatArray) -> IntArray:
    """Return finite *prices*, shape (n,), as whole micros, half up; bounds are the caller's to check."""
    return np.floor(prices * MICROS + 0.5).astype(np.int64)


def scaled(prices: FloatArray, numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """
    Return prices x numerator / denominator rounded to six decimals, half up, as if computed exactly; shapes (n,).

    Doubles decide all but those that come so close to a tie that their own error would.
    """
    micros = prices * numerator / denominator * MICROS
    rounded = np.floor(micros + 0.5)
    error = np.maximum(1e-3, np.abs(micros) * 1e-14)
    for row in np.flatnonzero(np.abs(micros - np.floor(micros) - 0.5) < error):
        exact = _decimal(prices[row]) * _decimal(numerator[row]) / _decimal(denominator[row])
        rounded[row] = math.floor(exact * MICROS + Fraction(1, 2))
    return rounded / MICROS


def _decimal(number: float) -> Fraction:
    """Return the decimal that was written down, not the double nearest to it."""
    return Fraction(repr(float(number)))


def _round_half_up(value: Decimal, scale: int) -> int:
    if not value.is_finite():
        raise BoundsError(f"{value} is not a number")
    return int((value * scale + _HALF).to_integral_value(rounding=ROUND_FLOOR))
