"""Tests of daytrader.utils.logs: lines for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from daytrader.utils import logs


@pytest.fixture(autouse=True)
def for_machines() -> Iterator[None]:
    """As in production."""
    logs.configure("INFO", is_json=True)
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("value", [1, "é", None, [1, {"a": 2.5}], 2**80, "\ud800"])
def test_a_line_is_json_whatever_is_told(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A number beyond 64 bits and half a character, too: what cannot be written must not hide what happened."""
    structlog.get_logger().info("told", value=value)
    assert json.loads(capsys.readouterr().err)["value"] == value


def test_what_has_no_form_in_json_is_told_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """An error among the values, say."""
    structlog.get_logger().info("told", value=ValueError("out of paper"))
    assert json.loads(capsys.readouterr().err)["value"] == "out of paper"
