"""The report as one self-contained page that can be sent to somebody: no address outside itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.money import CENTS, MICROS
from daytrader.core.report_charts import Line, Mark, Stroke, picked, plot
from daytrader.core.report_style import SCRIPT, STYLE

if TYPE_CHECKING:
    from daytrader.core.report import Report
    from daytrader.core.trades import Trade

_EPOCH: Final = date(1970, 1, 1)
_MARKED_TRADES: Final = 400  # more would be a carpet
_LISTED_TRADES: Final = 1_000
_DAY: Final = 86_400
_DAYS_A_YEAR: Final = 365.25
_FULL_HEAT: Final = 10.0  # percent in a month
_NO_HEAT: Final = 0.05  # shown as 0.0
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GROUPS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "Return": (
        ("Total", "total_return_pct", " %"),
        ("A year", "annualized_return_pct", " %"),
        ("Buy and hold", "buy_and_hold_return_pct", " %"),
        ("In the market", "exposure_pct", " %"),
    ),
    "Risk": (
        ("Deepest drawdown", "max_drawdown_pct", " %"),
        ("Under water at most", "max_drawdown_days", " days"),
        ("Volatility a year", "volatility", " %"),
        ("Sharpe", "sharpe_ratio", ""),
        ("Sortino", "sortino_ratio", ""),
        ("Calmar", "calmar_ratio", ""),
    ),
    "Trades": (
        ("Closed", "trades", ""),
        ("Won", "win_rate_pct", " %"),
        ("Profit factor", "profit_factor", ""),
        ("Mean gain", "expectancy", ""),
    ),
}


def render(report: Report, sections: Sequence[str] = ()) -> str:
    """Return *report* as an HTML page; *sections* are HTML of the caller's, before the list of trades."""
    title = escape(f"{report.symbol} · {report.strategy}")
    parts = [
        _header(report, title),
        _tiles(report),
        _ambiguity(report),
        _equity(report),
        _drawdown(report),
        _prices(report),
        _months(report),
        _groups(report),
        *sections,
        _trades(report),
        _pinned(report),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(parts)}"
        f'<script type="application/json" id="data">{_data(report)}</script><script>{SCRIPT}</script></body></html>'
    )


def section(title: str, body: str) -> str:
    """Return a section of the page; *body* is HTML."""
    return f'<section class="figure"><h2>{escape(title)}</h2>{body}</section>'


def table(heads: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]]) -> str:
    """Return a table of (text, class) cells; a class of "text" is left aligned."""
    head = "".join(f"<th{_class('text' if name.startswith('Why') else '')}>{escape(name)}</th>" for name in heads)
    body = "".join(
        f"<tr>{''.join(f'<td{_class(kind)}>{escape(text)}</td>' for text, kind in cells)}</tr>" for cells in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _header(report: Report, title: str) -> str:
    params = ", ".join(f"{name} {value:g}" for name, value in report.params.items())
    years = (int(report.run.session[-1]) - int(report.run.session[0])) / _DAYS_A_YEAR
    period = f"{years:.1f} years" if years >= 1 else f"{len(report.dates):,} sessions"
    bars = f", {report.interval_minutes}-minute bars" if report.interval_minutes else ""
    held = report.metrics["buy_and_hold_return_pct"]
    beside = "" if held is None else f" Buying and holding made {_signed(held)}."
    return (
        f"<header><h1>{title}</h1><p>{report.dates[0]} to {report.dates[-1]}{bars}"
        f"{escape(f', {params}') if params else ''}</p>"
        f'<p class="lead">{_money(report.initial_cash)} became <b>{_money(report.final_equity)}</b> in {period}: '
        f'<b class="{_tone(report.gain_loss_pct)}">{_signed(report.gain_loss_pct)}</b>.{beside}</p></header>'
    )


def _tiles(report: Report) -> str:
    metrics = report.metrics
    tiles = (
        ("Total return", _figure(metrics["total_return_pct"], " %", sign=True), _tone(metrics["total_return_pct"])),
        ("A year", _figure(metrics["annualized_return_pct"], " %", sign=True), ""),
        ("Buy and hold", _figure(metrics["buy_and_hold_return_pct"], " %", sign=True), ""),
        ("Deepest drawdown", _figure(metrics["max_drawdown_pct"], " %"), ""),
        ("Sharpe ratio", _figure(metrics["sharpe_ratio"], ""), ""),
        ("Trades won", _figure(metrics["win_rate_pct"], " %", digits=0), ""),
    )
    cells = "".join(f"<div><dt>{label}</dt><dd{_class(tone)}>{text}</dd></div>" for label, text, tone in tiles)
    return f'<dl class="tiles">{cells}</dl>'


def _ambiguity(report: Report) -> str:
    """Say how much depends on what a bar does not tell: which of stop and target came first."""
    count, other = report.run.ambiguous_bars, report.metrics["target_first_return_pct"]
    if not count:
        return (
            '<p class="note">No bar touched both stop and target: the result does not depend on which came first.</p>'
        )
    bars = f"{count:,} bar{'s' if count > 1 else ''}"
    return (
        f'<p class="note">On <b>{bars}</b> both stop and target were touched, and the prices do not tell which came '
        f"first. Stops first, as everywhere on this page: <b>{_signed(report.gain_loss_pct)}</b>. "
        f"Targets first: <b>{'unknown' if other is None else _signed(other)}</b>.</p>"
    )


def _equity(report: Report) -> str:
    lines = [Line(report.run.equity / CENTS, "main")]
    key = '<span><u style="background:var(--main)"></u>Portfolio <span data-of="equity"></span></span>'
    if report.benchmark is not None:
        lines.insert(0, Line(report.benchmark / CENTS, "other"))
        key += '<span><u style="background:var(--other)"></u>Buy and hold <span data-of="held"></span></span>'
    return _chart("Portfolio value", key, plot("equity", report.run.session, lines))


def _drawdown(report: Report) -> str:
    line = Line(_under_water(report), "deep", filled=True)
    return _chart(
        "Drawdown",
        '<span>Below its peak <span data-of="drawdown" data-unit=" %"></span></span>',
        plot("drawdown", report.run.session, [line], unit=" %", top=0.0),
    )


def _prices(report: Report) -> str:
    close = _seen_prices(report)
    if close is None:
        return ""
    trades = report.run.trades[:_MARKED_TRADES]
    marks, strokes = [], []
    for trade in trades:
        drawn = _drawn(report, trade)
        marks += drawn[0]
        strokes += drawn[1]
    key = (
        '<span>Close <span data-of="close"></span></span>'
        '<span class="up">&#9650; bought</span><span class="down">&#9660; sold</span>'
        '<span><u style="background:var(--up)"></u>gained</span><span><u style="background:var(--down)"></u>lost</span>'
        "<span>dashed: stop and target</span>"
    )
    chart = plot("price", report.run.session, [Line(close, "close")], marks=marks, strokes=strokes)
    more = len(report.run.trades) - len(trades)
    notes = [
        "Prices in shares of the last day: earlier splits are taken out." if _has_splits(report) else "",
        f"The first {len(trades):,} trades are drawn, {more:,} more are not." if more > 0 else "",
    ]
    return _chart("Price and trades", key, chart, " ".join(filter(None, notes)))


def _chart(title: str, key: str, drawn: str, note: str = "") -> str:
    scale = " <small>logarithmic</small>" if "logarithmic" in drawn else ""
    said = f"<p>{escape(note)}</p>" if note else ""
    return (
        f'<section class="figure"><div class="head"><h2>{escape(title)}{scale}</h2><div class="key">{key}'
        f'<span data-of="date"></span></div></div>{drawn}{said}</section>'
    )


def _drawn(report: Report, trade: Trade) -> tuple[list[Mark], list[Stroke]]:
    """Return what a trade is on the price chart: fills, the way between them, and its stop and target."""
    sessions = report.run.session
    scale = _to_last(report)

    def place(time: int) -> int:
        return min(int(np.searchsorted(sessions, time // _DAY)), sessions.size - 1)

    first = place(trade.entry_time)
    factor = float(scale[first])
    bought = trade.entry_price / MICROS
    told = f"{report.bar_label(trade.entry_time)}: bought {trade.shares:,} at {bought:,.4f}, {trade.entry_reason}"
    marks = [Mark(first, bought * factor, "buy", escape(told))]
    last, strokes = sessions.size - 1, []
    if trade.exit_time is not None and trade.exit_price is not None:
        last = place(trade.exit_time)
        sold, kind = trade.exit_price / MICROS, "gained" if (trade.gain_loss or 0) > 0 else "lost"
        told = f"{report.bar_label(trade.exit_time)}: sold at {sold:,.4f}, {trade.exit_reason}"
        marks.append(Mark(last, sold * float(scale[last]), "sell", escape(told)))
        strokes.append(Stroke(first, bought * factor, last, sold * float(scale[last]), kind))
    for name, kind, sign in (("stop_loss_percent", "stop", -1), ("take_profit_percent", "target", 1)):
        percent = report.pinned.params.get(name)
        if isinstance(percent, int | float) and 0 < percent < 100:  # noqa: PLR2004 (beyond it is off the chart)
            level = bought * (1 + sign * percent / 100) * factor
            strokes.append(Stroke(first, level, last, level, kind))
    return marks, strokes


def _months(report: Report) -> str:
    returns = _monthly_returns(report)
    head = "".join(f"<th>{name}</th>" for name in ("", *_MONTHS, "Year"))
    rows = []
    for year in sorted({year for year, _ in returns}, reverse=True):
        own = [returns.get((year, month)) for month in range(1, 13)]
        whole = (float(np.prod([1 + one / 100 for one in own if one is not None])) - 1) * 100
        rows.append(f"<tr><td>{year}</td>{''.join(_heat(one) for one in own)}{_heat(whole, 3 * _FULL_HEAT)}</tr>")
    return (
        '<section class="figure"><h2>Monthly returns, percent</h2><div class="scroll">'
        f'<table class="months"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div></section>'
    )


def _heat(value: float | None, full: float = _FULL_HEAT) -> str:
    if value is None or abs(value) < _NO_HEAT:
        return f'<td class="none">{"" if value is None else "0.0"}</td>'
    heat = min(abs(value) / full, 1)
    return f'<td class="{"gains" if value >= 0 else "losses"}" style="--heat:{heat:.2f}">{value:+.1f}</td>'


def _monthly_returns(report: Report) -> dict[tuple[int, int], float]:
    """Return the return of each calendar month in percent, the first from the initial balance."""
    days = [_EPOCH + timedelta(days=day) for day in report.run.session.tolist()]
    returns, before = {}, report.initial_cash
    for index, day in enumerate(days):
        is_last = index + 1 == len(days) or (days[index + 1].year, days[index + 1].month) != (day.year, day.month)
        if is_last:
            worth = int(report.run.equity[index])
            returns[day.year, day.month] = (worth / before - 1) * 100 if before > 0 else 0.0
            before = worth
    return returns


def _groups(report: Report) -> str:
    costs = (
        ("Fees paid", _money(round(report.run.fees))),
        ("Of the initial balance", _figure(report.run.fees / report.initial_cash * 100, " %")),
        ("Slippage", f"{report.pinned.params['slippage_bps']:g} bp" if "slippage_bps" in report.pinned.params else "-"),
    )
    metrics = dict(report.metrics)
    if metrics["volatility"] is not None:
        metrics["volatility"] *= 100  # a fraction in the report
    groups = {
        name: [(label, _figure(metrics.get(key), unit)) for label, key, unit in rows] for name, rows in _GROUPS.items()
    }
    cells = "".join(
        f"<div><h3>{name}</h3><dl>"
        + "".join(f"<div><dt>{label}</dt><dd>{text}</dd></div>" for label, text in rows)
        + "</dl></div>"
        for name, rows in {**groups, "Costs": costs}.items()
    )
    return f'<section><h2>Figures</h2><div class="groups">{cells}</div></section>'


def _trades(report: Report) -> str:
    trades = report.run.trades
    if not len(trades):
        return section("Trades", "<p>There were none.</p>")
    shown = trades[-_LISTED_TRADES:]
    more = len(trades) - len(shown)
    listed = table(
        ("Bought", "Shares", "Price", "Sold", "Price", "Gain", "Percent", "Why bought", "Why sold"),
        (_trade_cells(report, trade) for trade in shown),
    )
    note = f"<p>{more:,} earlier ones are in the JSON report.</p>" if more > 0 else ""
    return f"<section><h2>Trades ({len(trades):,})</h2>{listed}{note}</section>"


def _trade_cells(report: Report, trade: Trade) -> list[tuple[str, str]]:
    told: dict[str, Any] = report.trade_dict(trade)
    gain, percent, sold_at = told["gain_loss"], told["gain_loss_pct"], told["exit_price"]
    tone = _tone(gain)
    return [
        (str(told["entry_date"]), ""),
        (f"{trade.shares:,}", ""),
        (f"{told['entry_price']:,.4f}", ""),
        (str(told["exit_date"] or "open"), ""),
        ("" if sold_at is None else f"{sold_at:,.4f}", ""),
        ("" if gain is None else f"{gain:+,.2f}", tone),
        ("" if percent is None else f"{percent:+.2f}", tone),
        (trade.entry_reason, "text"),
        (trade.exit_reason or "", "text"),
    ]


def _pinned(report: Report) -> str:
    pins = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(_plain(value))}</dd></div>"
        for name, value in report.pinned.params.items()
    )
    return (
        "<footer><h2>What it was made from</h2>"
        f"<p>DayTrader {escape(report.pinned.engine_version)}, prices <code>{escape(report.pinned.data_hash)}</code>. "
        "The same prices, settings and version give the same report. Past returns promise nothing.</p>"
        f'<dl class="pins">{pins}</dl></footer>'
    )


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value)


def _data(report: Report) -> str:
    """Return what the script reads out: dates and values of the points that are drawn."""
    equity = report.run.equity / CENTS
    chosen = picked(equity).tolist()
    told: dict[str, object] = {
        "last": max(equity.size - 1, 1),
        "at": chosen,
        "date": [report.dates[i] for i in chosen],
        "equity": [round(float(equity[i]), 2) for i in chosen],
        "drawdown": [round(float(one), 2) for one in _under_water(report)[chosen]],
    }
    if report.benchmark is not None:
        told["held"] = [round(float(one), 2) for one in report.benchmark[chosen] / CENTS]
    close = _seen_prices(report)
    if close is not None:
        told["close"] = [round(float(one), 4) for one in close[chosen]]
    return json.dumps(told, separators=(",", ":"), allow_nan=False)


def _under_water(report: Report) -> FloatArray:
    """Return how far below its peak the portfolio was, percent; the initial balance counts as a peak."""
    equity = report.run.equity / CENTS
    peak = np.maximum(np.maximum.accumulate(equity), report.initial_cash / CENTS)
    under: FloatArray = (equity / peak - 1) * 100
    return under


def _seen_prices(report: Report) -> FloatArray | None:
    """Return the closes in shares of the last day."""
    return None if report.run.close is None else report.run.close * _to_last(report)


def _to_last(report: Report) -> FloatArray:
    """Return what takes the prices of a session to the shares of the last one."""
    factor = report.run.split_factor
    return np.ones(report.run.session.size) if factor is None else factor / factor[-1]


def _has_splits(report: Report) -> bool:
    factor = report.run.split_factor
    return factor is not None and bool(factor[0] != factor[-1])


def _money(cents: int) -> str:
    return f"{cents / CENTS:,.2f}"


def _signed(percent: float) -> str:
    return f"{percent:+,.2f} %"


def _figure(value: float | int | None, unit: str, *, sign: bool = False, digits: int = 2) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}{unit}"
    return f"{value:{'+' if sign else ''},.{digits}f}{unit}"


def _tone(value: float | int | None) -> str:
    return "" if value is None or value == 0 else "up" if value > 0 else "down"
