"""Tests of daytrader.cli.gunicorn: the end of a worker."""

from __future__ import annotations

import os

import pytest
from gunicorn.config import Config

from daytrader.cli.gunicorn import TradingWorker


def test_who_answers_after_the_end_writes_to_nothing_that_was_opened_since() -> None:
    """A thread says by a byte in a pipe that it has answered; under a number that was closed may be a database."""
    worker = TradingWorker(1, os.getpid(), [], None, 30, Config(), None)
    worker.method_queue.init()

    worker.method_queue.close()
    reading, writing = os.pipe()
    worker.method_queue.defer(lambda: None)

    os.set_blocking(reading, False)
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    os.close(reading)
    os.close(writing)
    assert len(os.read(worker.method_queue.fileno(), 10)) == 1
    worker.tmp.close()
