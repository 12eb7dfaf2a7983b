"""How Alembic reaches the models and the database; `daytrader db upgrade` hands over its own connection."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Enum

from daytrader.config import Settings
from daytrader.models import Base
from daytrader.models.base import Exact, UtcDateTime
from daytrader.services import database


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | bool:
    """Render our column types as the database's own: a migration must not change when our code does."""
    if kind == "type":
        if isinstance(item, UtcDateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(item, Exact):
            return f"sa.Numeric({item.precision}, {item.scale})"
        if isinstance(item, Enum):
            return f"sa.String({item.length})"
    return False


def numbered(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Give a new migration the number after the last: `services.database` reads their order off the file names."""
    head = context.script.get_current_head()
    for directive in directives:
        directive.rev_id = f"{int(head or 0) + 1:04d}"


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for on *connection*."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,  # SQLite alters a table by making a new one
        render_item=plain_type,
        process_revision_directives=numbered,
        transactional_ddl=True,  # on SQLite too: a migration that fails half-way must leave nothing
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with database.migrating(database.connect(Settings.from_environment().database)) as own:
        migrate(own)
