"""/auth/totp: the second factor."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    audited,
    authenticated,
    current_actor,
    in_person,
    limited,
    returns,
    returns_nothing,
    writes_secretly,
)
from daytrader.api.passwords import confirm_password
from daytrader.api.schemas.user import RemoveTotpSchema, TotpCodeSchema, TotpSecretSchema, UserSchema
from daytrader.api.swagger import can_fail
from daytrader.models.user import User
from daytrader.services import rate_limits, totp

ns = Namespace("auth/totp", description="A second factor for signing in (RFC 6238)")


@ns.route("")
class Totp(Resource):  # type: ignore[misc]
    """The caller's second factor."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes_secretly
    @audited("totp.enrol")
    @accepts_nothing
    @returns(TotpSecretSchema)
    def post(self, session: Any) -> dict[str, str]:
        """Get a new secret. It is asked for at sign-in once `POST /auth/totp/confirm` has seen a code of it."""
        secret, uri = totp.enrol(session, current_actor())
        return {"secret": secret, "uri": uri}

    @authenticated
    @in_person
    @limited(rate_limits.LOGIN)
    @writes_secretly
    @audited("totp.remove")
    @accepts(RemoveTotpSchema)
    @returns_nothing
    def delete(self, session: Any, data: Mapping[str, str]) -> None:
        """Remove the second factor, with the password and, where it is in force, the code of the moment."""
        totp.remove(session, current_actor(), data.get("code"))
        confirm_password(data["password"])  # last: a right one ends the count of wrong codes


@ns.route("/confirm")
class TotpConfirmation(Resource):  # type: ignore[misc]
    """The proof that an authenticator knows the secret."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @limited(rate_limits.LOGIN)
    @writes_secretly
    @audited("totp.confirm")
    @accepts(TotpCodeSchema)
    @returns(UserSchema)
    def post(self, session: Any, data: Mapping[str, str]) -> User:
        """Put the second factor in force."""
        return totp.confirm(session, current_actor(), data["code"])
