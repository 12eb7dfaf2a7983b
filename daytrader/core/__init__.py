"""
The trading core: pure functions of prices, settings and accounts. No clock, no database, no network.

What a notebook or a program needs can be imported from here; docs/python.md shows how. Nothing is loaded before it is
asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from daytrader.core import backtest, indicators, portfolio, scan, sweep, walk_forward
    from daytrader.core.assessment import assess
    from daytrader.core.bars import Bars, CorporateEvent, EventKind
    from daytrader.core.portfolio import Member
    from daytrader.core.portfolio_report import PortfolioReport
    from daytrader.core.report import Report
    from daytrader.core.rules import Costs, Rules
    from daytrader.core.strategy import Parameter, Signals, Strategy, get_strategy, list_strategies, register
    from daytrader.core.strategy_check import Verdict, check

__all__ = [
    "Bars",
    "CorporateEvent",
    "Costs",
    "EventKind",
    "Member",
    "Parameter",
    "PortfolioReport",
    "Report",
    "Rules",
    "Signals",
    "Strategy",
    "Verdict",
    "assess",
    "backtest",
    "check",
    "get_strategy",
    "indicators",
    "list_strategies",
    "portfolio",
    "register",
    "scan",
    "sweep",
    "walk_forward",
]

# Where each name stands; those that are not here are modules.
_HOMES: Final = {
    "Bars": "bars",
    "CorporateEvent": "bars",
    "Costs": "rules",
    "EventKind": "bars",
    "Member": "portfolio",
    "Parameter": "strategy",
    "PortfolioReport": "portfolio_report",
    "Report": "report",
    "Rules": "rules",
    "Signals": "strategy",
    "Strategy": "strategy",
    "Verdict": "strategy_check",
    "assess": "assessment",
    "check": "strategy_check",
    "get_strategy": "strategy",
    "list_strategies": "strategy",
    "register": "strategy",
}


def __getattr__(name: str) -> Any:
    """Import *name* when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name)
    return import_module(f"{__name__}.{name}") if home is None else getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
