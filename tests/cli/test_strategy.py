"""``daytrader strategy``: what there is to choose from."""

from __future__ import annotations

from daytrader.core.strategy import list_strategies
from tests.cli.conftest import Command


def test_list_names_every_strategy_with_its_defaults(daytrader: Command) -> None:
    """Needs no database."""
    shown = daytrader("strategy", "list").output
    assert all(strategy.name in shown for strategy in list_strategies())
    assert "fast=10, slow=20" in shown


def test_show_tells_the_bounds_of_each_parameter(daytrader: Command) -> None:
    """Whatever --param accepts."""
    shown = daytrader("strategy", "show", "sma_cross").output
    assert "Bars of the fast average" in shown
    assert "5000" in shown
    assert "no parameters" in daytrader("strategy", "show", "buy_and_hold").output


def test_an_unknown_strategy_lists_the_known_ones(daytrader: Command) -> None:
    """Exit code 2: a mistyped name."""
    result = daytrader("strategy", "show", "astrology")
    assert result.exit_code == 2
    assert "sma_cross" in result.stderr
