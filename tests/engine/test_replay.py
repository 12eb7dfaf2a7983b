"""Tests of daytrader.engine.replay: replays of bars and of services, interrupted and continued."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from daytrader.core import backtest
from daytrader.core.rules import Rules
from daytrader.engine.replay import Listener, Plan, replay, replay_service
from daytrader.models.enums import ServiceState
from daytrader.services import trading_service
from daytrader.services.session_manager import SessionManager, session_factory
from daytrader.utils.errors import ConflictError, InsufficientDataError
from tests.conftest import World
from tests.core.builders import sample_with_events
from tests.engine.builders import Market

RULES = Rules(stop_loss_percent=Decimal(3), take_profit_percent=Decimal(3))
PLAN = Plan("IBM", "sma_trend", {"window": 3}, RULES, Decimal(10_000))


class InterruptedHereError(Exception):
    """The replay was told to stop."""


def interrupt_at(bar: int) -> Listener:
    """Return a listener that ends the replay at its *bar*-th bar."""

    def stop(done: int, _total: int) -> None:
        if done == bar:
            raise InterruptedHereError

    return Listener(on_progress=stop)


def test_a_kept_database_is_gone_on_with(tmp_path: Path) -> None:
    """A replay that was interrupted ends as if it had not been; run a third time it only reports."""
    bars = sample_with_events("IBM").head(80)
    file = tmp_path / "kept.db"

    with pytest.raises(InterruptedHereError):
        replay(bars, [PLAN], file=file, listener=interrupt_at(33))
    (finished,) = replay(bars, [PLAN], file=file)
    (again,) = replay(bars, [PLAN], file=file, listener=interrupt_at(1))

    (expected,) = replay(bars, [PLAN])
    assert finished.to_dict() == again.to_dict() == expected.to_dict()


def test_a_kept_database_belongs_to_its_settings(tmp_path: Path) -> None:
    """Going on by other rules would be a result of neither."""
    bars = sample_with_events("IBM").head(30)
    file = tmp_path / "kept.db"
    replay(bars, [PLAN], file=file)

    with pytest.raises(ConflictError, match="strategy_params"):
        replay(bars, [Plan("IBM", "sma_trend", {"window": 4}, RULES, Decimal(10_000))], file=file)
    with pytest.raises(ConflictError, match="other bars"):
        replay(sample_with_events("IBM").head(31), [PLAN], file=file)


def test_what_was_connected_before_is_connected_afterwards(world: World) -> None:
    """A replay's own database never becomes the application's."""
    replay(sample_with_events("IBM").head(10), [PLAN])

    assert session_factory.kw["bind"] is world.engine


def test_no_bar_to_trade_is_said(world: World) -> None:
    """An empty period is no result."""
    bars = sample_with_events("IBM").head(10)

    with pytest.raises(InsufficientDataError):
        replay(bars.head(0), [PLAN])
    with pytest.raises(InsufficientDataError):
        replay_service(Market(world, []).service().id)


def test_a_service_is_replayed_through_its_own_books(world: World) -> None:
    """The report is the backtest's; interrupted and started again it goes on after its last decision."""
    bars = sample_with_events("IBM").head(60)
    rows = zip(bars.open, bars.high, bars.low, bars.close, strict=True)
    market = Market(world, [(float(o), float(h), float(low), float(c)) for o, h, low, c in rows])
    service = market.service(
        strategy="sma_trend",
        strategy_params={"window": 3},
        stop_loss_percent=Decimal(3),
        take_profit_percent=Decimal(3),
        slippage_bps=Decimal(5),
    )

    with pytest.raises(InterruptedHereError):
        replay_service(service.id, listener=interrupt_at(25))
    report = replay_service(service.id).to_dict()

    settings = market.bars().bars
    rules = Rules(
        allocation=Decimal(1),
        stop_loss_percent=Decimal(3),
        take_profit_percent=Decimal(3),
        gap_reserve_percent=Decimal(0),
    )
    expected = backtest.run(
        settings,
        "sma_trend",
        {"window": 3},
        rules,
        symbol="ACME",
        cash=Decimal(1000),
        start=market.decisions(service)[0].bar_time.date(),
    ).to_dict()
    assert report == expected
    market.reload(service)


def test_only_an_active_service_is_replayed(world: World) -> None:
    """A stopped one says so."""
    market = Market(world, [(10.0, 10.0, 10.0, 10.0)])
    service = market.service()
    with SessionManager() as session:
        trading_service.stop(session, market.owner, service.id)
    assert world.reload(service).state is ServiceState.INACTIVE

    with pytest.raises(ConflictError, match=re.escape("only an ACTIVE service")):
        replay_service(service.id)
