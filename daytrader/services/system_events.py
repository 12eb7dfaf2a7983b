"""Events that tell of the installation itself: notifications, errors, and what was done to the database."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from daytrader.services.event_payloads import CREATED, UPDATED
from daytrader.services.events import Event


class Severity(StrEnum):
    """How much a notification matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


def notification(severity: Severity, source: str, message: str) -> Event:
    """Something that those who trade here should know; errors and worse reach admins alone."""
    return Event("system:notification", CREATED, ("system", f"system_{severity}"), _notice(severity, source, message))


def personal_notification(user_id: int, severity: Severity, source: str, message: str) -> Event:
    """Something that one user should know."""
    return Event("system:notification", CREATED, (f"user_{user_id}",), _notice(severity, source, message), user_id)


def error(source: str, code: str, message: str, *, reference: str | int | None = None) -> Event:
    """
    Something broke; for admins.

    Args:
        source: Which part: ``api``, ``engine``, ``service``, ``job``.
        reference: What finds it: a request's id, a service's.
    """
    entity = {"source": source, "code": code, "message": message, "reference": reference}
    return Event("error", CREATED, ("errors",), entity)


def database_event(operation: str, details: Mapping[str, Any]) -> Event:
    """Something was done to the database as a whole: ``migration`` or ``backup``; for admins."""
    return Event("database:event", UPDATED, ("database_admin",), {"operation": operation, "details": dict(details)})


def metrics_update(user_id: int, service_id: int, figures: Mapping[str, Any]) -> Event:
    """The performance of a service is another; *figures* is what REST answers."""
    entity = {"service_id": service_id, **figures}
    return Event("metrics:update", UPDATED, ("metrics", f"user_{user_id}"), entity, user_id)


def _notice(severity: Severity, source: str, message: str) -> dict[str, Any]:
    return {"severity": severity.value, "source": source, "message": message}
