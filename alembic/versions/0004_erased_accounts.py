"""erased accounts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "erased_accounts"
down_revision = "profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("erased_at", models.base.UtcDateTime(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("erased_at")
