"""What the specification says of trading as a whole: thresholds, services side by side, platforms, modes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core import strategy as strategies
from daytrader.core.bars import Bars
from daytrader.core.strategies.technical import Technical
from daytrader.core.strategy import Params, Signals
from daytrader.engine.runner import Runner
from daytrader.models import Order
from daytrader.models.enums import DecisionAction, OrderState, TradingMode
from daytrader.services import trading_service
from daytrader.services.session_manager import SessionManager
from tests.conftest import World
from tests.core.builders import flat_bars
from tests.engine.builders import Market, Ohlc
from tests.engine.house_platform import HousePlatform


def _rising_with_a_dip() -> list[Ohlc]:
    """Return thirty sessions of up and down that rise, then a close 4 % below the average of the last five."""
    closes = [100 + row * 0.5 + (-1) ** row for row in range(30)]
    closes.append(np.mean(closes[-4:]) * 4 * 0.96 / (5 - 0.96))  # x = 0.96 * (sum of four + x) / 5
    return [(close, close, close, close) for close in map(float, closes)]


def test_thresholds_decide_when_technical_analysis_buys(world: World) -> None:
    """On one dip of 4 % below SMA(5), a service whose threshold is 3 % buys, one that waits for 5 % does not."""
    market = Market(world, _rising_with_a_dip())
    eager = market.service(name="eager", strategy="technical", buy_threshold=Decimal(3))
    patient = market.service(name="patient", strategy="technical", buy_threshold=Decimal(5))

    market.run()

    last, waited = market.decisions(eager)[-1], market.decisions(patient)[-1]
    assert (last.action, last.reason) == (DecisionAction.BUY, "dip below SMA(5) in an uptrend")
    assert (waited.action, waited.reason) == (DecisionAction.NOTHING, "no entry signal")
    assert last.evidence["close"] == pytest.approx(0.96 * last.evidence["sma_5"])
    assert [len(market.decisions(service)) for service in (eager, patient)] == [31, 31]


def test_technical_analysis_gives_signals_for_both_directions() -> None:
    """A fall is oversold, a rise overbought, by RSI."""
    fall, rise = np.linspace(100, 60, 40), np.linspace(60, 100, 40)
    bars = flat_bars([*fall.tolist(), *rise.tolist()])
    signals = Technical().signals(bars, {"buy_threshold": 3.0, "sell_threshold": 2.0})

    assert (signals.entry_reason(39), signals.exit_reason(79)) == ("RSI below 30", "RSI above 70")
    assert (signals.entry[39], signals.exit[79]) == (True, True)
    assert (signals.exit[39], signals.entry[79]) == (False, False)


def test_services_on_several_stocks_trade_side_by_side(world: World) -> None:
    """Each on its own stock, by its own strategy and budget: what one buys is nothing to the other."""
    first = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 3, "ACME")
    second = Market(world, [(20.0, 20.0, 20.0, 20.0)] * 3, "OTHER")
    one = first.service(name="one")
    other = second.service(name="other", initial_balance=Decimal(500))

    first.run()
    second.run()

    bought = [t for market, service in ((first, one), (second, other)) for t in market.transactions(service)]
    assert [(t.stock_symbol, int(t.shares), t.cost) for t in bought] == [
        ("ACME", 100, Decimal(1000)),
        ("OTHER", 25, Decimal(500)),
    ]


def test_another_trading_platform_takes_the_orders_and_its_fills_are_booked(world: World) -> None:
    """Whatever speaks the Broker protocol: its prices, its fees and its names of executions are in the books."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 3)
    service = market.service(initial_balance=Decimal(2000), allocation_percent=Decimal("0.5"))
    house = HousePlatform()

    market.run(runner=Runner(house))

    (order,) = market.orders(service)
    assert house.taken == [order.client_order_id]
    assert order.state is OrderState.FILLED
    (bought,) = market.transactions(service)
    assert (bought.purchase_price, bought.buy_fee) == (Decimal("10.01"), Decimal("2.50"))
    assert market.reload(service).current_balance == 2000 - bought.shares * Decimal("10.01") - Decimal("2.50")
    with SessionManager(read_only=True) as session:
        kept = session.get_one(Order, order.id)
        assert [execution.execution_ref for execution in kept.executions] == [f"{order.client_order_id}:house"]


class Eager:
    """Wants to buy on the first two bars, and to sell from then on."""

    name = "eager"
    description = "Always wants something."
    parameters = ()

    def warmup(self, params: Params) -> int:  # noqa: ARG002 (the protocol's signature)
        """Return 0."""
        return 0

    def signals(self, bars: Bars, params: Params) -> Signals:  # noqa: ARG002 (the protocol's signature)
        """Return first one, then the other."""
        is_early = np.arange(bars.n) < 2
        return Signals.of([(is_early, "early")], [(~is_early, "late")])


@pytest.fixture
def eager() -> Iterator[None]:
    """Have the strategy among the installation's."""
    strategies.use_local([("a test", Eager())], [])
    yield
    strategies.use_local([], [])


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("is_holding", [False, True])
def test_hold_neither_buys_nor_sells(world: World, is_holding: bool) -> None:
    """Whatever the strategy says, and whether there is a position or none."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)] * 8)
    service = market.service(strategy="eager")
    market.run(last=2 if is_holding else 0)
    before = len(market.orders(service))
    with SessionManager() as session:
        trading_service.set_mode(session, market.owner, service.id, TradingMode.HOLD)

    market.run(2 if is_holding else 0)

    kept = market.reload(service)
    assert len(market.orders(service)) == before
    assert kept.mode is TradingMode.HOLD
    assert bool(kept.current_shares) is is_holding
    told = [each.action for each in market.decisions(service)][2 if is_holding else 0 :]
    assert told == [DecisionAction.NOTHING] * len(told)
    assert told
