"""What was done about an offer, and what teachers wrote about a pupil for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.agreements import Offer
from models.base import Base, Id, UtcDateTime
from models.outbox import Outbox
from models.staff import Staff, StaffTask


class OfferStep(Base):
    """One stage of the renewal carried out for one family: a message, or a task for staff."""

    __tablename__ = "offer_steps"
    __table_args__ = (Index("ix_offer_steps_offer_id", "offer_id"), Index("ix_offer_steps_account_id", "account_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    stage: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(8))  # remind | staff
    decided_on: Mapped[date] = mapped_column(Date)
    policy_hash: Mapped[str] = mapped_column(String(16))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey(Outbox.id))
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StageSummary(Base):
    """A teacher's words about a pupil (阶段总结) and the child's own wish: wants, unsure, against, unasked. Added, never changed."""

    __tablename__ = "stage_summaries"
    __table_args__ = (Index("ix_stage_summaries_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    class_name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    quotable: Mapped[bool] = mapped_column(default=True)  # may stand in a message to the family
    wish: Mapped[str] = mapped_column(String(8), default="")
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
