"""Proof that a strategy keeps its promises: it sees no later bar, warms up long enough and minds no price scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import numpy as np

from daytrader.core.answers import first_signal_row
from daytrader.core.arrays import BoolArray, FloatArray, IntArray
from daytrader.core.bars import Bars, EventKind
from daytrader.core.errors import BrokenStrategyError
from daytrader.core.strategy import Params, Signals, Strategy, compute, resolve_params
from daytrader.utils.errors import InsufficientDataError

_SIGNAL_CUTS: Final = 150  # right after a signal a look ahead shows
_SPREAD_CUTS: Final = 60
_SHORT: Final = 3  # bars
# Histories that begin on another day: a signal on the first row of all of them, which the whole history has on few of
# these days, does not come from prices.
_STARTS: Final = 120
_FEW_STARTS: Final = 30
_LATER: Final = 50  # rows after the first one, at least
_MOSTLY: Final = 0.9
# Powers of two change no digit, so that everything must stay as it is; tens change the last ones, as real prices do.
_SCALES: Final = (1 / 1024, 1024.0, 0.1, 10.0)
_TOLERANCE: Final = 1e-9
_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume", "session", "split_factor")

_Rule: TypeAlias = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Whether one rule is kept.

    Attributes:
        rule: Its name.
        is_kept: Whether it is.
        told: What was looked at, or what is wrong.
        row: The first row that breaks it, from 0, where there is one.
        bar: That row's date or time.
    """

    rule: str
    is_kept: bool
    told: str
    row: int | None = None
    bar: str | None = None


class _BrokenRule(Exception):  # noqa: N818 (it never leaves this module)
    def __init__(self, told: str, row: int | None = None) -> None:
        super().__init__(told)
        self.told = told
        self.row = row


def check(strategy: Strategy, bars: Bars, params: Mapping[str, object]) -> list[Verdict]:
    """
    Return a verdict on each rule that *strategy* has to keep, on *bars* with *params*.

    The rules: it *runs* and returns arrays of the right length and kind; it leaves the bars *unchanged*; it says the
    *same again*; its figures are known from its *warm-up* on; *exit wins* over entry; it is *causal*: cut after any
    row, the bars give the same signals, reasons and figures up to there; the *scale* of prices does not matter; nor
    does a *split*. One that does not run is not asked for the rest.

    Raises:
        InvalidParameterError: As `resolve_params`.
        InsufficientDataError: If *bars* end before the warm-up does.
    """
    resolved = resolve_params(strategy, params)
    probe = _Probe(strategy, bars, resolved)
    verdicts = [_verdict(bars, "runs", probe.runs)]
    if not verdicts[0].is_kept:
        return verdicts
    rules = (
        ("unchanged", probe.leaves_the_bars_alone),
        ("same again", probe.says_the_same_again),
        ("warm-up", probe.is_warm_in_time),
        ("exit wins", probe.lets_exit_win),
        ("causal", probe.sees_nothing_later),
        ("scale", probe.minds_no_scale),
        ("split", probe.minds_no_split),
    )
    return verdicts + [_verdict(bars, name, rule) for name, rule in rules]


def _verdict(bars: Bars, name: str, rule: _Rule) -> Verdict:
    try:
        return Verdict(name, True, rule())
    except _BrokenRule as broken:
        bar = None if broken.row is None else _label(bars, broken.row)
        return Verdict(name, False, broken.told, broken.row, bar)


class _Probe:
    """One strategy on one stock; every run gets bars of its own, so that none can spoil or peek at another's."""

    def __init__(self, strategy: Strategy, bars: Bars, params: Params) -> None:
        self._strategy = strategy
        self._bars = bars
        self._params = params
        self._whole: Signals | None = None

    def runs(self) -> str:
        first = self._warmup()
        if self._bars.n <= first + 1:
            raise InsufficientDataError(
                f"{self._bars.n:,} bars are too few to check a warm-up of {first:,}: give a longer history"
            )
        whole = self._whole = self._signals(self._bars)
        for name, figures in (*whole.values.items(), *whole.levels.items()):
            if figures.shape != (self._bars.n,) or figures.dtype != np.float64:
                raise _BrokenRule(f"{name} must be {self._bars.n:,} values of float64, was {figures.shape}")
        return f"{int(whole.entry.sum()):,} entries and {int(whole.exit.sum()):,} exits on {self._bars.n:,} bars"

    def leaves_the_bars_alone(self) -> str:
        mine = _copy(self._bars)
        self._signals(mine, is_private=True)
        for name in ("open", "high", "low", "close", "volume"):
            for now, before in (
                (getattr(mine, name), getattr(self._bars, name)),
                (getattr(mine.signal, name), getattr(self._bars.signal, name)),
            ):
                changed = np.flatnonzero(~_same(now, before))
                if changed.size:
                    raise _BrokenRule(f"it writes into the bars' {name}: work on a copy", int(changed[0]))
        return "the bars are as they were"

    def says_the_same_again(self) -> str:
        self._signals(self._bars.head(self._bars.n // 2))  # what it kept of other bars must not show
        self._compare(self._signals(self._bars), self._bars.n, "the second time, the same bars give another {what}")
        return "twice the same"

    def is_warm_in_time(self) -> str:
        whole, first = self._known(), self._warmup()
        for name, figures in (*whole.values.items(), *whole.levels.items()):
            unknown = np.flatnonzero(~np.isfinite(figures[first:]))
            if unknown.size:
                row = first + int(unknown[0])
                raise _BrokenRule(f"{name} is {figures[row]} after the warm-up of {first:,} rows", row)
        self._asks_prices_at_once(whole, first)
        return f"{len(whole.values) + len(whole.levels)} figures are known from row {first:,} on"

    def _asks_prices_at_once(self, whole: Signals, first: int) -> None:
        """What is compared with a figure that is not known yet comes out the same whatever the prices are."""
        rows = first + 1 + max(first, _LATER)
        starts = _some(np.arange(self._bars.n - rows), _STARTS)
        if starts.size < _FEW_STARTS:
            return
        seen = [self._signals(_span(self._bars, start, rows)) for start in starts.tolist()]
        for side in ("entry", "exit"):
            table = np.array([getattr(signals, side)[first:] for signals in seen])
            is_usual = bool(getattr(whole, side)[starts + first].mean() > _MOSTLY)
            by_prices = (table != table[0]).any(axis=0)  # else it goes by rows, as who buys once and for all
            if table[:, 0].all() and by_prices.any() and not is_usual:
                until = first + int(np.argmax(by_prices))
                raise _BrokenRule(f"it says {side} on each row before {until:,} whatever the prices are", first)

    def lets_exit_win(self) -> str:
        whole = self._known()
        both = np.flatnonzero(whole.entry & whole.exit)
        if both.size:
            raise _BrokenRule("entry and exit on one row", int(both[0]))
        return "no row has both"

    def sees_nothing_later(self) -> str:
        cuts = self._cuts()
        for rows in cuts:
            told = f"the first {rows:,} bars alone give another {{what}}: it depends on later bars"
            self._compare(self._signals(self._bars.head(rows)), rows, told)
        return f"cut after {len(cuts):,} rows, nothing before the cut changes"

    def minds_no_scale(self) -> str:
        for scale in _SCALES:
            told = f"prices x {scale:g} give another {{what}}"
            self._compare(self._signals(_scaled(self._bars, scale)), self._bars.n, told, scale)
        return "prices x 1/1024, 0.1, 10 and 1,024 change nothing"

    def minds_no_split(self) -> str:
        row = self._bars.n // 2
        told = f"a split on row {row:,} gives another {{what}}: read `bars.signal`, not raw prices"
        self._compare(self._signals(_split_at(self._bars, row)), self._bars.n, told)
        return "a 2:1 split changes nothing"

    def _known(self) -> Signals:
        assert self._whole is not None  # `runs` comes first
        return self._whole

    def _warmup(self) -> int:
        try:
            return first_signal_row(self._strategy, self._params)
        except BrokenStrategyError as error:
            raise _BrokenRule(str(error)) from error

    def _signals(self, bars: Bars, *, is_private: bool = False) -> Signals:
        try:
            return compute(self._strategy, bars if is_private else _copy(bars), self._params)
        except BrokenStrategyError as error:
            raise _BrokenRule(str(error)) from error

    def _cuts(self) -> list[int]:
        """
        Return after how many rows to cut: right after signals, all over the history, and at its very beginning.

        The shortest come last: what looks ahead often fails on no bars, too, and is told of what is worse.
        """
        whole, n, first = self._known(), self._bars.n, self._warmup()
        signals = _some(np.flatnonzero(whole.entry | whole.exit) + 1, _SIGNAL_CUTS)
        spread = _some(np.arange(1, n), _SPREAD_CUTS)
        begin = [0, 1, 2, first, first + 1, first + 2]
        cuts = {cut for cut in (*begin, *signals.tolist(), *spread.tolist(), n - 1) if 0 <= cut < n}
        return sorted(cuts, key=lambda cut: (cut < _SHORT, cut))

    def _compare(self, seen: Signals, rows: int, told: str, scale: float = 1.0) -> None:
        """Hold *seen* against the whole history's signals on the first *rows* rows."""
        found = sorted(_differences(self._known(), seen, rows, scale))
        if found:
            row, what = found[0]
            raise _BrokenRule(told.format(what=what), row)


def _differences(whole: Signals, seen: Signals, rows: int, scale: float) -> Iterator[tuple[int, str]]:
    """Yield the first row of each thing that differs, and its name."""
    told: list[tuple[str, BoolArray]] = [
        ("entry signal", whole.entry[:rows] == seen.entry[:rows]),
        ("exit signal", whole.exit[:rows] == seen.exit[:rows]),
        ("reason to enter", ~whole.entry[:rows] | _same_reason(whole, seen, "entry_code", rows)),
        ("reason to exit", ~whole.exit[:rows] | _same_reason(whole, seen, "exit_code", rows)),
    ]
    for before, now, factor in ((whole.values, seen.values, 1.0), (whole.levels, seen.levels, scale)):
        for name in before.keys() | now.keys():
            if name not in before or name not in now:
                yield 0, f"set of figures ({name})"
                continue
            told.append((f"figure ({name})", _near(before[name][:rows] * factor, now[name][:rows])))
    for what, is_same in told:
        different = np.flatnonzero(~is_same)
        if different.size:
            yield int(different[0]), what


def _same_reason(whole: Signals, seen: Signals, code: str, rows: int) -> BoolArray:
    if whole.reasons == seen.reasons:
        same: BoolArray = getattr(whole, code)[:rows] == getattr(seen, code)[:rows]
        return same
    one, other = (np.array(signals.reasons, object)[getattr(signals, code)[:rows]] for signals in (whole, seen))
    return np.asarray(one == other, np.bool_)


def _near(one: FloatArray, other: FloatArray) -> BoolArray:
    return np.isclose(one, other, rtol=_TOLERANCE, atol=_TOLERANCE * (1 + _largest(one)), equal_nan=True)


def _largest(figures: FloatArray) -> float:
    known = np.abs(figures[np.isfinite(figures)])
    return float(known.max()) if known.size else 0.0


def _same(one: FloatArray, other: FloatArray) -> BoolArray:
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)), np.bool_)


def _some(rows: IntArray, most: int) -> IntArray:
    """Return at most *most* of *rows*, the first and the last among them."""
    if rows.size <= most:
        return rows
    return rows[np.linspace(0, rows.size - 1, most).astype(np.int64)]


def _copy(bars: Bars) -> Bars:
    """Return *bars* in arrays of their own: a view would let a strategy see what lies behind it."""
    columns: dict[str, Any] = {}
    for field in fields(bars):
        column = getattr(bars, field.name)
        if isinstance(column, np.ndarray):
            columns[field.name] = column.copy()
    return replace(bars, **columns)


def _span(bars: Bars, start: int, rows: int) -> Bars:
    """Return *rows* bars from row *start* on, and their events, as a history of their own."""
    inside = slice(start, start + rows)
    events = slice(*np.searchsorted(bars.event_row, [start, start + rows]).tolist())
    columns: dict[str, Any] = {name: getattr(bars, name)[inside] for name in _COLUMNS}
    columns |= {f"event_{name}": column[events] for name, column in bars.events._asdict().items()}
    columns["event_row"] = columns["event_row"] - start
    return replace(bars, **columns)


def _scaled(bars: Bars, scale: float) -> Bars:
    return replace(bars, open=bars.open * scale, high=bars.high * scale, low=bars.low * scale, close=bars.close * scale)


def _split_at(bars: Bars, row: int) -> Bars:
    """Return the same company with a 2:1 split on *row*: raw prices are half of what they were from there on."""
    ratio = np.where(np.arange(bars.n) < row, 1.0, 2.0)
    place = int(np.searchsorted(bars.event_row, row, side="right"))
    return replace(
        bars,
        open=bars.open / ratio,
        high=bars.high / ratio,
        low=bars.low / ratio,
        close=bars.close / ratio,
        volume=bars.volume * ratio,
        split_factor=bars.split_factor * ratio,
        event_row=np.insert(bars.event_row, place, row),
        event_kind=np.insert(bars.event_kind, place, EventKind.SPLIT),
        event_num=np.insert(bars.event_num, place, 2),
        event_den=np.insert(bars.event_den, place, 1),
        event_micros=np.insert(bars.event_micros, place, 0),
        event_ref=np.insert(bars.event_ref, place, 0),
    )


def _label(bars: Bars, row: int) -> str:
    moment = datetime.fromtimestamp(int(bars.time[row]), UTC)
    return moment.date().isoformat() if bars.interval_minutes == 0 else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
