"""files that people sent in a chat, fetched from the platform to be kept"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "sent_files"
down_revision = "readings"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("file_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("asked_at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("done_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sent_files_account_id_accounts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sent_files_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_files")),
        sa.UniqueConstraint("account_id", "subject", "file_id", name=op.f("uq_sent_files_account_id_subject_file_id")),
    )
    op.create_index(op.f("ix_sent_files_state"), "sent_files", ["state"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sent_files_state"), table_name="sent_files")
    op.drop_table("sent_files")
