"""Limits of the risk that services take on, and the kill switch.

Revision 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "exposure_limits",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("scope", sa.String(length=30), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("max_daily_loss", sa.Numeric(18, 2), nullable=True),
        sa.Column("max_position_value", sa.Numeric(18, 2), nullable=True),
        sa.Column("max_orders_per_minute", sa.Integer(), nullable=True),
        sa.Column("tripped_on", sa.Date(), nullable=True),
        sa.Column("tripped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_killed", sa.Boolean(), nullable=False),
        sa.Column("killed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kill_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("max_daily_loss > 0", name=op.f("ck_exposure_limits_max_daily_loss_positive")),
        sa.CheckConstraint("max_position_value > 0", name=op.f("ck_exposure_limits_max_position_value_positive")),
        sa.CheckConstraint("max_orders_per_minute > 0", name=op.f("ck_exposure_limits_max_orders_per_minute_positive")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_exposure_limits_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_limits")),
        sa.UniqueConstraint("scope", name=op.f("uq_exposure_limits_scope")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exposure_limits_user_id"), "exposure_limits", ["user_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("exposure_limits")
