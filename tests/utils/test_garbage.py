"""Tests of daytrader.utils.garbage."""

from __future__ import annotations

import gc

import pytest

from daytrader.utils.garbage import collect_as_usual, collect_seldom, uncollected


def test_the_collector_rests_within_and_goes_on_after() -> None:
    """Whatever ends the block; one within another changes nothing."""
    assert gc.isenabled()
    with pytest.raises(RuntimeError), uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise RuntimeError("test")
    assert gc.isenabled()


def test_a_process_that_never_collects_is_left_as_it_is() -> None:
    """Whoever has stopped the collector lets it go on."""
    gc.disable()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_loaded_is_looked_through_neither_meanwhile_nor_afterwards() -> None:
    """Seldom while a process loads, then as often as ever, but not among what it has loaded."""
    gc.unfreeze()
    try:
        collect_as_usual()
        usual = gc.get_threshold()
        gc.unfreeze()
        collect_seldom()
        assert gc.get_threshold()[0] > 100 * usual[0]
        assert gc.get_freeze_count() == 0
        collect_as_usual()
        assert gc.get_threshold() == usual
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
