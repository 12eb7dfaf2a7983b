"""What a bar on which every service trades asks of the database: little for each, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from daytrader.brokers.paper import PaperBroker
from daytrader.engine.runner import Runner
from daytrader.models.enums import OrderSide, OrderState
from tests.conftest import World
from tests.engine.builders import Market, Ohlc

FLAT: Ohlc = (10.0, 10.0, 10.0, 10.0)
BARS: list[Ohlc] = [FLAT, FLAT, (10.0, 12.0, 10.0, 12.0), (12.0, 13.0, 12.0, 13.0), (13.0, 13.0, 8.0, 8.0), (8.0,) * 4]
ENTRY_PLACED, ENTRY_FILLED, EXIT_PLACED, EXIT_FILLED = 2, 3, 4, 5
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


def of_each_bar(world: World, services: int) -> list[int]:
    """Return how many statements each of the bars takes on which so many services buy and sell."""
    market = Market(world, BARS, f"OF{services}")
    for number in range(services):
        made = market.service(name=f"{services} {number}", strategy="sma_trend", strategy_params={"window": 2})
    stock, runner, counts = market.bars(), Runner(PaperBroker()), []
    for row in range(stock.bars.n):
        with counted(world) as statements:
            runner.step(stock, row)
        counts.append(len(statements))
    filled = [(order.side, order.state) for order in market.orders(made)]
    assert filled == [(OrderSide.BUY, OrderState.FILLED), (OrderSide.SELL, OrderState.FILLED)]
    return counts


def test_a_trade_takes_few_statements(world: World) -> None:
    """An order is its row; a fill is what it adds (position, execution, journal's entry) and the rows it changes."""
    few, more = of_each_bar(world, FEW), of_each_bar(world, MORE)
    of_one = [(most - least) / (MORE - FEW) for least, most in zip(few, more, strict=True)]
    assert of_one[ENTRY_PLACED] == of_one[EXIT_PLACED] == 1
    assert of_one[ENTRY_FILLED] == of_one[EXIT_FILLED] == 5
