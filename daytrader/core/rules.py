"""What a service's owner sets: costs, sizing and protection, checked once and compiled to integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

from daytrader.core.errors import InvalidParameterError
from daytrader.core.money import MICROS, PPM, to_cents, to_ppm, to_scaled
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError

_ALLOCATION: Final = "allocation_percent"
_SLIPPAGE: Final = "slippage_bps"

# The settings of `Rules` and `Costs` under the names a service stores them by, with the decimals each may have.
RULE_FIELDS: Final[Mapping[str, int]] = {
    "allocation": 2,
    "fixed_shares": 0,
    "stop_loss_percent": 2,
    "take_profit_percent": 2,
    "minimum_balance": 2,
    "gap_reserve_percent": 2,
    "commission_per_order": 2,
    "commission_per_share": 6,
    "commission_percent": 4,
    "commission_minimum": 2,
    "slippage_bps": 2,
    "volume_limit_percent": 2,
}
# What people call some of them: on the command line, in a portfolio's file, over the API.
_SPOKEN: Final[Mapping[str, str]] = {
    "shares": "fixed_shares",
    "stop_loss": "stop_loss_percent",
    "take_profit": "take_profit_percent",
    "gap_reserve": "gap_reserve_percent",
    "volume_limit": "volume_limit_percent",
}
_STORED: Final[Mapping[str, str]] = {stored: name for name, stored in _SPOKEN.items()}
RULE_NAMES: Final = tuple(_STORED.get(name, name) for name in RULE_FIELDS)
"""The settings of `RULE_FIELDS` as people call them: ``stop_loss`` for ``stop_loss_percent``."""


def stored_name(name: str) -> str:
    """Return the name that a service stores the setting *name* by; what people call no otherwise is returned as is."""
    return _SPOKEN.get(name, name)


class RuleInts(NamedTuple):
    """Rules as the compiled functions take them: ppm for rates, micros for commissions, cents for cash."""

    allocation_ppm: int
    fixed_shares: int  # 0: sized by allocation
    stop_loss_ppm: int
    take_profit_ppm: int
    minimum_balance: int
    gap_reserve_ppm: int
    per_order: int
    per_share: int
    percent_ppm: int
    minimum_fee: int
    slippage_ppm: int
    volume_limit_ppm: int  # 0: no limit


def all_in(rules: RuleInts) -> RuleInts:
    """Return the rules of the benchmark: everything at once whatever traded, unprotected, at the same costs."""
    return rules._replace(allocation_ppm=PPM, fixed_shares=0, stop_loss_ppm=0, take_profit_ppm=0, volume_limit_ppm=0)


@dataclass(frozen=True, slots=True)
class Costs:
    """
    What an order costs beyond its price.

    The bounds are those of a service's settings, in `validators.TRADING_RULES`. Any number is taken as it is written.

    Attributes:
        per_order: Currency units for each order.
        per_share: Currency units for each share.
        percent: Percent of the rounded cost or proceeds.
        minimum: The least fee of an order, currency units.
        slippage_bps: Basis points by which a market order fills worse.

    Raises:
        InvalidParameterError: Naming the field.
    """

    per_order: Decimal = Decimal(0)
    per_share: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)
    slippage_bps: Decimal = Decimal(5)

    def __post_init__(self) -> None:
        for setting in fields(self):
            _make_exact(self, setting.name, _column_of_cost(setting.name))


_COST_FIELDS: Final = frozenset(field_.name for field_ in fields(Costs))


@dataclass(frozen=True, slots=True)
class Rules:
    """
    How much to buy, when to get out and what it costs.

    The bounds are those of a service's settings, in `validators.TRADING_RULES`. Any number is taken as it is written.

    Attributes:
        allocation: Fraction of the spendable cash one buy may use.
        fixed_shares: The most shares one buy takes, or None.
        stop_loss_percent: Percent below the fill at which a position is sold, 0 for off.
        take_profit_percent: Percent above the fill at which a position is sold, 0 for off.
        minimum_balance: Cash that no order may touch, currency units.
        gap_reserve_percent: Percent by which the next open may exceed the close and still be affordable.
        costs: Commissions and slippage.
        volume_limit_percent: Percent of a bar's volume that one fill may take, or None; bars of unknown volume fill
            nothing then.

    Raises:
        InvalidParameterError: Naming the field.
    """

    allocation: Decimal = Decimal("0.5")
    fixed_shares: int | None = None
    stop_loss_percent: Decimal = Decimal(5)
    take_profit_percent: Decimal = Decimal(10)
    minimum_balance: Decimal = Decimal(0)
    gap_reserve_percent: Decimal = Decimal(3)
    costs: Costs = field(default_factory=Costs)
    volume_limit_percent: Decimal | None = None
    compiled: RuleInts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _make_exact(self, "allocation", _ALLOCATION)
        for name in (
            "fixed_shares",
            "stop_loss_percent",
            "take_profit_percent",
            "minimum_balance",
            "gap_reserve_percent",
            "volume_limit_percent",
        ):
            _make_exact(self, name, name)
        costs = self.costs
        compiled = RuleInts(
            allocation_ppm=to_scaled(self.allocation, PPM),
            fixed_shares=self.fixed_shares or 0,
            stop_loss_ppm=to_ppm(self.stop_loss_percent),
            take_profit_ppm=to_ppm(self.take_profit_percent),
            minimum_balance=to_cents(self.minimum_balance),
            gap_reserve_ppm=to_ppm(self.gap_reserve_percent),
            per_order=to_scaled(costs.per_order, MICROS),
            per_share=to_scaled(costs.per_share, MICROS),
            percent_ppm=to_ppm(costs.percent),
            minimum_fee=to_scaled(costs.minimum, MICROS),
            slippage_ppm=to_scaled(costs.slippage_bps, 100),
            volume_limit_ppm=0 if self.volume_limit_percent is None else to_ppm(self.volume_limit_percent),
        )
        object.__setattr__(self, "compiled", compiled)

    @classmethod
    def called(cls, given: Mapping[str, int | float | Decimal | None]) -> Self:
        """
        Return the rules with the *given* settings, named as in `RULE_NAMES`; None leaves the default.

        Raises:
            InvalidParameterError: As `changed`.
        """
        return cls().changed({stored_name(name): value for name, value in given.items() if value is not None})

    def changed(self, given: Mapping[str, int | float | Decimal]) -> Self:
        """
        Return these rules with the *given* settings, named as in `RULE_FIELDS`.

        Raises:
            InvalidParameterError: Naming the setting that does not exist or is out of bounds.
        """
        rules: dict[str, Any] = {}
        costs: dict[str, Any] = {}
        for name, value in given.items():
            if name not in RULE_FIELDS:
                raise InvalidParameterError(name, f"unknown rule, known: {', '.join(RULE_FIELDS)}")
            own = name.removeprefix("commission_")
            target = costs if own in _COST_FIELDS else rules
            target[own] = int(value) if name == "fixed_shares" and value == int(value) else Decimal(str(value))
        return replace(self, costs=replace(self.costs, **costs), **rules)

    def as_dict(self) -> dict[str, object]:
        """Return the settings under the names a service stores them by, as JSON numbers."""
        costs, limit = self.costs, self.volume_limit_percent
        return {
            "allocation": float(self.allocation),
            "stop_loss_percent": float(self.stop_loss_percent),
            "take_profit_percent": float(self.take_profit_percent),
            "fixed_shares": self.fixed_shares,
            "minimum_balance": float(self.minimum_balance),
            "gap_reserve_percent": float(self.gap_reserve_percent),
            "commission_per_order": float(costs.per_order),
            "commission_per_share": float(costs.per_share),
            "commission_percent": float(costs.percent),
            "commission_minimum": float(costs.minimum),
            "slippage_bps": float(costs.slippage_bps),
            "volume_limit_percent": None if limit is None else float(limit),
        }


def settings(rules: Rules, *, fill: str, prices: str, start: date | None) -> dict[str, object]:
    """Return what a result depends on besides data and strategy parameters, as JSON values."""
    return {
        **rules.as_dict(),
        "fill": fill,
        "prices": prices,
        "start": None if start is None else start.isoformat(),
    }


def _column_of_cost(name: str) -> str:
    return name if name == _SLIPPAGE else f"commission_{name}"


def _make_exact(owner: Costs | Rules, name: str, column: str) -> None:
    """Check a setting and keep it as the decimal that was written: a program may well have said 0.9."""
    try:
        exact = validators.TRADING_RULES[column](getattr(owner, name))
    except BrokenRuleError as error:
        raise InvalidParameterError(name, str(error)) from None
    object.__setattr__(owner, name, exact)
