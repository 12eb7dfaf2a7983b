"""The sections of a report's page that draw or list what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.money import CENTS, MICROS
from daytrader.core.report_charts import Line, Mark, Stroke, plot
from daytrader.utils.days import date_of

if TYPE_CHECKING:
    from daytrader.core.report import Report
    from daytrader.core.trades import Trade

_MARKED_TRADES: Final = 400  # more would be a carpet
_LISTED_TRADES: Final = 1_000
_DAY: Final = 86_400
_FULL_HEAT: Final = 10.0  # percent in a month
_NO_HEAT: Final = 0.05  # shown as 0.0
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def section(title: str, body: str) -> str:
    """Return a section of the page; *body* is HTML."""
    return f'<section class="figure"><h2>{escape(title)}</h2>{body}</section>'


def table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[tuple[str, str]]]) -> str:
    """Return a table of (text, class) heads and cells; a class of "text" is left aligned."""
    head = "".join(f"<th{class_of(kind)}>{escape(name)}</th>" for name, kind in heads)
    body = "".join(
        f"<tr>{''.join(f'<td{class_of(kind)}>{escape(text)}</td>' for text, kind in cells)}</tr>" for cells in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def class_of(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def equity_chart(report: Report) -> str:
    lines = [Line(report.run.equity / CENTS, "main")]
    key = '<span><u style="background:var(--main)"></u>Portfolio <span data-of="equity"></span></span>'
    if report.benchmark is not None:
        lines.insert(0, Line(report.benchmark / CENTS, "other"))
        key += '<span><u style="background:var(--other)"></u>Buy and hold <span data-of="held"></span></span>'
    return _chart("Portfolio value", key, plot("equity", report.run.session, lines))


def drawdown_chart(report: Report) -> str:
    line = Line(under_water(report), "deep", filled=True)
    return _chart(
        "Drawdown",
        '<span>Below its peak <span data-of="drawdown" data-unit=" %"></span></span>',
        plot("drawdown", report.run.session, [line], unit=" %", top=0.0),
    )


def price_chart(report: Report) -> str:
    close = seen_prices(report)
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


def months(report: Report) -> str:
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
    days = [date_of(day) for day in report.run.session.tolist()]
    returns, before = {}, report.initial_cash
    for index, day in enumerate(days):
        is_last = index + 1 == len(days) or (days[index + 1].year, days[index + 1].month) != (day.year, day.month)
        if is_last:
            worth = int(report.run.equity[index])
            returns[day.year, day.month] = (worth / before - 1) * 100 if before > 0 else 0.0
            before = worth
    return returns


def trade_list(report: Report, owners: Sequence[str]) -> str:
    """Return the latest trades with their reasons; *owners* names the member of each, or is empty."""
    trades = report.run.trades
    if not len(trades):
        return section("Trades", "<p>There were none.</p>")
    first = max(0, len(trades) - _LISTED_TRADES)
    heads = [(name, "") for name in ("Bought", "Shares", "Price", "Sold", "Price", "Gain", "Percent")]
    heads += [("Why bought", "text"), ("Why sold", "text")]
    rows = [_trade_cells(report, trade) for trade in trades[first:]]
    if owners:
        heads.insert(1, ("Member", "text"))
        for cells, owner in zip(rows, owners[first:], strict=True):
            cells.insert(1, (owner, "text"))
    note = f"<p>{first:,} earlier ones are in the JSON report.</p>" if first else ""
    return f"<section><h2>Trades ({len(trades):,})</h2>{table(heads, rows)}{note}</section>"


def _trade_cells(report: Report, trade: Trade) -> list[tuple[str, str]]:
    told: dict[str, Any] = report.trade_dict(trade)
    gain, percent, sold_at = told["gain_loss"], told["gain_loss_pct"], told["exit_price"]
    tone = tone_of(gain)
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


def under_water(report: Report) -> FloatArray:
    """Return how far below its peak the portfolio was, percent; the initial balance counts as a peak."""
    equity = report.run.equity / CENTS
    peak = np.maximum(np.maximum.accumulate(equity), report.initial_cash / CENTS)
    under: FloatArray = (equity / peak - 1) * 100
    return under


def seen_prices(report: Report) -> FloatArray | None:
    """Return the closes in shares of the last day."""
    return None if report.run.close is None else report.run.close * _to_last(report)


def _to_last(report: Report) -> FloatArray:
    """Return what takes the prices of a session to the shares of the last one."""
    factor = report.run.split_factor
    return np.ones(report.run.session.size) if factor is None else factor / factor[-1]


def _has_splits(report: Report) -> bool:
    factor = report.run.split_factor
    return factor is not None and bool(factor[0] != factor[-1])


def tone_of(value: float | int | None) -> str:
    return "" if value is None or value == 0 else "up" if value > 0 else "down"
