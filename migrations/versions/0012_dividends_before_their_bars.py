"""Which dividends were judged: one that came before its bars still is to be.

Revision 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what is stored was judged when it was stored."""
    judged = sa.Column("is_judged", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("corporate_actions", judged)


def downgrade() -> None:
    """Go back."""
    op.drop_column("corporate_actions", "is_judged")
