"""meter readings, and between which of them a bill was worked out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "readings"
down_revision = "renewals"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIRST_WORD = sa.text("corrects_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "meter_readings",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("begins", sa.Boolean(), nullable=False),
        sa.Column("thousandths", ID, nullable=False),
        sa.Column("meter", sa.String(length=40), nullable=False),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", models.base.UtcDateTime(length=32), nullable=False),
        sa.CheckConstraint("thousandths >= 0", name=op.f("ck_meter_readings_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_meter_readings_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["meter_readings.id"], name=op.f("fk_meter_readings_corrects_id_meter_readings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_readings")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_meter_readings_corrects_id")),
    )
    op.create_index("ix_meter_readings_account_id", "meter_readings", ["account_id"])
    op.create_index(
        "uq_meter_readings_place",
        "meter_readings",
        ["account_id", "item", "read_on", "begins"],
        unique=True,
        sqlite_where=FIRST_WORD,
        postgresql_where=FIRST_WORD,
    )
    op.create_table(
        "bill_stretches",
        sa.Column("bill_id", ID, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("rate_yuan", models.base.ExactDecimal(length=24), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_bill_stretches_bill_id_bills")),
        sa.ForeignKeyConstraint(
            ["from_id"], ["meter_readings.id"], name=op.f("fk_bill_stretches_from_id_meter_readings")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["meter_readings.id"], name=op.f("fk_bill_stretches_to_id_meter_readings")),
        sa.PrimaryKeyConstraint("bill_id", "edition", "number", name=op.f("pk_bill_stretches")),
    )
    op.create_index("ix_bill_stretches_from_id", "bill_stretches", ["from_id"])
    op.create_index("ix_bill_stretches_to_id", "bill_stretches", ["to_id"])


def downgrade() -> None:
    op.drop_table("bill_stretches")
    op.drop_index("uq_meter_readings_place", table_name="meter_readings")
    op.drop_table("meter_readings")
