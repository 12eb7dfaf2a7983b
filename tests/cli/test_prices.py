"""Tests of ``daytrader prices``: what a person sees, and what is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Command

DATA = Path(__file__).parents[1] / "data"
YAHOO = DATA / "formats" / "yahoo.csv"
BAD = DATA / "awkward" / "missing_dates.csv"


@pytest.fixture
def ready(daytrader: Command) -> Command:
    """The command line with a current, empty database."""
    assert daytrader("db", "upgrade").exit_code == 0
    return daytrader


def stocks(daytrader: Command) -> dict[str, int]:
    """Return each stock's number of daily bars, as the command line tells it."""
    return {row["symbol"]: row["daily_bars"] for row in json.loads(daytrader("stocks", "list", "--json").stdout)}


def test_an_import_says_what_came_in(ready: Command) -> None:
    """The stock that it made, how many bars, from when to when."""
    result = ready("prices", "import", YAHOO, "--symbol", "acme")

    assert result.exit_code == 0
    assert result.stdout == "ACME (new stock): 3 daily bars, 3 of them new, 2020-09-01 to 2020-09-03\n"
    assert stocks(ready) == {"ACME": 3}


def test_a_second_import_updates(ready: Command) -> None:
    """Nothing doubles."""
    ready("prices", "import", YAHOO, "--symbol", "ACME")

    result = ready("prices", "import", YAHOO, "--symbol", "ACME", "--on-conflict", "skip")

    assert "ACME: 3 daily bars, 0 of them new" in result.stdout
    assert stocks(ready) == {"ACME": 3}


def test_bad_rows_are_listed_and_nothing_is_written(ready: Command) -> None:
    """Line, field and reason on stderr; exit code 1; not even the stock is made."""
    result = ready("prices", "import", BAD, "--symbol", "ACME")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[:3] == [
        "line 3, date: is missing",
        "line 4, open: is missing",
        "line 5, date: is not a date like the others",
    ]
    assert "nothing written" in result.stdout
    assert "--partial" in result.stdout
    assert stocks(ready) == {}


def test_partial_keeps_the_good_rows(ready: Command) -> None:
    """And is content with that."""
    result = ready("prices", "import", BAD, "--symbol", "ACME", "--partial")

    assert result.exit_code == 0
    assert "3 bad rows were left out" in result.stdout
    assert stocks(ready) == {"ACME": 2}


def test_only_the_first_errors_are_printed(ready: Command, tmp_path: Path) -> None:
    """All of them are in the JSON."""
    path = tmp_path / "zeros.csv"
    path.write_text("date,open,high,low,close\n" + "".join(f"2020-01-{day:02},0,0,0,0\n" for day in range(1, 31)))

    printed = ready("prices", "import", path, "--symbol", "ACME")
    listed = ready("prices", "import", path, "--symbol", "ACME", "--json")

    assert printed.stderr.count("must be above 0") == 20
    assert "and 10 more" in printed.stderr
    assert (printed.exit_code, listed.exit_code) == (1, 1)
    assert len(json.loads(listed.stdout)["errors"]) == 30


def test_a_dry_run_writes_nothing(ready: Command) -> None:
    """And says so."""
    result = ready("prices", "import", YAHOO, "--symbol", "ACME", "--dry-run")

    assert result.exit_code == 0
    assert "dry run" in result.stdout
    assert stocks(ready) == {}


def test_json_is_the_whole_report(ready: Command) -> None:
    """Nothing else is on stdout."""
    report = json.loads(ready("prices", "import", YAHOO, "--symbol", "ACME", "--json").stdout)

    assert report["is_written"]
    assert (report["rows"], report["refused"], report["interval"]) == (3, 0, 0)
    assert report["stocks"][0] == {
        "symbol": "ACME",
        "is_new_stock": True,
        "rows": 3,
        "new_rows": 3,
        "first": "2020-09-01T00:00:00Z",
        "last": "2020-09-03T00:00:00Z",
        "dividends": 0,
        "splits": 0,
        "quarantined": 0,
    }


def test_a_warning_for_dates_out_of_order(ready: Command) -> None:
    """A wrong year is sound by every other rule."""
    result = ready("prices", "import", DATA / "awkward" / "wrong_year.csv", "--symbol", "ACME")

    assert result.exit_code == 0
    assert "line 3, date: is out of order" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no-such-file.csv", "--symbol", "ACME"], "does not exist"),
        ([DATA / "awkward" / "error_body.csv", "--symbol", "ACME"], "no table of prices"),
        ([YAHOO], "symbol"),
        ([YAHOO, "--symbol", "?"], "symbol"),
        ([YAHOO, "--symbol", "ACME", "--timezone", "Mars/Olympus"], "America/New_York"),
        ([YAHOO, "--symbol", "ACME", "--interval", "5"], "daily"),
        ([YAHOO, "--symbol", "ACME", "--interval", "7"], "--interval"),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_sentence(ready: Command, words: list[object], message: str) -> None:
    """Exit code 2, no traceback, nothing written."""
    result = ready("prices", "import", *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert stocks(ready) == {}


def test_intraday_files_are_recognised(ready: Command) -> None:
    """Five-minute bars, told in minutes."""
    result = ready("prices", "import", DATA / "formats" / "unix_seconds.csv", "--symbol", "ACME")

    assert "3 5-minute bars" in result.stdout
    assert "2020-09-01 13:30 UTC" in result.stdout


def test_a_date_order_is_asked_for_and_taken(ready: Command) -> None:
    """Where every date of a file can be read two ways."""
    path = DATA / "awkward" / "ambiguous_dates.csv"

    assert "--date-order" in ready("prices", "import", path, "--symbol", "ACME").stderr
    result = ready("prices", "import", path, "--symbol", "ACME", "--date-order", "dmy")
    assert "2020-02-01 to 2020-03-02" in result.stdout


def test_the_sample_comes_with_the_package(ready: Command) -> None:
    """All five, or those that are named, or a part of them."""
    assert ready("prices", "fetch", "sample", "MSFT", "--start", "2013-01-01").exit_code == 0
    assert stocks(ready) == {"MSFT": 41}

    result = ready("prices", "fetch", "sample")

    assert "AAPL: 3,270 daily bars, 5 dividends and splits from sample" in result.stdout
    assert stocks(ready) == {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}


def test_a_symbol_the_sample_does_not_have(ready: Command) -> None:
    """The message lists those it has; none of the others is stored either."""
    result = ready("prices", "fetch", "sample", "MSFT", "TSLA")

    assert result.exit_code == 1
    assert "AAPL, FB, GOOG, IBM, MSFT" in result.stderr
    assert stocks(ready) == {}


def test_made_up_intraday_prices_of_any_symbol(ready: Command) -> None:
    """Named by option or as the first word; a provider that lists nothing needs a symbol."""
    week = ("--start", "2024-01-02", "--end", "2024-01-05")
    result = ready("prices", "fetch", "ACME", "--provider", "simulated", "--interval", "30", *week)

    assert "ACME: 52 30-minute bars, 0 dividends and splits from simulated" in result.stdout
    assert ready("prices", "fetch", "simulated", "ACME", *week).exit_code == 0
    assert stocks(ready) == {"ACME": 4}
    assert "symbol: is required" in ready("prices", "fetch", "simulated").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "ACME"), "alpaca, csv, sample, simulated, yahoo"),
        (("ACME", "--provider", "alpaca"), "DAYTRADER_ALPACA_KEY"),
        (("ACME", "--provider", "csv"), "DAYTRADER_CSV"),
        (("AAPL", "--provider", "sample", "--interval", "5"), "no such bars"),
    ],
)
def test_a_provider_that_cannot_be_asked(ready: Command, words: tuple[str, ...], said: str) -> None:
    """Is said in words, and nothing is stored."""
    result = ready("prices", "fetch", *words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert stocks(ready) == {}


def test_a_first_import_makes_the_database(daytrader: Command) -> None:
    """A newcomer's first command works; one that only reads still says that there is nothing to read."""
    assert daytrader("prices", "import", YAHOO, "--symbol", "ACME").exit_code == 0

    assert "ACME" in daytrader("stocks", "list").stdout


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_export_is_imported_again_as_it_was(ready: Command, tmp_path: Path, name: str) -> None:
    """The file's name says its form; nothing is new."""
    ready("prices", "fetch", "sample", "MSFT", "--start", "2002-12-01", "--end", "2003-03-31")
    path = tmp_path / name

    assert ready("prices", "export", "msft", path).exit_code == 0
    result = ready("prices", "import", path)

    assert "MSFT: 82 daily bars, 0 of them new, 2002-12-02 to 2003-03-31" in result.stdout
    assert "dividends: 1, splits: 1" in result.stdout


def test_an_export_goes_to_the_screen(ready: Command) -> None:
    """As CSV by default, of the sessions that were asked for; an unknown stock is an error."""
    ready("prices", "import", YAHOO, "--symbol", "ACME")

    result = ready("prices", "export", "ACME", "--start", "2020-09-02", "--end", "2020-09-02")

    assert result.stdout.splitlines()[0] == "symbol,date,open,high,low,close,adj_close,volume,dividend,split"
    assert [line[:15] for line in result.stdout.splitlines()[1:]] == ["ACME,2020-09-02"]
    assert ready("prices", "export", "NONE").exit_code == 1
    assert json.loads(ready("prices", "export", "ACME", "--format", "json").stdout)[0]["symbol"] == "ACME"
