"""/system: the sockets, described and tried."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask_restx import Resource

from daytrader.api import socket_protocol
from daytrader.api.decorators import accepts, authenticated, current_actor, returns, writes
from daytrader.api.resources.system import ns
from daytrader.api.schemas.system import NothingSchema, NotificationSchema, SocketDocsSchema
from daytrader.services import system_events
from daytrader.services.events import events
from daytrader.services.system_events import Severity


@ns.route("/websocket-docs")
class SocketDocs(Resource):  # type: ignore[misc]
    """The sockets in words."""

    @authenticated
    @returns(SocketDocsSchema)
    def get(self) -> dict[str, Any]:
        """Show every room and every event of the sockets, with examples."""
        return socket_protocol.document()


@ns.route("/websocket-test")
class SocketTest(Resource):  # type: ignore[misc]
    """A try of the sockets."""

    @authenticated
    @writes
    @accepts(NothingSchema)
    @returns(NotificationSchema, HTTPStatus.OK)
    def post(self, session: Any, data: dict[str, Any]) -> Any:  # noqa: ARG002 (an empty object)
        """Send a `system:notification` to every socket of the caller, whatever rooms they are in."""
        notice = system_events.personal_notification(
            current_actor().user_id, Severity.INFO, "websocket-test", "The sockets work"
        )
        events.record(session, notice)
        return notice.entity
