"""Points as an append-only ledger of their own, discounts and redeemed points as rebates in the money ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, cast, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain.errors import Refusal
from domain.ledger import EntryKind
from domain.rewards import LATE_FEE_SUFFIX, Points, Rewards, on_time_runs
from models.accounts import Account
from models.base import Base, Id, UtcDateTime, upsert
from models.bills import (
    RECEIVED,
    Bill,
    BillLine,
    LedgerEntry,
    Payment,
    bill_lines,
    lock_account,
    settle,
    transfer,
)
from models.reminders import withdraw_needless

DISCOUNT = "discount/"  # begins the reason of a discount's entry; its rule's name follows
FROM_POINTS = "points"
ON_TIME, STREAK, GRANT, FOR_BILL, FOR_SERVICE, BACK = "on_time", "streak", "grant", "bill", "service", "back"


class PointsEntry(Base):
    """Points given (+) or used (−). Never updated, never deleted; `back` undoes what it points at, as far as it can."""

    __tablename__ = "points_entries"
    __table_args__ = (Index("ix_points_entries_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str] = mapped_column(String(8))
    points: Mapped[int]
    key: Mapped[str] = mapped_column(String(80), unique=True)
    bill_id: Mapped[int | None] = mapped_column(ForeignKey(Bill.id))
    received_fen: Mapped[int] = mapped_column(Id, default=0)  # what the bill had received when it earned
    ledger_id: Mapped[int | None] = mapped_column(ForeignKey(LedgerEntry.id), unique=True)  # the rebate it became
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("points_entries.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(80), default="")
    on_date: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Mark(Base):
    """How far a job has read: a number under a name."""

    __tablename__ = "marks"
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    value: Mapped[int] = mapped_column(Id, default=0)


async def mark_of(session: AsyncSession, name: str) -> int:
    return int(await session.scalar(select(Mark.value).where(Mark.name == name)) or 0)


async def set_mark(session: AsyncSession, name: str, value: int) -> None:
    await session.execute(
        upsert(session, Mark)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


async def balance(session: AsyncSession, account_id: int) -> int:
    return (await balances(session, [account_id])).get(account_id, 0)


async def balances(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, int]:
    total = cast(func.sum(PointsEntry.points), Integer)
    rows = await session.execute(
        select(PointsEntry.account_id, total)
        .where(PointsEntry.account_id.in_(account_ids))
        .group_by(PointsEntry.account_id)
    )
    return {account_id: int(points) for account_id, points in rows}


async def history(session: AsyncSession, account_id: int, limit: int) -> list[PointsEntry]:
    """The latest entries of a household, newest first."""
    query = select(PointsEntry).where(PointsEntry.account_id == account_id, PointsEntry.points != 0)
    return list(await session.scalars(query.order_by(PointsEntry.id.desc()).limit(limit)))


# when a bill was paid


async def receipts(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    """What each bill received, and when it was paid: (day, fen), releases negative; by bill.

    A payment that was typed in later than it was made counts from the day on which it was made.
    """
    made: dict[tuple[int, datetime], date] = {}
    for account_id, at, paid_on in await session.execute(
        select(Payment.account_id, Payment.recorded_at, func.max(Payment.paid_on))
        .where(Payment.account_id.in_(account_ids))
        .group_by(Payment.account_id, Payment.recorded_at)
    ):
        made[account_id, at] = paid_on
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    kinds = {EntryKind.ALLOCATION.value: 1, EntryKind.RELEASE.value: -1}
    for bill_id, account_id, kind, fen, on, at in await session.execute(
        select(
            LedgerEntry.bill_id,
            LedgerEntry.account_id,
            LedgerEntry.kind,
            LedgerEntry.amount_fen,
            LedgerEntry.on_date,
            LedgerEntry.recorded_at,
        )
        .where(LedgerEntry.account_id.in_(account_ids), LedgerEntry.kind.in_(kinds))
        .order_by(LedgerEntry.id)
    ):
        day = made.get((account_id, at), on) if kinds[kind] > 0 else on
        if bill_id is not None:
            found[bill_id].append((day, kinds[kind] * fen))
    return found


def reached_on(events: Sequence[tuple[date, int]], fen: int) -> date | None:
    """The day from which a bill has held this much to this day; None when it doesn't hold it now."""
    held, since = 0, None
    for day, change in events:
        held += change
        if held < fen:
            since = None
        elif since is None or (change > 0 and held - change < fen):
            since = day
    return since


# earning


@dataclass(frozen=True)
class Due:
    """What an account is to be given, and which entries no longer stand."""

    earned: tuple[dict[str, object], ...]
    undone: tuple[PointsEntry, ...]


def due_points(
    points: Points,
    lines: Sequence[BillLine],
    events: Mapping[int, Sequence[tuple[date, int]]],
    entries: Sequence[PointsEntry],
    today: date,
) -> Due:
    """Compare one household's bills with its entries. Nothing is earned twice: each entry has its key."""
    assert points.starts_on is not None
    counted = [
        line
        for line in lines
        if line.bill.due_on >= points.starts_on and not line.bill.item.endswith(LATE_FEE_SUFFIX) and line.billed_fen > 0
    ]
    in_time = {
        line.bill.id: (day := reached_on(events.get(line.bill.id, ()), line.billed_fen)) is not None
        and day <= line.bill.due_on
        for line in counted
    }
    received = {line.bill.id: line.received_fen for line in lines}
    taken = {entry.reverses_id: entry for entry in entries if entry.reverses_id is not None}
    live = [entry for entry in entries if entry.reverses_id is None and entry.id not in taken]
    undone = [e for e in live if e.kind == ON_TIME and received.get(e.bill_id or 0, 0) < e.received_fen]
    lost = {entry.bill_id for entry in undone}
    undone += [entry for entry in live if entry.kind == FOR_BILL and entry.bill_id not in received]  # void: given back
    days: dict[date, bool] = {}
    for line in counted:
        if in_time[line.bill.id] or line.bill.due_on < today:
            days[line.bill.due_on] = days.get(line.bill.due_on, True) and in_time[line.bill.id]
    runs = on_time_runs(sorted(days.items()), points.streak_every)
    lost_days = [line.bill.due_on for line in lines if line.bill.id in lost]
    if lost_days:
        undone += [e for e in live if e.kind == STREAK and _day_of(e) >= min(lost_days) and _day_of(e) not in runs]
    earned: list[dict[str, object]] = []
    for line in counted:
        if in_time[line.bill.id]:
            earned += _once(ON_TIME, f"{ON_TIME}/{line.bill.id}", points.on_time, entries, taken, live, line)
    for day in runs:
        stem = f"{STREAK}/{lines[0].bill.account_id}/{day.isoformat()}"
        earned += _once(STREAK, stem, points.streak, entries, taken, live, None)
    return Due(tuple(earned), tuple(undone))


def _day_of(entry: PointsEntry) -> date:
    return date.fromisoformat(entry.key.split("/")[2])


def _once(
    kind: str,
    stem: str,
    worth: int,
    entries: Sequence[PointsEntry],
    taken: Mapping[int, PointsEntry],
    live: Sequence[PointsEntry],
    line: BillLine | None,
) -> list[dict[str, object]]:
    """An earning that is new; or one that was taken back and stands again: then only what was really taken is given."""
    before = [entry for entry in entries if entry.kind == kind and entry.key.startswith(f"{stem}/")]
    if any(entry in live for entry in before):
        return []
    if before:
        worth = -taken[before[-1].id].points
    if worth <= 0:
        return []
    bill = (
        {"bill_id": line.bill.id, "received_fen": line.received_fen} if line else {"bill_id": None, "received_fen": 0}
    )
    return [{"kind": kind, "points": worth, "key": f"{stem}/{len(before)}", **bill}]


async def earn(session: AsyncSession, rows: Sequence[dict[str, object]], on: date, at: datetime) -> int:
    """Write earnings; those whose key is there already are left alone. Returns how many are new."""
    if not rows:
        return 0
    common = {"on_date": on, "recorded_at": at, "reason": "", "actor": "", "ledger_id": None, "reverses_id": None}
    written = await session.execute(
        upsert(session, PointsEntry).on_conflict_do_nothing(index_elements=["key"]).returning(PointsEntry.id),
        [{**row, **common} for row in rows],
    )
    return len(written.all())


async def take_back(session: AsyncSession, entry_id: int, why: str, on: date, at: datetime, *, actor: str = "") -> None:
    """Undo an entry. What was earned is taken back as far as it is still there: the balance never falls below nothing."""
    entry = await session.get_one(PointsEntry, entry_id)
    await lock_account(session, entry.account_id)
    known = select(PointsEntry.id).where(PointsEntry.reverses_id == entry_id)
    if await session.scalar(known) is not None:
        return
    left = await balance(session, entry.account_id)
    points = -min(entry.points, left) if entry.points > 0 else -entry.points
    await _write(
        session, entry.account_id, BACK, points, f"{BACK}/{entry_id}", why, on, at, actor, reverses_id=entry_id
    )


async def _write(
    session: AsyncSession,
    account_id: int,
    kind: str,
    points: int,
    key: str,
    reason: str,
    on: date,
    at: datetime,
    actor: str,
    *,
    bill_id: int | None = None,
    ledger_id: int | None = None,
    reverses_id: int | None = None,
) -> None:
    session.add(
        PointsEntry(
            account_id=account_id,
            kind=kind,
            points=points,
            key=key,
            bill_id=bill_id,
            ledger_id=ledger_id,
            reverses_id=reverses_id,
            reason=reason,
            actor=actor,
            on_date=on,
            recorded_at=at,
        )
    )
    await session.flush()


# giving and using


async def granted_lately(session: AsyncSession, account_id: int, actor: str, since: datetime) -> int:
    """What one colleague gave a household since a moment."""
    query = select(func.coalesce(func.sum(PointsEntry.points), 0)).where(
        PointsEntry.account_id == account_id,
        PointsEntry.kind == GRANT,
        PointsEntry.actor == actor,
        PointsEntry.recorded_at >= since,
    )
    return int(await session.scalar(query) or 0)


async def grant(
    session: AsyncSession, account_id: int, points: int, key: str, reason: str, on: date, at: datetime, *, actor: str
) -> None:
    """Points from the office, with a reason. Raises Refusal: given before."""
    await lock_account(session, account_id)
    await _refuse_again(session, key)
    await _write(session, account_id, GRANT, points, key, reason, on, at, actor)


async def redeem_for_bill(
    session: AsyncSession,
    rules: Points,
    account_id: int,
    bill_id: int,
    points: int,
    key: str,
    on: date,
    at: datetime,
    *,
    actor: str,
) -> int:
    """Use points for a bill; returns the fen they took off. Raises Refusal: too few, used before, more than is open."""
    await lock_account(session, account_id)
    await _refuse_again(session, key)
    await _refuse_too_few(session, account_id, points, rules.least)
    line = next(
        (each for each in await bill_lines(session, [account_id], only_open=True) if each.bill.id == bill_id), None
    )
    fen = points * rules.fen_each
    if line is None or fen < 1 or fen > line.open_fen:
        raise Refusal("points.no_bill")
    ledger_id = await _rebate(session, line.bill, fen, FROM_POINTS, on, at, actor)
    await _write(
        session, account_id, FOR_BILL, -points, key, line.bill.item, on, at, actor, bill_id=bill_id, ledger_id=ledger_id
    )
    await withdraw_needless(session, [account_id])
    return fen


async def redeem_for_service(
    session: AsyncSession, account_id: int, service: str, points: int, key: str, on: date, at: datetime, *, actor: str
) -> None:
    """Use points for a service of the office. Raises Refusal: too few, used before."""
    await lock_account(session, account_id)
    await _refuse_again(session, key)
    await _refuse_too_few(session, account_id, points, 1)
    await _write(session, account_id, FOR_SERVICE, -points, key, service, on, at, actor)


async def _refuse_again(session: AsyncSession, key: str) -> None:
    if await session.scalar(select(PointsEntry.id).where(PointsEntry.key == key)) is not None:
        raise Refusal("points.done_before")


async def _refuse_too_few(session: AsyncSession, account_id: int, points: int, least: int) -> None:
    have = await balance(session, account_id)
    if points < least or points > have:
        raise Refusal("points.too_few", {"points": str(have), "least": str(max(points, least))})


# discounts


async def _rebate(session: AsyncSession, bill: Bill, fen: int, reason: str, on: date, at: datetime, actor: str) -> int:
    entry = transfer(EntryKind.REBATE, bill.account_id, fen, on, at, bill_id=bill.id, reason=reason, actor=actor)
    return int((await session.execute(insert(LedgerEntry).returning(LedgerEntry.id), [entry])).scalar_one())


@dataclass(frozen=True)
class LiveDiscount:
    """A discount that stands. `received_fen`: what the bill had received when it was given."""

    entry_id: int
    fen: int
    received_fen: int


UNDOING = aliased(LedgerEntry)


async def live_discounts(session: AsyncSession, bill_ids: Sequence[int]) -> dict[int, LiveDiscount]:
    """The discount of each bill that has one."""
    rows = await session.execute(
        select(LedgerEntry.id, LedgerEntry.bill_id, LedgerEntry.amount_fen)
        .outerjoin(UNDOING, UNDOING.reverses_id == LedgerEntry.id)
        .where(
            LedgerEntry.bill_id.in_(bill_ids),
            LedgerEntry.kind == EntryKind.REBATE.value,
            LedgerEntry.reason.startswith(DISCOUNT),
            UNDOING.id.is_(None),
        )
    )
    found: dict[int, LiveDiscount] = {}
    for entry_id, bill_id, fen in list(rows):
        had = select(RECEIVED).where(LedgerEntry.bill_id == bill_id, LedgerEntry.id < entry_id)
        assert bill_id is not None
        found[bill_id] = LiveDiscount(entry_id, int(fen), int(await session.scalar(had) or 0))
    return found


async def give_discounts(session: AsyncSession, rules: Rewards, account_id: int, on: date, at: datetime) -> int:
    """Give each bill the discount that it was paid early enough for; returns how many."""
    await lock_account(session, account_id)
    lines = [line for line in await bill_lines(session, [account_id]) if line.received_fen > 0]
    live = await live_discounts(session, [line.bill.id for line in lines])
    events = await receipts(session, [account_id])
    given = 0
    for line in lines:
        bill, rule = line.bill, rules.discount(line.bill.item, line.bill.due_on)
        fen = rule.fen(line.billed_fen) if rule is not None else 0
        if rule is None or fen < 1 or bill.id in live or line.received_fen < line.billed_fen - fen:
            continue
        day = reached_on(events.get(bill.id, ()), line.billed_fen - fen)
        if day is None or day > rule.until(bill.due_on):
            continue
        too_much = line.received_fen - (line.billed_fen - fen)
        if too_much > 0:
            release = transfer(EntryKind.RELEASE, account_id, too_much, on, at, bill_id=bill.id, reason=rule.name)
            await session.execute(insert(LedgerEntry), [release])
        await _rebate(session, bill, fen, f"{DISCOUNT}{rule.name}", on, at, "")
        given += 1
    if given:
        await settle(session, account_id, on, at)
        await withdraw_needless(session, [account_id])
    return given


async def take_discounts_back(session: AsyncSession, account_id: int, why: str, on: date, at: datetime) -> int:
    """A payment that earned a discount did not stand: the bill asks for the whole sum again. Returns how many."""
    lines = {line.bill.id: line for line in await bill_lines(session, [account_id])}
    taken = 0
    for bill_id, discount in (await live_discounts(session, list(lines))).items():
        if lines[bill_id].received_fen >= discount.received_fen:
            continue
        entry = transfer(
            EntryKind.REBATE_BACK,
            account_id,
            discount.fen,
            on,
            at,
            bill_id=bill_id,
            reverses_id=discount.entry_id,
            reason=why,
        )
        await session.execute(insert(LedgerEntry), [entry])
        taken += 1
    if taken:
        await settle(session, account_id, on, at)
    return taken
