"""The promotion gate: thresholds of owners, opt-ins of services.

Revision 0015, after 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_POSITIVE = ("min_backtest_sessions", "min_backtest_trades", "min_paper_sessions", "min_paper_trades")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "promotion_thresholds",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("min_backtest_sessions", sa.Integer(), nullable=False),
        sa.Column("min_backtest_trades", sa.Integer(), nullable=False),
        sa.Column("min_backtest_return_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("min_backtest_sharpe_ratio", sa.Numeric(18, 2), nullable=False),
        sa.Column("max_backtest_drawdown_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("min_paper_sessions", sa.Integer(), nullable=False),
        sa.Column("min_paper_trades", sa.Integer(), nullable=False),
        sa.Column("min_paper_return_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("max_paper_drawdown_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.CheckConstraint(f"{name} > 0", name=op.f(f"ck_promotion_thresholds_{name}_positive"))
            for name in _POSITIVE
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_promotion_thresholds_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_thresholds")),
        sa.UniqueConstraint("user_id", name=op.f("uq_promotion_thresholds_user_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "promotions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("backtest_id", sa.Integer(), nullable=True),
        sa.Column("paper_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paper_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_promotions_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["backtest_id"], ["backtests.id"], name=op.f("fk_promotions_backtest_id_backtests"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("service_id", name=op.f("uq_promotions_service_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_promotions_backtest_id"), "promotions", ["backtest_id"])
    # By which settings services have traded so far, nobody has noted: their paper periods begin now.
    op.execute(
        "INSERT INTO promotions (service_id, paper_since, created_at, updated_at) "
        "SELECT id, last_bar_time, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM trading_services "
        "WHERE last_bar_time IS NOT NULL"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("promotions")
    op.drop_table("promotion_thresholds")
