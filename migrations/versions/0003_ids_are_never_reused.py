"""
Ids are never given twice, on SQLite too.

Revision 0003, after 0002.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PLAIN = re.compile(r"(\bid INTEGER NOT NULL)(?! PRIMARY)(.*?),\s*CONSTRAINT \w+ PRIMARY KEY \(id\)", re.DOTALL)
_COUNTED = re.compile(r"(\bid INTEGER NOT NULL) PRIMARY KEY AUTOINCREMENT(.*)\)\s*$", re.DOTALL)
# 0001 made its ids so already: clients count by them.
_ALREADY_COUNTED = "event_outbox"


def upgrade() -> None:
    """Go forward."""
    for table, sql in _tables():
        if "AUTOINCREMENT" not in sql:
            _rebuild(table, _PLAIN.subn(r"\1 PRIMARY KEY AUTOINCREMENT\2", sql))


def downgrade() -> None:
    """Go back."""
    for table, sql in _tables():
        if table != _ALREADY_COUNTED:
            key = rf",\n\tCONSTRAINT pk_{table} PRIMARY KEY (id)\n)"
            _rebuild(table, _COUNTED.subn(rf"\1\2{key}", sql))


def _tables() -> list[tuple[str, str]]:
    """Return each of our tables with the SQL that made it; none on PostgreSQL, whose sequences never go back."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return []
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite^_%' ESCAPE '^' AND name <> 'alembic_version' ORDER BY name"
    )
    return [(name, sql) for name, sql in connection.execute(sa.text(query))]


def _rebuild(table: str, changed: tuple[str, int]) -> None:
    """
    Make *table* again by the changed SQL, as SQLite's "other kinds of table schema changes" says, step by step.

    Its own SQL is changed rather than the table described anew: checks, partial indexes and triggers stay as they are.
    """
    sql, changes = changed
    if changes != 1:
        raise RuntimeError(f"the table {table} is not as a migration has made it")
    connection = op.get_bind()
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("foreign keys must be off: dropping a table would remove what refers to it")
    beside = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type IN ('index', 'trigger') AND sql <> ''"),
        {"table": table},
    ).scalars()
    statements = list(beside)
    name = re.compile(rf'(CREATE TABLE )("?){table}\2')
    connection.exec_driver_sql(name.sub(rf'\1"{table}_new"', sql, count=1))
    columns = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    connection.exec_driver_sql(f'INSERT INTO "{table}_new" ({columns}) SELECT {columns} FROM "{table}"')
    connection.exec_driver_sql(f'DROP TABLE "{table}"')
    connection.exec_driver_sql(f'ALTER TABLE "{table}_new" RENAME TO "{table}"')
    for statement in statements:
        connection.exec_driver_sql(statement)
