"""``daytrader sweep``: the best of many settings, and whether it is luck."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from daytrader.core import sweep as core
from daytrader.services import price_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager
from tests.cli.conftest import Command

GRID = ("--strategy", "sma_cross", "--axis", "fast=5:15:5", "--axis", "slow=20,40", "--axis", "stop_loss=0,5")


@pytest.fixture
def ibm(tmp_path: Path) -> Path:
    """A thousand sessions of IBM in a file."""
    text = gzip.decompress(files("daytrader").joinpath("data", "IBM.csv.gz").read_bytes()).decode()
    file = tmp_path / "IBM.csv"
    file.write_text("\n".join(text.splitlines()[:1001]) + "\n")
    return file


@pytest.fixture
def stored(daytrader: Command) -> Command:
    """The command line with three stored stocks, one of them without prices."""
    daytrader("db", "upgrade")
    with SessionManager() as session:
        for symbol in ("IBM", "MSFT"):
            price_service.store_series(session, SampleProvider().fetch(symbol))
    daytrader("stocks", "add", "NONE")
    return daytrader


def told(daytrader: Command, *words: object) -> dict[str, Any]:
    """Return what the command prints as JSON."""
    result = daytrader("sweep", *words, "--json")
    assert result.exit_code == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def test_the_best_is_the_best_of_single_backtests(daytrader: Command, ibm: Path, instance: Path) -> None:
    """Figure by figure; a file needs no database."""
    (stock,) = told(daytrader, ibm, *GRID)["stocks"]
    assert not instance.exists()
    assert (stock["symbol"], stock["combinations"]) == ("IBM", 12)
    ratios = {}
    for fast in (5, 10, 15):
        for slow in (20, 40):
            for stop in (0, 5):
                words = ("--param", f"fast={fast}", "--param", f"slow={slow}", "--stop-loss", stop, "--json")
                report = json.loads(daytrader("backtest", ibm, "--strategy", "sma_cross", *words).stdout)
                ratios[fast, slow, stop] = report["metrics"]["sharpe_ratio"]
    best = max(ratios, key=lambda settings: ratios[settings])
    assert tuple(stock["top"][0]["settings"].values()) == best
    assert [row["figures"]["sharpe_ratio"] for row in stock["top"]] == sorted(ratios.values(), reverse=True)[:10]
    assert stock["assessment"]["metrics"]["sharpe_ratio"] == ratios[best]


def test_tables_end_with_the_verdict(daytrader: Command, ibm: Path) -> None:
    """Best rows, heatmap, the figures of luck, the walk-forward, a sentence."""
    words = (*GRID, "--top", 3, "--heatmap", "fast,slow", "--walk-forward", "rolling", "--train", 400, "--test", 200)
    shown = daytrader("sweep", ibm, *words).stdout
    for part in (
        "best 3 of 12 combinations by sharpe_ratio",
        "Mean sharpe_ratio: fast across, slow down",
        "Deflated Sharpe ratio",
        "of 12,870 splits",
        "fast / slow / stop_loss",
        "walk-forward efficiency",
    ):
        assert part in shown
    verdict = shown.rpartition("walk-forward efficiency")[2].splitlines()[1]
    assert verdict.split(":")[0] in ("Do not trade it", "Not proven", "Holds up")


def test_the_walk_forward_is_told_with_its_windows(daytrader: Command, ibm: Path) -> None:
    """Windows, report of the stitched curve, efficiency."""
    words = (*GRID, "--walk-forward", "anchored", "--train", 500, "--test", 300, "--metric", "total_return_pct")
    (stock,) = told(daytrader, ibm, *words)["stocks"]
    walked = stock["walk_forward"]
    assert len(walked["windows"]) == 2
    assert len({window["train_start"] for window in walked["windows"]}) == 1
    assert walked["days_simulated"] == 500
    assert walked["initial_balance"] == 10_000


def test_every_combination_may_be_written(daytrader: Command, ibm: Path, tmp_path: Path) -> None:
    """A row for each, with its settings; the best of them is the one that is shown."""
    file = tmp_path / "all.csv"
    (stock,) = told(daytrader, ibm, *GRID, "--csv", file)["stocks"]
    with file.open() as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 12
    best = max(rows, key=lambda row: float(row["sharpe_ratio"]))
    assert {name: float(best[name]) for name in stock["top"][0]["settings"]} == stock["top"][0]["settings"]
    assert float(best["sharpe_ratio"]) == stock["top"][0]["figures"]["sharpe_ratio"]
    refused = daytrader("sweep", ibm, *GRID, "--csv", tmp_path / "no" / "all.csv")
    assert refused.exit_code == 2
    assert "cannot write" in refused.stderr


def test_earlier_tries_deflate(daytrader: Command, ibm: Path) -> None:
    """They are counted among the trials."""
    deflated = [
        told(daytrader, ibm, *GRID, "--earlier-trials", earlier)["stocks"][0]["assessment"]["deflated_sharpe"]
        for earlier in (0, 10_000)
    ]
    assert [one["trials"] for one in deflated] == [12, 10_012]
    assert deflated[0]["deflated"] > deflated[1]["deflated"]


def test_draws_and_lists_stand_for_a_grid(daytrader: Command, ibm: Path, tmp_path: Path) -> None:
    """So many draws; as many rows as the file has."""
    drawn = told(daytrader, ibm, "--strategy", "sma_trend", "--axis", "window=5:60", "--random", 7, "--seed", 2)
    assert drawn["combinations"] == 7
    file = tmp_path / "tries.csv"
    file.write_text("window,stop_loss\n20,2\n30,0\n")
    assert told(daytrader, ibm, "--strategy", "sma_trend", "--list", file)["combinations"] == 2


def test_many_stocks_have_settings_in_common(stored: Command) -> None:
    """Each stock's best with its verdict, and what did well on most; one without prices is left out."""
    words = ("--all", "--strategy", "sma_trend", "--axis", "window=20,60", "--start", "2010-01-04")
    result = told(stored, *words)
    assert [stock["symbol"] for stock in result["stocks"]] == ["IBM", "MSFT"]
    alone = {symbol: told(stored, symbol, *words[1:])["stocks"][0] for symbol in ("IBM", "MSFT")}
    assert result["stocks"] == list(alone.values())
    for common in result["in_common"]:
        ratios = [
            row["figures"]["sharpe_ratio"]
            for stock in alone.values()
            for row in stock["top"]
            if row["settings"] == common["settings"]
        ]
        assert common["mean"] == pytest.approx(sum(ratios) / 2)
    shown = stored("sweep", "IBM", "MSFT", *words[1:]).stdout
    assert "Best 2 of 2 stocks, 2 combinations each" in shown
    assert "What 2 stocks have in common" in shown


def test_of_several_stocks_those_without_prices_are_left_out(stored: Command) -> None:
    """With the reason, in the JSON too; where none has prices the command fails, as it does for one alone."""
    words = ("--strategy", "sma_trend", "--axis", "window=20,60", "--start", "2010-01-04")
    result = told(stored, "NONE", "IBM", *words)
    assert [stock["symbol"] for stock in result["stocks"]] == ["IBM"]
    reason = "no daily prices of NONE are stored"
    assert result["left_out"] == [{"symbol": "NONE", "reason": reason}]
    assert f"NONE is left out: {reason}" in stored("sweep", "NONE", "IBM", *words).stderr
    for symbols in (("NONE",), ("NONE", "IBM")):
        refused = stored("sweep", *symbols, *words[:-1], "2030-01-02")
        assert refused.exit_code != 0
        assert reason in refused.stderr


def test_of_several_stocks_a_history_too_short_to_walk_is_judged_all_the_same(stored: Command) -> None:
    """It says why it is not walked; alone it is refused."""
    with SessionManager() as session:
        series = SampleProvider().fetch("GOOG", end=date(2005, 3, 1))
        price_service.store_series(session, series)
    words = ("--strategy", "sma_trend", "--axis", "window=20,60", "--walk-forward", "rolling", "--train", "400")
    stocks = {stock["symbol"]: stock for stock in told(stored, "GOOG", "IBM", *words)["stocks"]}
    assert stocks["GOOG"]["walk_forward"] is None
    assert "leave none to test on after 400" in stocks["GOOG"]["not_walked"]
    assert stocks["GOOG"]["assessment"]["verdict"]["sentence"]
    assert stocks["IBM"]["walk_forward"]["windows"]
    assert stocks["IBM"]["not_walked"] is None
    shown = stored("sweep", "GOOG", "IBM", *words).stdout
    assert "Walked %" in shown
    walked = stocks["IBM"]["walk_forward"]["metrics"]["total_return_pct"]
    assert f"{walked:,.2f}" in next(line for line in shown.splitlines() if "IBM" in line)
    assert stored("sweep", "GOOG", *words).exit_code != 0


def test_the_page_is_the_bests(daytrader: Command, ibm: Path, tmp_path: Path) -> None:
    """One self-contained report."""
    page = tmp_path / "best.html"
    assert daytrader("sweep", ibm, *GRID, "--html", page).exit_code == 0
    assert "IBM" in page.read_text()


def test_ctrl_c_stops_cleanly_and_says_what_was_done(stored: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stocks before are shown, the one in hand is told; exit code 130, and the signal is as it was."""
    run = core.run
    seen = 0

    def interrupted(*args: Any, **options: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return run(*args, **options)

    monkeypatch.setattr(core, "run", interrupted)
    before = signal.getsignal(signal.SIGINT)
    result = stored("sweep", "--all", "--strategy", "sma_trend", "--axis", "window=20,60", "--json")
    assert result.exit_code == 130
    assert "MSFT: stopped after 2 of 2 combinations, 1 stocks before it are complete" in result.stderr
    told = json.loads(result.stdout)
    assert [stock["symbol"] for stock in told["stocks"]] == ["IBM"]
    assert (told["stopped"]["symbol"], told["stopped"]["done"]) == ("MSFT", 2)
    assert {row["settings"]["window"] for row in told["stopped"]["top"]} <= {20, 60}
    assert told["stopped"]["top"][0]["figures"]["trades"] > 0
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--axis", "fast=5,10", "--metric", "luck"), "unknown metric 'luck'"),
        (("--axis", "speed=5,10"), "speed"),
        (("--axis", "fast=5,10", "--heatmap", "fast"), "not of the form"),
        (("--axis", "fast=5,10", "--heatmap", "fast,slow"), "'slow' was not tried"),
        (("--axis", "fast=0,10"), "fast"),
        (("--axis", "fast=5,10", "--param", "fast=3"), "fast"),
        ((), "name at least one"),
    ],
)
def test_what_cannot_be_tried_is_refused(daytrader: Command, ibm: Path, words: tuple[str, ...], said: str) -> None:
    """In one line, exit code 2."""
    result = daytrader("sweep", ibm, "--strategy", "sma_cross", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_where_the_strategy_refuses_all_that_is_said(daytrader: Command, ibm: Path) -> None:
    """No setting is wrong by itself, but none goes with another."""
    result = daytrader("sweep", ibm, "--strategy", "sma_cross", "--axis", "fast=30,40", "--axis", "slow=20")
    assert result.exit_code == 0
    assert "The strategy refuses 2 of 2 combinations." in result.stdout


def test_a_cluster_that_does_not_answer_is_told(daytrader: Command, ibm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one is named nothing is computed here behind its back."""
    monkeypatch.setattr("daytrader.jobs.cluster._CONNECT_SECONDS", 1)
    monkeypatch.setenv("DAYTRADER_DASK", "tcp://127.0.0.1:9")
    result = daytrader("sweep", str(ibm), "--strategy", "sma_cross", "--axis", "fast=5,10")
    assert result.exit_code == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in result.stderr


def test_it_is_about_something(daytrader: Command, ibm: Path) -> None:
    """Sources or --all, not both and not neither."""
    for words in ((), (ibm, "--all")):
        result = daytrader("sweep", *words, *GRID)
        assert result.exit_code == 2
        assert "--all" in result.stderr


def test_the_best_so_far_is_shown_and_not_judged(
    daytrader: Command, ibm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one stock that was stopped; there is no page of it."""
    run = core.run

    def interrupted(*args: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return run(*args, **options)

    monkeypatch.setattr(core, "run", interrupted)
    result = daytrader("sweep", ibm, *GRID, "--html", "never.html")
    assert result.exit_code == 130
    assert "combinations that were done" in result.stdout
    assert "They are not judged" in result.stdout
    assert "Do not trade it" not in result.stdout
    assert not Path("never.html").exists()
