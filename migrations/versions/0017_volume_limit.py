"""How much of a bar's volume one fill on paper may take.

Revision 0017, after 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE = "trading_services"


def upgrade() -> None:
    """Go forward."""
    op.add_column(_TABLE, sa.Column("volume_limit_percent", sa.Numeric(18, 2), nullable=True))


def downgrade() -> None:
    """Go back."""
    op.drop_column(_TABLE, "volume_limit_percent")
