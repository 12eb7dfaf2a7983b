"""/corporate-actions: dividends and splits, and the word of a person on those that are kept back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.background import changes_bars
from daytrader.api.decorators import (
    accepts_nothing,
    admin_required,
    audited,
    authenticated,
    guarded,
    lists,
    reads,
    returns,
    writes,
)
from daytrader.api.schemas.corporate_action import CorporateActionSchema
from daytrader.api.swagger import can_fail
from daytrader.models.corporate_action import CorporateAction
from daytrader.services import corporate_action_service, listings
from daytrader.services.actor import Actor
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("corporate-actions", description="Dividends and splits")


def _exists(session: Any, action_id: int, _actor: Actor) -> CorporateAction:
    return corporate_action_service.get(session, action_id)


@ns.route("")
class CorporateActionList(Resource):  # type: ignore[misc]
    """All dividends and splits."""

    @authenticated
    @reads
    @lists(CorporateActionSchema, listings.CORPORATE_ACTIONS)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List dividends and splits; `is_quarantined=true` shows the dividends that wait for a person."""
        return listings.corporate_actions(session, query)


@ns.route("/<int:action_id>")
class CorporateActionItem(Resource):  # type: ignore[misc]
    """One dividend or split."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(CorporateActionSchema)
    def get(self, session: Any, action_id: int) -> CorporateAction:
        """Show a dividend or a split."""
        return corporate_action_service.get(session, action_id)


@ns.route("/<int:action_id>/release")
class CorporateActionRelease(Resource):  # type: ignore[misc]
    """The word of a person."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @changes_bars
    @writes
    @audited("dividend.release")
    @guarded("action_id", _exists)
    @admin_required
    @accepts_nothing
    @returns(CorporateActionSchema)
    def post(self, session: Any, action_id: int) -> CorporateAction:
        """Let a dividend that was kept back be paid, for bars that the engine has not taken yet (admins)."""
        return corporate_action_service.release(session, action_id)
