"""/auth: accounts and logins."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response, current_app, request
from flask_restx import Namespace, Resource

from daytrader.api import audit, headers, limits
from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    audited,
    authenticated,
    current_identity,
    in_person,
    returns,
    token_rules,
    writes_secretly,
)
from daytrader.api.encoding import answer
from daytrader.api.headers import API_PREFIX
from daytrader.api.schemas.user import (
    LoginSchema,
    RefreshSchema,
    RegisterSchema,
    SetPasswordSchema,
    TokensSchema,
    UserSchema,
)
from daytrader.api.swagger import can_fail, documented, shown
from daytrader.config import Settings
from daytrader.models.user import User
from daytrader.services import audit_service, rate_limits, token_service, totp, user_service
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import TokenPair
from daytrader.utils.errors import DayTraderError, ForbiddenError, UnauthenticatedError

ns = Namespace("auth", description="Accounts and logins")

COOKIE: Final = "refresh_token"
COOKIE_PATH: Final = f"{API_PREFIX}/auth"
_LOGIN: Final = "auth.login"
_tokens: Final = TokensSchema()


@ns.route("/register")
class Register(Resource):  # type: ignore[misc]
    """New accounts."""

    @can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @writes_secretly
    @audited("auth.register")
    @accepts(RegisterSchema)
    @returns(UserSchema, HTTPStatus.CREATED, location="/users/{id}")
    def post(self, session: Any, data: Mapping[str, str]) -> User:
        """Open an account. It is never an admin's: those are made at the command line."""
        settings: Settings = current_app.extensions["settings"]
        if not settings.registration:
            raise ForbiddenError("registration is switched off here")
        return user_service.create(session, data["username"], data["email"], data["password"])


@ns.route("/login")
class Login(Resource):  # type: ignore[misc]
    """Signing in."""

    @can_fail(HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    @accepts(LoginSchema)
    def post(self, data: Mapping[str, str]) -> Response:
        """
        Sign in with the user name or the mail address, and with `totp` where a second factor is in force.

        With the header `X-Requested-With` the refresh token travels as an HttpOnly cookie instead of in the body.
        """
        counts = limits.rate_limits()
        counts.take(rate_limits.LOGIN_ADDRESS, limits.by_address())
        name = data.get("username") or data.get("email") or ""
        with SessionManager(read_only=True) as session:
            account = user_service.account_key(session, name)
        try:
            counts.take(rate_limits.LOGIN, account)
            response = _sign_in(name, data["password"], data.get("totp"))
        except DayTraderError as error:
            audit.enter_refusal(_LOGIN, account, error)
            raise
        counts.forget(rate_limits.LOGIN, account)
        return response


@ns.route("/refresh")
class Refresh(Resource):  # type: ignore[misc]
    """Going on."""

    @can_fail(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    @accepts(RefreshSchema)
    def post(self, data: Mapping[str, str | None]) -> Response:
        """Spend a refresh token for a new pair."""
        if headers.is_foreign(request.headers.get("Origin")):
            raise ForbiddenError("this is for pages of this server only")
        limits.rate_limits().take(rate_limits.WRITES, limits.by_address())
        given = data["refresh_token"]
        if given is None and _is_browser():
            given = request.cookies.get(COOKIE)
        if given is None:
            raise UnauthenticatedError("a refresh token is needed")
        with SessionManager() as session:
            pair = token_service.rotate(session, given, token_rules())
            response = None if pair is None else _signed_in(pair)
        if response is None:  # only now: a stolen family's revocation is committed
            raise UnauthenticatedError("the refresh token is not valid")
        return response


@ns.route("/logout")
class Logout(Resource):  # type: ignore[misc]
    """Signing out."""

    @authenticated
    @in_person
    @writes_secretly
    @audited("auth.logout")
    @accepts_nothing
    def post(self, session: Any) -> Response:
        """End this login at once."""
        session_id = current_identity().session_id
        assert session_id is not None  # in person
        token_service.revoke(session, session_id)
        return _signed_out()


@ns.route("/logout-all")
class LogoutAll(Resource):  # type: ignore[misc]
    """Signing out everywhere."""

    @authenticated
    @in_person
    @writes_secretly
    @audited("auth.logout_all")
    @accepts_nothing
    def post(self, session: Any) -> Response:
        """End every login of the caller at once."""
        token_service.revoke_all(session, current_identity().actor.user_id)
        return _signed_out()


@ns.route("/set-password")
class PasswordChoice(Resource):  # type: ignore[misc]
    """The use of a one-time link."""

    @writes_secretly
    @audited("auth.set_password")
    @accepts(SetPasswordSchema)
    @returns(UserSchema)
    def post(self, session: Any, data: Mapping[str, str]) -> User:
        """Choose a password with the token of a one-time link; every login of the user ends."""
        return user_service.set_password(session, data["token"], data["new_password"])


for _method in (Login.post, Refresh.post):
    documented(_method, responses={200: ("Signed in", shown(_tokens))}, security=[])
for _method in (Register.post, PasswordChoice.post):
    documented(_method, security=[])
for _method in (Logout.post, LogoutAll.post):
    documented(_method, responses={204: "Signed out"})


def _sign_in(name: str, password: str, code: str | None) -> Response:
    with SessionManager(read_only=True) as session:  # hashing takes its time: not while the database is locked
        user_id = user_service.authenticate(session, name, password).id
    with SessionManager() as session:
        user = totp.check(session, user_id, code)
        user.update_last_login()
        pair = token_service.open_login(session, user, token_rules())
        audit_service.record(session, audit.source(), _LOGIN, user_service.key_of(user_id))
        return _signed_in(pair)


def _signed_in(pair: TokenPair) -> Response:
    rules = token_rules()
    body = _tokens.dump(
        {
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "token_type": "Bearer",
            "expires_in": int(rules.access_life.total_seconds()),
            "user": pair.user,
        }
    )
    if not _is_browser():
        return answer(body)
    del body["refresh_token"]
    response = answer(body)
    response.set_cookie(
        COOKIE,
        pair.refresh_token,
        max_age=rules.refresh_life,
        path=COOKIE_PATH,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def _signed_out() -> Response:
    response = Response(status=HTTPStatus.NO_CONTENT)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Strict")
    return response


def _is_browser() -> bool:
    # A form of another site cannot send this header: the cookie alone is not enough.
    return "X-Requested-With" in request.headers
