"""Who may hear what: the one table of rooms."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from daytrader.services import stock_service, trading_service
from daytrader.services.actor import Actor
from daytrader.services.event_payloads import DELETED
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import BrokenRuleError, ForbiddenError, NotFoundError


class Audience(StrEnum):
    """Who may join a room."""

    EVERYONE = "everyone signed in"
    OWN_OBJECTS = "everyone signed in; a user is sent own objects only, an admin all"
    OWNER = "its owner, admins"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Room:
    """A room, or a family of rooms with ``{key}`` in their name."""

    name: str
    audience: Audience
    about: str


ROOMS: Final = (
    Room("services", Audience.OWN_OBJECTS, "Trading services, their orders and decisions"),
    Room("service_{id}", Audience.OWNER, "One trading service, its orders, decisions and transactions"),
    Room("transactions", Audience.OWN_OBJECTS, "Transactions"),
    Room("metrics", Audience.OWN_OBJECTS, "Performance, at most once a second per service"),
    Room("stocks", Audience.EVERYONE, "Stocks"),
    Room("stock_{symbol}", Audience.EVERYONE, "One stock and its prices"),
    Room("price_updates", Audience.EVERYONE, "Prices of all stocks"),
    Room("data_feeds", Audience.EVERYONE, "Prices of all stocks, one message per bar time"),
    Room("users", Audience.ADMINS, "Accounts"),
    Room("user_{id}", Audience.OWNER, "One account, its services' events and its jobs"),
    Room("system", Audience.EVERYONE, "Notifications; errors and worse reach admins alone"),
    Room("system_info", Audience.EVERYONE, "Notifications of this severity"),
    Room("system_warning", Audience.EVERYONE, "Notifications of this severity"),
    Room("system_error", Audience.ADMINS, "Notifications of this severity"),
    Room("system_critical", Audience.ADMINS, "Notifications of this severity"),
    Room("errors", Audience.ADMINS, "What broke"),
    Room("database_admin", Audience.ADMINS, "Migrations and backups"),
)


def _named(audience: Audience) -> frozenset[str]:
    return frozenset(room.name for room in ROOMS if room.audience is audience and "{" not in room.name)


PER_OWNER: Final = _named(Audience.OWN_OBJECTS)
EVERYONE: Final = _named(Audience.EVERYONE)
ADMINS: Final = _named(Audience.ADMINS)

_SYSTEM: Final = "system"
_LONGEST: Final = 64
_ID: Final = re.compile(r"[0-9]{1,10}")


def admit(actor: Actor, room: object) -> tuple[str, str]:
    """
    Return the room's name and the internal room that *actor* joins by it.

    Raises:
        BrokenRuleError: If it names no room.
        ForbiddenError: If it is for admins.
        NotFoundError: If it is of someone else's object, or of one that does not exist.
    """
    if not isinstance(room, str) or not 0 < len(room) <= _LONGEST:
        raise BrokenRuleError("name a room")
    if room in PER_OWNER:
        return room, _share(room, None if actor.is_admin else actor.user_id)
    if room == _SYSTEM and actor.is_admin:
        return room, _share(room, None)
    if room in EVERYONE:
        return room, room
    if room in ADMINS:
        if not actor.is_admin:
            raise ForbiddenError("this room is for admins")
        return room, room
    kind, _, key = room.partition("_")
    if kind not in _ONE_OBJECT:
        raise BrokenRuleError("there is no such room")
    named = f"{kind}_{_ONE_OBJECT[kind](actor, key)}"
    return named, named


def own(actor: Actor) -> str:
    """Return the internal room that every socket of *actor* is in from the start."""
    return _share("user", actor.user_id)


def audience(event: Event) -> list[str]:
    """Return the internal rooms that hear *event*."""
    rooms = []
    for room in event.rooms:
        if room in PER_OWNER:
            rooms += [_share(room, event.owner_id), _share(room, None)]
        elif room == _SYSTEM:
            rooms += [_share(room, None), *([room] if _is_for_everyone(event) else [])]
        else:
            rooms.append(room)
    if event.name == "system:notification" and event.owner_id is not None:
        rooms.append(_share("user", event.owner_id))  # addressed to one user: no room needs to be joined for it
    return rooms


def ended(event: Event) -> list[str]:
    """Return the internal rooms of what *event* tells the end of, an object or its symbol: nobody stays in them."""
    if event.name == "stock:update":
        stays = None if event.action == DELETED else _of_stock(event.entity["symbol"])
        return [room for room in event.rooms if room.startswith(_of_stock("")) and room != stays]
    if event.action != DELETED:
        return []
    if event.name == "service:update":
        return [f"service_{event.entity['id']}"]
    if event.name == "user:update":
        shares = [_share(room, event.entity["id"]) for room in ("user", *sorted(PER_OWNER))]
        return [f"user_{event.entity['id']}", *shares]
    return []


def may_hear(actor: Actor, event: Event) -> bool:
    """Return whether *actor* could have been in one of the rooms of *event*."""
    if actor.is_admin:
        return True
    if event.owner_id is not None:
        return event.owner_id == actor.user_id
    return any(
        room.startswith(_of_stock("")) or (room in EVERYONE and (room != _SYSTEM or _is_for_everyone(event)))
        for room in event.rooms
    )


def hears(actor: Actor, event: Event, joined: Collection[str]) -> bool:
    """
    Return whether a socket of *actor* that is in the internal rooms *joined* is sent *event*.

    A socket that has joined none yet, but for the room that it is in from the start, is one that has just come back:
    it is sent all that it may hear.
    """
    if {own(actor)}.issuperset(joined):
        return may_hear(actor, event)
    return not set(audience(event)).isdisjoint(joined)


def _of_stock(symbol: str) -> str:
    return f"stock_{symbol}"


def _is_for_everyone(event: Event) -> bool:
    return f"system_{event.entity.get('severity')}" not in ADMINS


def _share(room: str, owner_id: int | None) -> str:
    # A slash, which no room that can be asked for holds: nobody joins another's share by its name.
    return f"{room}/{'all' if owner_id is None else owner_id}"


def _service(actor: Actor, key: str) -> int:
    service_id = _number(key, "trading service")
    with SessionManager(read_only=True) as session:
        trading_service.require_owned(session, service_id, actor)
    return service_id


def _user(actor: Actor, key: str) -> int:
    user_id = _number(key, "user")
    if user_id != actor.user_id and not actor.is_admin:
        raise NotFoundError("user")
    return user_id


def _stock(_actor: Actor, key: str) -> str:
    with SessionManager(read_only=True) as session:
        return stock_service.by_symbol(session, key).symbol


def _number(key: str, kind: str) -> int:
    if not _ID.fullmatch(key) or int(key) >= 2**31:
        raise NotFoundError(kind)
    return int(key)


_ONE_OBJECT: Final[Mapping[str, Callable[[Actor, str], Any]]] = {"service": _service, "user": _user, "stock": _stock}
