"""Settings of services that were replaced, by which their earlier bars are audited.

Revision 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "replaced_settings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_replaced_settings_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replaced_settings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_replaced_settings_service_id"), "replaced_settings", ["service_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("replaced_settings")
