"""
Amounts in Python's exact integers.

On purpose not the compiled rules that booked them: a proof by the same code would repeat its mistakes. It also needs
no compiler, which loads for longer than a second before nothing may trade.
"""

from __future__ import annotations

from typing import Final

from daytrader.core.errors import BoundsError
from daytrader.core.money import MAX_CASH, MAX_PRICE, MAX_SHARES, MICROS, MICROS_PER_CENT

_CENT_TICK: Final = 10_000
_FINE_TICK: Final = 100
_LARGEST: Final = 10 * MAX_CASH * MICROS_PER_CENT


def worth(shares: int, price: int) -> int:
    """
    Return shares x price micros in cents, rounded half up.

    Raises:
        BoundsError: If shares, price or the amount is beyond its bound.
    """
    amount = shares * price
    if shares > MAX_SHARES or price > MAX_PRICE or amount > _LARGEST:
        raise BoundsError("beyond the largest amount")
    return (amount + MICROS_PER_CENT // 2) // MICROS_PER_CENT


def after_split(shares: int, numerator: int, denominator: int) -> int:
    """
    Return the whole shares after a split of numerator for denominator.

    Raises:
        BoundsError: If there would be more than the largest number of shares.
    """
    if shares > MAX_SHARES // numerator * denominator:
        raise BoundsError("more shares than the largest number")
    return shares * numerator // denominator


def tick_of(price: int) -> int:
    """Return by how many micros prices tick at *price*."""
    return _CENT_TICK if price >= MICROS else _FINE_TICK
