"""Settings are checked once and named when they are wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import RULE_FIELDS, Costs, Rules, all_in


def test_defaults_are_a_services() -> None:
    """Half the cash, 5 % stop, 10 % target, 3 % gap reserve, 5 basis points of slippage, no commission."""
    compiled = Rules().compiled
    assert (compiled.allocation_ppm, compiled.stop_loss_ppm, compiled.take_profit_ppm) == (500_000, 50_000, 100_000)
    assert (compiled.gap_reserve_ppm, compiled.slippage_ppm, compiled.fixed_shares) == (30_000, 500, 0)
    assert compiled.per_order == compiled.per_share == compiled.percent_ppm == compiled.minimum_fee == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allocation", Decimal(0)),
        ("allocation", Decimal("1.01")),
        ("allocation", Decimal("NaN")),
        ("fixed_shares", 0),
        ("stop_loss_percent", Decimal(-1)),
        ("stop_loss_percent", Decimal(101)),
        ("take_profit_percent", Decimal("0.00001")),
        ("minimum_balance", Decimal(-1)),
        ("gap_reserve_percent", Decimal(101)),
        ("volume_limit_percent", Decimal(0)),
        ("volume_limit_percent", Decimal("100.01")),
    ],
)
def test_a_rule_out_of_bounds_is_named(field: str, value: Any) -> None:
    """The error carries the field's name, for whoever shows it."""
    with pytest.raises(InvalidParameterError) as caught:
        Rules(**{field: value})
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("field", ["per_order", "per_share", "percent", "minimum", "slippage_bps"])
def test_a_negative_cost_is_named(field: str) -> None:
    """Costs cannot be gains."""
    with pytest.raises(InvalidParameterError, match=field):
        Costs(**{field: Decimal(-1)})


def test_the_benchmark_keeps_costs_and_drops_the_rest() -> None:
    """All in, no brackets, no fixed shares, no volume limit; minimum balance, gap reserve and costs stay."""
    rules = Rules(
        fixed_shares=3,
        minimum_balance=Decimal(10),
        costs=Costs(per_order=Decimal(1)),
        volume_limit_percent=Decimal(10),
    )
    benchmark = all_in(rules.compiled)
    assert (benchmark.allocation_ppm, benchmark.fixed_shares) == (1_000_000, 0)
    assert (benchmark.stop_loss_ppm, benchmark.take_profit_ppm, benchmark.volume_limit_ppm) == (0, 0, 0)
    assert benchmark.per_order == 1_000_000
    assert benchmark.minimum_balance == 1000
    assert benchmark.gap_reserve_ppm == 30_000


def test_settings_are_told_by_a_services_names() -> None:
    """What a report pins carries the names the API uses."""
    told = Rules(costs=Costs(per_order=Decimal(1))).as_dict()
    assert set(told) == set(RULE_FIELDS)
    assert told["commission_per_order"] == 1.0
    assert told["slippage_bps"] == 5.0
    assert told["stop_loss_percent"] == 5.0
    assert told["fixed_shares"] is None
    assert told["volume_limit_percent"] is None
    assert Rules(volume_limit_percent=Decimal("2.5")).as_dict()["volume_limit_percent"] == 2.5


@pytest.mark.parametrize(("name", "places"), RULE_FIELDS.items())
def test_the_decimals_of_a_setting_are_those_that_its_rule_takes(name: str, places: int) -> None:
    """A sweep draws no value that a service could not be given, and misses none for want of decimals."""
    if name != "fixed_shares":
        Rules().changed({name: 10.0**-places})
        with pytest.raises(InvalidParameterError, match=f"with at most {places} decimal places"):
            Rules().changed({name: 10.0 ** -(places + 1)})
