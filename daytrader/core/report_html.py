"""The report as one self-contained page: inline SVG and styles, light and dark, no address outside itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from daytrader.core.arrays import FloatArray
from daytrader.core.money import CENTS

if TYPE_CHECKING:
    from daytrader.core.report import Report
    from daytrader.core.trades import Trade

_WIDTH: Final = 1000
_LEFT: Final = 70
_POINTS: Final = 2000  # more would draw several on one pixel
_TICKS: Final = 4
_SHOWN_TRADES: Final = 2000

_STYLE: Final = """
:root{color-scheme:light dark;--fg:#1a1d21;--dim:#667080;--bg:#fff;--line:#dde2e8;--main:#1565c0;--other:#8a94a3;
--up:#1b7f4b;--down:#c0392b}
@media (prefers-color-scheme:dark){:root{--fg:#e6e9ee;--dim:#93a0b0;--bg:#14171b;--line:#2b3138;--main:#64a8f0;
--other:#6d7887;--up:#4cc38a;--down:#f0796b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:1040px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.3rem 0;color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:.6rem 1.2rem;margin:1.2rem 0}
dt{color:var(--dim);font-size:.8rem}dd{margin:0;font-size:1.1rem;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:11px}
.grid{stroke:var(--line)}.line{fill:none;stroke:var(--main);stroke-width:1.5}.area{fill:var(--down);opacity:.35}
.price{fill:none;stroke:var(--other);stroke-width:1.2}.buy{fill:var(--up)}.sell{fill:var(--down)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child,.text{text-align:left}.gain{color:var(--up)}.loss{color:var(--down)}
code{overflow-wrap:anywhere}
"""

_LABELS: Final = {
    "total_return_pct": ("Total return", "%"),
    "annualized_return_pct": ("A year", "%"),
    "buy_and_hold_return_pct": ("Buy and hold", "%"),
    "max_drawdown_pct": ("Deepest drawdown", "%"),
    "max_drawdown_days": ("Longest under water", " days"),
    "volatility": ("Volatility", ""),
    "sharpe_ratio": ("Sharpe", ""),
    "sortino_ratio": ("Sortino", ""),
    "calmar_ratio": ("Calmar", ""),
    "trades": ("Closed trades", ""),
    "win_rate_pct": ("Won", "%"),
    "profit_factor": ("Profit factor", ""),
    "expectancy": ("Mean trade", ""),
    "exposure_pct": ("In the market", "%"),
    "fees": ("Fees", ""),
    "ambiguous_bars": ("Ambiguous bars", ""),
    "target_first_return_pct": ("Return, targets first", "%"),
}


def render(report: Report) -> str:
    """Return *report* as an HTML page."""
    equity = report.run.equity / CENTS
    peak = np.maximum(np.maximum.accumulate(equity), report.initial_cash / CENTS)
    title = escape(f"{report.symbol}: {report.strategy}")
    params = ", ".join(f"{name} {value:g}" for name, value in report.params.items()) or "no parameters"
    charts = [
        ("Portfolio value", _chart(report, equity, 260, '<path class="line" d="{path}"/>')),
        (
            "Drawdown, percent",
            _chart(
                report, (equity / peak - 1) * 100, 140, '<path class="area" d="{path} L{right},{top} L{left},{top}Z"/>'
            ),
        ),
    ]
    if report.run.close is not None:
        marks = _marks(report, report.run.close)
        charts.append(
            ("Price and fills", _chart(report, report.run.close, 260, '<path class="price" d="{path}"/>', marks))
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{title}</h1><p>{escape(report.dates[0])} to {escape(report.dates[-1])}, {escape(params)}. "
        f"{_money(report.initial_cash)} became {_money(report.final_equity)}.</p></header>"
        f"{_figures(report)}"
        + "".join(f"<section><h2>{escape(name)}</h2>{svg}</section>" for name, svg in charts)
        + _table(report)
        + _pinned(report)
        + "</body></html>"
    )


def _money(cents: int) -> str:
    return f"{cents / CENTS:,.2f}"


def _figures(report: Report) -> str:
    cells = []
    for name, (label, unit) in _LABELS.items():
        value = report.metrics.get(name)
        text = "-" if value is None else f"{value:,}{unit}" if isinstance(value, int) else f"{value:,.2f}{unit}"
        cells.append(f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>")
    return f"<dl>{''.join(cells)}</dl>"


class _Scale:
    """Maps sessions and values of one chart to pixels."""

    def __init__(self, values: FloatArray, height: int) -> None:
        self.height = height
        self.low, self.high = float(values.min()), float(values.max())
        if self.high == self.low:
            self.low, self.high = self.low - 1, self.high + 1
        self.steps = max(values.size - 1, 1)

    def x(self, index: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 10) * index / self.steps

    def y(self, value: float) -> float:
        return 10 + (self.height - 35) * (self.high - value) / (self.high - self.low)


def _chart(
    report: Report, values: FloatArray, height: int, shape: str, marks: Sequence[tuple[int, float, str]] = ()
) -> str:
    scale = _Scale(values, height)
    picked = np.unique(np.linspace(0, values.size - 1, min(values.size, _POINTS)).astype(int))
    path = "M" + " L".join(f"{scale.x(i):.1f},{scale.y(float(values[i])):.1f}" for i in picked.tolist())
    drawn = shape.format(
        path=path, left=f"{scale.x(0):.1f}", right=f"{scale.x(scale.steps):.1f}", top=scale.y(scale.high)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{_axes(report, scale)}{drawn}'
        + "".join(_mark(scale, *mark) for mark in marks)
        + "</svg>"
    )


def _axes(report: Report, scale: _Scale) -> str:
    parts = []
    for step in range(_TICKS + 1):
        value = scale.low + (scale.high - scale.low) * step / _TICKS
        y = scale.y(value)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.2f}</text>'
        )
        index = round((len(report.dates) - 1) * step / _TICKS)
        anchor = "start" if step == 0 else "end" if step == _TICKS else "middle"
        parts.append(
            f'<text x="{scale.x(index):.1f}" y="{scale.height - 6}" text-anchor="{anchor}">{report.dates[index]}</text>'
        )
    return "".join(parts)


def _marks(report: Report, close: FloatArray) -> list[tuple[int, float, str]]:
    """Return (session index, price, class) of each fill, within what the chart spans."""
    row = {date: index for index, date in enumerate(report.dates)}
    marks = []
    for trade in report.run.trades[:_SHOWN_TRADES]:
        fills = [(trade.entry_time, "buy")] + ([] if trade.exit_time is None else [(trade.exit_time, "sell")])
        for time, kind in fills:
            index = row.get(report.bar_label(time)[:10])
            if index is not None:
                marks.append((index, float(close[index]), kind))
    return marks


def _mark(scale: _Scale, index: int, price: float, kind: str) -> str:
    x, y = scale.x(index), scale.y(price)
    away = 9 if kind == "buy" else -9  # buys point up from below, sales down from above
    return f'<path class="{kind}" d="M{x:.1f},{y:.1f} l-4,{away} l8,0Z"/>'


def _table(report: Report) -> str:
    trades = report.run.trades
    heads = ("Bought", "Shares", "Price", "Sold", "Price", "Gain", "Percent", "Why bought", "Why sold")
    head = "".join(f"<th{_text_class(name)}>{name}</th>" for name in heads)
    rows = "".join(_row(report, trade) for trade in trades[:_SHOWN_TRADES])
    more = len(trades) - _SHOWN_TRADES
    note = f"<p>and {more:,} more, in the JSON report</p>" if more > 0 else ""
    return (
        f'<section><h2>Trades</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}</section>"
    )


def _row(report: Report, trade: Trade) -> str:
    told = report.trade_dict(trade)
    gain, percent, sold_at = told["gain_loss"], told["gain_loss_pct"], told["exit_price"]
    colour = "" if trade.gain_loss is None else ' class="gain"' if trade.gain_loss > 0 else ' class="loss"'
    return (
        f"<tr><td>{told['entry_date']}</td><td>{trade.shares:,}</td><td>{told['entry_price']:,.4f}</td>"
        f"<td>{told['exit_date'] or 'open'}</td><td>{'' if sold_at is None else f'{sold_at:,.4f}'}</td>"
        f"<td{colour}>{'' if gain is None else f'{gain:,.2f}'}</td>"
        f"<td{colour}>{'' if percent is None else f'{percent:.2f}'}</td>"
        f'<td class="text">{escape(trade.entry_reason)}</td>'
        f'<td class="text">{escape(trade.exit_reason or "")}</td></tr>'
    )


def _text_class(head: str) -> str:
    return ' class="text"' if head.startswith("Why") else ""


def _pinned(report: Report) -> str:
    settings = ", ".join(f"{name} = {value}" for name, value in report.pinned.params.items())
    return (
        f"<footer><h2>Pinned</h2><p>Rules {escape(report.pinned.engine_version)}, "
        f"data <code>{escape(report.pinned.data_hash)}</code></p><p>{escape(settings)}</p></footer>"
    )
