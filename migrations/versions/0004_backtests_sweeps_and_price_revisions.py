"""Backtests, sweeps and price revisions.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Not imported from the model: what a migration does must not change when the model does.
_INTERVALS = {
    "stock_daily_prices": "0",
    "stock_intraday_prices": "{row}.interval",
    "corporate_actions": "-1",
}
_ROWS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}
_DRAWN = "('x' || left(md5(gen_random_uuid()::text), 16))::bit(64)::bigint"


def _sqlite_statements(table: str, interval: str) -> list[str]:
    """
    Return a trigger for each verb, and one for a price that is moved to another stock or interval.

    They run for every row, so they do the least that is safe: the tokens go, and whoever reads without one keeps
    nothing. Who writes prices draws a new one at the end, once.
    """
    old, new = (interval.format(row=row) for row in ("old", "new"))
    triggers = [
        ("insert", "INSERT", "new.stock_id", new, ""),
        ("update", "UPDATE", "new.stock_id", new, ""),
        ("move", "UPDATE", "old.stock_id", old, f"WHEN old.stock_id <> new.stock_id OR {old} <> {new} "),
        ("delete", "DELETE", "old.stock_id", old, ""),
    ]
    return [
        f"CREATE TRIGGER {table}_revised_by_{name} AFTER {verb} ON {table} {condition}"
        f"BEGIN DELETE FROM price_revisions WHERE stock_id = {stock} AND interval = {span}; END"
        for name, verb, stock, span, condition in triggers
    ]


def _postgresql_statements(table: str, interval: str) -> list[str]:
    """Return a trigger for each verb, run once a statement however many rows it changes."""
    statements = []
    for verb, rows in _ROWS.items():
        name = f"{table}_revised_by_{verb}"
        changed = " UNION ".join(
            f"SELECT stock_id, {interval.format(row=f'{row}_rows')} AS span FROM {row}_rows" for row in rows
        )
        body = (
            "DELETE FROM price_revisions WHERE ctid IN (SELECT r.ctid FROM price_revisions r "
            f"WHERE (r.stock_id, r.interval) IN ({changed}) FOR UPDATE SKIP LOCKED); "
            "INSERT INTO price_revisions (stock_id, interval, token) "
            f"SELECT c.stock_id, c.span, {_DRAWN} FROM (SELECT DISTINCT * FROM ({changed}) d) c; "
            "RETURN NULL;"
        )
        tables = " ".join(f"{row.upper()} TABLE AS {row}_rows" for row in rows)
        statements += [
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ]
    return statements


def _statements() -> list[str]:
    make = _sqlite_statements if op.get_bind().dialect.name == "sqlite" else _postgresql_statements
    return [statement for table, interval in _INTERVALS.items() for statement in make(table, interval)]


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "price_revisions",
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
    )
    with op.batch_alter_table("price_revisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_price_revisions_stock_id_interval"), ["stock_id", "interval"], unique=False
        )

    for interval in (-1, 0, 1, 5, 15, 30, 60):
        drawn = "random()" if op.get_bind().dialect.name == "sqlite" else _DRAWN
        op.execute(
            f"INSERT INTO price_revisions (stock_id, interval, token) SELECT id, {interval}, {drawn} FROM stocks"
        )
    for statement in _statements():
        op.execute(statement)

    op.create_table(
        "backtests",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("symbol", sa.String(length=1000), nullable=False),
        sa.Column("strategy", sa.String(length=1000), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("initial_balance", sa.Numeric(18, 2), nullable=False),
        sa.Column("final_portfolio_value", sa.Numeric(18, 2), nullable=False),
        sa.Column("total_return_pct", sa.Float(precision=53), nullable=False),
        sa.Column("buy_and_hold_return_pct", sa.Float(precision=53), nullable=True),
        sa.Column("max_drawdown_pct", sa.Float(precision=53), nullable=True),
        sa.Column("sharpe_ratio", sa.Float(precision=53), nullable=True),
        sa.Column("trades", sa.Integer(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_backtests_service_id_trading_services"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_backtests_user_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_backtests_job_id_jobs"), ondelete="SET NULL"),
        sa.UniqueConstraint("job_id", name=op.f("uq_backtests_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtests")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("backtests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_backtests_service_id"), ["service_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_backtests_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sweeps",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("strategy", sa.String(length=50), nullable=False),
        sa.Column("symbol", sa.String(length=10), nullable=False),
        sa.Column("symbols", sa.JSON(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("metric", sa.String(length=30), nullable=False),
        sa.Column("combinations", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=True),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("best_value", sa.Float(precision=53), nullable=True),
        sa.Column("best_params", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_sweeps_job_id_jobs"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sweeps_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sweeps_data_hash"), ["data_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_sweeps_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    for statement in reversed(_statements()):
        kind, name = statement.split()[1:3]
        if kind == "FUNCTION":
            op.execute(f"DROP FUNCTION {name}")
        else:
            table = statement.split(" ON ", 1)[1].split()[0]
            op.execute(f"DROP TRIGGER {name}" + ("" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"))
    with op.batch_alter_table("sweeps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sweeps_user_id"))
        batch_op.drop_index(batch_op.f("ix_sweeps_data_hash"))

    op.drop_table("sweeps")
    with op.batch_alter_table("backtests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_backtests_user_id"))
        batch_op.drop_index(batch_op.f("ix_backtests_service_id"))

    op.drop_table("backtests")
    with op.batch_alter_table("price_revisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_price_revisions_stock_id_interval"))

    op.drop_table("price_revisions")
