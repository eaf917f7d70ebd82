"""until when a colleague is off duty"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "duty"
down_revision = "sent_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff", sa.Column("off_until", models.base.UtcDateTime(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("staff") as batch:
        batch.drop_column("off_until")
