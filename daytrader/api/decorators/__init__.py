"""
What every resource method shares, so that none repeats it.

They stand in the order in which a request is judged: `authenticated` (401, and 403 for a key without the scope),
`in_person` (403 for a key), `limited` (429), `replays`, `reads` or `writes` (the unit of work, 429), `audited`,
`guarded` (404, 403), `admin_required` (403), `accepts`, `accepts_nothing`, `asks` or `lists` (400), then the method
itself (409).
"""

from __future__ import annotations

from daytrader.api.decorators.bodies import accepts, accepts_nothing, lists, returns, returns_nothing
from daytrader.api.decorators.callers import (
    admin_required,
    authenticated,
    current_actor,
    current_identity,
    in_person,
    limited,
    token_rules,
)
from daytrader.api.decorators.units import audited, computes, guarded, reads, replays, writes, writes_secretly

__all__ = [
    "accepts",
    "accepts_nothing",
    "admin_required",
    "audited",
    "authenticated",
    "computes",
    "current_actor",
    "current_identity",
    "guarded",
    "in_person",
    "limited",
    "lists",
    "reads",
    "replays",
    "returns",
    "returns_nothing",
    "token_rules",
    "writes",
    "writes_secretly",
]
