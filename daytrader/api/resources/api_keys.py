"""/auth/api-keys: keys for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    audited,
    authenticated,
    current_actor,
    in_person,
    lists,
    reads,
    returns,
    returns_nothing,
    writes_secretly,
)
from daytrader.api.schemas.api_key import ApiKeySchema, NewApiKeySchema
from daytrader.api.swagger import can_fail
from daytrader.models.api_key import ApiKey
from daytrader.services import api_key_service
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("auth/api-keys", description="Keys for scripts")


@ns.route("")
class ApiKeyList(Resource):  # type: ignore[misc]
    """The caller's keys."""

    @authenticated
    @reads
    @lists(ApiKeySchema, api_key_service.LISTING)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List own keys (all, for admins)."""
        return api_key_service.listing(session, current_actor(), query)

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes_secretly
    @audited("api_key.create")
    @accepts(ApiKeySchema)
    @returns(NewApiKeySchema, HTTPStatus.CREATED, location="/auth/api-keys/{id}")
    def post(self, session: Any, data: Mapping[str, Any]) -> dict[str, Any]:
        """Make a key. This answer alone holds it: it is sent as `Authorization: Bearer ...`."""
        key, secret = api_key_service.create(session, current_actor(), data["name"], data["scopes"], data["expires_at"])
        return key.to_dict() | {"key": secret}


@ns.route("/<int:key_id>")
class ApiKeyItem(Resource):  # type: ignore[misc]
    """One key."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(ApiKeySchema)
    def get(self, session: Any, key_id: int) -> ApiKey:
        """Show a key, without its secret."""
        return api_key_service.get(session, key_id, current_actor())

    @can_fail(HTTPStatus.NOT_FOUND)
    @authenticated
    @in_person
    @writes_secretly
    @audited("api_key.delete")
    @returns_nothing
    def delete(self, session: Any, key_id: int) -> None:
        """Revoke a key at once."""
        api_key_service.delete(session, current_actor(), key_id)
