"""visits to households"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "visits"
down_revision = "goodwill"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOOKED = sa.text("state = 'booked'")
UNDER_WAY = sa.text("state IN ('offered', 'booked')")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("agreed_by", sa.String(length=8), nullable=False),
        sa.Column("starts_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("offered_at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("closed_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_visits_account_id_accounts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_visits_staff_id_staff")),
        sa.ForeignKeyConstraint(["task_id"], ["staff_tasks.id"], name=op.f("fk_visits_task_id_staff_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visits_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_visits_state_starts_at", ["state", "starts_at"], unique=False)
        batch_op.create_index(
            "uq_visits_hour", ["staff_id", "starts_at"], unique=True, sqlite_where=BOOKED, postgresql_where=BOOKED
        )
        batch_op.create_index(
            "uq_visits_live", ["account_id"], unique=True, sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY
        )


def downgrade() -> None:
    op.drop_table("visits")
