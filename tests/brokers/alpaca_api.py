"""
What Alpaca answers of an account and its market: account, positions, orders, OCO and activities.

As the reference of the trading API v2 describes them: https://docs.alpaca.markets/reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.brokers.alpaca_exchange import OPEN_STATES, Exchange, Json

NEW_YORK: Final = ZoneInfo("America/New_York")
_NEW: Final = timedelta(seconds=90)


class RefusalError(Exception):
    """What Alpaca answers instead."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


class Alpaca(Exchange):
    """An account that is asked by method, path and body; who asks by HTTP is served by `alpaca_server`."""

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: PLR0911 (one for each address)
        """Return the JSON of an answer; RefusalError where it is an error."""
        match method, path.removeprefix("/v2").split("/")[1:]:
            case "GET", ["account"]:
                return self._account()
            case "GET", ["account", "activities", "FILL"]:
                return self._activities(query)
            case "GET", ["positions"]:
                return [self._position(symbol) for symbol, n in self.positions.items() if n]
            case "GET", ["positions", symbol]:
                if not self.positions.get(symbol):
                    raise RefusalError(404, 40410000, "position does not exist")
                return self._position(symbol)
            case "POST", ["orders"]:
                return self._submit(body)
            case "GET", ["orders"]:
                return self._listed(query)
            case "GET", ["orders:by_client_order_id"]:
                order = self._by_client_id(query["client_order_id"], missing=None)
                is_hidden = order is not None and self._is_hidden(order)
                self.happened["not found"] += is_hidden
                if order is None or is_hidden:
                    raise RefusalError(404, 40410000, f"order not found for {query['client_order_id']}")
                return self._shown(order, nested=False)
            case "GET", ["orders", ref]:
                return self._shown(self._by_id(ref))
            case "DELETE", ["orders", ref]:
                return self._cancel(self._by_id(ref))
        raise RefusalError(404, 40410000, "endpoint not found")

    def _account(self) -> Json:
        return {
            "account_number": self.number,
            "status": "ACTIVE",
            "cash": str(self.cash),
            "trading_blocked": self.is_blocked,
            "account_blocked": False,
            "trade_suspended_by_user": False,
        }

    def _position(self, symbol: str) -> Json:
        price = self.prices.get(symbol)
        return {
            "symbol": symbol,
            "qty": str(self.positions[symbol]),
            "current_price": None if price is None else str(price),
        }

    def _activities(self, query: Mapping[str, str]) -> list[Json]:
        after = datetime.fromisoformat(query["after"].replace(" ", "+"))
        found = [fill for fill in self.fills if datetime.fromisoformat(fill["transaction_time"]) > after]
        if self.repeats_fills:
            self.happened["duplicate fill"] += len(found)
            found = [*found, *found]
        if self.hidden_fills:
            self.happened["late fill"] += 1
        if "page_token" in query:
            ids = [fill["id"] for fill in found]
            found = found[ids.index(query["page_token"]) + 1 :]
        return found[: int(query["page_size"])]

    def _listed(self, query: Mapping[str, str]) -> list[Json]:
        assert query["status"] == "all"
        assert query["nested"] == "true"
        after = datetime.fromisoformat(query["after"].replace(" ", "+"))
        own = [order for order in self.orders.values() if order["parent"] is None and not self._is_hidden(order)]
        found = [self._shown(order) for order in own if datetime.fromisoformat(order["submitted_at"]) > after]
        return found[: int(query["limit"])]

    def _is_hidden(self, order: Json) -> bool:
        is_new = self.now - datetime.fromisoformat(order["submitted_at"]) < _NEW
        return self.hides_orders or (self.hides_new_orders and is_new)

    def _submit(self, body: Json) -> Json:
        if self._by_client_id(body["client_order_id"], missing=None) is not None:
            raise RefusalError(422, 40010001, "client_order_id must be unique")
        shares = int(body["qty"])
        local = self.now.astimezone(NEW_YORK)
        if body["time_in_force"] == "opg" and timedelta(hours=9, minutes=28) <= _of_day(local) < timedelta(hours=19):
            raise RefusalError(403, 40310000, "opg orders are accepted from 7:00pm to 9:28am ET")
        if body["side"] == "sell":
            self._check_shares(body["symbol"], shares)
        elif shares * Decimal(body.get("limit_price") or self.prices[body["symbol"]]) > self._buying_power():
            raise RefusalError(403, 40310000, "insufficient buying power")
        leg: Json | None = None
        limit, stop = body.get("limit_price"), body.get("stop_price")
        if body.get("order_class") == "oco":
            limit, stop_of_leg = body["take_profit"]["limit_price"], body["stop_loss"]["stop_price"]
            last = self.prices.get(body["symbol"])
            if last is not None and Decimal(stop_of_leg) >= last:
                raise RefusalError(422, 42210000, "stop_loss.stop_price must be <= base_price - 0.01")
            if last is not None and Decimal(limit) <= last:
                raise RefusalError(422, 42210000, "take_profit.limit_price must be >= base_price + 0.01")
            leg = {"stop_price": stop_of_leg, "type": "stop", "status": "held"}
        order = self._new(body, {"type": body["type"], "limit_price": limit, "stop_price": stop, "status": "new"})
        if leg is not None:
            self._new(body | {"client_order_id": f"leg-{next(self._ids)}"}, leg | {"parent": order["id"]})
        if body["time_in_force"] == "ioc" or (self.is_open and body["time_in_force"] == "day"):
            self._match(order)
            if body["time_in_force"] == "ioc" and order["status"] in OPEN_STATES:
                order["status"] = "canceled"
        return self._shown(order)

    def _check_shares(self, symbol: str, shares: int) -> None:
        held = sum(
            int(order["qty"]) - int(order["filled_qty"])
            for order in self._open(symbol)
            if order["side"] == "sell" and order["parent"] is None
        )
        available = self.positions.get(symbol, 0) - held
        if shares > available:
            raise RefusalError(
                403, 40310000, f"insufficient qty available for order (requested: {shares}, available: {available})"
            )

    def _buying_power(self) -> Decimal:
        open_buys = [o for o in self.orders.values() if o["side"] == "buy" and o["status"] in OPEN_STATES]
        return self.cash - sum(int(o["qty"]) * Decimal(o["limit_price"] or 0) for o in open_buys)

    def _cancel(self, order: Json) -> None:
        if order["status"] not in OPEN_STATES:
            raise RefusalError(422, 42210000, f'order is already in "{order["status"]}" state')
        self._asked_to_end.add(order["id"])
        if self.cancels_slowly:
            for part in (order, *self._legs(order)):
                if part["status"] in OPEN_STATES:
                    part["status"] = "pending_cancel"
        else:
            self._end(order, "canceled")

    def _by_id(self, ref: str) -> Json:
        if ref not in self.orders:
            raise RefusalError(404, 40410000, f"order not found for {ref}")
        return self.orders[ref]


def _of_day(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
