"""/services/{id}/audit: a live period decided once more."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any, Final

from flask import request
from flask_restx import Resource

from daytrader.api.decorators import authenticated, current_actor, reads, returns
from daytrader.api.parsers.arguments import asks
from daytrader.api.resources.trading_services import ns
from daytrader.api.schemas.parity import ParitySchema
from daytrader.api.swagger import can_fail, query_parameter
from daytrader.services import parity_audit, trading_service
from daytrader.utils import query_values, validators
from daytrader.utils.errors import InvalidInputError
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

_MOST_PAGES: Final = 10**9
_PARAMETERS: Final = {
    "from": query_parameter(str, "First day, YYYY-MM-DD", "2023-01-03", format="date"),
    "to": query_parameter(str, "Last day, YYYY-MM-DD", "2024-01-03", format="date"),
    "page": query_parameter(int, "From 1", default=1),
    "page_size": query_parameter(int, "1 to 100", default=DEFAULT_PAGE_SIZE),
}


@ns.route("/<int:service_id>/audit")
class ServiceAudit(Resource):  # type: ignore[misc]
    """Whether a service did what its rules say."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @asks(_PARAMETERS)
    @returns(ParitySchema)
    def get(self, session: Any, service_id: int) -> dict[str, Any]:
        """
        Decide every bar of a live period once more, from the state recorded before it, and fill every order again.

        Decisions must be equal; fills that are otherwise are told by class. Each bar is audited by the settings of its
        time. What a limit, the kill switch or the owner caused is counted under `explained` and is no difference.
        """
        service = trading_service.get_owned(session, service_id, current_actor())
        start, end = _day("from"), _day("to")
        if start is not None and end is not None and start > end:
            raise InvalidInputError({"from": ["must not be after the end"]})
        page, page_size = _whole("page", 1, _MOST_PAGES), _whole("page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        found = parity_audit.audit(session, service, start, end)
        return found.to_dict() | {
            "items": found.differences[(page - 1) * page_size : page * page_size],
            "page": page,
            "page_size": page_size,
            "total_pages": -(-len(found.differences) // page_size),
        }


def _day(name: str) -> date | None:
    given = request.args.get(name)
    return None if given is None else validators.checked(name, query_values.day, given)


def _whole(name: str, default: int, most: int) -> int:
    given = request.args.get(name, str(default))
    return validators.checked(name, lambda text: query_values.whole(text, 1, most), given)
