"""which sheet of the office a member asked for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "renewals"
down_revision = "runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("exports", sa.Column("sheet", sa.String(length=8), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("exports") as batch:
        batch.drop_column("sheet")
