"""A line for each trade: on the console, or in the log."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from daytrader.models.enums import OrderSide

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from daytrader.services.booking import Booked


logger = structlog.get_logger("daytrader.engine")


def log_trade(booked: Booked) -> None:
    """Enter *booked* in the log, by what finds it in the API."""
    logger.info(
        "trade",
        service_id=booked.service_id,
        user_id=booked.user_id,
        order_id=booked.order_id,
        symbol=booked.symbol,
        side=booked.side.value,
        shares=booked.shares,
        price=str(booked.price),
        bar_time=None if booked.bar_time is None else booked.bar_time.isoformat(),
        reason=booked.reason,
    )


class TradeLines:
    """Prints trades as the engine books them; those before `begin` wait, so that the welcome comes first."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._waiting: list[Text | str] | None = []
        self._lock = threading.Lock()

    def add(self, booked: Booked) -> None:
        """Print *booked*, or keep it until `begin`."""
        self.say(_line(booked))

    def say(self, line: Text | str) -> None:
        """Print *line* in its turn."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(line)
                return
        self._console.print(line, soft_wrap=True)

    def begin(self) -> None:
        """Print what has waited and whatever comes."""
        with self._lock:
            waiting, self._waiting = self._waiting or [], None
        for line in waiting:
            self._console.print(line, soft_wrap=True)


def _line(booked: Booked) -> Text:
    from rich.text import Text

    is_buy = booked.side is OrderSide.BUY
    line = Text()
    line.append(f"{booked.bar_time:%Y-%m-%d}  " if booked.bar_time else "now         ", style="dim")
    line.append("BUY   " if is_buy else "SELL  ", style="cyan" if is_buy else "magenta")
    line.append(f"{booked.shares:>5,} {booked.symbol:<5} at {booked.price:>12,.4f}  ")
    if booked.gain_loss is not None:
        line.append(f"{booked.gain_loss:>+11,.2f}  ", style="green" if booked.gain_loss >= 0 else "red")
    else:
        line.append(" " * 13)
    line.append(f"{booked.service_name}: {booked.reason}", style="dim")
    return line
