"""Which settings a sweep tries."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from daytrader.core.combinations import Number
from daytrader.core.errors import InvalidParameterError
from daytrader.core.rules import Costs, Rules
from daytrader.core.sweep import grid, listed, random


def test_a_grid_is_every_combination_the_last_axis_fastest() -> None:
    """Whole numbers stay whole, the others are floats."""
    tried = grid({"fast": [5, 10], "stop_loss_percent": [Decimal("2.5"), 5, 0]})
    assert tried.size == 6
    assert [tried.of(index)["fast"] for index in range(6)] == [5, 5, 5, 10, 10, 10]
    assert [tried.of(index)["stop_loss_percent"] for index in range(4)] == [2.5, 5.0, 0.0, 2.5]
    assert isinstance(tried.of(0)["fast"], int)
    assert tried.part(2, 4).of(0) == tried.of(2)


def test_draws_lie_between_their_bounds_and_repeat_with_their_seed() -> None:
    """Whole numbers are drawn as such; no draw has more decimals than its setting allows."""
    axes: dict[str, tuple[Number, Number]] = {
        "fast": (2, 4),
        "slippage_bps": (0, Decimal("0.5")),
        "allocation": (Decimal("0.25"), Decimal("0.26")),
    }
    tried = random(axes, 500, 7, "sma_cross")
    assert set(tried.columns[0].tolist()) == {2, 3, 4}
    assert 0 <= tried.columns[1].min() < 0.02
    assert 0.48 < tried.columns[1].max() <= 0.5
    for index in range(tried.size):
        Rules().changed({name: tried.of(index)[name] for name in ("slippage_bps", "allocation")})
    again = random(axes, 500, 7, "sma_cross")
    assert all(np.array_equal(one, other) for one, other in zip(tried.columns, again.columns, strict=True))
    assert not np.array_equal(random(axes, 500, 8, "sma_cross").columns[0], tried.columns[0])


def test_a_list_is_taken_in_its_order() -> None:
    """By name, whatever the order of the names."""
    tried = listed([{"fast": 3, "slow": 9}, {"slow": 7, "fast": 2}])
    assert [tried.of(index) for index in range(2)] == [{"fast": 3, "slow": 9}, {"fast": 2, "slow": 7}]


def test_what_is_no_combination_is_refused() -> None:
    """Nothing to try, no numbers, reversed bounds, too many, rows that name different settings."""
    wrong: list[Callable[[], object]] = [
        lambda: grid({}),
        lambda: grid({"fast": []}),
        lambda: grid({"fast": [True]}),
        lambda: grid({"fast": [float("nan")]}),
        lambda: grid({"fast": [10**400]}),
        lambda: grid({"fast": [Decimal("-1e400")]}),
        lambda: grid({"fast": [5, 7, 5.0]}),
        lambda: grid({name: range(1, 10_001) for name in ("fast", "slow", "allocation")}),
        lambda: random({"fast": (5, 2)}, 3, 1, "sma_cross"),
        lambda: random({"fast": (2, 5)}, 0, 1, "sma_cross"),
        lambda: listed([]),
        lambda: listed([{"fast": 1}, {"slow": 1}]),
        lambda: listed([{"fast": 1, "slow": 2}, {"fast": 2, "slow": 1}, {"slow": 2.0, "fast": 1}]),
    ]
    for each in wrong:
        with pytest.raises(InvalidParameterError):
            each()


def test_rules_change_by_the_names_a_service_stores_them_by() -> None:
    """Costs among them; what no rule is called is refused."""
    rules = Rules(costs=Costs(per_order=Decimal(2)))
    changed = rules.changed({"stop_loss_percent": 2.5, "fixed_shares": 7, "commission_percent": 0.1})
    assert (changed.stop_loss_percent, changed.fixed_shares) == (Decimal("2.5"), 7)
    assert (changed.costs.percent, changed.costs.per_order) == (Decimal("0.1"), Decimal(2))
    with pytest.raises(InvalidParameterError, match="unknown rule"):
        rules.changed({"stop": 1})
    with pytest.raises(InvalidParameterError, match="decimal places"):
        rules.changed({"stop_loss_percent": 2.00001})
