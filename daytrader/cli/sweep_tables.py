"""How ``sweep`` shows what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click
import numpy as np

from daytrader.cli.context import console
from daytrader.cli.sweep_results import Common, Result, Row, Swept, in_common
from daytrader.core.verdict import Level
from daytrader.utils.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.table import Table

    from daytrader.cli.sweep import SweepOptions
    from daytrader.core.heatmap import Heatmap
    from daytrader.core.walk_forward import WalkForward

_HEADS: Final = {
    "total_return_pct": "Return %",
    "max_drawdown_pct": "Drawdown %",
    "sharpe_ratio": "Sharpe",
    "win_rate_pct": "Won %",
    "trades": "Trades",
}
_STYLES: Final = {Level.HOLDS: "green", Level.DOUBTFUL: "yellow", Level.LUCK: "red", Level.NOTHING: "yellow"}
_MOST_COLUMNS, _MOST_ROWS = 10, 16  # of a heatmap: ten figures fit a terminal's 80 characters
_SHADES: Final = ("on #7a1f1f", "on #5c3030", "on #3d3d3d", "on #2f5038", "on #1f6b35")


def deliver(swept: Swept, options: SweepOptions) -> None:
    """
    Print the results as JSON or as tables, and write the best's page where one was asked for.

    Of a stock whose sweep was stopped the best so far is shown, without a page and without a verdict.

    Raises:
        ConfigurationError: If the page cannot be written.
    """
    results, stopped, path = swept.results, swept.stopped, options.trading.html
    if path is not None and results:
        page = _page(results)
        if page is None:
            raise ConfigurationError(f"nothing traded: there is no report to write to {path}")
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"cannot write {path}: {error.strerror}") from None
    if options.trading.json:
        click.echo(json.dumps(_as_json(swept, options), allow_nan=False))
        return
    if len(results) == 1:
        _show_one(results[0], options)
    elif results:
        _show_many(results, options)
    if stopped is not None and stopped.rows:
        title = f"{stopped.symbol}: best {len(stopped.rows)} of the {stopped.done:,} combinations that were done"
        console().print(_rows(title, stopped.rows, options))
        console().print("They are not judged: nothing here tells luck from skill.", style="bold yellow")
    if path is not None and results and not options.trading.json:
        console().print(f"Report: {path}", markup=False, soft_wrap=True)


def _page(results: Sequence[Result]) -> str | None:
    """Return the report of the best stock's best, or of its walk-forward where there was one."""
    best = _by_score(results)[0]
    if best.judged.walk_forward is not None:
        return best.judged.walk_forward.report.to_html()
    return None if best.assessment.report is None else best.assessment.report.to_html()


def _as_json(swept: Swept, options: SweepOptions) -> dict[str, object]:
    results = swept.results
    common = in_common(results, options) if len(results) > 1 else []
    return {
        "strategy": options.trading.strategy,
        "metric": options.metric,
        "combinations": options.combinations.size,
        "earlier_trials": options.earlier_trials,
        "stocks": [result.to_dict() for result in results],
        "left_out": [one.to_dict() for one in swept.left_out],
        "stopped": None if swept.stopped is None else swept.stopped.to_dict(),
        "in_common": [{"settings": dict(one.settings), "mean": one.mean, "stocks": one.stocks} for one in common],
    }


def _show_one(result: Result, options: SweepOptions) -> None:
    out = console()
    if result.rows:
        out.print(_best_rows(result, options))
    elif result.refused:
        out.print(f"The strategy refuses {result.refused:,} of {result.tried:,} combinations.", markup=False)
    if result.heatmap is not None:
        # Titles are no wider than their tables.
        drawn = result.heatmap
        out.print(f"Mean {options.metric}: {drawn.x} across, {drawn.y} down", style="italic", markup=False)
        out.print(_heatmap(drawn))
    if result.assessment.report is not None:
        out.print(_luck(result))
    if result.judged.walk_forward is not None:
        out.print(_windows(result.judged.walk_forward))
        out.print(_walked(result.judged.walk_forward), markup=False)
    verdict = result.assessment.verdict
    out.print(verdict.sentence, style=f"bold {_STYLES[verdict.level]}", markup=False)


def _show_many(results: Sequence[Result], options: SweepOptions) -> None:
    from rich.table import Table

    shown = _by_score(results)[: options.top]
    table = Table(
        title=f"Best {len(shown)} of {len(results):,} stocks, {options.combinations.size:,} combinations each",
        title_justify="left",
    )
    table.add_column("Symbol")
    for name in options.combinations.names:
        table.add_column(_short(name), justify="right")
    heads = [_HEADS.get(options.metric, options.metric), "Deflated Sharpe", "Overfitting", "Trades", "Verdict"]
    if options.walk is not None:
        heads.insert(-1, "Walked %")
    for head in heads:
        table.add_column(head, justify="left" if head == "Verdict" else "right")
    for result in shown:
        table.add_row(*_line(result, options), style=_STYLES[result.assessment.verdict.level])
    out = console()
    out.print(table)
    common = in_common(results, options)
    if common:
        out.print(f"What {len(results):,} stocks have in common", style="italic", markup=False)
        out.print(_common(common, options))
    count = {level: sum(result.assessment.verdict.level is level for result in results) for level in Level}
    out.print(
        f"Of {len(results):,} stocks the best setting holds up on {count[Level.HOLDS]:,}, is not proven on "
        f"{count[Level.DOUBTFUL]:,} and probably luck on {count[Level.LUCK]:,}"
        + (f"; {count[Level.NOTHING]:,} never traded." if count[Level.NOTHING] else "."),
        markup=False,
    )
    out.print("The best of so many stocks is itself the best of many tries: judge by what they have in common.")


def _by_score(results: Sequence[Result]) -> list[Result]:
    def score(result: Result) -> float:
        best = result.assessment.best
        return -np.inf if best is None else float(result.scored[best])

    return sorted(results, key=score, reverse=True)


def _line(result: Result, options: SweepOptions) -> list[str]:
    told = result.assessment
    row = result.rows[0] if result.rows else None
    settings = ["-" if row is None else f"{row.settings[name]:g}" for name in options.combinations.names]
    return [
        result.symbol,
        *settings,
        _number(None if row is None else row.figures[options.metric]),
        "-" if told.deflated is None else f"{told.deflated.deflated:.2f}",
        "-" if told.overfitting is None else f"{told.overfitting.probability * 100:.0f} %",
        "-" if row is None else f"{row.figures['trades']:,}",
        *([] if options.walk is None else [_walked_return(result.judged.walk_forward)]),
        told.verdict.level.value,
    ]


def _walked_return(walked: WalkForward | None) -> str:
    return "-" if walked is None else _number(walked.report.metrics["total_return_pct"])


def _common(common: Sequence[Common], options: SweepOptions) -> Table:
    from rich.table import Table

    table = Table()
    for name in options.combinations.names:
        table.add_column(_short(name), justify="right")
    table.add_column(f"Mean {_HEADS.get(options.metric, options.metric)}", justify="right")
    table.add_column("Stocks", justify="right")
    for one in common:
        settings = [f"{one.settings[name]:g}" for name in options.combinations.names]
        table.add_row(*settings, f"{one.mean:,.2f}", f"{one.stocks:,}")
    return table


def _best_rows(result: Result, options: SweepOptions) -> Table:
    refused = f", {result.refused:,} refused by the strategy" if result.refused else ""
    title = (
        f"{result.symbol}: {options.trading.strategy}, best {len(result.rows)} of {result.tried:,} combinations"
        f" by {options.metric}{refused}"
    )
    return _rows(title, result.rows, options)


def _rows(title: str, rows: Sequence[Row], options: SweepOptions) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in options.combinations.names:
        table.add_column(_short(name), justify="right", style="bold", overflow="fold")
    shown = list(dict.fromkeys((options.metric, *_HEADS)))
    for name in shown:
        table.add_column(_HEADS.get(name, name), justify="right")
    for row in rows:
        table.add_row(*_cells(row, options.combinations.names, shown))
    return table


def _cells(row: Row, names: Sequence[str], shown: Sequence[str]) -> list[str]:
    return [*(f"{row.settings[name]:g}" for name in names), *(_number(row.figures[name]) for name in shown)]


def _luck(result: Result) -> Table:
    """Return the figures behind the verdict, each with what it means."""
    from rich.table import Table

    told = result.assessment
    table = Table(title="How much of the best is luck", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    if told.deflated is not None:
        one = told.deflated
        table.add_row("Sharpe ratio", f"{one.sharpe_ratio:.2f}", f"as observed over {one.sessions:,} sessions")
        table.add_row(
            "Luck alone", f"{one.expected_maximum:.2f}", f"expected of the best of {one.trials:,} without skill"
        )
        table.add_row("Deflated Sharpe ratio", f"{one.deflated:.3f}", "probability of more than luck; 0.95 is wanted")
        table.add_row("Were it the only try", f"{one.probabilistic:.3f}", "probabilistic Sharpe ratio")
    if told.overfitting is not None:
        over = told.overfitting
        table.add_row(
            "Overfitting",
            f"{over.probability * 100:.1f} %",
            f"of {over.splits:,} splits in which the best was no better than the median outside",
        )
        table.add_row("Loss outside", f"{over.probability_of_loss * 100:.1f} %", "of the splits")
        if over.degradation_slope is not None:
            table.add_row("Degradation", f"{over.degradation_slope:+.2f}", "Sharpe outside for one more in sample")
    if told.stability is not None:
        near = told.stability
        table.add_row(
            "Neighbours", _share(near.median_share), f"median of {near.neighbours}, of the best's {told.metric}"
        )
        table.add_row("Plateau", _share(near.plateau_share), "of the neighbours keep 80 % of it")
    return table


def _heatmap(drawn: Heatmap) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    columns, rows = _groups(drawn.x_values, _MOST_COLUMNS), _groups(drawn.y_values, _MOST_ROWS)
    cells = [[_mean(drawn, row, column) for column in columns] for row in rows]
    known = [cell for line in cells for cell in line if cell is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    # What is written above a column may wrap; no figure is ever cut off.
    widest = max(len(f"{end:,.2f}") for end in (low, high))
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(_short(drawn.y), justify="right", style="bold")
    for group in columns:
        table.add_column(_span(drawn.x_values[group], "-\n"), justify="right", min_width=widest)
    for row, line in zip(rows, cells, strict=True):
        texts = [Text("-" if cell is None else f"{cell:,.2f}", style=_shade(cell, low, high)) for cell in line]
        table.add_row(_span(drawn.y_values[row]), *texts)
    return table


def _groups(values: np.ndarray, most: int) -> list[slice]:
    """Return which values share a column or a row: neighbours, where there are more than *most*."""
    size = -(-values.size // most)
    return [slice(first, first + size) for first in range(0, values.size, size)]


def _span(values: np.ndarray, to: str = "-") -> str:
    first, last = values[0], values[-1]
    return f"{first:g}" if first == last else f"{first:g}{to}{last:g}"


def _mean(drawn: Heatmap, row: slice, column: slice) -> float | None:
    count = drawn.count[row, column]
    if not count.any():
        return None
    return float(np.nansum(drawn.values[row, column] * count) / count.sum())


def _shade(cell: float | None, low: float, high: float) -> str:
    if cell is None or high <= low:
        return ""
    return _SHADES[min(len(_SHADES) - 1, int((cell - low) / (high - low) * len(_SHADES)))]


def _windows(walked: WalkForward) -> Table:
    from rich.table import Table

    names = next((window.settings for window in walked.windows if window.settings is not None), {})
    table = Table(title=f"Walk-forward, {walked.mode}, chosen by {walked.metric}", title_justify="left")
    for head in ("Traded", " / ".join(map(_short, names)) or "Chosen", "In sample", "Outside", "Return %", "Trades"):
        table.add_column(head, justify="left" if head == "Traded" else "right", overflow="fold")
    for window in walked.windows:
        table.add_row(
            f"{window.test_start} - {window.test_end}",
            "-" if window.settings is None else " / ".join(f"{value:g}" for value in window.settings.values()),
            _number(window.in_sample),
            _number(window.out_of_sample),
            f"{window.out_of_sample_return_pct:+,.2f}",
            f"{window.trades:,}",
        )
    return table


def _walked(walked: WalkForward) -> str:
    metrics = walked.report.metrics
    efficiency = "-" if walked.efficiency is None else f"{walked.efficiency:.2f}"
    return (
        f"Re-optimised all the time: {_number(metrics['total_return_pct'])} % where buy and hold made "
        f"{_number(metrics['buy_and_hold_return_pct'])} %, Sharpe ratio {_number(metrics['sharpe_ratio'])}, deepest "
        f"drawdown {_number(metrics['max_drawdown_pct'])} %; walk-forward efficiency {efficiency}."
    )


def _short(name: str) -> str:
    return name.removesuffix("_percent")


def _number(value: float | int | None) -> str:
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.0f} %"
