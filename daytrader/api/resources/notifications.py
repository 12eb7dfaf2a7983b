"""/notifications: where the caller is told of trades, errors and each day's sum, outside of DayTrader."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import current_app
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    audited,
    authenticated,
    current_actor,
    in_person,
    limited,
    reads,
    returns,
    writes_secretly,
)
from daytrader.api.schemas.notification import (
    NotificationChoiceSchema,
    NotificationsSchema,
    NotificationTestedSchema,
    NotificationTestSchema,
)
from daytrader.api.swagger import can_fail
from daytrader.config import Settings
from daytrader.services import rate_limits
from daytrader.services.notifications import channels, messages, targets
from daytrader.services.session_manager import SessionManager

ns = Namespace("notifications", description="Told by mail, Telegram, Slack, Discord and webhooks")


@ns.route("")
class Notifications(Resource):  # type: ignore[misc]
    """The caller's targets."""

    @authenticated
    @reads
    @returns(NotificationsSchema)
    def get(self, session: Any) -> dict[str, Any]:
        """Show own targets and how they are doing; never their addresses."""
        return {"targets": targets.of_user(session, current_actor())}

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes_secretly
    @audited("notifications.choose")
    @accepts(NotificationChoiceSchema)
    @returns(NotificationsSchema)
    def put(self, session: Any, data: Mapping[str, Any]) -> dict[str, Any]:
        """Choose all own targets at once; those that are not named are removed."""
        return {"targets": targets.replace(session, current_actor(), data["targets"])}


@ns.route("/test")
class NotificationTest(Resource):  # type: ignore[misc]
    """A message to see whether it arrives."""

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @limited(rate_limits.NOTIFICATIONS)
    @accepts(NotificationTestSchema)
    @returns(NotificationTestedSchema)
    def post(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Send a test to one of own targets and say whether it was taken; it takes half a minute at most."""
        settings: Settings = current_app.extensions["settings"]
        with SessionManager(read_only=True) as session:
            url = targets.address_of(session, current_actor(), data["name"])
        message = messages.test()
        try:
            channels.send(url, message.title, message.body, allows_private=settings.private_notifications)
        except channels.DeliveryError as error:
            return {"is_accepted": False, "error": str(error)}
        return {"is_accepted": True, "error": None}
