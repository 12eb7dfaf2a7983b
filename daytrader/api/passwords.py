"""The caller's password, asked for once more before something that cannot be undone."""

from __future__ import annotations

from daytrader.api import limits
from daytrader.api.decorators import current_actor
from daytrader.services import rate_limits, user_service
from daytrader.services.session_manager import SessionManager


def confirm_password(password: str, field: str = "password") -> None:
    """
    Check the caller's own password; wrong ones are counted as failed logins are.

    Raises:
        InvalidInputError: Under *field*, if it is wrong.
        TooManyRequestsError: If there were too many tries.
    """
    actor = current_actor()
    counted_by = user_service.key_of(actor.user_id)
    limits.rate_limits().take(rate_limits.LOGIN, counted_by)
    with SessionManager(read_only=True) as session:
        user_service.confirm_password(session, actor, password, field)
    limits.rate_limits().forget(rate_limits.LOGIN, counted_by)
