"""The options of ``backtest`` and ``replay``, declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import click

from daytrader.cli.context import use_own_strategies

if TYPE_CHECKING:
    from daytrader.core.rules import Rules

Fill: TypeAlias = Literal["next_open", "close"]
Prices: TypeAlias = Literal["raw", "adjusted"]


@dataclass(frozen=True, slots=True)
class TradingOptions:
    """
    What to trade by, and how to show what came of it.

    Attributes:
        strategy: A strategy's name.
        params: Its parameters as given, values still text; the strategy parses them.
        start: The first session that may be traded, None for the first there is.
        end: The last one, None for the last there is.
        cash: The initial balance, currency units.
        rules: Sizing, protection and costs.
        fill: "next_open" or "close".
        prices: "raw" or "adjusted".
        interval: Minutes of a bar, 0 for daily, None for whatever there is first (see `read_bars`).
        json: Whether to print the report as JSON.
        html: Where to write the report as a page, or None.
    """

    strategy: str
    params: dict[str, str]
    start: date | None
    end: date | None
    cash: Decimal
    rules: Rules
    fill: Fill
    prices: Prices
    interval: int | None
    json: bool
    html: Path | None


class SettingType(click.ParamType[Any]):
    """A number, exact: 0.1 is a tenth; within the bounds and decimals of the service's setting called *rule*."""

    name = "number"

    def __init__(self, rule: str) -> None:
        self._rule = rule

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse *value*, or refuse it under the option's own name."""
        from daytrader.utils import validators
        from daytrader.utils.errors import BrokenRuleError

        rules = validators.TRADING_RULES | {"initial_balance": validators.initial_balance}
        try:
            return rules[self._rule](value)
        except BrokenRuleError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class KeyValueType(click.ParamType[tuple[str, str]]):
    """A strategy's parameter: ``fast=10``."""

    name = "k=v"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the first equals sign."""
        key, equals, text = str(value).partition("=")
        if not (equals and key.strip()):
            self.fail(f"{value!r} is not of the form name=value", param, ctx)
        return key.strip(), text.strip()


class DateType(click.ParamType[date]):
    """A session's date."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Parse *value*."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 (a session's date has no zone)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2012-12-31", param, ctx)


def _setting(
    option: str, rule: str, default: str | None, what: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(option, type=SettingType(rule), default=default, show_default=True, help=what)


# Names and defaults are those of a trading service (and of core.rules.Rules).
_OPTIONS: Final = (
    click.option("--strategy", default="technical", show_default=True, help="See `daytrader strategy list`."),
    click.option(
        "--param", "param", type=KeyValueType(), multiple=True, help="A parameter of the strategy; repeatable."
    ),
    click.option("--start", type=DateType(), help="First session to trade; indicators still see what was before."),
    click.option("--end", type=DateType(), help="Last session to trade."),
    _setting("--cash", "initial_balance", "10000", "Initial balance."),
    _setting(
        "--allocation",
        "allocation_percent",
        "0.5",
        "Fraction of the spendable cash that one buy may use, above 0 and at most 1.",
    ),
    _setting("--shares", "fixed_shares", None, "The most shares one buy takes."),
    _setting("--minimum-balance", "minimum_balance", "0", "Cash that no order may touch."),
    _setting("--stop-loss", "stop_loss_percent", "5", "Percent below the fill; 0: off."),
    _setting("--take-profit", "take_profit_percent", "10", "Percent above it; 0: off."),
    _setting("--buy-threshold", "buy_threshold", None, "Percent below SMA5 that `technical` buys at.  [default: 3]"),
    _setting("--sell-threshold", "sell_threshold", None, "Percent above SMA5 that `technical` sells at.  [default: 2]"),
    _setting("--commission-per-order", "commission_per_order", "0", "Currency units."),
    _setting("--commission-per-share", "commission_per_share", "0", "Currency units."),
    _setting("--commission-percent", "commission_percent", "0", "Percent of the amount."),
    _setting("--commission-minimum", "commission_minimum", "0", "Least fee of an order."),
    _setting("--slippage-bps", "slippage_bps", "5", "Basis points by which market orders fill worse."),
    _setting(
        "--gap-reserve",
        "gap_reserve_percent",
        "3",
        "Percent by which the next open may exceed the close and still be affordable.",
    ),
    _setting("--volume-limit", "volume_limit_percent", None, "Percent of a bar's volume that one fill takes at most."),
    click.option(
        "--fill",
        type=click.Choice(get_args(Fill)),
        default="next_open",
        show_default=True,
        help="When a decision fills; `close` is for research only.",
    ),
    click.option(
        "--prices",
        type=click.Choice(get_args(Prices)),
        default="raw",
        show_default=True,
        help="`adjusted` scales by adj_close: an approximation for data without splits and dividends.",
    ),
    click.option(
        "--interval",
        type=click.Choice(("daily", "1", "5", "15", "30", "60")),
        help="Minutes of a bar.  [default: daily; of a file: as it is]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
    click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a page."),
)


def trading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """
    Give *command* the options and, in their place, one argument ``options: TradingOptions``.

    A value outside its bounds is refused under the option's name.
    """

    @wraps(command)
    def run(**values: Any) -> Any:
        use_own_strategies()
        return command(options=_take(values), **values)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def _take(values: dict[str, Any]) -> TradingOptions:
    """Move this module's options out of *values*."""
    from daytrader.core.rules import RULE_NAMES, Rules

    params: dict[str, str] = dict(values.pop("param"))
    for name in ("buy_threshold", "sell_threshold"):
        given = values.pop(name)
        if given is not None:
            params.setdefault(name, str(given))
    return TradingOptions(
        strategy=values.pop("strategy"),
        params=params,
        start=values.pop("start"),
        end=values.pop("end"),
        cash=values.pop("cash"),
        rules=Rules.called({name: values.pop(name) for name in RULE_NAMES}),
        fill=values.pop("fill"),
        prices=values.pop("prices"),
        interval=_interval(values.pop("interval")),
        json=values.pop("as_json"),
        html=values.pop("html"),
    )


def _interval(chosen: str | None) -> int | None:
    return None if chosen is None else 0 if chosen == "daily" else int(chosen)
