"""Erase one household or one person: names, chats and words go; money, and that something was said, stay without them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, false, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.accounts import Account
from models.agreements import Hold
from models.base import Base
from models.bills import bill_lines, credit_fen, lock_account
from models.cases import CaseFile, case_file
from models.dialogue import Button, Dialogue, Takeover
from models.documents import document_file, document_path, documents_of
from models.inbox import Inbox
from models.letters import Delivery, Letter, letter_file, letters_of
from models.misreadings import Correction
from models.outbox import CLAIMABLE, Outbox, State
from models.parting import part
from models.people import Binding, BindingRequest, Contact, Person
from models.reminders import Reminder
from models.sent_files import files_of
from models.staff import StaffTask, audit

ERASED = "erased"
NAMELESS = "—"  # where a column may not be empty
# What the law and the books keep, and the columns of it that speak of a person, with what they say afterwards. Every
# other table that points at a household or a person loses its rows.
KEPT: Mapping[str, Mapping[str, Any]] = {
    "accounts": {
        **dict.fromkeys(("building", "address", "phone", "grade", "tier", "traits", "language"), ""),
        **dict.fromkeys(("student_name", "class_name", "grade_given", "tier_given"), ""),
        "payer_name": NAMELESS,
        "area_m2": None,
    },
    "people": {
        **dict.fromkeys(("name", "language", "channel"), ""),
        **dict.fromkeys(("hour_from", "hour_until"), None),
        "spacing_days": 0,
        "large_type": False,
    },
    "bills": {},
    "payments": {},
    "ledger_entries": {},
    "meter_readings": {"meter": "", "file": ""},  # what bills were worked out from
    "bill_stretches": {},
    "bill_tariffs": {},
    "points_entries": {},
    "sms_items": {"text": "", "bills": "[]"},
    "late_fee_waivers": {},
    "offers": {},
    "holds": {},
    "plans": {"person_id": None},
    "plan_parts": {},
    "promises": {"person_id": None},
    "claims": {"text": "", "voucher": "[]", "person_id": None},
    "disputes": {"text": "", "evidence": "[]", "decision": "", "person_id": None},
    "complaints": {"text": "", "evidence": "[]", "answer": "", "person_id": None},
    "reminders": {},
    "reminder_bills": {},
    "waits": {},
    "letters": {"data": "", "reason": "", "bills": "[]"},  # the register of numbers stays whole
    "letter_deliveries": {"detail": "", "file": ""},
    "staff_tasks": {"summary": "", "note": ""},
    "takeovers": {"chat": "", "user": ""},
    "outbox": {
        **dict.fromkeys(("text", "chat", "message_id", "attachment", "edits", "error", "tried"), ""),
        "fields": "{}",
        "choices": "[]",
        "person_id": None,
    },
    "inbox": {**dict.fromkeys(("text", "payload", "chat", "user", "error"), ""), "person_id": None},
}
# What is still under way ends with the household: table -> (its open states, the one it ends in).
ENDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "claims": (("open",), "withdrawn"),
    "disputes": (("open",), "withdrawn"),
    "complaints": (("open",), "withdrawn"),
    "promises": (("open",), "withdrawn"),
    "plans": (("waiting", "active"), "withdrawn"),
    "offers": (("open", "considering"), "expired"),
    "takeovers": (("waiting", "live"), "closed"),
    "staff_tasks": (("open", "taken"), "dropped"),
    "letters": (("draft", "asked", "issued"), "void"),
}


@dataclass(frozen=True)
class Subject:
    """Whom it is about. `account_id`: the household; None when one person is meant. `people`: those with no other home."""

    account_id: int | None
    people: tuple[int, ...] = ()
    chats: tuple[tuple[str, str], ...] = ()  # (channel, chat) of these people


@dataclass
class Erasing:
    """What goes and what stays, as numbers of rows by table; and the files that are to be removed."""

    goes: dict[str, int] = field(default_factory=dict)
    stays: dict[str, int] = field(default_factory=dict)
    open_fen: int = 0
    credit_fen: int = 0
    files: list[str] = field(default_factory=list)


async def household(session: AsyncSession, account_id: int) -> Subject:
    """A household with the people who belong to no other one."""
    members = list(await session.scalars(select(Binding.person_id).where(Binding.account_id == account_id)))
    elsewhere = set(
        await session.scalars(
            select(Binding.person_id).where(Binding.person_id.in_(members), Binding.account_id != account_id)
        )
    )
    return await _subject(session, account_id, [each for each in members if each not in elsewhere])


async def person(session: AsyncSession, channel: str, user: str) -> Subject | None:
    """One person, by an account on a channel; None when nobody has it."""
    found = await session.scalar(select(Contact.person_id).where(Contact.channel == channel, Contact.user == user))
    return None if found is None else await _subject(session, None, [found])


async def _subject(session: AsyncSession, account_id: int | None, people: Iterable[int]) -> Subject:
    ids = tuple(sorted(people))
    rows = await session.execute(select(Contact.channel, Contact.chat, Contact.user).where(Contact.person_id.in_(ids)))
    chats = {(channel, each) for channel, chat, user in rows for each in (chat, user)}
    return Subject(account_id, ids, tuple(sorted(chats)))


async def preview(session: AsyncSession, subject: Subject) -> Erasing:
    """What `erase` would do. Nothing is changed."""
    told = Erasing()
    for table in Base.metadata.sorted_tables:
        which = _about(table, subject)
        if which is None:
            continue
        number = int(await session.scalar(select(func.count()).select_from(table).where(which)) or 0)
        if number:
            kept = table.name in KEPT and (subject.account_id is not None or table.name != "accounts")
            (told.stays if kept else told.goes)[table.name] = number
    if subject.account_id is not None:
        told.open_fen = sum(line.open_fen for line in await bill_lines(session, [subject.account_id], only_open=True))
        told.credit_fen = await credit_fen(session, subject.account_id)
    told.files = await _files(session, subject)
    return told


async def erase(session: AsyncSession, subject: Subject, at: datetime, *, actor: str) -> Erasing:
    """Carry it out, in one transaction. The caller removes the files once it is committed."""
    if subject.account_id is not None:
        await lock_account(session, subject.account_id)
    told = await preview(session, subject)
    if subject.account_id is None:
        for account_id in list(
            await session.scalars(select(Binding.account_id).where(Binding.person_id.in_(subject.people)))
        ):
            await part(session, account_id, subject.people[0], at)  # another owner pays from now on
    await _forget_corrections(session, subject)
    await _end_what_is_open(session, subject, at)
    for table in reversed(Base.metadata.sorted_tables):  # first what goes: it is found by what is made nameless later
        if table.name not in KEPT and (which := _about(table, subject)) is not None:
            await session.execute(delete(table).where(which))
    for table in Base.metadata.sorted_tables:
        if KEPT.get(table.name) and (which := _about(table, subject)) is not None:
            await session.execute(update(table).where(which).values(**KEPT[table.name]))
    if subject.account_id is not None:
        await session.execute(
            update(Account).where(Account.id == subject.account_id).values(erased_at=at, updated_at=at)
        )
    session.expire_all()
    detail = {"people": len(subject.people), "gone": told.goes, "nameless": told.stays}
    await audit(session, actor, "erase", _name(subject), at, detail)
    return told


def _name(subject: Subject) -> str:
    return f"account/{subject.account_id}" if subject.account_id is not None else f"person/{subject.people[0]}"


def _about(table: Table, subject: Subject) -> ColumnElement[bool] | None:
    """SQL for the rows of a table that are about the subject; None: the table knows nobody."""
    by_name = {
        "accounts": Account.id == (subject.account_id or 0),
        "people": Person.id.in_(subject.people),
        "outbox": or_(_talk(Outbox, subject), Outbox.id.in_(_told(subject))),
        "inbox": _talk(Inbox, subject),
        "buttons": or_(_in_chats(Button, subject), Button.outbox_id.in_(_rows(subject))),
        "dialogues": or_(_in_chats(Dialogue, subject), Dialogue.account_id == (subject.account_id or 0)),
        "takeovers": or_(_in_chats(Takeover, subject), Takeover.account_id == (subject.account_id or 0)),
        "letter_deliveries": Delivery.letter_id.in_(
            select(Letter.id).where(Letter.account_id == (subject.account_id or 0))
        ),
        "binding_requests": _in_chats(BindingRequest, subject),
    }
    return by_name[table.name] if table.name in by_name else _pointing(table, subject)


def _pointing(table: Table, subject: Subject) -> ColumnElement[bool] | None:
    """Rows that point at the household, at a person of it, or at a row that does and goes with it."""
    found: list[ColumnElement[bool]] = []
    of_account = of_person = None
    for column in table.columns:
        for key in column.foreign_keys:
            target = key.column.table
            if target.name == "accounts":
                of_account = column
            elif target.name == "people":
                of_person = column
            elif target.name not in KEPT and target is not table and (theirs := _about(target, subject)) is not None:
                found.append(column.in_(select(key.column).where(theirs)))
    if of_account is not None and subject.account_id is not None:
        found.append(of_account == subject.account_id)
    if of_person is not None:
        mine = of_person.in_(subject.people)
        # A household's member may have another home: what they did there belongs to it.
        found.append(mine if of_account is None or subject.account_id is None else and_(mine, of_account.is_(None)))
    if of_account is None and of_person is None and not found:
        return None
    return or_(*found) if found else false()


def _in_chats(table: Any, subject: Subject) -> ColumnElement[bool]:
    return tuple_(table.channel, table.chat).in_(subject.chats) if subject.chats else false()


def _talk(table: Any, subject: Subject) -> ColumnElement[bool]:
    """What was said: about the household, or with a person of it about no household at all."""
    theirs = or_(table.person_id.in_(subject.people), _in_chats(table, subject))
    if subject.account_id is None:
        return theirs
    return or_(table.account_id == subject.account_id, and_(theirs, table.account_id.is_(None)))


def _told(subject: Subject) -> Select[Any]:
    """Reminders that speak of this household among others of the same person."""
    return select(Reminder.outbox_id).where(
        Reminder.account_id == (subject.account_id or 0), Reminder.outbox_id.is_not(None)
    )


def _rows(subject: Subject) -> Select[Any]:
    return select(Outbox.id).where(or_(_talk(Outbox, subject), Outbox.id.in_(_told(subject))))


async def _forget_corrections(session: AsyncSession, subject: Subject) -> None:
    """Sentences that were read wrongly are kept without a name; theirs go all the same."""
    said = select(Inbox.text).where(_talk(Inbox, subject), Inbox.text != "")
    await session.execute(delete(Correction).where(Correction.text.in_(said)))


async def _end_what_is_open(session: AsyncSession, subject: Subject, at: datetime) -> None:
    """Nothing is sent any more, and nothing waits for an answer."""
    await session.execute(
        update(Outbox)
        .where(Outbox.id.in_(_rows(subject)), Outbox.state.in_((*CLAIMABLE, State.PLANNED, State.WAITING_FOR_STAFF)))
        .values(state=State.CANCELLED, reason=ERASED)
        .execution_options(synchronize_session=False)
    )
    for name, (states, end) in ENDS.items():
        table = Base.metadata.tables[name]
        which = _about(table, subject)
        if which is None:
            continue
        closed = {"closed_at": at} if "closed_at" in table.columns else {}
        await session.execute(update(table).where(which, table.c.state.in_(states)).values(state=end, **closed))
    if subject.account_id is not None:
        await session.execute(
            update(Hold).where(Hold.account_id == subject.account_id, Hold.released_at.is_(None)).values(released_at=at)
        )


async def _files(session: AsyncSession, subject: Subject) -> list[str]:
    """Files of ours: what was sent to them, and what lies in the office's data folder (by its name there)."""
    rows = await session.scalars(
        select(Outbox.attachment).where(Outbox.id.in_(_rows(subject)), Outbox.attachment != "")
    )
    sent = {path for row in rows if (path := json.loads(row).get("path", ""))}
    if subject.account_id is None:
        return sorted(sent)
    documents = await documents_of(session, subject.account_id)
    letters = await letters_of(session, subject.account_id)
    cases = await session.scalars(select(CaseFile.id).where(CaseFile.account_id == subject.account_id))
    kept = {document_file(each) for each in documents} | {letter_file(each) for each in letters}
    kept |= {document_path(each.file) for each in await files_of(session, subject.account_id)}
    return sorted(sent | kept | {case_file(each) for each in cases})


async def remains(session: AsyncSession) -> list[int]:
    """Erased households of which a person, a chat or a word is still here; empty when all is well."""
    gone = select(Account.id).where(Account.erased_at.is_not(None))
    waits = (*CLAIMABLE, State.PLANNED, State.SENDING)
    queries: tuple[Select[Any], ...] = (
        select(Binding.account_id).where(Binding.account_id.in_(gone)),
        select(Outbox.account_id).where(Outbox.account_id.in_(gone), or_(Outbox.text != "", Outbox.state.in_(waits))),
        select(Inbox.account_id).where(Inbox.account_id.in_(gone), Inbox.text != ""),
        select(StaffTask.account_id).where(StaffTask.account_id.in_(gone), StaffTask.state.in_(("open", "taken"))),
        select(Account.id).where(
            Account.erased_at.is_not(None), or_(Account.payer_name != NAMELESS, Account.phone != "")
        ),
    )
    return sorted({each for query in queries for each in await session.scalars(query.distinct())})
