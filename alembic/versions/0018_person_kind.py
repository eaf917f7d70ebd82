"""an index for when a person was last reminded, which an estate's plan asks of everybody"""

from __future__ import annotations

from alembic import op

revision = "person_kind"
down_revision = "tariffs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_person_id", "outbox")
    op.create_index("ix_outbox_person_id", "outbox", ["person_id", "kind"])


def downgrade() -> None:
    op.drop_index("ix_outbox_person_id", "outbox")
    op.create_index("ix_outbox_person_id", "outbox", ["person_id"])
