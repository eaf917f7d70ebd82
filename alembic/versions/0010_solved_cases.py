"""solved cases written down by colleagues"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "solved_cases"
down_revision = "visits"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "solved_cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("do", sa.Text(), nullable=False),
        sa.Column("say", sa.Text(), nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("decided_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_solved_cases_author_id_staff")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["staff.id"], name=op.f("fk_solved_cases_decided_by_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["staff_tasks.id"], name=op.f("fk_solved_cases_task_id_staff_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solved_cases")),
    )


def downgrade() -> None:
    op.drop_table("solved_cases")
