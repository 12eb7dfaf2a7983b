"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, as the services below the API see one."""

    user_id: int
    is_admin: bool = False
