"""What a bar on which every service trades asks of the database: nothing of each, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import event

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models.enums import OrderSide, OrderState
from tests.conftest import World
from tests.engine.builders import FLAT, Market, Ohlc

BARS: list[Ohlc] = [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 13.0, 12.0, 13.0), (13.0, 13.0, 8.0, 8.0), (8.0,) * 4]
ENTRY_PLACED, ENTRY_FILLED, EXIT_PLACED, EXIT_FILLED = 2, 3, 4, 5
STOPPED: list[Ohlc] = [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 13.0, 12.0, 13.0), (13.0, 14.0, 8.0, 14.0)]
STOP_FILLED = 4
BOUGHT_AND_STOPPED: list[Ohlc] = [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 14.0, 8.0, 14.0)]
BOTH_FILLED = 3
# Above the average of six until what was low leaves it, below the one of two until the last but two.
_CLOSES = [*[10.0] * 6, 20.0, 19.0, 18.9, 18.8, 18.7, 18.75, 18.8]
OPPOSITE: list[Ohlc] = [
    (opened, max(opened, close), min(opened, close), close)
    for opened, close in zip([_CLOSES[0], *_CLOSES], _CLOSES, strict=False)
]
OPPOSITE_PLACED, OPPOSITE_FILLED = 11, 12
FEW, MORE = 4, 12


@contextmanager
def counted(world: World) -> Iterator[list[object]]:
    """Yield a list that grows by one with each statement."""
    found: list[object] = []

    def note(*statement: object) -> None:
        found.append(statement[2])

    event.listen(world.engine, "before_cursor_execute", note)
    yield found
    event.remove(world.engine, "before_cursor_execute", note)


def of_each_bar(
    world: World, services: int, symbol: str, bars: list[Ohlc], windows: Sequence[int] = (2,), **rules: Any
) -> list[int]:
    """Return how many statements each of *bars* takes on which so many services buy and sell."""
    market = Market(world, bars, f"{symbol}{services}")
    made = [
        market.service(
            name=f"{symbol}{services} {number}",
            strategy="sma_trend",
            strategy_params={"window": windows[number % len(windows)]},
            **rules,
        )
        for number in range(services)
    ]
    stock, runner, counts = market.bars(), Runner(PaperBroker()), []
    for row in range(stock.bars.n):
        with counted(world) as statements:
            runner.step(stock, row)
        counts.append(len(statements))
    filled = [(order.side, order.state) for order in market.orders(made[0])]
    assert filled == [(OrderSide.BUY, OrderState.FILLED), (OrderSide.SELL, OrderState.FILLED)]
    return counts


def of_one_service(world: World, symbol: str, bars: list[Ohlc], **rules: Any) -> list[float]:
    """Return how many statements more each of *bars* takes for one service more."""
    of_each_bar(world, 1, symbol, bars, **rules)  # the first rows of a table begin its sequence
    few, more = (of_each_bar(world, services, symbol, bars, **rules) for services in (FEW, MORE))
    return [(most - least) / (MORE - FEW) for least, most in zip(few, more, strict=True)]


def test_a_trade_takes_no_statement_of_its_own(world: World) -> None:
    """Orders, and all that their fills add and change, are rows of statements that are run once for all services."""
    of_one = of_one_service(world, "OF", BARS)
    assert of_one[ENTRY_PLACED] == of_one[EXIT_PLACED] == 0
    assert of_one[ENTRY_FILLED] == of_one[EXIT_FILLED] == 0


def test_a_stop_takes_no_statement_of_its_own(world: World) -> None:
    """Where a stop sells, which order bought is read, and the stop's own order stored, with those of all others."""
    assert of_one_service(world, "ST", STOPPED, stop_loss_percent=Decimal(20))[STOP_FILLED] == 0


def test_a_stop_on_the_bar_of_the_entry_takes_no_statement_of_its_own(world: World) -> None:
    """What was bought at the open is known by the time that its stop is reached."""
    of_one = of_one_service(world, "BO", BOUGHT_AND_STOPPED, stop_loss_percent=Decimal(20))
    assert of_one[BOTH_FILLED] == 0


def test_opposite_trades_on_one_bar_take_no_statement_of_their_own(world: World) -> None:
    """Every other service buys where its neighbours sell: the same columns are written of all of them."""
    of_one = of_one_service(world, "OP", OPPOSITE, windows=(6, 2))
    assert of_one[OPPOSITE_PLACED] == of_one[OPPOSITE_FILLED] == 0
