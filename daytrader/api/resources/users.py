"""/users: accounts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import (
    accepts,
    accepts_nothing,
    admin_required,
    audited,
    authenticated,
    current_actor,
    current_identity,
    guarded,
    in_person,
    lists,
    reads,
    returns,
    returns_nothing,
    writes,
    writes_secretly,
)
from daytrader.api.passwords import confirm_password
from daytrader.api.schemas.user import (
    ChangePasswordSchema,
    DeleteUserSchema,
    InvitedSchema,
    InviteSchema,
    ProfileSchema,
    RoleSchema,
    UserSchema,
)
from daytrader.api.swagger import can_fail
from daytrader.models.user import User
from daytrader.services import account_removal, user_service
from daytrader.utils.query_utils import ListQuery, Page

ns = Namespace("users", description="Accounts")


@ns.route("")
class UserList(Resource):  # type: ignore[misc]
    """All accounts."""

    @authenticated
    @reads
    @admin_required
    @lists(UserSchema, user_service.LISTING)
    def get(self, session: Any, query: ListQuery) -> Page:
        """List accounts (admins)."""
        return user_service.listing(session, current_actor(), query)

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @writes_secretly
    @audited("user.create")
    @admin_required
    @accepts(InviteSchema)
    @returns(InvitedSchema, HTTPStatus.CREATED, location="/users/{user[id]}")
    def post(self, session: Any, data: Mapping[str, str]) -> dict[str, Any]:
        """Open an account for somebody, who chooses the password through the link in the answer (admins)."""
        return _invited(user_service.invite(session, current_actor(), data["username"], data["email"]))


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


@ns.route("/change-password")
class PasswordChange(Resource):  # type: ignore[misc]
    """The caller's password."""

    @authenticated
    @in_person
    @writes_secretly
    @audited("user.change_password")
    @accepts(ChangePasswordSchema)
    @returns(UserSchema)
    def post(self, session: Any, data: Mapping[str, str]) -> User:
        """Choose another password. Every other login of the caller ends at once."""
        confirm_password(data["current_password"], "current_password")
        identity = current_identity()
        return user_service.change_password(session, identity.actor, data["new_password"], identity.session_id)


@ns.route("/<int:user_id>")
class UserItem(Resource):  # type: ignore[misc]
    """One account."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(UserSchema)
    def get(self, session: Any, user_id: int) -> User:
        """Show an account: the own one, or any for an admin."""
        return user_service.get(session, user_id, current_actor())

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes
    @audited("user.update")
    @guarded("user_id", user_service.get)
    @accepts(ProfileSchema, partial=True)
    @returns(UserSchema)
    def put(self, session: Any, user_id: int, data: Mapping[str, str]) -> User:
        """Change name or mail address of the own account, or of any as an admin."""
        return user_service.update(session, current_actor(), user_id, data)

    patch = put

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes
    @audited("user.delete")
    @guarded("user_id", user_service.get)
    @accepts(DeleteUserSchema)
    @returns_nothing
    def delete(self, session: Any, user_id: int, data: Mapping[str, Any]) -> None:
        """
        Remove the own account, or any as an admin, with the caller's own password.

        An account with transactions is shut and made anonymous: a ledger is never erased.
        """
        confirm_password(data["password"])
        account_removal.remove(session, current_actor(), user_id)


@ns.route("/<int:user_id>/toggle-active")
class UserToggle(Resource):  # type: ignore[misc]
    """Whether an account is open."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @writes
    @audited("user.toggle_active")
    @guarded("user_id", user_service.get)
    @admin_required
    @accepts_nothing
    @returns(UserSchema)
    def post(self, session: Any, user_id: int) -> User:
        """Shut an account, with its logins, or open it again (admins)."""
        return user_service.toggle_active(session, current_actor(), user_id)


@ns.route("/<int:user_id>/role")
class UserRole(Resource):  # type: ignore[misc]
    """Whether a user is an admin."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes
    @audited("user.role")
    @admin_required
    @guarded("user_id", user_service.get)
    @accepts(RoleSchema)
    @returns(UserSchema)
    def put(self, session: Any, user_id: int, data: Mapping[str, bool]) -> User:
        """Make an admin of a user, or a user of an admin (admins); one admin always stays."""
        return user_service.set_role(session, current_actor(), user_id, is_admin=data["is_admin"])

    patch = put


@ns.route("/<int:user_id>/reset-password")
class PasswordReset(Resource):  # type: ignore[misc]
    """A way back in."""

    @can_fail(HTTPStatus.CONFLICT)
    @authenticated
    @in_person
    @writes_secretly
    @audited("user.reset_password")
    @guarded("user_id", user_service.get)
    @admin_required
    @accepts_nothing
    @returns(InvitedSchema)
    def post(self, session: Any, user_id: int) -> dict[str, Any]:
        """Make a new one-time link by which the user chooses a password (admins); the old one works no more."""
        return _invited(user_service.reset_password(session, current_actor(), user_id))


def _invited(made: tuple[User, str]) -> dict[str, Any]:
    user, token = made
    # Behind a '#': browsers send that part to nobody, and no log holds it.
    return {"user": user, "set_password_url": f"{request.host_url}set-password#token={token}"}
