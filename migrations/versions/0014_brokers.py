"""Accounts at brokers, and orders that live there.

Revision 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_LIVE = "state IN ('PENDING', 'SUBMITTING', 'ACCEPTED', 'PARTIALLY_FILLED')"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "broker_credentials",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("broker", sa.String(length=20), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.String(length=4), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_broker_credentials_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broker_credentials")),
        sa.UniqueConstraint("user_id", "broker", name=op.f("uq_broker_credentials_user_id_broker")),
        sa.UniqueConstraint("broker", "account", name=op.f("uq_broker_credentials_broker_account")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_broker_credentials_user_id"), "broker_credentials", ["user_id"])
    op.add_column("orders", sa.Column("stop_price", sa.Numeric(18, 6), nullable=True))
    op.add_column("orders", sa.Column("broker_ref", sa.String(length=64), nullable=True))
    op.add_column("orders", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("cancel_reason", sa.String(length=200), nullable=True))
    op.drop_index("uq_orders_live", table_name="orders")
    _index("uq_orders_live", ["service_id", "side"], f"{_LIVE} AND kind NOT IN ('STOP', 'TARGET')")
    _index("uq_orders_live_leg", ["service_id"], f"{_LIVE} AND kind IN ('STOP', 'TARGET')")


def downgrade() -> None:
    """Go back."""
    op.drop_index("uq_orders_live_leg", table_name="orders")
    op.drop_index("uq_orders_live", table_name="orders")
    _index("uq_orders_live", ["service_id", "side"], _LIVE)
    for column in ("cancel_reason", "sent_at", "broker_ref", "stop_price"):
        op.drop_column("orders", column)
    op.drop_table("broker_credentials")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "orders", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
