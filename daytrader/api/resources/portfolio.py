"""/portfolio: the caller's services together."""

from __future__ import annotations

from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, current_actor, reads, returns
from daytrader.api.schemas.portfolio import PortfolioSchema
from daytrader.services import portfolio_service
from daytrader.services.portfolio_service import Portfolio

ns = Namespace("portfolio", description="All services together")


@ns.route("")
class PortfolioItem(Resource):  # type: ignore[misc]
    """What the caller's services come to."""

    @authenticated
    @reads
    @returns(PortfolioSchema)
    def get(self, session: Any) -> Portfolio:
        """Show value, the last session's change, equity curve and last decisions of own services (an admin's too)."""
        return portfolio_service.portfolio(session, current_actor())
