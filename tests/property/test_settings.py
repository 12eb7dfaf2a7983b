"""A setting is accepted everywhere or nowhere, and what is accepted gives the same report everywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daytrader.api.schemas.backtest import BacktestSchema
from daytrader.api.schemas.trading_service import ServiceSchema
from daytrader.cli.options import TradingOptions, trading_options
from daytrader.core import backtest
from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import Costs, Rules
from daytrader.engine.replay import Plan, replay
from daytrader.models import TradingService
from daytrader.utils.errors import InvalidInputError
from tests.core.builders import random_walk

# A setting's name for a service, on the command line, in the core's rules or costs, and for a backtest over HTTP.
NAMES: Final = {
    "allocation_percent": ("--allocation", Rules, "allocation", "allocation"),
    "minimum_balance": ("--minimum-balance", Rules, "minimum_balance", "minimum_balance"),
    "stop_loss_percent": ("--stop-loss", Rules, "stop_loss_percent", "stop_loss"),
    "take_profit_percent": ("--take-profit", Rules, "take_profit_percent", "take_profit"),
    "gap_reserve_percent": ("--gap-reserve", Rules, "gap_reserve_percent", "gap_reserve"),
    "commission_per_order": ("--commission-per-order", Costs, "per_order", "commission_per_order"),
    "commission_per_share": ("--commission-per-share", Costs, "per_share", "commission_per_share"),
    "commission_percent": ("--commission-percent", Costs, "percent", "commission_percent"),
    "commission_minimum": ("--commission-minimum", Costs, "minimum", "commission_minimum"),
    "slippage_bps": ("--slippage-bps", Costs, "slippage_bps", "slippage_bps"),
    "volume_limit_percent": ("--volume-limit", Rules, "volume_limit_percent", "volume_limit"),
}
EDGES: Final = [0, 1, 50, 100, 1000, 1001, 5000, 5001, 100_000, 100_001, 1_000_000, 10**11, 10**11 + 1]
values = st.one_of(
    st.sampled_from([Decimal(edge) for edge in EDGES]),
    st.sampled_from([Decimal(text) for text in ("0.333", "2.555", "0.00001", "-0.01", "1.00", "1E+1", "0.0000001")]),
    *(st.decimals(-1, 6000, places=places) for places in (2, 4, 6, 7)),
)


def _core(name: str, value: Decimal) -> bool:
    _, kind, field, _ = NAMES[name]
    try:
        kind(**{field: value})
    except InvalidParameterError as error:
        return field not in error.fields  # a wrong name counts as accepted, and so fails
    return True


def _model(name: str, value: Decimal) -> bool:
    try:
        TradingService(**{name: value})
    except InvalidInputError as error:
        return name not in error.fields
    return True


def _command(name: str, value: Decimal) -> bool:
    @click.command()
    @trading_options
    def command(*, options: TradingOptions) -> None:
        assert options.rules.as_dict()[name if name != "allocation_percent" else "allocation"] == float(value)

    option = NAMES[name][0]
    result = CliRunner().invoke(command, [f"{option}={value:f}"])
    assert result.exit_code == 0 or f"'{option}'" in result.stderr, result.output
    return result.exit_code == 0


def _api(schema: Any, name: str, value: Decimal) -> bool:
    messages = schema.validate({name: value}, partial=True)
    assert list(messages) in ([], [name])
    return not messages


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(value=values)
def test_a_setting_is_accepted_everywhere_or_nowhere(name: str, value: Decimal) -> None:
    """By core, model, command line and both schemas, each naming it as its user knows it."""
    accepted = _core(name, value)
    assert _model(name, value) is accepted
    assert _command(name, value) is accepted
    assert _api(ServiceSchema(), name, value) is accepted
    assert _api(BacktestSchema(), NAMES[name][3], value) is accepted


@st.composite
def accepted_rules(draw: st.DrawFn) -> Rules:
    """Draw rules at every decimal that is accepted."""

    def number(least: str, most: str, places: int = 2) -> Decimal:
        return draw(st.decimals(least, most, places=places))

    return Rules(
        allocation=number("0.01", "1"),
        fixed_shares=draw(st.none() | st.integers(1, 1_000_000_000)),
        stop_loss_percent=number("0", "12"),
        take_profit_percent=number("0", "30") if draw(st.booleans()) else Decimal(100_000),
        minimum_balance=number("0", "500"),
        gap_reserve_percent=number("0", "5"),
        costs=Costs(
            per_order=number("0", "3"),
            per_share=number("0", "0.05", 6),
            percent=number("0", "0.5", 4),
            minimum=number("0", "2"),
            slippage_bps=number("0", "5000"),
        ),
        volume_limit_percent=draw(st.none() | st.decimals("0.01", 100, places=2)),
    )


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules=accepted_rules(), seed=st.integers(0, 2**16))
def test_accepted_settings_give_one_report(rules: Rules, seed: int) -> None:
    """Stored as a service's columns and read back they are what the backtest was given."""
    bars = random_walk(60, seed)
    plan = Plan("ACME", "sma_cross", {"fast": 2, "slow": 4}, rules, Decimal("10000.00"))
    expected = backtest.run(bars, plan.strategy, plan.params, rules, symbol="ACME", cash=plan.cash)
    assert replay(bars, [plan])[0].to_dict() == expected.to_dict()
