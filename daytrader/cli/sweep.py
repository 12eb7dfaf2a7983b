"""Many settings of one strategy on one stock or on hundreds: the best, and whether it is luck."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import click

from daytrader.cli.context import console, warn
from daytrader.cli.options import KeyValueType, TradingOptions, trading_options

if TYPE_CHECKING:
    from types import FrameType

    from rich.progress import Progress

    from daytrader.cli.sweep_csv import CsvOutput
    from daytrader.cli.sweep_results import Result, Swept
    from daytrader.core.bars import Bars
    from daytrader.core.combinations import Combinations
    from daytrader.core.search import Search, Walk

Mode: TypeAlias = Literal["anchored", "rolling"]
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """
    What to try, how to choose and what to show.

    Attributes:
        trading: What every backtest has in common.
        combinations: What is tried.
        metric: What the best is chosen by.
        walk: How to walk forward, None for not at all.
        top: How many of the best to show.
        heatmap: Two settings to show against each other, or None.
        earlier_trials: Combinations tried on the same data before.
        threads: How many may work, None for as many as there are cores.
    """

    trading: TradingOptions
    combinations: Combinations
    metric: str
    walk: Walk | None
    top: int
    heatmap: tuple[str, str] | None
    earlier_trials: int
    threads: int | None

    @property
    def search(self) -> Search:
        """Return the same as the core takes it, for any stock."""
        from daytrader.core.search import Search

        return Search.of(self.trading, metric=self.metric, walk=self.walk)


@click.command()
@click.argument("sources", metavar="[SYMBOL_OR_FILE]...", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every stored stock that has prices.")
@click.option(
    "--axis",
    "axes",
    type=KeyValueType(),
    multiple=True,
    help="A setting to vary: fast=5:50:5, stop_loss=0,2,5; with --random its bounds, fast=5:50. Repeatable.",
)
@click.option("--random", "draws", type=click.IntRange(min=1), help="So many draws instead of the whole grid.")
@click.option("--seed", type=int, help="Decides the draws of --random.  [default: 1]")
@click.option(
    "--list",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file of combinations: setting names, then a row for each.",
)
@click.option("--metric", default="sharpe_ratio", show_default=True, help="What the best is chosen by.")
@click.option("--walk-forward", type=click.Choice(["anchored", "rolling"]), help="Also choose anew in every window.")
@click.option(
    "--train", type=click.IntRange(min=1), default=504, show_default=True, help="Sessions of a training window."
)
@click.option("--test", type=click.IntRange(min=1), default=126, show_default=True, help="Sessions of a test window.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many of the best to show.")
@click.option("--heatmap", metavar="X,Y", help="Show the mean of the metric over two settings.")
@click.option(
    "--earlier-trials",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Combinations already tried on these prices; they count as tries.",
)
@click.option("--threads", type=click.IntRange(min=1), help="How many may work.  [default: all cores]")
@click.option("--csv", "output", type=click.Path(dir_okay=False, path_type=Path), help="Write every combination.")
@trading_options
@click.pass_context
def sweep(
    ctx: click.Context,
    sources: tuple[str, ...],
    *,
    is_all: bool,
    axes: tuple[tuple[str, str], ...],
    draws: int | None,
    seed: int | None,
    file: Path | None,
    heatmap: str | None,
    output: Path | None,
    options: TradingOptions,
    metric: str,
    walk_forward: Mode | None,
    train: int,
    test: int,
    top: int,
    earlier_trials: int,
    threads: int | None,
) -> None:
    """Try many settings of a strategy, and say how much of the best is luck. Ctrl-C stops it cleanly."""
    from daytrader.cli import axes as spoken
    from daytrader.cli.sweep_csv import CsvOutput
    from daytrader.cli.sweep_tables import deliver
    from daytrader.core.ranking import require_metric
    from daytrader.core.search import Walk

    require_metric(metric)
    chosen = SweepOptions(
        options,
        spoken.parse(axes, draws, seed, file, options.strategy),
        metric,
        None if walk_forward is None else Walk(walk_forward, train, test),
        top,
        _pair(heatmap),
        earlier_trials,
        threads,
    )
    with ExitStack() as stack:
        told = stack.enter_context(CsvOutput(output, chosen.combinations)) if output is not None else None
        stop = stack.enter_context(_interruptible())
        swept = _run_all(sources, chosen, told, stop, is_all=is_all)
    deliver(swept, chosen)
    if swept.stopped:
        ctx.exit(_INTERRUPTED)


def _pair(text: str | None) -> tuple[str, str] | None:
    from daytrader.cli.axes import setting_name
    from daytrader.utils.errors import InvalidInputError

    if text is None:
        return None
    x, comma, y = text.partition(",")
    if not comma or "," in y:
        raise InvalidInputError({"heatmap": [f"{text!r} is not of the form fast,slow"]})
    return setting_name(x), setting_name(y)


def _run_all(
    sources: tuple[str, ...],
    options: SweepOptions,
    output: CsvOutput | None,
    stop: Callable[[], bool],
    *,
    is_all: bool,
) -> Swept:
    """Sweep each stock; of several, those that have nothing to trade are left out."""
    from daytrader.cli.source import read_sources
    from daytrader.cli.sweep_results import Stopped, Swept, best_rows
    from daytrader.core.errors import SweepStoppedError
    from daytrader.core.ranking import scores
    from daytrader.core.search import LeftOut, nothing_left
    from daytrader.utils.errors import InsufficientDataError

    swept, is_alone = Swept(), len(sources) == 1

    def leave_out(symbol: str, error: InsufficientDataError) -> None:
        swept.left_out.append(LeftOut(symbol, str(error)))
        warn(f"{symbol} is left out: {error}")

    with _progress() as progress:
        for symbol, bars in read_sources(sources, options.trading, is_all=is_all, leave_out=leave_out):
            try:
                options.search.require_bars(bars)
            except InsufficientDataError as error:
                if is_alone:
                    raise
                leave_out(symbol, error)
                continue
            try:
                swept.results.append(_one(symbol, bars, options, output, progress, stop, is_alone=is_alone))
            except SweepStoppedError as stopped:
                progress.stop()
                stocks = f", {len(swept.results)} stocks before it are complete" if swept.results else ""
                warn(f"{symbol}: {stopped}{stocks}")
                so_far = stopped.outcome
                rows = [] if so_far is None else best_rows(so_far, scores(so_far, options.metric), options)
                swept.stopped = Stopped(symbol, stopped.done, rows)
                break
    if not swept.results and swept.stopped is None:
        raise nothing_left(swept.left_out)
    return swept


def _one(
    symbol: str,
    bars: Bars,
    options: SweepOptions,
    output: CsvOutput | None,
    progress: Progress,
    stop: Callable[[], bool],
    *,
    is_alone: bool,
) -> Result:
    """Sweep one stock, judge its best and walk it forward where that is wanted."""
    import os

    from daytrader.cli.sweep_results import result_of
    from daytrader.config import Settings
    from daytrader.core.errors import SweepStoppedError
    from daytrader.utils.spool import Spool

    search, tried, room = options.search, options.combinations, Spool()
    threads = options.threads or os.cpu_count() or 1
    task = progress.add_task(symbol, total=tried.size)

    def show(done: float, total: float, stage: str = "") -> None:
        progress.update(task, completed=done, total=total, description=symbol + stage)
        room.rest()

    if address := Settings.from_environment().dask:
        from daytrader.cli import sweep_cluster

        outcome = sweep_cluster.run(address, search, bars, tried, room=room, progress=show, should_stop=stop)
    else:
        outcome = search.run(bars, tried, threads=threads, room=room, progress=show, should_stop=stop)
    if output is not None:
        output.write(symbol, outcome)
    try:
        judged = search.judge(
            symbol,
            bars,
            tried,
            outcome,
            earlier_trials=options.earlier_trials,
            is_one_of_several=not is_alone,
            threads=threads,
            room=room,
            progress=lambda stage, part: show(int(100 * part), 100, f", {stage}"),
            should_stop=stop,
        )
    except SweepStoppedError:  # all is computed, and not judged
        raise SweepStoppedError(outcome.size, outcome.size, outcome) from None
    progress.remove_task(task)
    if judged.not_walked is not None:
        warn(f"{symbol} is not walked forward: {judged.not_walked}")
    return result_of(symbol, options, outcome, judged)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Yield a bar with an estimate of the time that is left, on stderr."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        yield progress


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Yield whether Ctrl-C was pressed; the second time it interrupts as usual."""
    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, tell)
    try:
        yield told.is_set
    finally:
        signal.signal(signal.SIGINT, before)
