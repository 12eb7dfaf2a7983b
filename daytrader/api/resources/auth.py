"""/auth: accounts and logins."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, current_app, request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    authenticated,
    current_identity,
    returns,
    token_rules,
    writes,
)
from daytrader.api.encoding import answer
from daytrader.api.headers import API_PREFIX
from daytrader.api.schemas.user import LoginSchema, RefreshSchema, RegisterSchema, TokensSchema, UserSchema
from daytrader.api.swagger import can_fail, documented, shown
from daytrader.config import Settings
from daytrader.models.user import User
from daytrader.services import token_service, user_service
from daytrader.services.session_manager import SessionManager
from daytrader.services.token_service import TokenPair
from daytrader.utils.errors import ForbiddenError, UnauthenticatedError

ns = Namespace("auth", description="Accounts and logins")

COOKIE: Final = "refresh_token"
COOKIE_PATH: Final = f"{API_PREFIX}/auth"
_tokens: Final = TokensSchema()


@ns.route("/register")
class Register(Resource):  # type: ignore[misc]
    """New accounts."""

    @can_fail(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)
    @accepts(RegisterSchema)
    @returns(UserSchema, HTTPStatus.CREATED, location="/users/{id}")
    def post(self, data: Mapping[str, str]) -> User:
        """Open an account. It is never an admin's: those are made at the command line."""
        settings: Settings = current_app.extensions["settings"]
        if not settings.registration:
            raise ForbiddenError("registration is switched off here")
        with SessionManager() as session:
            return user_service.create(session, data["username"], data["email"], data["password"])


@ns.route("/login")
class Login(Resource):  # type: ignore[misc]
    """Signing in."""

    @can_fail(HTTPStatus.UNAUTHORIZED)
    @accepts(LoginSchema)
    def post(self, data: Mapping[str, str]) -> Response:
        """
        Sign in with the user name or the mail address.

        With the header `X-Requested-With` the refresh token travels as an HttpOnly cookie instead of in the body.
        """
        name = data.get("username") or data.get("email") or ""
        with SessionManager(read_only=True) as session:  # hashing takes its time: not while the database is locked
            user_id = user_service.authenticate(session, name, data["password"]).id
        with SessionManager() as session:
            user = session.get_one(User, user_id)
            user.update_last_login()
            pair = token_service.open_login(session, user, token_rules())
            return _signed_in(pair)


@ns.route("/refresh")
class Refresh(Resource):  # type: ignore[misc]
    """Going on."""

    @can_fail(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    @accepts(RefreshSchema)
    def post(self, data: Mapping[str, str | None]) -> Response:
        """Spend a refresh token for a new pair."""
        _refuse_foreign_origin()
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
    @writes
    def post(self, session: Any) -> Response:
        """End this login at once."""
        token_service.revoke(session, current_identity().session_id)
        return _signed_out()


@ns.route("/logout-all")
class LogoutAll(Resource):  # type: ignore[misc]
    """Signing out everywhere."""

    @authenticated
    @writes
    def post(self, session: Any) -> Response:
        """End every login of the caller at once."""
        token_service.revoke_all(session, current_identity().actor.user_id)
        return _signed_out()


for _method in (Login.post, Refresh.post):
    documented(_method, responses={200: ("Signed in", shown(_tokens))}, security=[])
documented(Register.post, security=[])
for _method in (Logout.post, LogoutAll.post):
    documented(_method, responses={204: "Signed out"})


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


def _refuse_foreign_origin() -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ForbiddenError("this is for pages of this server only")
