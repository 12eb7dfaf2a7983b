"""The events of the sockets, both ways: the table that serves them and documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema

from daytrader.api.rooms import ROOMS
from daytrader.api.schemas.fields import Field, Shown
from daytrader.api.schemas.job import JobItemSchema
from daytrader.api.schemas.stock import StockSchema
from daytrader.api.schemas.stock_price import DailyPriceSchema
from daytrader.api.schemas.system import BackupSchema
from daytrader.api.schemas.trading_service import DecisionSchema, MetricsSchema, ServiceSchema
from daytrader.api.schemas.trading_transaction import OrderWithFillsSchema, TransactionSchema
from daytrader.api.schemas.user import UserSchema

Named = Callable[[Any], Any]
"""The room that is asked for by what a client sent."""

_MOMENT: Final = "2024-01-02T21:00:00Z"
_OK: Final = {"status": "ok", "room": "services", "message": "joined"}


@dataclass(frozen=True, slots=True)
class Watch:
    """An event by which a client joins a room; *room* reads its name from what the client sent."""

    name: str
    about: str
    example: Any
    room: Named


@dataclass(frozen=True, slots=True)
class DataEvent:
    """An event that clients are sent: its actions, the rooms that carry it, and an entity as they see it."""

    name: str
    about: str
    actions: tuple[str, ...]
    rooms: tuple[str, ...]
    entity: Mapping[str, Any]


def field(data: Any, name: str) -> Any:
    """Return what *data* names: ``{name: value}``, or the bare value."""
    value = data.get(name) if isinstance(data, dict) else data
    return value if isinstance(value, str | int) and not isinstance(value, bool) else ""


def left_room(data: Any) -> Any:
    """Return the room that a client leaves by what it sent."""
    return field(data, "room")


def no_room(_data: Any) -> str:
    """Return what stands for the room of an event that is about none."""
    return ""


def _system(data: Any) -> Any:
    severity = data.get("severity") if isinstance(data, dict) else data
    return "system" if severity is None else f"system_{severity}"


WATCHES: Final = (
    Watch("join", "Join a room", {"room": "services"}, lambda data: field(data, "room")),
    Watch(
        "service_watch", "Join `service_{id}`", {"service_id": 1}, lambda data: f"service_{field(data, 'service_id')}"
    ),
    Watch("stock_watch", "Join `stock_{symbol}`", {"symbol": "AAPL"}, lambda data: f"stock_{field(data, 'symbol')}"),
    Watch("user_watch", "Join `user_{id}`", {"user_id": 1}, lambda data: f"user_{field(data, 'user_id')}"),
    Watch("join_services", "Join `services`", {}, lambda _data: "services"),
    Watch("join_price_updates", "Join `price_updates`", {}, lambda _data: "price_updates"),
    Watch("join_transactions", "Join `transactions`", {}, lambda _data: "transactions"),
    Watch("join_system", "Join `system`, or `system_{severity}`", {"severity": "warning"}, _system),
)


def example_of(schema: Schema) -> dict[str, Any]:
    """Return an object as *schema* shows it, made of its fields' examples."""
    return {name: _sample(shown) for name, shown in schema.dump_fields.items()}


def _sample(shown: Any) -> Any:
    if isinstance(shown, Shown):
        one = example_of(shown.schema_shown)
        return [one] if shown.many else one
    assert isinstance(shown, Field)
    return shown.describe()["example"]


_SERVICE_ROOMS: Final = ("services", "service_{id}", "user_{id}")
_TRANSACTION_ROOMS: Final = ("transactions", "service_{id}", "user_{id}")
_SERVICE: Final = example_of(ServiceSchema())
_TRANSACTION: Final = example_of(TransactionSchema())
_PRICE: Final = example_of(DailyPriceSchema())
_NOTICE: Final = {"severity": "info", "source": "engine", "message": "All trading is paused"}

DATA_EVENTS: Final = (
    DataEvent(
        "service:update", "A trading service changed", ("created", "updated", "deleted"), _SERVICE_ROOMS, _SERVICE
    ),
    DataEvent("service:state_change", "A trading service is in another state", ("updated",), _SERVICE_ROOMS, _SERVICE),
    DataEvent(
        "decision:new",
        "A trading service decided on a bar",
        ("created",),
        _SERVICE_ROOMS,
        example_of(DecisionSchema()),
    ),
    DataEvent(
        "order:update",
        "An order was made, or went on",
        ("created", "updated"),
        _SERVICE_ROOMS,
        example_of(OrderWithFillsSchema()),
    ),
    DataEvent("transaction:new", "A trading service has bought", ("created",), _TRANSACTION_ROOMS, _TRANSACTION),
    DataEvent(
        "transaction:update",
        "A position changed without being sold: a split, a dividend, a note, a void",
        ("updated",),
        _TRANSACTION_ROOMS,
        _TRANSACTION,
    ),
    DataEvent("transaction:complete", "A trading service has sold", ("updated",), _TRANSACTION_ROOMS, _TRANSACTION),
    DataEvent(
        "price:update",
        "A bar is there, or is another; in `data_feeds` all bars of one time and interval: `{timestamp, interval, "
        "prices: [...]}`",
        ("created", "updated", "deleted"),
        ("price_updates", "stock_{symbol}", "data_feeds"),
        _PRICE,
    ),
    DataEvent(
        "stock:update",
        "A stock was added, changed or removed",
        ("created", "updated", "deleted"),
        ("stocks", "stock_{symbol}"),
        example_of(StockSchema()),
    ),
    DataEvent(
        "user:update",
        "An account changed; secrets never travel",
        ("created", "updated", "deleted"),
        ("users", "user_{id}"),
        example_of(UserSchema()),
    ),
    DataEvent(
        "job:update",
        "Background work went on",
        ("created", "updated"),
        ("user_{id}",),
        example_of(JobItemSchema()),
    ),
    DataEvent(
        "metrics:update",
        "The performance of a service, after each trade and each bar, at most once a second",
        ("updated",),
        ("metrics", "user_{id}"),
        {"service_id": 1} | example_of(MetricsSchema()),
    ),
    DataEvent(
        "system:notification",
        "Something worth knowing about this installation, or for one user",
        ("created",),
        ("system", "system_info", "system_warning", "system_error", "system_critical", "user_{id}"),
        _NOTICE,
    ),
    DataEvent(
        "error",
        "Something broke",
        ("created",),
        ("errors",),
        {"source": "api", "code": "internal_error", "message": "ValueError", "reference": "3f2a..."},
    ),
    DataEvent(
        "database:event",
        "A migration or a backup",
        ("updated",),
        ("database_admin",),
        {"operation": "backup", "details": example_of(BackupSchema())},
    ),
)


def document() -> dict[str, Any]:
    """Return the rooms and events in words and examples."""
    return {
        "connect": {
            "path": "/socket.io",
            "auth": {"token": "the access token of POST /api/v1/auth/login"},
            "about": "A refused handshake says why; a login that ends closes its sockets within 5 seconds. What is "
            "refused, an event of a name that is not listed here included, is acknowledged with `status` `error`, and "
            "`code` and `message` say why",
        },
        "rooms": [
            {
                "name": room.name,
                "who": room.audience.value,
                "about": room.about,
                "events": [event.name for event in DATA_EVENTS if room.name in event.rooms],
            }
            for room in ROOMS
        ],
        "client_events": [
            *[{"name": w.name, "about": w.about, "payload": w.example, "acknowledgement": _OK} for w in WATCHES],
            {
                "name": "leave",
                "about": "Leave a room",
                "payload": {"room": "services"},
                "acknowledgement": _OK | {"message": "left"},
            },
            {
                "name": "resume",
                "about": "Send again what was missed after this sequence, of the last 24 hours: what the rooms joined "
                "so far carry; all that the caller may see where none has been joined. `more`, where it is there, says "
                "that as much again waits: resume after the last sequence received",
                "payload": {"after": 41},
                "acknowledgement": {"status": "ok", "replayed": 7},
            },
            {"name": "disconnect", "about": "Hang up", "payload": {}, "acknowledgement": {}},
        ],
        "data_events": [
            {
                "name": event.name,
                "about": event.about,
                "actions": list(event.actions),
                "rooms": list(event.rooms),
                "payload": {
                    "event": event.name,
                    "action": event.actions[0],
                    "entity": dict(event.entity),
                    "timestamp": _MOMENT,
                    "sequence": 42,
                },
            }
            for event in DATA_EVENTS
        ],
    }
