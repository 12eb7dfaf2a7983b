"""How often a caller may ask, by the application's counts."""

from __future__ import annotations

from flask import current_app, request

from daytrader.services.rate_limits import RateLimits


def rate_limits() -> RateLimits:
    """Return the application's counts."""
    limits: RateLimits = current_app.extensions["rate_limits"]
    return limits


def address() -> str:
    """Return where the caller is: what a proxy of ours says, never what the caller says."""
    return request.remote_addr or "unknown"


def by_address() -> str:
    """Return what the tries from the caller's address are counted by."""
    return f"address:{address()}"
