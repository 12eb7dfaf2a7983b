"""The only clock."""

from __future__ import annotations

from datetime import UTC, datetime


def get_current_datetime() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


def iso_utc(moment: datetime) -> str:
    """Return *moment* as ISO 8601 with ``Z``, the form every answer and event uses."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
