"""payer grades, renewal tiers, details, what is done about offers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "profiles"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("grade_given", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("graded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("tier_given", sa.String(length=2), server_default="", nullable=False))

    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reserved_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("next_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("no_more", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("acknowledged_at", models.base.UtcDateTime(length=32), nullable=True))
        batch_op.add_column(sa.Column("answered_at", models.base.UtcDateTime(length=32), nullable=True))
        batch_op.add_column(sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_offers_bill_id_bills"), "bills", ["bill_id"], ["id"])
    op.execute("UPDATE accounts SET grade_given = grade, tier_given = tier")

    op.create_table(
        "details_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_at", models.base.UtcDateTime(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_details_checks_account_id_accounts")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_details_checks_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_details_checks")),
        sa.UniqueConstraint("key", name=op.f("uq_details_checks_key")),
    )
    with op.batch_alter_table("details_checks", schema=None) as batch_op:
        batch_op.create_index("ix_details_checks_account_id", ["account_id"], unique=False)

    op.create_table(
        "grade_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("was", sa.String(length=10), nullable=False),
        sa.Column("becomes", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grade_changes_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_changes")),
    )
    with op.batch_alter_table("grade_changes", schema=None) as batch_op:
        batch_op.create_index("ix_grade_changes_account_id", ["account_id"], unique=False)

    op.create_table(
        "stage_summaries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("class_name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quotable", sa.Boolean(), nullable=False),
        sa.Column("wish", sa.String(length=8), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", models.base.UtcDateTime(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_stage_summaries_account_id_accounts")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_stage_summaries_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_summaries")),
    )
    with op.batch_alter_table("stage_summaries", schema=None) as batch_op:
        batch_op.create_index("ix_stage_summaries_account_id", ["account_id"], unique=False)

    op.create_table(
        "tier_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", models.base.UtcDateTime(length=32), nullable=False),
        sa.Column("was", sa.String(length=2), nullable=False),
        sa.Column("becomes", sa.String(length=2), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tier_changes_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_changes")),
    )
    with op.batch_alter_table("tier_changes", schema=None) as batch_op:
        batch_op.create_index("ix_tier_changes_account_id", ["account_id"], unique=False)

    op.create_table(
        "offer_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("policy_hash", sa.String(length=16), nullable=False),
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", models.base.UtcDateTime(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_offer_steps_account_id_accounts")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_steps_offer_id_offers")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_offer_steps_outbox_id_outbox")),
        sa.ForeignKeyConstraint(["task_id"], ["staff_tasks.id"], name=op.f("fk_offer_steps_task_id_staff_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_steps")),
        sa.UniqueConstraint("key", name=op.f("uq_offer_steps_key")),
    )
    with op.batch_alter_table("offer_steps", schema=None) as batch_op:
        batch_op.create_index("ix_offer_steps_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_offer_steps_offer_id", ["offer_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_offers_bill_id_bills"), type_="foreignkey")
        batch_op.drop_column("bill_id")
        batch_op.drop_column("answered_at")
        batch_op.drop_column("acknowledged_at")
        batch_op.drop_column("no_more")
        batch_op.drop_column("next_on")
        batch_op.drop_column("reserved_until")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_column("tier_given")
        batch_op.drop_column("graded_on")
        batch_op.drop_column("grade_given")

    with op.batch_alter_table("offer_steps", schema=None) as batch_op:
        batch_op.drop_index("ix_offer_steps_offer_id")
        batch_op.drop_index("ix_offer_steps_account_id")

    op.drop_table("offer_steps")
    with op.batch_alter_table("tier_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_tier_changes_account_id")

    op.drop_table("tier_changes")
    with op.batch_alter_table("stage_summaries", schema=None) as batch_op:
        batch_op.drop_index("ix_stage_summaries_account_id")

    op.drop_table("stage_summaries")
    with op.batch_alter_table("grade_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_grade_changes_account_id")

    op.drop_table("grade_changes")
    with op.batch_alter_table("details_checks", schema=None) as batch_op:
        batch_op.drop_index("ix_details_checks_account_id")

    op.drop_table("details_checks")
