"""
A sale that a bar's volume does not take at once: what is left goes at each next open, as much as its volume takes.

Compiled code for the loop of one run, which leaps over bars; here each one is looked at. It only runs where a volume
limit leaves something unsold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

from daytrader.core import fills, flags, marks, steps, tape
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.errors import BoundsError
from daytrader.core.flags import FlagArray
from daytrader.core.metrics import Curve
from daytrader.core.rules import RuleInts
from daytrader.core.steps import TradeRecord
from daytrader.core.tape import Tape

if TYPE_CHECKING:
    from daytrader.core.kernel import Standing


@njit(error_model="numpy")
def corporate_actions(
    at: Standing, trade: TradeRecord, book: RuleInts, closes: IntArray, unit: int, events: IntArray, row: int
) -> None:
    """Pay the dividends of *row* on, and split, what was held at the previous close."""
    while at.shares > 0 and at.event < events.shape[0] and events[at.event, tape.EVENT_ROW] == row:
        event = events[at.event]
        at.event += 1
        at.cash += steps.act_on(
            at,
            trade,
            book,
            row,
            closes[row - 1] * unit,
            event[tape.EVENT_KIND],
            event[tape.EVENT_NUM],
            event[tape.EVENT_DEN],
            event[tape.EVENT_MICROS],
        )


@njit(error_model="numpy")
def sell_down(
    bars: Tape,
    entry: FlagArray,
    book: RuleInts,
    at: Standing,
    trade: TradeRecord,
    edges: IntArray,
    sums: FloatArray,
    equity: IntArray,
    held: BoolArray,
    curve: Curve,
    session: int,
    row: int,
    price: int,
    why: int,
) -> tuple[Curve, int, int]:
    """
    Sell the position from bar *row* on, what it takes at *price*, the rest at the opens after it.

    The trade ends with the last part, at the average price of all, for the reason of the first. Each part of a stop
    disarms the entry, which its signal re-arms once it is false at a close.

    Returns:
        The curve, the next session to be marked and the bar of the last part: the end where shares are left.
    """
    worth = sold = 0
    latest = row  # the bar of the latest part
    while True:
        part = fills.fillable(book, at.shares, bars.volume[row])
        if part > 0:
            if float(worth) + float(part) * float(price) > fills.LARGEST_WORTH:
                raise BoundsError("the parts of a sale are worth more than the largest amount")
            worth, sold, latest = worth + part * price, sold + part, row
            if part == at.shares:
                at.cash += steps.sell(at, trade, book, row, price, why)
                trade.exit_price = fills.average_price(worth, sold)
                break
            at.cash += steps.sell_part(at, trade, book, part, price, why)
        row += 1
        if row == bars.session.size:
            break
        if row >= bars.begin[session + 1]:
            now = bars.session[row]
            marks.check_worth(at.shares, bars.settled, session, now)
            curve = marks.mark_held(curve, at, bars.settled, bars.day, edges, sums, session, now)
            marks.note(at, bars.settled, equity, held, session, now)
            session = now
        corporate_actions(at, trade, book, bars.close, bars.unit, bars.events, row)
        if at.shares == 0:
            break
        price = fills.sell_price(bars.open[row] * bars.unit, book.slippage_ppm)
    if at.armed == 0 and flags.next_clear(entry, latest, row) < row:
        at.armed = 1
    return curve, session, row
