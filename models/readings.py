"""Meter readings: one line for each household and metered fee. A row never changes; a correction is a row that names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    exists,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain.billing import PLAIN, Period, Tariff
from domain.metering import BilledUse, Reading, Use
from domain.tariffs import Priced, priced
from models.accounts import Account, Community, MeterTerms
from models.base import Base, ExactDecimal, Fen, Id, UtcDateTime, upsert
from models.bills import Bill

FIRST_WORD = text("corrects_id IS NULL")
Line = tuple[int, str]  # account id and item: what one line of readings belongs to


class MeterReading(Base):
    """What a meter showed on a day, in thousandths of its unit. Standing: no other row corrects it."""

    __tablename__ = "meter_readings"
    __table_args__ = (
        CheckConstraint("thousandths >= 0", name="not_negative"),
        Index("ix_meter_readings_account_id", "account_id"),
        # One first word for each place of a line, and one correction for each word.
        Index(
            "uq_meter_readings_place",
            *("account_id", "item", "read_on", "begins"),
            unique=True,
            sqlite_where=FIRST_WORD,
            postgresql_where=FIRST_WORD,
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    item: Mapped[str] = mapped_column(String(60))
    read_on: Mapped[date] = mapped_column(Date)
    begins: Mapped[bool] = mapped_column(default=False)  # a meter starts here (换表)
    thousandths: Mapped[int] = mapped_column(Fen)
    meter: Mapped[str] = mapped_column(String(40), default="")  # the number on it, where the office writes it down
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("meter_readings.id"), unique=True)
    file: Mapped[str] = mapped_column(String(120), default="")  # the name of the file that it came in
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BillStretch(Base):
    """Between which readings a bill was worked out, meter by meter. A bill worked out anew gets further rows."""

    __tablename__ = "bill_stretches"
    __table_args__ = (
        Index("ix_bill_stretches_from_id", "from_id"),
        Index("ix_bill_stretches_to_id", "to_id"),
    )
    bill_id: Mapped[int] = mapped_column(ForeignKey(Bill.id), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)  # 1: as issued; the highest one stands
    number: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey(MeterReading.id))
    to_id: Mapped[int] = mapped_column(ForeignKey(MeterReading.id))
    rate_yuan: Mapped[Decimal] = mapped_column(ExactDecimal)  # of one unit; the household's may change later
    earlier: Mapped[bool] = mapped_column(default=False, server_default="0")  # not billed: the year's use before it


class BillTariff(MeterTerms, Base):
    """The tiers and the minimum that a bill was issued with; the fee rule may be corrected later. None: a rate alone."""

    __tablename__ = "bill_tariffs"
    bill_id: Mapped[int] = mapped_column(ForeignKey(Bill.id), primary_key=True)


@dataclass(frozen=True)
class NewReading:
    """A reading on its way in. `corrects_id`: the one that it takes the place of."""

    account_id: int
    item: str
    reading: Reading
    meter: str
    corrects_id: int | None


@dataclass(frozen=True)
class Working:
    """From which readings, by id, a bill is worked out, and at which rate. `earlier`: the year's use that its tiers count."""

    stretches: tuple[tuple[int, int], ...]
    rate_yuan: Decimal
    earlier: tuple[tuple[int, int], ...] = ()
    tariff: Tariff = PLAIN


@dataclass(frozen=True)
class Known:
    """A reading that stands, with the number that its meter carries."""

    reading: Reading
    meter: str


@dataclass(frozen=True)
class Doubtful:
    """A standing bill that was worked out from a reading which has been corrected since."""

    bill: Bill
    code: str
    reading_id: int  # as it was when the bill was worked out


LATER, START, END = (aliased(MeterReading) for _ in range(3))
NEWER = aliased(BillStretch)


def _standing() -> ColumnElement[bool]:
    return ~exists(select(LATER.id).where(LATER.corrects_id == MeterReading.id))


async def lines_of(session: AsyncSession, account_ids: Iterable[int]) -> dict[Line, list[Known]]:
    """The readings of some accounts that stand, by household and item, oldest first."""
    query = select(MeterReading).where(MeterReading.account_id.in_(set(account_ids)), _standing())
    lines: dict[Line, list[Known]] = defaultdict(list)
    for row in await session.scalars(query.order_by(MeterReading.read_on, MeterReading.begins)):
        lines[row.account_id, row.item].append(Known(_reading(row), row.meter))
    return lines


def _reading(row: MeterReading) -> Reading:
    return Reading(row.read_on, row.thousandths, row.begins, row.id)


async def add_readings(
    session: AsyncSession, new: Sequence[NewReading], file: str, at: datetime, *, actor: str
) -> list[int]:
    """Write readings down; those that somebody else wrote down meanwhile are left out. The ids of the new rows."""
    rows = [
        {
            "account_id": each.account_id,
            "item": each.item,
            "read_on": each.reading.read_on,
            "begins": each.reading.begins,
            "thousandths": each.reading.thousandths,
            "meter": each.meter,
            "corrects_id": each.corrects_id,
            "file": file,
            "actor": actor,
            "at": at,
        }
        for each in new
    ]
    if not rows:
        return []
    statement = upsert(session, MeterReading).on_conflict_do_nothing().returning(MeterReading.id)
    return list(await session.scalars(statement, rows))


async def billed_uses(session: AsyncSession, account_ids: Iterable[int]) -> dict[Line, list[BilledUse]]:
    """The use that standing bills of some accounts ask for, as they were worked out last."""
    found: dict[Line, list[BilledUse]] = defaultdict(list)
    for bill, ends in (await _worked_out(session, Bill.account_id.in_(set(account_ids)))).values():
        found[bill.account_id, bill.item].append(BilledUse(bill.period, ends[0], ends[1]))
    return found


Ends = tuple[tuple[date, bool], tuple[date, bool]]


async def _worked_out(session: AsyncSession, which: ColumnElement[bool]) -> dict[int, tuple[Bill, Ends]]:
    """Bill id -> the bill, and the places of its first and last reading in its latest edition."""
    latest = select(func.max(NEWER.edition)).where(NEWER.bill_id == BillStretch.bill_id).scalar_subquery()
    query = (
        select(Bill, START.read_on, START.begins, END.read_on, END.begins)
        .join(BillStretch, BillStretch.bill_id == Bill.id)
        .join(START, START.id == BillStretch.from_id)
        .join(END, END.id == BillStretch.to_id)
        .where(which, Bill.voided_at.is_(None), BillStretch.edition == latest, ~BillStretch.earlier)
        .order_by(Bill.id, BillStretch.number)
    )
    found: dict[int, tuple[Bill, Ends]] = {}
    for bill, from_on, from_begins, to_on, to_begins in await session.execute(query):
        opening = found[bill.id][1][0] if bill.id in found else (from_on, from_begins)
        found[bill.id] = bill, (opening, (to_on, to_begins))
    return found


async def add_stretches(session: AsyncSession, workings: Mapping[int, Working], *, edition: int = 1) -> None:
    """Write down from which readings bills (by id) were worked out; with the first edition by which tariff, too."""
    rows = [
        {
            "bill_id": bill_id,
            "edition": edition,
            "number": number,
            "from_id": from_id,
            "to_id": to_id,
            "rate_yuan": working.rate_yuan,
            "earlier": number >= len(working.stretches),
        }
        for bill_id, working in workings.items()
        for number, (from_id, to_id) in enumerate((*working.stretches, *working.earlier))
    ]
    if rows:
        await session.execute(insert(BillStretch), rows)
    tariffs = [
        {
            "bill_id": bill_id,
            "tier_prices": working.tariff.steps,
            "tiers_per": working.tariff.per,
            "least_thousandths": working.tariff.least_thousandths,
            "least_fen": working.tariff.least_fen,
            "cycle": working.tariff.cycle,
        }
        for bill_id, working in workings.items()
        if edition == 1 and not working.tariff.plain
    ]
    if tariffs:
        await session.execute(insert(BillTariff), tariffs)


async def bills_leaning_on(session: AsyncSession, reading_ids: Sequence[int] | None = None) -> list[Doubtful]:
    """Standing bills that were last worked out from these readings; None: from any that was corrected since."""
    latest = select(func.max(NEWER.edition)).where(NEWER.bill_id == BillStretch.bill_id).scalar_subquery()
    query = (
        select(Bill, Account.code, MeterReading.id)
        .join(Account, Account.id == Bill.account_id)
        .join(BillStretch, BillStretch.bill_id == Bill.id)
        .join(MeterReading, or_(BillStretch.from_id == MeterReading.id, BillStretch.to_id == MeterReading.id))
        .where(Bill.voided_at.is_(None), BillStretch.edition == latest)
        .order_by(Bill.id, MeterReading.id)
    )
    if reading_ids is None:
        query = query.where(exists(select(LATER.id).where(LATER.corrects_id == MeterReading.id)))
    else:
        query = query.where(MeterReading.id.in_(reading_ids))
    rows = dict.fromkeys(Doubtful(bill, code, reading_id) for bill, code, reading_id in await session.execute(query))
    return list(rows)


@dataclass(frozen=True)
class WorkedOut:
    """The latest edition of a bill's working: its meters' stretches as (from, to), the rate of one unit, the tariff.

    `earlier`: the year's use before it, where the tiers count that.
    """

    edition: int
    rate_yuan: Decimal
    stretches: tuple[tuple[Reading, Reading], ...]
    earlier: tuple[tuple[Reading, Reading], ...] = ()
    tariff: Tariff = PLAIN

    @property
    def by_ids(self) -> Working:
        ids = (tuple((start.id, end.id) for start, end in each) for each in (self.stretches, self.earlier))
        return Working(next(ids), self.rate_yuan, next(ids), self.tariff)

    def priced(self, period: Period) -> Priced:
        return priced(self.rate_yuan, self.tariff, Use(self.stretches), Use(self.earlier).thousandths, period)


async def workings_of(session: AsyncSession, bill_ids: Iterable[int]) -> dict[int, WorkedOut]:
    """Of those bills that were worked out from readings, by id; with the readings as they were then."""
    query = (
        select(BillStretch, START, END, BillTariff)
        .join(START, START.id == BillStretch.from_id)
        .join(END, END.id == BillStretch.to_id)
        .outerjoin(BillTariff, BillTariff.bill_id == BillStretch.bill_id)
        .where(BillStretch.bill_id.in_(set(bill_ids)))
        .order_by(BillStretch.bill_id, BillStretch.edition, BillStretch.number)
    )
    found: dict[int, WorkedOut] = {}
    for row, first, then, terms in await session.execute(query):
        known = found.get(row.bill_id)
        if known is None or known.edition != row.edition:
            known = WorkedOut(row.edition, row.rate_yuan, (), tariff=_tariff(terms))
        stretch = _reading(first), _reading(then)
        if row.earlier:
            found[row.bill_id] = replace(known, earlier=(*known.earlier, stretch))
        else:
            found[row.bill_id] = replace(known, stretches=(*known.stretches, stretch))
    return found


def _tariff(terms: BillTariff | None) -> Tariff:
    return terms.tariff if terms is not None else PLAIN


async def worked_out(session: AsyncSession, bill_id: int) -> WorkedOut | None:
    """None: the bill was not worked out from readings."""
    return (await workings_of(session, [bill_id])).get(bill_id)


async def readings_to_export(
    session: AsyncSession, community_ids: Sequence[int]
) -> list[tuple[MeterReading, str, str, bool]]:
    """Every row of some communities, those that were corrected too: (reading, account code, community, it stands)."""
    query = (
        select(MeterReading, Account.code, Community.name, _standing())
        .join(Account, Account.id == MeterReading.account_id)
        .join(Community, Community.id == Account.community_id)
        .where(Account.community_id.in_(community_ids))
        .order_by(Account.code, MeterReading.item, MeterReading.read_on, MeterReading.begins, MeterReading.id)
    )
    return [(row, code, name, bool(stands)) for row, code, name, stands in await session.execute(query)]
