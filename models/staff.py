"""Staff, their tasks, and the audit log of who did what and who read what."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.sharing import FOR_ANYBODY, Work, Worker, chosen
from models.accounts import Account, Community
from models.base import Base, Id, UtcDateTime, dialect_of, upsert, upserting

LIVE = ("open", "taken")
DESPAIR = "despair"  # somebody does not want to live: no work about money, and before all other work
HEAD = 1  # the id of the audit log's only head


class Staff(Base):
    """A member of the office on one channel. No community: all of them."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("channel", "user"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(64))  # the private chat; empty until they wrote to us
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(10))
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    active: Mapped[bool] = mapped_column(default=True)
    off_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # off duty before this moment: no new work


class StaffTask(Base):
    """Work for a person: a call, a visit, a claim to confirm, someone waiting. `state`: open, taken, done, dropped.

    An open task is its assignee's share, and whoever begins it has it; a taken one is in its assignee's hands.
    `key` is unique among all tasks, so the same need never becomes two tasks.
    """

    __tablename__ = "staff_tasks"
    __table_args__ = (
        Index("ix_staff_tasks_state_due_at", "state", "due_at"),
        Index("ix_staff_tasks_source", "source"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # call visit letter review claim plan dispute complaint person hold …
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    source: Mapped[str] = mapped_column(String(40), default="")  # "claim/7"
    blocks: Mapped[bool] = mapped_column(default=False)  # reminders wait while it is open
    state: Mapped[str] = mapped_column(String(8), default="open")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    summary: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # its clock: past it the task is late and escalates
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a person last did something about it
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a manager was told that its clock ran out


class AuditEntry(Base):
    """Who did or read what, chained by hash so that an edit shows."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), default="", index=True)
    detail: Mapped[str] = mapped_column(Text, default="{}")
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the audit log: one row, which shows that the last entry is still there and makes writers take turns."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[int] = mapped_column(Id, default=0)
    hash: Mapped[str] = mapped_column(String(64), default="")


async def staff_by_user(session: AsyncSession, channel: str, user: str) -> Staff | None:
    return (
        await session.scalars(select(Staff).where(Staff.channel == channel, Staff.user == user, Staff.active.is_(True)))
    ).one_or_none()


async def staff_for(session: AsyncSession, community_id: int | None) -> list[Staff]:
    """Active staff who look after a community (or all of it), those who can be written to."""
    query = select(Staff).where(Staff.active.is_(True), Staff.chat != "")
    if community_id is not None:
        query = query.where((Staff.community_id == community_id) | Staff.community_id.is_(None))
    return list(await session.scalars(query.order_by(Staff.id)))


async def keepers(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, str]:
    """The colleague whom a household knows, by name: who last worked on a task of it, else who looks after its estate."""
    found: dict[int, str] = {}
    estates = await session.execute(
        select(Account.id, Staff.name)
        .join(Staff, (Staff.community_id == Account.community_id) | Staff.community_id.is_(None))
        .where(Account.id.in_(account_ids), Staff.active.is_(True), Staff.role.in_(("collector", "teacher")))
        .order_by(Staff.community_id.is_(None), Staff.id)
    )
    for account_id, name in estates:
        found.setdefault(account_id, name)
    worked = await session.execute(
        select(StaffTask.account_id, Staff.name)
        .join(Staff, Staff.id == StaffTask.assignee_id)
        .where(StaffTask.account_id.in_(account_ids), Staff.active.is_(True), StaffTask.state != "open")
        .order_by(StaffTask.id)
    )
    return found | {account_id or 0: name for account_id, name in worked}


async def save_staff(
    session: AsyncSession, channel: str, user: str, chat: str, name: str, role: str, community_id: int | None
) -> int:
    """Add a colleague or change what is known of one; their id. An empty `chat` keeps the known one."""
    row: dict[str, object] = {"name": name, "role": role, "community_id": community_id, "active": True}
    if chat:
        row["chat"] = chat
    insert = upsert(session, Staff).values(channel=channel, user=user, **{"chat": "", **row})
    saved = insert.on_conflict_do_update(index_elements=["channel", "user"], set_=row).returning(Staff.id)
    return int((await session.execute(saved)).scalar_one())


async def workers(session: AsyncSession, at: datetime) -> list[Worker]:
    """All colleagues who get new work: on the staff, not off duty, and have written to us, so that they hear of it."""
    return [Worker(*row) for row in await session.execute(WORKERS, {"at": at})]


WORKERS = (
    select(Staff.id, Staff.role, Staff.community_id)
    .where(Staff.active.is_(True), Staff.chat != "", or_(Staff.off_until.is_(None), Staff.off_until <= bindparam("at")))
    .order_by(Staff.id)
)


LOADS = (
    select(StaffTask.assignee_id, func.count())
    .where(StaffTask.state.in_(LIVE), StaffTask.assignee_id.is_not(None))
    .group_by(StaffTask.assignee_id)
)


class Sharing:
    """Gives new tasks to colleagues. Who has how much is read once, for all tasks of one piece of work."""

    def __init__(self) -> None:
        self._workers: list[Worker] | None = None
        self._loads: Counter[int] = Counter()
        self._places: dict[int, str] = {}

    async def chosen(
        self, session: AsyncSession, kind: str, account: Account | None, where: int | None, at: datetime
    ) -> int | None:
        """Whose a new task is; nobody's where nobody on duty may do it."""
        if kind in FOR_ANYBODY:
            return None
        if self._workers is None:
            self._workers = await workers(session, at)
            self._loads.update({staff_id or 0: number for staff_id, number in await session.execute(LOADS)})
        if account is None and where is not None and where not in self._places:
            community = await session.get(Community, where)
            self._places[where] = community.kind if community is not None else ""
        place = account.kind if account is not None else self._places.get(where or 0, "")
        return chosen(Work(0, kind, where, place), self._workers, self._loads)

    def given(self, staff_id: int | None) -> None:
        """One more for this colleague."""
        if staff_id is not None:
            self._loads[staff_id] += 1


async def open_task(
    session: AsyncSession,
    *,
    key: str,
    kind: str,
    account: Account | None,
    summary: str,
    at: datetime,
    due_at: datetime,
    source: str = "",
    blocks: bool = False,
    community_id: int | None = None,
    sharing: Sharing | None = None,
) -> StaffTask | None:
    """Open a task unless its key exists already; None then. It goes to the colleague with the least open work.

    `sharing`: the same one for all tasks that are opened together.
    """
    sharing, where = sharing or Sharing(), account.community_id if account else community_id
    assignee_id = await sharing.chosen(session, kind, account, where, at)
    given = {
        "key": key,
        "kind": kind,
        "account_id": account.id if account else None,
        "community_id": where,
        "assignee_id": assignee_id,
        "source": source,
        "blocks": blocks,
        "state": "open",
        "summary": summary,
        "outcome": "",
        "note": "",
        "created_at": at,
        "due_at": due_at,
    }
    task: StaffTask | None = await session.scalar(_opening(dialect_of(session)), given)
    if task is not None:
        sharing.given(assignee_id)
    return task


@cache
def _opening(dialect: str) -> Any:
    return upserting(dialect, StaffTask).on_conflict_do_nothing(index_elements=["key"]).returning(StaffTask)


async def alarms(session: AsyncSession, community_id: int | None) -> list[tuple[StaffTask, Account | None]]:
    """Where somebody said that they don't want to live and nobody has settled it yet, the first said first.

    Of strangers, who have no household, only those see who look after all communities.
    """
    query = (
        select(StaffTask, Account)
        .outerjoin(Account, Account.id == StaffTask.account_id)
        .where(StaffTask.kind == DESPAIR, StaffTask.state.in_(LIVE))
        .order_by(StaffTask.created_at, StaffTask.id)
    )
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    return [(task, account) for task, account in await session.execute(query)]


async def live_alarm(session: AsyncSession, account_id: int) -> StaffTask | None:
    query = select(StaffTask).where(
        StaffTask.kind == DESPAIR, StaffTask.state.in_(LIVE), StaffTask.account_id == account_id
    )
    return (await session.scalars(query.order_by(StaffTask.id).limit(1))).first()


def alarmed() -> Select[int | None]:
    """SQL: the households of live alarms, which nobody asks for money."""
    return select(StaffTask.account_id).where(
        StaffTask.kind == DESPAIR, StaffTask.state.in_(LIVE), StaffTask.account_id.is_not(None)
    )


async def alarmed_among(session: AsyncSession, account_ids: Iterable[int]) -> set[int]:
    return set(account_ids).intersection(await session.scalars(ALARMED))


ALARMED = alarmed()


async def task_by_key(session: AsyncSession, key: str) -> StaffTask | None:
    return (await session.scalars(select(StaffTask).where(StaffTask.key == key))).one_or_none()


async def live_task_of(session: AsyncSession, source: str) -> StaffTask | None:
    """The task about one subject that still waits for somebody."""
    query = select(StaffTask).where(StaffTask.source == source, StaffTask.state.in_(LIVE))
    return (await session.scalars(query.order_by(StaffTask.id).limit(1))).first()


async def close_task(
    session: AsyncSession, source: str, at: datetime, *, staff_id: int | None, outcome: str, note: str = ""
) -> None:
    """Close the tasks about one subject ("claim/7"); what is closed already stays as it is.

    What nobody had begun is the work of who closes it, whosever share it was.
    """
    await session.execute(
        update(StaffTask)
        .where(StaffTask.source == source, StaffTask.state.in_(("open", "taken")))
        .values(
            state="done",
            outcome=outcome,
            note=note,
            closed_at=at,
            assignee_id=case((StaffTask.state == "open", staff_id), else_=StaffTask.assignee_id),
            touched_at=at,
        )
    )


async def times_done(session: AsyncSession, action: str, subject: str) -> int:
    """How often something was done, by the audit log."""
    return int(await session.scalar(TIMES_DONE, {"subject": subject, "action": action}) or 0)


TIMES_DONE = select(func.count()).where(
    AuditEntry.subject == bindparam("subject"), AuditEntry.action == bindparam("action")
)


async def audit(
    session: AsyncSession,
    actor: str,
    action: str,
    subject: str,
    at: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append to the audit log. `detail` holds ids and figures, never a phone number or a chat text."""
    text = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True, default=str)
    await session.flush()  # what it tells of is written before it
    chained = chain(await _last_hash(session), at, actor, action, subject, text)
    given = {"at": at, "actor": actor, "action": action, "subject": subject, "detail": text, "hash": chained}
    entry_id = await session.scalar(APPENDED, given)
    await session.execute(MOVED_ON, {"entry": entry_id, "chained": chained})


ENTRIES = AuditEntry.metadata.tables[AuditEntry.__tablename__]
HEADS = AuditHead.metadata.tables[AuditHead.__tablename__]
APPENDED = insert(ENTRIES).returning(ENTRIES.c.id)
MOVED_ON = update(HEADS).where(HEADS.c.id == HEAD).values(entry_id=bindparam("entry"), hash=bindparam("chained"))
LAST_HASH = select(HEADS.c.hash).where(HEADS.c.id == HEAD).with_for_update()


async def _last_hash(session: AsyncSession) -> str:
    """The end of the chain, locked until this transaction ends: else two entries would follow the same one."""
    known: str | None = await session.scalar(LAST_HASH)
    if known is None:
        last = await _last_entry(session)
        start = {"id": HEAD, "entry_id": last.id if last else 0, "hash": last.hash if last else ""}
        await session.execute(upsert(session, AuditHead).values(start).on_conflict_do_nothing(index_elements=["id"]))
        known = await session.scalar(LAST_HASH)
        assert known is not None
    return known


async def _last_entry(session: AsyncSession) -> AuditEntry | None:
    return (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))).first()


def chain(last: str, at: datetime, actor: str, action: str, subject: str, detail: str) -> str:
    whole = "\x1f".join((last, at.astimezone(UTC).isoformat(), actor, action, subject, detail))
    return hashlib.sha256(whole.encode()).hexdigest()


async def broken_audit_entries(session: AsyncSession) -> list[int]:
    """Ids of audit entries edited, moved or inserted by hand, that follow a removed one, or were removed at the end."""
    last, broken = "", []
    number = 0
    for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.hash != chain(last, entry.at, entry.actor, entry.action, entry.subject, entry.detail):
            broken.append(entry.id)
        number, last = entry.id, entry.hash
    head = await session.get(AuditHead, HEAD)
    if head is not None and (head.entry_id, head.hash) != (number, last):
        broken.append(max(head.entry_id, number))
    return broken


async def people_waiting(session: AsyncSession, community_id: int | None = None) -> tuple[int, datetime | None]:
    """How many chats wait for a person, and since when the first of them."""
    query = select(func.count(), func.min(StaffTask.created_at)).where(
        StaffTask.kind == "person", StaffTask.state == "open"
    )
    if community_id is not None:
        query = query.where(StaffTask.community_id == community_id)
    number, asked_at = (await session.execute(query)).one()
    return int(number), asked_at


async def members(session: AsyncSession) -> Sequence[tuple[Staff, str]]:
    """Everybody on the staff with the name of their community, the active first."""
    query = (
        select(Staff, func.coalesce(Community.name, ""))
        .outerjoin(Community, Community.id == Staff.community_id)
        .order_by(Staff.active.desc(), Staff.id)
    )
    return (await session.execute(query)).all()


async def other_admins(session: AsyncSession, staff_id: int) -> int:
    """How many active administrators there are beside this one; locks them, so that two can't leave at once."""
    query = select(Staff.id).where(Staff.role == "admin", Staff.active.is_(True)).with_for_update()
    return len(set(await session.scalars(query)) - {staff_id})


async def add_member(
    session: AsyncSession, *, channel: str, user: str, name: str, role: str, community_id: int | None
) -> Staff | None:
    """A new member, or one who left and comes back; None when they are on the staff already."""
    query = select(Staff).where(Staff.channel == channel, Staff.user == user)
    member = (await session.scalars(query)).one_or_none()
    if member is None:
        member = Staff(channel=channel, user=user, chat="")
        session.add(member)
    elif member.active:
        return None
    member.name, member.role, member.community_id, member.active = name, role, community_id, True
    await session.flush()
    return member
