"""indexes for what is looked up all day in tables that grow for ever"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lookups"
down_revision = "duty"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_lane_state_not_before", "outbox")
    op.create_index("ix_outbox_state_lane_not_before", "outbox", ["state", "lane", "not_before"])
    op.create_index("ix_outbox_person_id", "outbox", ["person_id"])
    op.drop_index("ix_outbox_confirmation_id", "outbox")
    op.create_index(
        "ix_outbox_confirmation_id",
        "outbox",
        ["confirmation_id"],
        sqlite_where=sa.text("confirmation_id IS NOT NULL"),
        postgresql_where=sa.text("confirmation_id IS NOT NULL"),
    )
    op.create_index("ix_holds_source", "holds", ["source"])
    op.create_index("ix_holds_bill_id", "holds", ["bill_id"])
    op.create_index("ix_staff_tasks_source", "staff_tasks", ["source"])
    op.create_index(
        "ix_payments_unthanked",
        "payments",
        ["id"],
        sqlite_where=sa.text("thanked IS 0"),
        postgresql_where=sa.text("thanked IS false"),
    )


def downgrade() -> None:
    op.drop_index("ix_payments_unthanked", "payments")
    op.drop_index("ix_staff_tasks_source", "staff_tasks")
    op.drop_index("ix_holds_bill_id", "holds")
    op.drop_index("ix_holds_source", "holds")
    op.drop_index("ix_outbox_confirmation_id", "outbox")
    op.create_index("ix_outbox_confirmation_id", "outbox", ["confirmation_id"])
    op.drop_index("ix_outbox_person_id", "outbox")
    op.drop_index("ix_outbox_state_lane_not_before", "outbox")
    op.create_index("ix_outbox_lane_state_not_before", "outbox", ["lane", "state", "not_before"])
