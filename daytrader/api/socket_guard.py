"""
What a client may say over a socket, before anything is made of it.

Socket.IO calls its own handlers of `connect` and `disconnect` for an event that a client gives such a name: whoever
said "disconnect" would be forgotten by those who look after logins, and go on hearing. It has no answer to an event
without a handler, and collects attachments without end.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from socketio import packet

UNKNOWN: Final = "*"
"""The event that stands for all which have no name of ours."""
_KINDS: Final = frozenset({packet.CONNECT, packet.DISCONNECT, packet.EVENT, packet.ACK})


class _NoPacketError(Exception):
    """What came is no packet of Socket.IO."""


class _Packet(packet.Packet):  # type: ignore[misc]
    """A packet whose text may be anything."""

    def decode(self, encoded_packet: str) -> int:
        """Read a packet that came."""
        try:
            attachments: int = super().decode(encoded_packet)
        except (ValueError, TypeError, RecursionError):
            raise _NoPacketError from None
        if self.packet_type not in _KINDS:
            raise _NoPacketError
        return attachments


def install(server: Any, known: Collection[str]) -> None:
    """
    Have a Socket.IO *server* take every event that is none of *known* for `UNKNOWN`.

    Whoever sends attachments, which nothing here takes, or what is no Socket.IO at all is hung up on.
    """
    pass_on, act = server._handle_eio_message, server._handle_event

    def receive(engine_id: str, message: str | bytes) -> None:
        try:
            if not isinstance(message, str):
                raise _NoPacketError
            pass_on(engine_id, message)
        except _NoPacketError:
            server.eio.disconnect(engine_id)

    def hear(engine_id: str, namespace: str | None, number: int | None, data: Any) -> None:
        name = data[0] if isinstance(data, list) and data else None
        is_known = isinstance(name, str) and name in known and name != UNKNOWN
        act(engine_id, namespace, number, data if is_known else [UNKNOWN])

    server.packet_class = _Packet
    server.eio.on("message", receive)
    server._handle_event = hear
