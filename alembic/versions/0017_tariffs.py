"""tiered prices and minimum charges of what goes by meter, and the tariff that a bill was issued with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.accounts

revision = "tariffs"
down_revision = "lookups"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def terms() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tier_prices", models.accounts.Steps(length=240), server_default="", nullable=False),
        sa.Column("tiers_per", sa.String(length=6), server_default="", nullable=False),
        sa.Column("least_thousandths", ID, server_default="0", nullable=False),
        sa.Column("least_fen", ID, server_default="0", nullable=False),
    )


def upgrade() -> None:
    for column in terms():
        op.add_column("fee_items", column)
    op.add_column("bill_stretches", sa.Column("earlier", sa.Boolean(), server_default="0", nullable=False))
    op.create_table(
        "bill_tariffs",
        sa.Column("bill_id", ID, nullable=False),
        *terms(),
        sa.Column("cycle", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_bill_tariffs_bill_id_bills")),
        sa.PrimaryKeyConstraint("bill_id", name=op.f("pk_bill_tariffs")),
    )


def downgrade() -> None:
    op.drop_table("bill_tariffs")
    with op.batch_alter_table("bill_stretches") as batch:
        batch.drop_column("earlier")
    with op.batch_alter_table("fee_items") as batch:
        for column in terms():
            batch.drop_column(column.name)
