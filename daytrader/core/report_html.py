"""The report as one self-contained page that can be sent to somebody: no address outside itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from daytrader.core.money import CENTS
from daytrader.core.report_charts import picked
from daytrader.core.report_sections import (
    class_of,
    drawdown_chart,
    equity_chart,
    months,
    price_chart,
    seen_prices,
    tone_of,
    trade_list,
    under_water,
)
from daytrader.core.report_style import SCRIPT, STYLE

if TYPE_CHECKING:
    from daytrader.core.report import Report

_DAYS_A_YEAR: Final = 365.25
_GROUPS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "Return": (
        ("Total", "total_return_pct", " %"),
        ("A year", "annualized_return_pct", " %"),
        ("Buy and hold", "buy_and_hold_return_pct", " %"),
        ("In the market", "exposure_pct", " %"),
    ),
    "Risk": (
        ("Deepest drawdown", "max_drawdown_pct", " %"),
        ("Days under water", "max_drawdown_days", ""),
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


def render(report: Report, sections: Sequence[str] = (), owners: Sequence[str] = ()) -> str:
    """Return *report* as an HTML page, with *sections* before its trades, and *owners* the member of each trade."""
    title = escape(f"{report.symbol} · {report.strategy}")
    parts = [
        _header(report, title),
        _tiles(report),
        _ambiguity(report),
        equity_chart(report),
        drawdown_chart(report),
        price_chart(report),
        months(report),
        _groups(report),
        *sections,
        trade_list(report, owners),
        _pinned(report),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>{''.join(parts)}"
        f'<script type="application/json" id="data">{_data(report)}</script><script>{SCRIPT}</script></body></html>'
    )


def _header(report: Report, title: str) -> str:
    params = ", ".join(f"{name} {value:g}" for name, value in report.params.items())
    years = (int(report.run.session[-1]) - int(report.run.session[0])) / _DAYS_A_YEAR
    sessions = "1 session" if len(report.dates) == 1 else f"{len(report.dates):,} sessions"
    period = f"{years:.1f} years" if years >= 1 else sessions
    bars = f", {report.interval_minutes}-minute bars" if report.interval_minutes else ""
    held = report.metrics["buy_and_hold_return_pct"]
    beside = "" if held is None else f" Buying and holding made {_signed(held)}."
    return (
        f"<header><h1>{title}</h1><p>{report.dates[0]} to {report.dates[-1]}{bars}"
        f"{escape(f', {params}') if params else ''}</p>"
        f'<p class="lead">{_money(report.initial_cash)} became <b>{_money(report.final_equity)}</b> in {period}: '
        f'<b class="{tone_of(report.gain_loss_pct)}">{_signed(report.gain_loss_pct)}</b>.{beside}</p></header>'
    )


def _tiles(report: Report) -> str:
    metrics = report.metrics
    tiles = (
        ("Total return", _figure(metrics["total_return_pct"], " %", sign=True), tone_of(metrics["total_return_pct"])),
        ("A year", _figure(metrics["annualized_return_pct"], " %", sign=True), ""),
        ("Buy and hold", _figure(metrics["buy_and_hold_return_pct"], " %", sign=True), ""),
        ("Deepest drawdown", _figure(metrics["max_drawdown_pct"], " %"), ""),
        ("Sharpe ratio", _figure(metrics["sharpe_ratio"], ""), ""),
        ("Trades won", _figure(metrics["win_rate_pct"], " %", digits=0), ""),
    )
    cells = "".join(f"<div><dt>{label}</dt><dd{class_of(tone)}>{text}</dd></div>" for label, text, tone in tiles)
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


def _groups(report: Report) -> str:
    costs = [
        ("Fees paid", _money(report.run.fees)),
        ("Of the initial balance", _figure(report.run.fees / report.initial_cash * 100, " %")),
    ]
    if "slippage_bps" in report.pinned.params:
        costs.append(("Slippage", f"{report.pinned.params['slippage_bps']:g} bp"))
    limit = report.pinned.params.get("volume_limit_percent")
    if limit is not None:
        costs.append(("Of a bar's volume, at most", f"{limit:g} %"))
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


def _pinned(report: Report) -> str:
    params = report.pinned.params
    plain = {name: value for name, value in params.items() if not isinstance(value, list)}
    members = "".join(
        f"<h3>{escape(str(member['name']))}</h3>{_pins(member)}"
        for value in params.values()
        if isinstance(value, list)
        for member in value
    )
    return (
        "<footer><h2>What it was made from</h2>"
        f"<p>DayTrader {escape(report.pinned.engine_version)}, prices <code>{escape(report.pinned.data_hash)}</code>. "
        "The same prices, settings and version give the same report. Past returns promise nothing.</p>"
        f"{_pins(plain)}{members}</footer>"
    )


def _pins(params: Mapping[str, object]) -> str:
    pins = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(_plain(value))}</dd></div>" for name, value in params.items()
    )
    return f'<dl class="pins">{pins}</dl>'


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
        "drawdown": [round(float(one), 2) for one in under_water(report)[chosen]],
    }
    if report.benchmark is not None:
        told["held"] = [round(float(one), 2) for one in report.benchmark[chosen] / CENTS]
    close = seen_prices(report)
    if close is not None:
        told["close"] = [round(float(one), 4) for one in close[chosen]]
    return json.dumps(told, separators=(",", ":"), allow_nan=False)


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
