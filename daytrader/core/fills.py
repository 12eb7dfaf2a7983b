"""
Opening, stop and target fills, costs, sizing and corporate actions: the same compiled functions for everyone.

Kernel, engine and paper broker call these, so that a backtest, a replay and the ledger agree to the cent. Cash is
cents, prices are micros, rates are ppm, all int64; every amount is rounded once, half up. Products are split
rather than left to overflow, and what cannot fit raises `BoundsError`. The rules are those of docs/trading.md.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numba import njit

from daytrader.core.errors import BoundsError
from daytrader.core.money import MAX_CASH, MAX_PRICE, MAX_SHARES, MICROS, MICROS_PER_CENT, PPM
from daytrader.core.rules import RuleInts

_CENT_TICK: Final = 10_000  # prices tick at 0.01 from 1.00 up
_FINE_TICK: Final = 100  # and at 0.0001 below
_FINE_TICKS: Final = MICROS // _FINE_TICK
LARGEST_WORTH: Final = 10.0 * MAX_CASH * MICROS_PER_CENT  # micros; twice that would still fit into 64 bits
_FEE_UNITS: Final = 1_000_000  # a cent in the unit of the unrounded fee, 1e-8 of the currency
_MICRO_FEE_UNITS: Final = 100


class Trigger(IntEnum):
    """Which protective order a bar has set off."""

    NONE = 0
    STOP = 1
    TARGET = 2


_NONE: Final = int(Trigger.NONE)
_STOP: Final = int(Trigger.STOP)
_TARGET: Final = int(Trigger.TARGET)


@njit(cache=True)
def cost_cents(shares: int, price: int) -> int:
    """
    Return round2(shares x price) in cents.

    Raises:
        BoundsError: If shares, price or the amount is beyond its bound.
    """
    if shares > MAX_SHARES or price > MAX_PRICE:
        raise BoundsError("shares or price beyond the largest")
    if float(shares) * float(price) > LARGEST_WORTH:  # a float cannot overflow, and a division would be slow
        raise BoundsError("the position is worth more than the largest amount")
    return worth_cents(shares, price)


@njit(cache=True, inline="always")
def worth_cents(shares: int, price: int) -> int:
    """Return round2(shares x price) in cents, where their product is known to be at most LARGEST_WORTH."""
    return _over(shares * price + MICROS_PER_CENT // 2, MICROS_PER_CENT)


@njit(cache=True)
def fee_cents(rules: RuleInts, shares: int, amount_cents: int) -> int:
    """Return round2 of max(minimum, per order + shares x per share + percent of the rounded amount), in cents."""
    if rules.per_order | rules.per_share | rules.percent_ppm | rules.minimum_fee == 0:
        return 0
    if float(shares) * float(rules.per_share) > 2.0 * MAX_CASH * MICROS_PER_CENT:
        raise BoundsError("the fee is beyond the largest amount")
    micros = rules.per_order + shares * rules.per_share
    cents = micros // MICROS_PER_CENT + amount_cents // PPM * rules.percent_ppm
    units = micros % MICROS_PER_CENT * _MICRO_FEE_UNITS + amount_cents % PPM * rules.percent_ppm
    cents += units // _FEE_UNITS
    units %= _FEE_UNITS
    least = rules.minimum_fee // MICROS_PER_CENT
    least_units = rules.minimum_fee % MICROS_PER_CENT * _MICRO_FEE_UNITS
    if least > cents or (least == cents and least_units > units):
        cents, units = least, least_units
    return cents + (units + _FEE_UNITS // 2) // _FEE_UNITS


@njit(cache=True)
def most_cents(rules: RuleInts, shares: int, limit: int) -> int:
    """Return the most that a buy of *shares* at *limit* or below may take, cost and fee: what is reserved for it."""
    cost = cost_cents(shares, limit)
    return cost + fee_cents(rules, shares, cost)


@njit(cache=True)
def buy_price(base: int, slippage_ppm: int) -> int:
    """Return what a market buy pays: round6(base x (1 + slippage)), never rounded to the tick."""
    return _times_ppm(base, PPM + slippage_ppm)


@njit(cache=True)
def sell_price(base: int, slippage_ppm: int) -> int:
    """Return what a market sale brings: round6(base x (1 - slippage)), never rounded to the tick."""
    return _times_ppm(base, PPM - slippage_ppm)


@njit(cache=True)
def sizing_price(rules: RuleInts, close: int) -> int:
    """Return round6(close x (1 + slippage) x (1 + gap reserve)), rounded once."""
    rate = (PPM + rules.slippage_ppm) * (PPM + rules.gap_reserve_ppm)  # in 1e-12; the product below needs 87 bits
    high, low = _over(close, PPM), _rest(close, PPM)
    rate_high, rate_low = _over(rate, PPM), _rest(rate, PPM)
    middle = low * rate_high + high * rate_low
    rest = _rest(middle, PPM) * PPM + low * rate_low
    return high * rate_high + _over(middle, PPM) + _over(rest + PPM * PPM // 2, PPM * PPM)


@njit(cache=True)
def size_entry(rules: RuleInts, spendable_cents: int, close: int) -> tuple[int, int]:
    """
    Return the number of shares a buy decided at *close* orders and the order's limit in micros; (0, 0) if none.

    Shares: the most whose cost and fee at the sizing price fit in the allocated part of *spendable_cents* (not
    rounded), capped by `fixed_shares`. Limit: the highest tick at which they fit in all of it.
    """
    if spendable_cents <= 0:
        return 0, 0
    if spendable_cents > MAX_CASH:
        raise BoundsError("more cash than the largest amount")
    price = sizing_price(rules, close)
    if price > MAX_PRICE:
        return 0, 0  # no order may be sent at a price that could not be booked
    # Cost and fee are whole cents: comparing them with the floor is comparing them with the unrounded budget.
    budget = _times_ppm_floor(spendable_cents, rules.allocation_ppm)
    shares = min(_most_shares(budget, price), MAX_SHARES)
    if rules.per_share > 0:
        shares = min(shares, _most_shares(budget, rules.per_share))
    if rules.fixed_shares > 0:
        shares = min(shares, rules.fixed_shares)
    if not _fits(rules, shares, price, budget):
        shares = _largest_fitting_shares(rules, shares, price, budget)
    if shares == 0:
        return 0, 0
    return shares, _limit(rules, shares, price, spendable_cents)


@njit(cache=True)
def entry_fill(rules: RuleInts, base: int, limit: int) -> int:
    """Return the price at which an entry fills at *base* (the open, or the close in research), 0 if it expires."""
    price = buy_price(base, rules.slippage_ppm)
    return price if price <= limit else 0


@njit(cache=True)
def levels(rules: RuleInts, entry_price: int) -> tuple[int, int]:
    """Return stop and target for a position filled at *entry_price*, on the tick; 0 where it is off."""
    stop = target = 0
    if rules.stop_loss_ppm > 0:
        stop = _nearest_tick(_times_ppm_floor(entry_price, PPM - rules.stop_loss_ppm))
    if rules.take_profit_ppm > 0:
        target = _nearest_tick(_times_ppm_floor(entry_price, PPM + rules.take_profit_ppm))
    return stop, target


@njit(cache=True)
def protective_fill(
    rules: RuleInts, open_: int, high: int, low: int, stop: int, target: int, target_first: bool
) -> tuple[int, int, bool]:
    """
    Return (trigger, price, is_ambiguous) for a position protected by *stop* and *target* (0: off) during one bar.

    What the open decides is never ambiguous. When the bar touches both levels after that, the stop counts as first
    unless *target_first*. Stops take slippage, targets do not.
    """
    if stop > 0 and open_ <= stop:
        return _STOP, sell_price(open_, rules.slippage_ppm), False
    if target > 0 and open_ >= target:
        return _TARGET, open_, False
    hits_stop = stop > 0 and low <= stop
    hits_target = target > 0 and high >= target
    if hits_stop and not (hits_target and target_first):
        return _STOP, sell_price(stop, rules.slippage_ppm), hits_target
    if hits_target:
        return _TARGET, target, hits_stop
    return _NONE, 0, False


@njit(cache=True)
def fillable(rules: RuleInts, shares: int, volume: float) -> int:
    """
    Return how many of *shares* one fill may take of a bar's *volume*: all of them where there is no limit.

    None of a volume that is unknown (NaN): what cannot be shown to have traded is not counted on.
    """
    if rules.volume_limit_ppm == 0:
        return shares
    if not volume >= 1.0:
        return 0
    return min(shares, _times_ppm_floor(np.int64(min(volume, float(MAX_SHARES))), rules.volume_limit_ppm))  # type: ignore[arg-type]  # an int once compiled


@njit(cache=True)
def average_price(worth: int, shares: int) -> int:
    """Return round6 of the price at which *shares* sold, their prices x shares being *worth*."""
    price, rest = worth // shares, worth % shares
    return price + (2 * rest >= shares)


@njit(cache=True)
def dividend_cents(shares: int, amount_micros: int) -> int:
    """Return round2 of the dividend on *shares*, in cents."""
    return cost_cents(shares, amount_micros)


@njit(cache=True)
def split_shares(shares: int, numerator: int, denominator: int) -> tuple[int, int]:
    """
    Return the whole shares after a split of numerator for denominator, and the rest in shares / denominator.

    Raises:
        BoundsError: If there would be more than the largest number of shares.
    """
    if shares > MAX_SHARES // numerator * denominator:
        raise BoundsError("the split makes more shares than the largest number")
    rest = shares % denominator * numerator
    return shares // denominator * numerator + rest // denominator, rest % denominator


@njit(cache=True)
def cash_in_lieu(remainder: int, previous_close: int, numerator: int) -> int:
    """Return round2(fraction x previous close / ratio) in cents, for the *remainder* of `split_shares`."""
    # fraction / ratio = (remainder / denominator) x (denominator / numerator)
    return (remainder * previous_close + numerator * (MICROS_PER_CENT // 2)) // (numerator * MICROS_PER_CENT)


@njit(cache=True)
def lieu_price(previous_close: int, numerator: int, denominator: int) -> int:
    """Return round6(previous close / ratio): the exit price of a position of which a split left nothing."""
    return (2 * previous_close * denominator + numerator) // (2 * numerator)


@njit(cache=True)
def split_level(level: int, numerator: int, denominator: int) -> int:
    """
    Return a stop or target after a split, rounded to the tick again; 0 stays 0.

    Raises:
        BoundsError: If it would be beyond the largest price.
    """
    return _nearest_tick(_split_price(level, numerator, denominator))


@njit(cache=True)
def split_limit(limit: int, numerator: int, denominator: int) -> int:
    """
    Return a pending entry's limit after a split, rounded down to the tick.

    Raises:
        BoundsError: If it would be beyond the largest price.
    """
    return floor_to_tick(_split_price(limit, numerator, denominator))


@njit(cache=True)
def floor_to_tick(price: int) -> int:
    """Return the highest tick at or below *price*: what a limit may be."""
    return _tick_price(_tick_index(price))


@njit(cache=True)
def split_entry(
    rules: RuleInts, shares: int, limit: int, reserved_cents: int, numerator: int, denominator: int
) -> tuple[int, int]:
    """
    Return a pending entry's shares and limit after a split.

    Shares are floored and the limit is rounded down; where more shares mean a higher fee, only as many are kept as
    *reserved_cents* still pays for at the new limit.
    """
    limit = split_limit(limit, numerator, denominator)
    shares, _ = split_shares(shares, numerator, denominator)
    if not _fits(rules, shares, limit, reserved_cents):
        shares = _largest_fitting_shares(rules, shares, limit, reserved_cents)
    return shares, limit


@njit(cache=True)
def _split_price(price: int, numerator: int, denominator: int) -> int:
    if price > MAX_PRICE // denominator * numerator:
        raise BoundsError("the split takes a price beyond the largest")
    return price // numerator * denominator + price % numerator * denominator // numerator


@njit(cache=True, inline="always")
def _over(value: int, divisor: int) -> int:
    """Return value // divisor, neither negative: unsigned, which takes a fraction of the time."""
    return np.int64(np.uint64(value) // np.uint64(divisor))  # type: ignore[return-value]  # an int once compiled


@njit(cache=True, inline="always")
def _rest(value: int, divisor: int) -> int:
    """Return value % divisor, likewise."""
    return np.int64(np.uint64(value) % np.uint64(divisor))  # type: ignore[return-value]  # likewise


@njit(cache=True)
def _times_ppm(value: int, rate: int) -> int:
    return _over(value, PPM) * rate + _over(_rest(value, PPM) * rate + PPM // 2, PPM)


@njit(cache=True)
def _times_ppm_floor(value: int, rate: int) -> int:
    return _over(value, PPM) * rate + _over(_rest(value, PPM) * rate, PPM)


@njit(cache=True)
def _nearest_tick(level: int) -> int:
    # The unrounded level picks the tick size. What flooring to micros cut off never changes the nearest tick: the
    # half tick is a whole number of micros. Two divisions by constants are faster than one by a variable.
    if level >= MICROS:
        return _over(level + _CENT_TICK // 2, _CENT_TICK) * _CENT_TICK
    return _over(level + _FINE_TICK // 2, _FINE_TICK) * _FINE_TICK


@njit(cache=True)
def _tick_index(price: int) -> int:
    """Return the number of the highest tick at or below *price*."""
    return _over(price, _FINE_TICK) if price < MICROS else _FINE_TICKS + _over(price - MICROS, _CENT_TICK)


@njit(cache=True)
def _tick_price(index: int) -> int:
    return index * _FINE_TICK if index < _FINE_TICKS else MICROS + (index - _FINE_TICKS) * _CENT_TICK


@njit(cache=True)
def _most_shares(cents: int, price: int) -> int:
    # round2(n x price) <= cents, solved for n
    return _over(cents * MICROS_PER_CENT + MICROS_PER_CENT // 2 - 1, price)


@njit(cache=True)
def _fits(rules: RuleInts, shares: int, price: int, cents: int) -> bool:
    return most_cents(rules, shares, price) <= cents


@njit(cache=True)
def _largest_fitting_shares(rules: RuleInts, too_many: int, price: int, cents: int) -> int:
    fitting = 0
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        if _fits(rules, middle, price, cents):
            fitting = middle
        else:
            too_many = middle
    return fitting


@njit(cache=True)
def _limit(rules: RuleInts, shares: int, fitting_price: int, cents: int) -> int:
    fitting = _tick_index(fitting_price)
    # round2(shares x price) <= cents, solved for the price: no tick above fits, fee or none
    above = _tick_index(min(_most_shares(cents, shares), MAX_PRICE)) + 1
    if _fits(rules, shares, _tick_price(above - 1), cents):
        return _tick_price(above - 1)
    while above - fitting > 1:
        middle = (fitting + above) // 2
        if _fits(rules, shares, _tick_price(middle), cents):
            fitting = middle
        else:
            above = middle
    return _tick_price(fitting)
