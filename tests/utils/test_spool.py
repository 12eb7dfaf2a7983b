"""Tests of daytrader.utils.spool: arrays in files that nobody sees."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from daytrader.utils import spool
from daytrader.utils.spool import Spool


def test_a_large_array_is_in_a_file_without_a_name(tmp_path: Path) -> None:
    """Zeros at first; what was written is there after its pages were let go of, and no file is ever seen."""
    made = Spool(tmp_path)
    made._rested = 0.0
    array = made.make((1 << 20, 3), np.float64)
    assert not array.any()
    array[:, 1] = np.arange(1 << 20)
    made.rest()
    assert not list(tmp_path.iterdir())
    np.testing.assert_array_equal(array[:, 1], np.arange(1 << 20))
    assert len(made._maps) == 1
    del array
    assert len(made._maps) == 0


def test_a_full_disk_leaves_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found out before anything is written: a process that writes to a mapped file without room is killed."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    made = Spool(tmp_path)
    array = made.make((spool._SMALL // 8,), np.float64)
    array[:] = 1
    assert array.sum() == array.size
    assert not made._maps


def test_a_small_array_is_no_file(tmp_path: Path) -> None:
    """505 stocks of a thousand combinations each do not open files by the thousand."""
    made = Spool(tmp_path / "nowhere")
    assert not made.make((1000, 2, 16), np.float64).any()
    assert not made._maps
