"""Whether the schema of a database is the one that the models describe."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Connection, Engine, Inspector, inspect, text

from daytrader.models import Base


def differences(engine: Engine) -> list[str]:
    """Return how the database of *engine* differs from the models, one difference a line; nothing when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect().execution_options(read_only=True) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, Base.metadata)
        return [
            *(_sentence(difference) for difference in found),
            *_check_constraints(inspect(connection)),
            *_reused_ids(connection),
        ]


def _sentence(difference: Any) -> str:
    # Alembic gives (verb, object...) for tables, columns and indexes, and a list of tuples for a column's properties.
    if isinstance(difference, list):
        return "; ".join(_sentence(part) for part in difference)
    verb, *details = difference
    if verb.startswith("modify_"):
        _schema, table, column, _existing, before, after = details
        return f"{verb} {table}.{column}: {before!r} in the database, {after!r} in the models"
    subject = details[-1]
    table = getattr(subject, "table", None)
    name = getattr(subject, "name", None) or subject
    return f"{verb} {table.name}.{name}" if table is not None else f"{verb} {name}"


def _check_constraints(inspector: Inspector) -> list[str]:
    """Return the tables' check constraints that only the models or only the database has; Alembic looks at none."""
    found: list[str] = []
    stored = set(inspector.get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name not in stored:
            continue
        wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        present = {str(c["name"]) for c in inspector.get_check_constraints(table.name)}
        found += [f"add_constraint {table.name}.{name}" for name in sorted(wanted - present)]
        found += [f"remove_constraint {table.name}.{name}" for name in sorted(present - wanted)]
    return found


def _reused_ids(connection: Connection) -> list[str]:
    """Return the tables whose ids SQLite would give a second time: Alembic does not see how a key counts."""
    if connection.dialect.name != "sqlite":
        return []
    made = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%AUTOINCREMENT%'")
    plain = set(connection.scalars(made))
    counted = sorted(
        table.name for table in Base.metadata.sorted_tables if table.dialect_kwargs["sqlite_autoincrement"]
    )
    return [
        f"modify_key {name}.id: reused in the database, AUTOINCREMENT in the models"
        for name in counted
        if name in plain
    ]
