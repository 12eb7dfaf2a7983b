"""Tests of daytrader.utils.garbage."""

from __future__ import annotations

import gc

import pytest

from daytrader.utils.garbage import uncollected


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
