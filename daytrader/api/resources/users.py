"""/users: accounts."""

from __future__ import annotations

from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, current_actor, reads, returns
from daytrader.api.schemas.user import UserSchema
from daytrader.models.user import User
from daytrader.services import user_service

ns = Namespace("users", description="Accounts")


@ns.route("/me")
class Me(Resource):  # type: ignore[misc]
    """The caller."""

    @authenticated
    @reads
    @returns(UserSchema)
    def get(self, session: Any) -> User:
        """Show the caller's account."""
        actor = current_actor()
        return user_service.get(session, actor.user_id, actor)
