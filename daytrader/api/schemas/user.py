"""JSON shapes of accounts and logins."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from daytrader.api.schemas.fields import BaseSchema, Flag, Moment, Secret, Shown, Text, Whole
from daytrader.utils import validators


class UserSchema(BaseSchema):
    """An account."""

    id = Whole(dump_only=True)
    username = Text(dump_only=True)
    email = Text(dump_only=True)
    is_active = Flag(dump_only=True)
    is_admin = Flag(dump_only=True)
    last_login = Moment(dump_only=True, allow_none=True)
    has_active_services = Flag(dump_only=True)
    has_totp = Flag(dump_only=True, doc="Whether signing in takes a second factor", example=False)
    created_at = Moment(dump_only=True)
    updated_at = Moment(dump_only=True)


class RegisterSchema(BaseSchema):
    """A new account."""

    username = Text(validators.username, required=True, example="alice")
    email = Text(validators.email, required=True, example="alice@example.com")
    password = Secret(validators.password, required=True)
    password_confirm = Secret(required=True)

    @validates_schema
    def check_confirmation(self, data: dict[str, Any], **_: Any) -> None:
        """Both passwords are the same."""
        if data["password"] != data["password_confirm"]:
            raise ValidationError("must be the same as password", "password_confirm")


class LoginSchema(BaseSchema):
    """Who wants to sign in."""

    username = Text(doc="The user name or the mail address", example="alice")
    email = Text(doc="The mail address, instead of username")
    password = Secret(required=True)
    totp = Secret(allow_none=True, doc="The code of the moment, where a second factor is in force")

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: Any) -> None:
        """One name, no more, no less."""
        if ("username" in data) == ("email" in data):
            raise ValidationError("give either username or email", "username")


class RefreshSchema(BaseSchema):
    """A refresh token; browsers leave it to the cookie."""

    refresh_token = Secret(load_default=None, allow_none=True)


class TokensSchema(BaseSchema):
    """A signed-in login."""

    access_token = Text(dump_only=True)
    refresh_token = Text(dump_only=True, doc="Left out where it travels as a cookie")
    token_type = Text(dump_only=True, example="Bearer")
    expires_in = Whole(dump_only=True, doc="Seconds that the access token is good for")
    user = Shown(UserSchema)


class InviteSchema(BaseSchema):
    """An account whose user is yet to choose a password."""

    username = Text(validators.username, required=True, example="bob")
    email = Text(validators.email, required=True, example="bob@example.com")


class ProfileSchema(BaseSchema):
    """What a user says of themselves."""

    username = Text(validators.username, example="alice")
    email = Text(validators.email, example="alice@example.com")


class InvitedSchema(BaseSchema):
    """An account, and the address at which its user chooses a password: once, within 24 hours."""

    user = Shown(UserSchema)
    set_password_url = Text(dump_only=True)


class RoleSchema(BaseSchema):
    """Whether a user is an admin."""

    is_admin = Flag(required=True)


class _NewPasswordSchema(BaseSchema):
    new_password = Secret(validators.password, required=True)
    confirm_password = Secret(required=True)

    @validates_schema
    def check_confirmation(self, data: dict[str, Any], **_: Any) -> None:
        """Both new passwords are the same."""
        if data["new_password"] != data["confirm_password"]:
            raise ValidationError("must be the same as new_password", "confirm_password")


class ChangePasswordSchema(_NewPasswordSchema):
    """Another password."""

    current_password = Secret(required=True)


class SetPasswordSchema(_NewPasswordSchema):
    """A password chosen through a one-time link."""

    token = Secret(required=True, doc="What stands behind `token=` in the link")


class DeleteUserSchema(BaseSchema):
    """The wish to remove an account."""

    confirm = Flag(required=True, doc="Nothing but true will do", example=True)
    password = Secret(required=True, doc="The caller's own")

    @validates_schema
    def check_wish(self, data: dict[str, Any], **_: Any) -> None:
        """Nothing but true will do."""
        if not data["confirm"]:
            raise ValidationError("must be true", "confirm")


class RemoveTotpSchema(BaseSchema):
    """The wish to sign in without a second factor."""

    password = Secret(required=True, doc="The caller's own")
    code = Secret(doc="The six digits of the moment, where the second factor is in force", example="123456")


class TotpSecretSchema(BaseSchema):
    """What an authenticator needs to know; shown once."""

    secret = Text(dump_only=True)
    uri = Text(dump_only=True, doc="The same for a QR code")


class TotpCodeSchema(BaseSchema):
    """The code that an authenticator shows now."""

    code = Secret(required=True, doc="The six digits of the moment", example="123456")
