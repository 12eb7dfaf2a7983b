"""Who may hear what: the one table of rooms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from daytrader.services import trading_service
from daytrader.services.actor import Actor
from daytrader.services.events import Event
from daytrader.services.session_manager import SessionManager
from daytrader.utils import validators
from daytrader.utils.errors import BrokenRuleError, ForbiddenError, NotFoundError

PER_OWNER: Final = frozenset({"services", "transactions", "metrics"})
"""Everyone may join; a user is sent own objects only, an admin all."""
EVERYONE: Final = frozenset({"stocks", "price_updates", "data_feeds", "system", "system_info", "system_warning"})
ADMINS: Final = frozenset({"users", "errors", "database_admin", "system_error", "system_critical"})

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


def audience(event: Event) -> list[str]:
    """Return the internal rooms that hear *event*."""
    rooms = []
    for room in event.rooms:
        if room in PER_OWNER:
            rooms += [_share(room, event.owner_id), _share(room, None)]
        else:
            rooms.append(room)
    return rooms


def _share(room: str, owner_id: int | None) -> str:
    # A slash, which no room that can be asked for holds: nobody joins another's share by its name.
    return f"{room}/{'all' if owner_id is None else owner_id}"


def _service(actor: Actor, key: str) -> int:
    service_id = _number(key, "trading service")
    with SessionManager(read_only=True) as session:
        trading_service.get_owned(session, service_id, actor)
    return service_id


def _user(actor: Actor, key: str) -> int:
    user_id = _number(key, "user")
    if user_id != actor.user_id and not actor.is_admin:
        raise NotFoundError("user")
    return user_id


def _stock(_actor: Actor, key: str) -> str:
    return validators.symbol(key)


def _number(key: str, kind: str) -> int:
    if not _ID.fullmatch(key) or int(key) >= 2**31:
        raise NotFoundError(kind)
    return int(key)


_ONE_OBJECT: Final[Mapping[str, Callable[[Actor, str], Any]]] = {"service": _service, "user": _user, "stock": _stock}
