"""The options of ``backtest`` and ``replay``, declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
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


class DecimalType(click.ParamType[Decimal]):
    """A finite decimal number, exact: 0.1 is a tenth."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Parse *value*; the bounds are the rules' to check."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not a number", param, ctx)
        if not number.is_finite():
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


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


DECIMAL: Final = DecimalType()

# Names and defaults are those of a trading service (and of core.rules.Rules).
_OPTIONS: Final = (
    click.option("--strategy", default="technical", show_default=True, help="See `daytrader strategy list`."),
    click.option(
        "--param", "param", type=KeyValueType(), multiple=True, help="A parameter of the strategy; repeatable."
    ),
    click.option("--start", type=DateType(), help="First session to trade; indicators still see what was before."),
    click.option("--end", type=DateType(), help="Last session to trade."),
    click.option("--cash", type=DECIMAL, default="10000", show_default=True, help="Initial balance."),
    click.option(
        "--allocation",
        type=DECIMAL,
        default="0.5",
        show_default=True,
        help="Fraction of the spendable cash that one buy may use, above 0 and at most 1.",
    ),
    click.option("--shares", type=click.IntRange(min=1), help="The most shares one buy takes."),
    click.option(
        "--minimum-balance", type=DECIMAL, default="0", show_default=True, help="Cash that no order may touch."
    ),
    click.option("--stop-loss", type=DECIMAL, default="5", show_default=True, help="Percent below the fill; 0: off."),
    click.option("--take-profit", type=DECIMAL, default="10", show_default=True, help="Percent above it; 0: off."),
    click.option("--buy-threshold", help="Percent below SMA5 that `technical` buys at.  [default: 3]"),
    click.option("--sell-threshold", help="Percent above SMA5 that `technical` sells at.  [default: 2]"),
    click.option("--commission-per-order", type=DECIMAL, default="0", show_default=True, help="Currency units."),
    click.option("--commission-per-share", type=DECIMAL, default="0", show_default=True, help="Currency units."),
    click.option("--commission-percent", type=DECIMAL, default="0", show_default=True, help="Percent of the amount."),
    click.option("--commission-minimum", type=DECIMAL, default="0", show_default=True, help="Least fee of an order."),
    click.option(
        "--slippage-bps",
        type=DECIMAL,
        default="5",
        show_default=True,
        help="Basis points by which market orders fill worse.",
    ),
    click.option(
        "--gap-reserve",
        type=DECIMAL,
        default="3",
        show_default=True,
        help="Percent by which the next open may exceed the close and still be affordable.",
    ),
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

    Raises:
        InvalidInputError: When the command is called with a value outside its bounds, naming the setting.
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
    from daytrader.utils import validators

    params: dict[str, str] = dict(values.pop("param"))
    for name in ("buy_threshold", "sell_threshold"):
        given = values.pop(name)
        if given is not None:
            params.setdefault(name, given)
    return TradingOptions(
        strategy=values.pop("strategy"),
        params=params,
        start=values.pop("start"),
        end=values.pop("end"),
        cash=validators.checked("cash", validators.initial_balance, values.pop("cash")),
        rules=_rules(values),
        fill=values.pop("fill"),
        prices=values.pop("prices"),
        interval=_interval(values.pop("interval")),
        json=values.pop("as_json"),
        html=values.pop("html"),
    )


def _interval(chosen: str | None) -> int | None:
    return None if chosen is None else 0 if chosen == "daily" else int(chosen)


def _rules(values: dict[str, Any]) -> Rules:
    from daytrader.core.rules import Costs, Rules

    return Rules(
        allocation=values.pop("allocation"),
        fixed_shares=values.pop("shares"),
        stop_loss_percent=values.pop("stop_loss"),
        take_profit_percent=values.pop("take_profit"),
        minimum_balance=values.pop("minimum_balance"),
        gap_reserve_percent=values.pop("gap_reserve"),
        costs=Costs(
            per_order=values.pop("commission_per_order"),
            per_share=values.pop("commission_per_share"),
            percent=values.pop("commission_percent"),
            minimum=values.pop("commission_minimum"),
            slippage_bps=values.pop("slippage_bps"),
        ),
    )
