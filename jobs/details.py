"""Ask people whether their details are right: once a year on a day of their own, and after a chat was lost; then leave them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.details import ANSWER_DAYS, Cause, State, asked_for, may_ask, open_indexes, own_lines
from domain.gate import over_cap
from domain.large import enlarged
from domain.messages import Address, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.roles import Member
from domain.wording import salutation, short_room
from models import details
from models.accounts import Account
from models.base import Database, chunks
from models.details import DetailsCheck, Linked, Lost
from models.outbox import Context
from models.people import Contact, Person, contacts_of
from models.posting import post
from models.reminders import contact_sums, larger
from models.runtime import kill_switch
from models.staff import open_task

A_DAY_MAX = 200  # yearly questions: the answers can be looked at, and a large estate isn't asked at a stroke
AT_ONCE = 50
DAYS_OPEN = 5  # a question that can't go out within these days is not asked this time
LOOK_WITHIN = timedelta(hours=16)  # of the desk's open hours
NOBODY = "nobody"


@dataclass(frozen=True)
class Question:
    """Who is asked, why, and in which words. `subject` makes the key; `channel` is the one that was lost."""

    whom: Linked
    cause: Cause
    subject: str
    template: str
    channel: str = ""


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """One look at everybody; how many were asked by cause, gave no answer, and how many tasks were opened."""
    today = office.today(now)
    async with database.write() as session:
        unsaid = await details.take_note_of_unsaid(session)
        unheard = await details.give_up(session, today - timedelta(days=ANSWER_DAYS))
        reached = await details.close_reached(session, now)
    counts = {"yearly": 0, "bounce": 0, "tasks": 0, NOBODY: 0, "unheard": unheard, "unsaid": unsaid, "reached": reached}
    async with database.read() as session:
        if await kill_switch(session, now) is not None:
            return counts
        lost = await details.lost_chats(session)
        mine = await details.people_of_days(session, open_indexes(today))
    for each in lost:
        async with database.write() as session:
            counts[await _follow_up(session, office, each, now)] += 1
    questions = [
        Question(each, Cause.YEARLY, f"{each.person_id}-{year}", "details.yearly")
        for each in mine
        if (year := asked_for(each.person_id, today)) is not None
    ]
    for some in chunks(questions, AT_ONCE):
        async with database.write() as session:
            counts["yearly"] += await _ask_yearly(session, office, some, now)
    return counts


async def _ask_yearly(session: AsyncSession, office: Office, questions: Sequence[Question], now: datetime) -> int:
    """Put these questions to the people who may be asked now, as far as the day's most reaches; how many were."""
    left = A_DAY_MAX - await details.asked_yearly(session, office.today(now))
    if left <= 0:
        return 0
    free = await _free(session, office, await _due(session, office, questions, now), now)
    return sum([await _ask(session, office, question, now) for question in free[:left]])


async def _due(session: AsyncSession, office: Office, questions: Sequence[Question], now: datetime) -> list[Question]:
    """Those that would not be one too many."""
    last = await details.last_of(session, [each.whom.person_id for each in questions])
    return [
        each
        for each in questions
        if may_ask(each.cause, office.today(now), office.today(each.whom.linked_on), last.get(each.whom.person_id))
    ]


async def _free(session: AsyncSession, office: Office, questions: Sequence[Question], now: datetime) -> list[Question]:
    """Those whose people neither rest nor have heard enough of us for now: the others are looked at again tomorrow."""
    today, ids = office.today(now), [each.whom.person_id for each in questions]
    quiet = await details.resting(session, ids, now)
    by_person = await contact_sums(session, "person", ids, today)
    by_account = await contact_sums(session, "account", [each.whom.account_id for each in questions], today)
    nothing = (0, 0, 0)

    def heard_enough(whom: Linked) -> bool:
        heard = larger(by_account.get(whom.account_id, nothing), by_person.get(whom.person_id, nothing), None)
        return over_cap(office.policy(office.kind, today), heard)

    return [each for each in questions if each.whom.person_id not in quiet and not heard_enough(each.whom)]


async def _ask(session: AsyncSession, office: Office, question: Question, now: datetime) -> bool:
    """Write one question; False: it stands there already, or no chat of theirs is one of ours."""
    whom, today = question.whom, office.today(now)
    contact = await _chat(session, office, whom.person_id)
    if contact is None:
        return False
    check = await details.note_check(
        session, whom.account_id, whom.person_id, question.cause, question.subject, State.ASKED, today
    )
    if check is None:
        return False
    account = await session.get_one(Account, whom.account_id)
    person = await session.get_one(Person, whom.person_id)
    message = await _message(session, office, question, check, account, person)
    policy = office.policy(account.kind)
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        enlarged(message) if person.large_type else message,
        key=keys.details_question(check.id, today),
        now=now,
        context=Context(person.id, account.id, source=details.source_of(check.id), reason=question.cause),
        button_user=contact.user,
        expires_at=at_local(today + timedelta(days=DAYS_OPEN), policy.window_from, office.zone),
    )
    return posted.first_id is not None


async def _chat(session: AsyncSession, office: Office, person_id: int) -> Contact | None:
    return next((each for each in await contacts_of(session, person_id) if each.channel in office.channels), None)


async def _message(
    session: AsyncSession, office: Office, question: Question, check: DetailsCheck, account: Account, person: Person
) -> OutgoingMessage:
    """What is on file about them, for them alone, and two buttons."""
    language = person.language or account.language
    text = office.wording.text
    homes = await details.homes_of(session, person.id, language)
    chats = [each.channel for each in await contacts_of(session, person.id) if each.channel in office.channels]
    tenant = question.whom.role == Member.TENANT
    fields = {
        "who": text("member.called", language) if tenant else salutation(account.payer_name, language),
        "office": office.name,
        "room": short_room(account.room),
        "lines": own_lines(office.wording, language, homes, chats),
    }
    if question.channel:
        fields["channel"] = text(f"channel_name.{question.channel}", language)
    about = {"check": str(check.id)}
    row = (
        Choice(text("button.details_right", language), "details.right", about),
        Choice(text("button.details_change", language), "details.change", about),
    )
    words = text(question.template, language, fields)
    return OutgoingMessage(question.template, words, fields, (row,), kind=Kind.COURTESY, about=account.id)


# a chat was lost


async def _follow_up(session: AsyncSession, office: Office, lost: Lost, now: datetime) -> str:
    """Ask on another channel, else somebody else of the household; with nobody left, staff look. What was done."""
    person = await session.get_one(Person, lost.whose.person_id)
    if person.stopped_at is not None:
        return await _let_be(session, office, lost, now)
    own_chat = await _chat(session, office, person.id)
    others = [] if own_chat is not None else await details.others_of(session, lost.whose.account_id, person.id)
    template = "details.bounce" if own_chat is not None else "details.bounce_home"
    asked = [lost.whose] if own_chat is not None else others
    if not asked:
        return await _to_staff(session, office, lost, now)
    questions = [Question(each, Cause.BOUNCE, lost.subject, template, lost.channel) for each in asked]
    due = await _due(session, office, questions, now)
    if not due:
        return await _let_be(session, office, lost, now)
    for question in await _free(session, office, due, now):
        if await _ask(session, office, question, now):
            return "bounce"
    return NOBODY  # another day


async def _let_be(session: AsyncSession, office: Office, lost: Lost, now: datetime) -> str:
    """Somebody can be reached and was asked lately, or wants no messages: nothing to do about this chat."""
    person, today = lost.whose.person_id, office.today(now)
    await details.note_check(session, lost.whose.account_id, person, Cause.BOUNCE, lost.subject, State.UNSAID, today)
    return NOBODY


async def _to_staff(session: AsyncSession, office: Office, lost: Lost, now: datetime) -> str:
    """One task for each of the person's households that nobody can write to any more."""
    homes = await details.homes_without_a_chat(session, lost.whose.person_id)
    today, state = office.today(now), State.STAFF if homes else State.UNSAID
    await details.note_check(session, lost.whose.account_id, None, Cause.BOUNCE, lost.subject, state, today)
    opened = 0
    for account in homes:
        fields = {
            "room": short_room(account.room),
            "channel": office.wording.text(f"channel_name.{lost.channel}", office.language),
        }
        task = await open_task(
            session,
            key=keys.task(details.UNREACHABLE, f"{account.id}/{lost.subject}"),
            kind=details.UNREACHABLE,
            account=account,
            summary=office.wording.text("task.unreachable", office.language, fields),
            at=now,
            due_at=office.desk.deadline(now, office.zone, LOOK_WITHIN),
            source=f"{details.UNREACHABLE}/{account.id}",
        )
        opened += task is not None
    return "tasks" if opened else NOBODY
