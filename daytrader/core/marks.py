"""The closes of the sessions between what happens to a run: its equity there, and the figures that come of it."""

from __future__ import annotations

from numba import njit

from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.fills import cost_cents, worth_cents
from daytrader.core.metrics import Curve, marked


class Purse:
    """What a run is worth but for prices, and where in its sessions it is."""

    cash: int
    shares: int
    held: int  # sessions at whose close shares were held
    block: int  # of sessions, the one that is being summed


@njit(inline="always", error_model="numpy")
def mark_held(
    curve: Curve,
    at: Purse,
    close: IntArray,
    day: IntArray,
    edges: IntArray,
    sums: FloatArray,
    first: int,
    last: int,
) -> Curve:
    """Return *curve* with sessions *first* to *last* - 1, at whose closes the position was held."""
    cash, shares = at.cash, at.shares
    session = first
    while session < last:
        stop = min(last, edges[at.block + 1])
        for each in range(session, stop):
            curve = marked(curve, cash + worth_cents(shares, close[each]), each, day)
        session = stop
        if session == edges[at.block + 1]:
            sums[0, at.block], sums[1, at.block] = curve.sum, curve.squares
            at.block += 1
    at.held += last - first
    return curve


@njit(inline="always", error_model="numpy")
def mark_flat(
    curve: Curve, at: Purse, day: IntArray, edges: IntArray, sums: FloatArray, first: int, last: int
) -> Curve:
    """Return *curve* with sessions *first* to *last* - 1 without a position: after the first, nothing changes."""
    if first < last:
        curve = marked(curve, at.cash, first, day)
        if first + 1 < last:
            curve = marked(curve, at.cash, last - 1, day)
        while at.block + 1 < edges.size and edges[at.block + 1] <= last:
            sums[0, at.block], sums[1, at.block] = curve.sum, curve.squares
            at.block += 1
    return curve


@njit(error_model="numpy")
def note(at: Purse, close: IntArray, equity: IntArray, held: BoolArray, first: int, last: int) -> None:
    """Write the equity of sessions *first* to *last* - 1, where there is room for it."""
    if equity.size == 0:
        return
    cash, shares = at.cash, at.shares  # once: a compiler must suppose that what is written changes them
    if shares == 0:
        equity[first:last] = cash
    else:
        for session in range(first, last):
            equity[session] = cash + worth_cents(shares, close[session])
    held[first:last] = shares > 0


@njit(error_model="numpy")
def split_sums(sums: FloatArray) -> None:
    """Make of sums up to the end of each block, shape (2, B), those of each."""
    for block in range(sums.shape[1] - 1, 0, -1):
        sums[0, block] -= sums[0, block - 1]
        sums[1, block] -= sums[1, block - 1]


@njit(error_model="numpy")
def check_worth(shares: int, close: IntArray, first: int, last: int) -> None:
    """Raise if the position's worth is beyond its bound at a close of sessions *first* to *last* - 1."""
    for session in range(first, last):
        cost_cents(shares, close[session])
