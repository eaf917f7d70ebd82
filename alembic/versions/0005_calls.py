"""calls to households"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "calls"
down_revision = "erased_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=14), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("phone_end", sa.String(length=4), nullable=False),
        sa.Column("at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("next_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_calls_account_id_accounts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_calls_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["staff_tasks.id"], name=op.f("fk_calls_task_id_staff_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_calls_account_id_number")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calls_task_id"), ["task_id"], unique=False)
        batch_op.create_index("ix_calls_at", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("calls")
