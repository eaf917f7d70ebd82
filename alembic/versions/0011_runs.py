"""drafts of runs, reminders that ask for an answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "runs"
down_revision = "solved_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drafted_by", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("expires_at", models.base.UtcDateTime(length=32), nullable=True))
        batch_op.add_column(sa.Column("decided_at", models.base.UtcDateTime(length=32), nullable=True))
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answer_hours", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answered_at", models.base.UtcDateTime(length=32), nullable=True))
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_person_id", ["person_id", "received_at"], unique=False)
    op.create_table(
        "run_rows",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_run_rows_account_id_accounts")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_rows_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", "account_id", name=op.f("pk_run_rows")),
    )


def downgrade() -> None:
    op.drop_table("run_rows")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_person_id")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_column("answered_at")
        batch_op.drop_column("answer_hours")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_column("decided_at")
        batch_op.drop_column("expires_at")
        batch_op.drop_column("drafted_by")
