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
