"""What a sweep tries, as it is written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from daytrader.cli.axes import parse
from daytrader.core.sweep import Combinations
from daytrader.utils.errors import InvalidInputError


def grid(*axes: tuple[str, str]) -> Combinations:
    """Return the grid of *axes*."""
    return parse(axes, None, None, None, "sma_cross")


def test_ranges_include_both_ends() -> None:
    """With a step, or one by one; decimals stay exact."""
    tried = grid(("fast", "5:15:5"), ("slow", "20:22"), ("stop_loss", "0.1:0.3:0.1"))
    assert tried.names == ("fast", "slow", "stop_loss_percent")
    assert tried.size == 27
    assert sorted({tried.of(index)["fast"] for index in range(27)}) == [5, 10, 15]
    assert sorted({tried.of(index)["slow"] for index in range(27)}) == [20, 21, 22]
    assert sorted({tried.of(index)["stop_loss_percent"] for index in range(27)}) == [0.1, 0.2, 0.3]


def test_a_step_that_does_not_meet_the_end_stops_before_it() -> None:
    """5, 9 and 13 of 5:15:4."""
    assert [grid(("fast", "5:15:4")).of(index)["fast"] for index in range(3)] == [5, 9, 13]


def test_values_may_be_listed() -> None:
    """In their order."""
    assert [grid(("take-profit", "10,0,2.5")).of(index)["take_profit_percent"] for index in range(3)] == [10, 0, 2.5]


def test_draws_lie_between_bounds() -> None:
    """The seed decides them."""
    tried = parse([("fast", "5:9")], 50, 3, None, "sma_cross")
    assert tried.size == 50
    assert {tried.of(index)["fast"] for index in range(50)} == {5, 6, 7, 8, 9}
    again = parse([("fast", "5:9")], 50, 3, None, "sma_cross")
    assert tried.columns[0].tolist() == again.columns[0].tolist()


def test_a_file_lists_combinations(tmp_path: Path) -> None:
    """Names above, a row for each; options' names are understood."""
    file = tmp_path / "tries.csv"
    file.write_text("fast,stop-loss\n5,2.5\n7,0\n")
    tried = parse([], None, None, file, "sma_cross")
    assert [tried.of(index) for index in range(2)] == [
        {"fast": 5, "stop_loss_percent": 2.5},
        {"fast": 7, "stop_loss_percent": 0.0},
    ]


@pytest.mark.parametrize(
    ("axes", "draws", "said"),
    [
        ([], None, "name at least one"),
        ([("fast", "x")], None, "'x' is neither"),
        ([("fast", "9:5")], None, "fast: must go up"),
        ([("fast", "5:9:0")], None, "fast: must go up"),
        ([("fast", "5:9:1:1")], None, "neither"),
        ([("fast", "nan")], None, "neither"),
        ([("fast", "1:9e9")], None, "at most 100,000"),
        ([("stop_loss", "1"), ("stop_loss_percent", "2")], None, "given twice"),
        ([("fast", "5:9:1")], 10, "needs bounds"),
    ],
)
def test_what_is_not_understood_is_refused(axes: list[tuple[str, str]], draws: int | None, said: str) -> None:
    """Naming the axis."""
    with pytest.raises(InvalidInputError, match=said):
        parse(axes, draws, None, None, "sma_cross")


def test_a_seed_without_draws_is_refused() -> None:
    """It would decide nothing."""
    with pytest.raises(InvalidInputError, match="seed: goes with --random alone"):
        parse([("fast", "5:9")], None, 3, None, "sma_cross")


def test_a_file_that_lists_nothing_is_refused(tmp_path: Path) -> None:
    """Nor one with a row too short, nor one beside axes."""
    file = tmp_path / "tries.csv"
    for text, said in (("fast,slow\n", "no rows"), ("fast,slow\n5\n", "line 2"), ("fast\nx\n", "neither")):
        file.write_text(text)
        with pytest.raises(InvalidInputError, match=said):
            parse([], None, None, file, "sma_cross")
    file.write_text("fast\n5\n")
    with pytest.raises(InvalidInputError, match="instead of"):
        parse([("slow", "20")], None, None, file, "sma_cross")
    assert Decimal(parse([], None, None, file, "sma_cross").of(0)["fast"]) == 5
