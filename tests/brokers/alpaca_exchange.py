"""
The market that an Alpaca account trades in, and the account itself: what fills, ends and rests there.

The rules are those of https://docs.alpaca.markets/docs/orders-at-alpaca; how it is asked is in `alpaca_api`.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

OPEN_STATES: Final = ("new", "accepted", "partially_filled", "held", "pending_cancel")
Json = dict[str, Any]


class Exchange:
    """
    One account and its market; *now* is what its clock says.

    What it was asked, what became of it and which faults happened it remembers: see `memory`.
    """

    def __init__(self, now: datetime, cash: str = "100000") -> None:
        self.lock = threading.RLock()
        self.begin(now, cash)

    def begin(self, now: datetime | str, cash: str = "100000") -> None:
        """Forget everything: a new account with *cash*."""
        self.now = datetime.fromisoformat(now) if isinstance(now, str) else now
        self.cash = Decimal(cash)
        self.number = "PA3TEST"
        self.is_blocked = False
        self.is_open = False
        self.is_too_busy = False  # whatever it is asked, it answers 429 and does nothing
        self.retry_after = "1"
        self.cancels_slowly = False
        self.positions: dict[str, int] = {}
        self.prices: dict[str, Decimal] = {}
        self.orders: dict[str, Json] = {}
        self.fills: list[Json] = []
        self.hidden_fills: list[Json] = []
        self.hides_fills = False
        self.hides_orders = False
        self.hides_new_orders = False
        self.repeats_fills = False
        self.faults: list[tuple[str, str]] = []  # (method, what), the next first
        self.asked: list[tuple[str, str, Any]] = []
        self.heard: list[Json] = []
        self.happened: Counter[str] = Counter()
        self._asked_to_end: set[str] = set()
        self._ids = itertools.count(1)

    def fault(self, method: str, what: str) -> None:
        """Let the next request of *method* end in *what*; see `alpaca_server.Handler`."""
        self.faults.append((method, what))

    def set(self, **values: Any) -> None:
        """Set attributes: the clock by ISO text, anything else as it is."""
        for name, value in values.items():
            setattr(self, name, datetime.fromisoformat(value) if name == "now" and isinstance(value, str) else value)

    def auction(self, symbol: str, price: str) -> None:
        """Open the session: the opening auction is at *price*, and what is only good for it ends."""
        self.is_open = True
        self.prices[symbol] = Decimal(price)
        for order in self._open(symbol):
            if order["time_in_force"] == "opg":
                self._match(order)
                if order["status"] in OPEN_STATES:
                    order["status"] = "canceled"
        self.trade(symbol, price)

    def trade(self, symbol: str, price: str, volume: int = 10**9) -> None:
        """Let *symbol* trade at *price*, of which our orders get *volume* shares."""
        self.prices[symbol] = Decimal(price)
        for order in self._open(symbol):
            if order["status"] in OPEN_STATES and order["time_in_force"] != "opg":
                volume -= self._match(order, volume)

    def bell(self) -> None:
        """Close the session: orders of the day expire."""
        self.is_open = False
        for order in self.orders.values():
            if order["status"] in OPEN_STATES and order["time_in_force"] == "day":
                order["status"] = "expired"

    def fill(self, client_order_id: str, shares: int, price: str) -> None:
        """Fill a part of an order, whatever its market says."""
        self._fill(self._by_client_id(client_order_id), shares, Decimal(price))

    def end(self, client_order_id: str, status: str) -> None:
        """End an order: ``rejected``, ``canceled``, ``expired``."""
        self._end(self._by_client_id(client_order_id), status)

    def finish_cancels(self) -> None:
        """Let what is being cancelled have ended."""
        for order in self.orders.values():
            if order["status"] == "pending_cancel":
                self._end(order, "canceled")

    def appear(self, client_order_id: str, symbol: str) -> None:
        """Let there be an order that somebody else has sent under this name: a sale that nobody meets."""
        body = {"client_order_id": client_order_id, "symbol": symbol, "qty": "1", "side": "sell"}
        self._new(body | {"time_in_force": "gtc"}, {"type": "limit", "limit_price": "1000000", "status": "new"})
        self.happened["unknown order"] += 1

    def reveal(self, *, is_reversed: bool = False) -> None:
        """Show the fills and orders that were hidden, the last first if *is_reversed*."""
        self.hides_fills = self.hides_orders = self.hides_new_orders = False
        if is_reversed and len(self.hidden_fills) > 1:
            self.happened["reordered fill"] += 1
        self.fills += reversed(self.hidden_fills) if is_reversed else self.hidden_fills
        self.hidden_fills = []

    def state(self) -> Json:
        """Return what a test may want to compare."""
        return {
            "cash": str(self.cash),
            "positions": self.positions,
            "orders": [self._shown(order) for order in self.orders.values() if order["parent"] is None],
            "posted": [body for method, path, body in self.asked if (method, path) == ("POST", "/v2/orders")],
        }

    def memory(self) -> Json:
        """
        Return all that it remembers: the truth, whatever anybody has heard of it.

        ``orders`` with their legs apart, ``fills`` hidden ones included, ``heard`` what it was asked: when, under which
        client_order_id, the fault of the line if there was one, and the status that it answered or would have.
        """
        return {
            "cash": str(self.cash),
            "positions": self.positions,
            "orders": list(self.orders.values()),
            "fills": self.fills + self.hidden_fills,
            "heard": self.heard,
            "happened": self.happened,
        }

    def _new(self, body: Json, more: Json) -> Json:
        number = next(self._ids)
        order = {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "client_order_id": body["client_order_id"],
            "symbol": body["symbol"],
            "qty": body["qty"],
            "side": body["side"],
            "order_class": body.get("order_class", ""),
            "time_in_force": body["time_in_force"],
            "filled_qty": "0",
            "submitted_at": (self.now + timedelta(microseconds=number)).isoformat().replace("+00:00", "Z"),
            "limit_price": None,
            "stop_price": None,
            "parent": None,
        } | more
        self.orders[order["id"]] = order
        return order

    def _end(self, order: Json, status: str) -> None:
        if order["status"] in OPEN_STATES:
            is_part_filled = self._family_filled(order) > 0
            self.happened[f"partial + {status}" if is_part_filled else status] += 1
        for part in (order, *self._legs(order)):
            if part["status"] in OPEN_STATES:
                part["status"] = status

    def _match(self, order: Json, volume: int = 10**9) -> int:
        """Fill what the last price sets off; return how many shares."""
        price = self.prices[order["symbol"]]
        is_buy = order["side"] == "buy"
        if order["type"] == "stop" and price > Decimal(order["stop_price"]):
            return 0
        if order["type"] == "limit":
            limit = Decimal(order["limit_price"])
            if price > limit if is_buy else price < limit:
                return 0
        shares = min(volume, int(order["qty"]) - self._family_filled(order))
        self._fill(order, shares, price)
        return shares

    def _fill(self, order: Json, shares: int, price: Decimal) -> None:
        if shares <= 0:
            return
        if self._family(order)[0]["id"] in self._asked_to_end:
            self.happened["fill during cancel"] += 1
        order["filled_qty"] = str(int(order["filled_qty"]) + shares)
        # Of an OCO, what one side has filled the other no longer sells.
        if self._family_filled(order) == int(order["qty"]):
            order["status"] = "filled"
        elif order["status"] != "pending_cancel":
            order["status"] = "partially_filled"
        sign = 1 if order["side"] == "buy" else -1
        self.positions[order["symbol"]] = self.positions.get(order["symbol"], 0) + sign * shares
        self.happened["short sale"] += self.positions[order["symbol"]] < 0
        self.cash -= sign * shares * price
        fill = {
            "activity_type": "FILL",
            "id": f"{self.now:%Y%m%d%H%M%S}000::{next(self._ids):08}",
            "order_id": order["id"],
            "symbol": order["symbol"],
            "side": order["side"],
            "qty": str(shares),
            "price": str(price),
            "transaction_time": self.now.isoformat().replace("+00:00", "Z"),
        }
        (self.hidden_fills if self.hides_fills else self.fills).append(fill)
        if order["status"] == "filled":  # of an OCO the other side ends
            for other in self._family(order):
                if other is not order and other["status"] in OPEN_STATES:
                    other["status"] = "canceled"

    def _family(self, order: Json) -> list[Json]:
        """Return an order with its legs, its own first, wherever in it one begins."""
        head = self.orders[order["parent"]] if order["parent"] else order
        return [head, *self._legs(head)]

    def _family_filled(self, order: Json) -> int:
        return sum(int(part["filled_qty"]) for part in self._family(order))

    def _open(self, symbol: str) -> list[Json]:
        return [o for o in self.orders.values() if o["symbol"] == symbol and o["status"] in OPEN_STATES]

    def _legs(self, order: Json) -> list[Json]:
        return [other for other in self.orders.values() if other["parent"] == order["id"]]

    def _shown(self, order: Json, *, nested: bool = True) -> Json:
        legs = [self._shown(leg) for leg in self._legs(order)] if nested else []
        return {name: value for name, value in order.items() if name != "parent"} | {"legs": legs or None}

    def _by_client_id(self, client_order_id: str, **default: Any) -> Any:
        found = [o for o in self.orders.values() if o["client_order_id"] == client_order_id]
        return found[0] if found or not default else default["missing"]
