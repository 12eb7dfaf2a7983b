"""What was last seen of an account at a broker, and that trading in it is stopped.

Revision 0016, after 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE = "broker_credentials"


def upgrade() -> None:
    """Go forward."""
    op.add_column(_TABLE, sa.Column("cash", sa.Numeric(18, 2), nullable=True))
    op.add_column(_TABLE, sa.Column("cash_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_TABLE, sa.Column("halted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(_TABLE, sa.Column("halted_reason", sa.String(length=200), nullable=True))
    op.add_column(_TABLE, sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    for column in ("cleared_at", "halted_reason", "halted_at", "cash_seen_at", "cash"):
        op.drop_column(_TABLE, column)
