"""Tests of ``daytrader stocks``."""

from __future__ import annotations

from pathlib import Path

import pytest

from daytrader.models import AuditEntry
from daytrader.services.session_manager import SessionManager

from .conftest import Command


@pytest.fixture
def ready(daytrader: Command) -> Command:
    """The command line with a current, empty database."""
    assert daytrader("db", "upgrade").exit_code == 0
    return daytrader


def test_an_empty_list_says_where_stocks_come_from(ready: Command) -> None:
    """The sample is a command away."""
    assert "daytrader prices fetch sample" in ready("stocks", "list").stdout


def test_a_stock_is_added_and_listed(ready: Command) -> None:
    """With its name; the symbol in capitals."""
    assert ready("stocks", "add", "brk.b", "--name", "Berkshire").stdout == "Added BRK.B\n"

    listed = ready("stocks", "list").stdout
    assert "BRK.B" in listed
    assert "Berkshire" in listed


def test_a_symbol_is_added_once(ready: Command) -> None:
    """The second time is a conflict; what is no symbol is invalid."""
    ready("stocks", "add", "ACME")

    again = ready("stocks", "add", "acme")
    impossible = ready("stocks", "add", "A B")

    assert (again.exit_code, impossible.exit_code) == (1, 2)
    assert "already a stock ACME" in again.stderr


def test_a_stock_is_shown_with_its_bars_and_events(ready: Command) -> None:
    """Microsoft's split and its dividends."""
    ready("prices", "fetch", "sample", "MSFT")

    shown = ready("stocks", "show", "msft").stdout

    assert "MSFT - Microsoft Corporation - Technology" in shown
    assert "daily bars: 3,270" in shown
    assert "last known close: 27.950000 on 2013-03-01" in shown
    assert "2:1" in shown
    assert "3.080000" in shown


def test_an_unknown_stock_is_not_found(ready: Command) -> None:
    """One line, exit code 1."""
    result = ready("stocks", "show", "NONE")

    assert result.exit_code == 1
    assert result.stderr == "Error: stock not found\n"


def test_an_improbable_dividend_is_released_once(ready: Command, tmp_path: Path) -> None:
    """It is shown with its number; the console's word is in the audit log, and importing it again does not undo it."""
    file = tmp_path / "acme.csv"
    file.write_text(
        "Date,Open,High,Low,Close,Volume,Dividends\n"
        "2024-01-02,10,10,10,10,1000,0\n2024-01-03,10,10,10,10,1000,4\n2024-01-04,10,10,10,10,1000,0\n"
    )
    ready("stocks", "add", "ACME")
    assert ready("prices", "import", str(file), "--symbol", "ACME").exit_code == 0
    assert "kept back as 1" in ready("stocks", "show", "ACME").stdout

    assert "Released the dividend of 4.000000 on 2024-01-03" in ready("stocks", "release", "1").stdout
    assert ready("stocks", "release", "1").stderr == "Error: this corporate action is not kept back\n"
    assert ready("prices", "import", str(file), "--symbol", "ACME").exit_code == 0

    assert "kept back" not in ready("stocks", "show", "ACME").stdout
    with SessionManager(read_only=True) as session:
        entry = session.query(AuditEntry).one()
    assert (entry.via, entry.action) == ("console", "dividend.release")
