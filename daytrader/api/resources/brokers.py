"""/brokers: the caller's accounts at real brokers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import current_app
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    audited,
    authenticated,
    computes,
    current_actor,
    guarded,
    in_person,
    limited,
    reads,
    returns,
    returns_nothing,
    writes,
    writes_secretly,
)
from daytrader.api.schemas.broker import (
    BrokerCredentialSchema,
    BrokersSchema,
    BrokerTestedSchema,
    NewBrokerCredentialSchema,
)
from daytrader.api.swagger import can_fail
from daytrader.brokers import Access, broker_names, open_broker
from daytrader.brokers.account import Account
from daytrader.brokers.errors import BrokerAccessError, BrokerError
from daytrader.config import Settings
from daytrader.core.money import from_cents
from daytrader.models.broker_credential import BrokerCredential
from daytrader.services import broker_credentials, rate_limits
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import InvalidInputError

ns = Namespace("brokers", description="Accounts at real brokers")


@dataclass(frozen=True, slots=True)
class _Opened:
    access: Access
    account: Account


def _open(data: Mapping[str, Any]) -> _Opened:
    """Ask the broker for the account that the keys open, while no transaction waits for it."""
    with SessionManager(read_only=True) as session:
        broker_credentials.require_may_connect(session, current_actor(), data["broker"], is_live=data["is_live"])
    access = Access(data["key"], data["secret"], data["is_live"])
    try:
        return _Opened(access, _ask(data["broker"], access))
    except BrokerAccessError:
        kind = "real money" if access.is_live else "its paper market"
        raise InvalidInputError({"secret": [f"{data['broker']} does not take these keys for {kind}"]}) from None


def _ask(broker: str, access: Access) -> Account:
    settings: Settings = current_app.extensions["settings"]
    return open_broker(broker, access, settings).account()


@ns.route("")
class Brokers(Resource):  # type: ignore[misc]
    """The caller's accounts."""

    @authenticated
    @reads
    @returns(BrokersSchema)
    def get(self, session: Any) -> dict[str, Any]:
        """Show which brokers there are, and own accounts; never their keys."""
        return {"available": list(broker_names()), "connected": broker_credentials.of_user(session, current_actor())}

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @limited(rate_limits.IMPORTS)
    @accepts(NewBrokerCredentialSchema)
    @computes(_open)
    @writes_secretly
    @audited("broker.connect")
    @returns(BrokerCredentialSchema, HTTPStatus.CREATED, location="/brokers/{id}")
    def post(self, session: Any, data: Mapping[str, Any], made: _Opened) -> BrokerCredential:
        """Connect an account, or replace its keys: the broker is asked whether it takes them."""
        return broker_credentials.connect(session, current_actor(), data["broker"], made.access, made.account)


@ns.route("/<int:credential_id>")
class BrokerItem(Resource):  # type: ignore[misc]
    """One account."""

    @can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes_secretly
    @audited("broker.disconnect")
    @returns_nothing
    def delete(self, session: Any, credential_id: int) -> None:
        """Forget the keys to an account (anyone's, for admins), unless a service trades or holds shares in it."""
        broker_credentials.remove(session, current_actor(), credential_id)


@ns.route("/<int:credential_id>/test")
class BrokerTest(Resource):  # type: ignore[misc]
    """Whether an account can be traded in."""

    @authenticated
    @limited(rate_limits.IMPORTS)
    @guarded("credential_id", broker_credentials.get_own)
    @accepts_nothing
    @returns(BrokerTestedSchema)
    def post(self, credential_id: int) -> dict[str, Any]:
        """Ask the broker for an own account: whether it takes the keys and lets them trade."""
        with SessionManager(read_only=True) as session:
            credential = broker_credentials.get_own(session, credential_id, current_actor())
            access = broker_credentials.access_of(credential)
        try:
            account = _ask(credential.broker, access)
        except BrokerError as error:
            return {"is_accepted": False, "error": str(error), "cash": None}
        return {"is_accepted": account.refusal is None, "error": account.refusal, "cash": from_cents(account.cash)}


@ns.route("/<int:credential_id>/resume")
class BrokerResumption(Resource):  # type: ignore[misc]
    """The end of a stop of all buying in an account."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes
    @audited("broker.resume")
    @guarded("credential_id", broker_credentials.get_own)
    @accepts_nothing
    @returns(BrokerCredentialSchema)
    def post(self, session: Any, credential_id: int) -> BrokerCredential:
        """Buy again in an own account where an order was found that is in no book: you have looked at it."""
        return broker_credentials.resume(session, current_actor(), credential_id)
