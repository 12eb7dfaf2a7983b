"""
Alpaca on this machine: accounts, orders, OCO, positions and fills as its documentation describes them, and its faults.

The rules are those of https://docs.alpaca.markets/docs/orders-at-alpaca and the reference of the trading API v2. Run as
a module it serves in a process of its own, and what a test does to the market comes by ``POST /control``.
"""

from __future__ import annotations

import io
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

KEY: Final = "PKTESTKEY0000000"
SECRET: Final = "a-secret-canary-that-nobody-may-ever-see"
NEW_YORK: Final = ZoneInfo("America/New_York")
OPEN_STATES: Final = ("new", "accepted", "partially_filled", "held", "pending_cancel")
_NEW: Final = timedelta(seconds=90)
Json = dict[str, Any]


class RefusalError(Exception):
    """What Alpaca answers instead."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message}


class Alpaca:
    """
    One account and its market; *now* is what its clock says.

    What it was asked, what became of it and which faults happened it remembers: see `memory`.
    """

    def __init__(self, now: datetime, cash: str = "100000") -> None:
        self.lock = threading.RLock()
        self.begin(now, cash)

    # ---- what a test does to the market

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
        """Let the next request of *method* end in *what*; see `Handler`."""
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

    # ---- what Alpaca answers

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

    def _by_id(self, ref: str) -> Json:
        if ref not in self.orders:
            raise RefusalError(404, 40410000, f"order not found for {ref}")
        return self.orders[ref]

    def _by_client_id(self, client_order_id: str, **default: Any) -> Any:
        found = [o for o in self.orders.values() if o["client_order_id"] == client_order_id]
        return found[0] if found or not default else default["missing"]


def _of_day(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)


class Handler(BaseHTTPRequestHandler):
    """
    Speaks HTTP for an `Alpaca`, and has its faults.

    ``drop``: the request is lost on its way. ``lose``: the answer is, what was asked for is done. ``504``: likewise,
    by a gateway. ``429``: nothing is done. ``hang``: done, but the answer comes too late. ``half``: half an answer.
    ``cut``: the line is cut within the answer. ``trickle``: the answer does not end.
    ``refuse``: an order is not wanted.
    """

    alpaca: Alpaca
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: a second one would wait for the client's word on the first
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Read."""
        self._serve()

    def do_POST(self) -> None:
        """Do."""
        self._serve()

    def do_DELETE(self) -> None:
        """Cancel."""
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body: Any = json.loads(self.rfile.read(length)) if length else None
        alpaca = self.alpaca
        if parts.path == "/control":
            with alpaca.lock:
                found = getattr(alpaca, body["do"])(*body.get("args", ()), **body.get("kwargs", {}))
            self._send(200, json.dumps(found))
            return
        if self.headers.get("APCA-API-KEY-ID") != KEY or self.headers.get("APCA-API-SECRET-KEY") != SECRET:
            self._send(401, json.dumps({"message": "unauthorized."}))
            return
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with alpaca.lock:
            alpaca.asked.append((self.command, parts.path, body))
            what = next((fault for fault in alpaca.faults if fault[0] == self.command), None)
            if what is not None:
                alpaca.faults.remove(what)
            kind = "429" if alpaca.is_too_busy else "" if what is None else what[1]
            heard: Json = {"at": alpaca.now.isoformat(), "method": self.command, "path": parts.path, "fault": kind}
            heard["client_order_id"] = (body or query).get("client_order_id")
            alpaca.heard.append(heard)
            if kind:
                alpaca.happened[kind] += 1
            if kind == "drop":
                heard["status"] = None
                self.close_connection = True
                return
            if kind == "429":
                heard["status"] = 429
                said = json.dumps({"code": 42910000, "message": "too many requests."})
                self._send(429, said, {"Retry-After": alpaca.retry_after})
                return
            if kind == "refuse":
                heard["status"] = 403
                self._send(403, json.dumps({"code": 40310000, "message": "the order is not wanted"}))
                return
            status, said = self._answer(parts.path, query, body)
            heard["status"] = status
        self._end(kind, status, said)

    def _end(self, kind: str, status: int, said: str) -> None:
        """Answer what was done, as the fault has it."""
        if kind == "lose":
            self.close_connection = True
        elif kind == "504":
            self._send(504, "<html>gateway time-out</html>")
        elif kind == "half":
            self._send(200, said[: len(said) // 2])
        elif kind in ("cut", "trickle"):
            self._send_half(said, is_trickling=kind == "trickle")
        else:
            if kind == "hang":
                time.sleep(1)
            self._send(status, said)

    def _answer(self, path: str, query: Mapping[str, str], body: Any) -> tuple[int, str]:
        try:
            found = self.alpaca.answer(self.command, path, query, body)
        except RefusalError as error:
            return error.status, json.dumps(error.body)
        return (204, "") if found is None else (200, json.dumps(found))

    def _send(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self._write(body)

    def _send_half(self, body: str, *, is_trickling: bool) -> None:
        """Send half of what was announced, then nothing or one byte at a time."""
        half = len(body) // 2
        self._send(200, body[:half], {"Content-Length": str(len(body))})
        self.close_connection = True
        for byte in body[half:] if is_trickling else "":
            self._write(byte)
            time.sleep(0.02)

    def _write(self, text: str) -> None:
        try:
            self.wfile.write(text.encode())
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # who asked did not wait
            self.wfile = io.BytesIO()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve(alpaca: Alpaca) -> Iterator[str]:
    """Yield the address at which *alpaca* listens on loopback."""
    handler = type("BoundHandler", (Handler,), {"alpaca": alpaca})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serve(Alpaca(datetime.fromisoformat(sys.argv[1]).astimezone(UTC))) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        sys.stdin.read()  # until whoever started it lets go
