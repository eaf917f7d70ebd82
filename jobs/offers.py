"""The renewal window: teachers asked ahead, groups told, families written to or called, a yes made a bill, the rest expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.ladder import Reason, Remind
from domain.large import enlarged
from domain.messages import Address, Choice, Kind, OutgoingMessage
from domain.messages import Audience as To
from domain.office import Office
from domain.openers import choose, worded
from domain.policy import Action, Policy
from domain.rendering import Offered, offer_message
from domain.renewals import (
    LIVE,
    Call,
    OfferState,
    Rest,
    Step,
    Write,
    chargeable_from,
    steps_of,
)
from domain.wording import day_words
from jobs.plan import preview as plan_preview
from models import outbox
from models.accounts import Account
from models.agreements import Offer
from models.base import Database, chunks, upsert
from models.bills import Bill
from models.dialogue import Group
from models.people import Person
from models.posting import Draft, post, post_all
from models.reminders import OfferStep
from models.renewals import OfferVerdict, StageSummary, bill_offer, decide_offers, known_of, latest_summaries
from models.staff import Sharing, open_task, staff_for
from models.verdicts import Row, decide_all

AT_ONCE = 200
SCHOOL = "training"
ACTOR = "job/offers"
CALL, SUMMARY = "renewal", "summary"  # kinds of tasks


async def preview(database: Database, office: Office, on: date, now: datetime) -> list[Row]:
    """Row for row what planning that date would do: of bills first, then of offers."""
    rows = await plan_preview(database, office, on, now)
    async with database.read() as session:
        return rows + [verdict.row(office) for verdict in await foretold(session, office, on, now)]


async def foretold(session: AsyncSession, office: Office, on: date, now: datetime) -> list[OfferVerdict]:
    """The offers of a day, as they will be once its reminders are planned."""
    spoken_to = frozenset(
        verdict.payer.id
        for verdict in await decide_all(session, office, on, now)
        if isinstance(verdict.decision, Remind)
    )
    return await decide_offers(session, office, on, now, spoken_to)


async def run(database: Database, office: Office, now: datetime) -> list[Row]:
    """Everything that today asks for; returns a row for each family of which something is due."""
    today = office.today(now)
    async with database.write() as session:
        await _expire(session, today)
    await issue_due(database, office, now)
    await _ask_teachers(database, office, today, now)
    await _tell_groups(database, office, today, now)
    async with database.read() as session:
        verdicts = await decide_offers(session, office, today, now)
    if now >= at_local(today, office.policy(SCHOOL).window_until, office.zone):
        verdicts = [_tomorrow(verdict) for verdict in verdicts]
    for some in chunks([verdict for verdict in verdicts if isinstance(verdict.decision, Write)], AT_ONCE):
        async with database.write() as session:
            await _write(session, office, some, today, now)
    for some in chunks([verdict for verdict in verdicts if isinstance(verdict.decision, Call)], AT_ONCE):
        async with database.write() as session:
            await _hand_over(session, office, some, today, now)
    return [verdict.row(office) for verdict in verdicts]


def _tomorrow(verdict: OfferVerdict) -> OfferVerdict:
    """After the day's window nobody is written to: tomorrow decides anew."""
    if not isinstance(verdict.decision, Write):
        return verdict
    return replace(verdict, decision=Rest(Reason.QUIET_HOURS, verdict.decision.stage))


async def _expire(session: AsyncSession, today: date) -> None:
    await session.execute(
        update(Offer).where(Offer.state.in_(LIVE), Offer.closes_on < today).values(state=OfferState.EXPIRED.value)
    )


# a yes becomes a bill


async def issue_due(database: Database, office: Office, now: datetime) -> int:
    """Bill the offers that were accepted, each from the first day on which its course may be charged; returns how many."""
    today = office.today(now)
    async with database.read() as session:
        query = select(Offer.id, Offer.covers_from).where(Offer.state == OfferState.YES, Offer.bill_id.is_(None))
        due = [offer_id for offer_id, starts in await session.execute(query) if chargeable_from(starts) <= today]
    issued = 0
    for some in chunks(due, AT_ONCE):
        async with database.write() as session:
            for offer in await session.scalars(select(Offer).where(Offer.id.in_(some)).order_by(Offer.id)):
                issued += await bill_of(session, office, offer, today, now, ACTOR) is not None
    return issued


async def bill_of(
    session: AsyncSession, office: Office, offer: Offer, today: date, now: datetime, actor: str
) -> Bill | None:
    """The bill of an accepted offer in the office's words; None while its course may not be charged yet."""
    words, language = office.wording, office.language
    item = words.text("offer.item", language, {"class_name": offer.class_name})
    basis = words.text("offer.lessons", language, {"number": str(offer.lessons)}) if offer.lessons else ""
    return await bill_offer(
        session, offer, item, basis, office.policy(SCHOOL).renewal.due_days, today, now, actor=actor
    )


# ahead of the window, and at its opening


async def _classes(session: AsyncSession, today: date) -> list[tuple[int, str, date, date, int]]:
    """Classes with offers to come or open: community, class, opens on, closes on, how many families."""
    query = (
        select(Account.community_id, Offer.class_name, Offer.opens_on, func.max(Offer.closes_on), func.count())
        .join(Account, Account.id == Offer.account_id)
        .where(Offer.state.in_(LIVE), Offer.closes_on >= today)
        .group_by(Account.community_id, Offer.class_name, Offer.opens_on)
        .order_by(Offer.opens_on, Offer.class_name)
    )
    rows = await session.execute(query)
    return [(place, name, opens, closes, int(number)) for place, name, opens, closes, number in rows]


def _steps(office: Office, action: Action, today: date) -> list[Step]:
    return [step for step in steps_of(office.policy(SCHOOL, today).offer_stages) if step.action is action]


def _due(stage: Step, opens_on: date, closes_on: date, today: date) -> bool:
    begins = stage.begins_on(opens_on, closes_on)
    return begins is not None and begins <= today <= closes_on


async def _ask_teachers(database: Database, office: Office, today: date, now: datetime) -> None:
    """One task a class: how each pupil does, what the child wants."""
    stages = _steps(office, Action.SUMMARY, today)
    if not stages:
        return
    async with database.read() as session:
        classes = await _classes(session, today)
    for stage in stages:
        for place, name, opens_on, closes_on, number in classes:
            if not _due(stage, opens_on, closes_on, today):
                continue
            async with database.write() as session:
                await _ask_teacher(session, office, place, name, opens_on, number, today, now)


async def _ask_teacher(
    session: AsyncSession,
    office: Office,
    community_id: int,
    class_name: str,
    opens_on: date,
    number: int,
    today: date,
    now: datetime,
) -> None:
    fields = {"class_name": class_name, "number": str(number), "opens": day_words(opens_on, office.language)}
    text = office.wording.text("card.summary", office.language, fields)
    due_on = max(opens_on - timedelta(days=1), today + timedelta(days=office.policy(SCHOOL).renewal.task_days))
    task = await open_task(
        session,
        key=keys.class_task("summary", community_id, class_name, opens_on),
        kind=SUMMARY,
        account=None,
        summary=text,
        at=now,
        due_at=at_local(due_on, office.policy(SCHOOL).window_until, office.zone),
        source=SUMMARY,
        community_id=community_id,
    )
    if task is None:
        return
    about = {"task": str(task.id)}
    button = Choice(office.wording.text("button.summary_write", office.language), "summary.list", about, reusable=True)
    card = OutgoingMessage("card.summary", text, fields, ((button,),), To.STAFF, Kind.STAFF_CARD)
    drafts = [
        Draft(Address(member.channel, member.chat), card, keys.staff_card(task.id, member.chat), outbox.Context())
        for member in await staff_for(session, community_id)
        if member.role == "teacher" and member.channel in office.channels
    ]
    await post_all(session, drafts, now)


async def _tell_groups(database: Database, office: Office, today: date, now: datetime) -> None:
    """The groups of the classes that open: which class, until when; no family's data."""
    stages = _steps(office, Action.ANNOUNCE, today)
    async with database.read() as session:
        opening = [
            (stage, *each)
            for each in await _classes(session, today)
            for stage in stages
            if stage.begins_on(each[2], each[3]) == today
        ]
        if not opening:
            return
        query = select(Group).where(
            Group.audience == "residents", Group.state == "ok", Group.channel.in_(office.channels)
        )
        groups = list(await session.scalars(query.order_by(Group.id)))
    for group in groups:
        mine = [each for each in opening if each[1] == group.community_id and group.class_name in ("", each[2])]
        if mine:
            async with database.write() as session:
                await _tell(session, office, group, mine, today, now)


async def _tell(
    session: AsyncSession,
    office: Office,
    group: Group,
    opening: Sequence[tuple[Step, int, str, date, date, int]],
    today: date,
    now: datetime,
) -> None:
    words, policy, stage = office.wording, office.policy(SCHOOL), opening[0][0]
    fields = {
        "office": office.name,
        "classes": words.text("list.comma", "").join(dict.fromkeys(each[2] for each in opening)),
        "closes": day_words(min(each[4] for each in opening), ""),
    }
    link = office.start_link(group.channel, "hello")
    label = words.text("button.renew_ask", "")
    button = Choice(label, url=link) if link else Choice(label, "renewal.show", reusable=True)
    message = OutgoingMessage(
        stage.template, words.text(stage.template, "", fields), fields, ((button,),), To.GROUP, Kind.ANNOUNCEMENT
    )
    opens = at_local(today, policy.window_from, office.zone) + timedelta(minutes=keys.jitter_minutes(group.chat))
    await post(
        session,
        Address(group.channel, group.chat),
        message,
        key=keys.announcement(group.id, opening[0][3], stage.name),
        now=now,
        not_before=max(now, opens),
        expires_at=at_local(today, policy.window_until, office.zone),
        context=outbox.Context(stage=stage.name, reason="announcement", source=f"group/{group.id}"),
    )


# families


async def _write(
    session: AsyncSession, office: Office, verdicts: Sequence[OfferVerdict], today: date, now: datetime
) -> None:
    ids = await _new_steps(session, office, verdicts, today, now)
    summaries = await latest_summaries(session, [verdict.offer.account_id for verdict in verdicts])
    for verdict in verdicts:
        step_id = ids.get(verdict.key)
        home, stage = verdict.household, verdict.decision.stage
        if step_id is None or stage is None or home.chat is None or home.payer is None:
            continue
        summary = summaries.get(verdict.offer.account_id)
        quoted = summary.text if summary is not None and summary.quotable else ""
        language = home.payer.language or home.language
        message = offer_message(
            office, language, stage.template, offered(verdict.offer, home.payer_name, quoted), verdict.offer.account_id
        )
        posted = await post(
            session,
            Address(home.chat.channel, home.chat.chat),
            enlarged(message) if home.payer.large_type else message,
            button_user=home.chat.user,
            key=verdict.key,
            now=now,
            not_before=max(now, verdict.at),
            expires_at=_last_moment(office, verdict, stage, today),
            context=outbox.Context(
                home.payer.id,
                verdict.offer.account_id,
                source=f"offer/{verdict.offer.id}",
                stage=stage.name,
                reason="due",
            ),
        )
        step = await session.get_one(OfferStep, step_id)
        step.outbox_id = posted.first_id


def _last_moment(office: Office, verdict: OfferVerdict, stage: Step, today: date) -> datetime:
    """A message that could not go out for days is not sent any more."""
    last = min(today + timedelta(days=stage.window_days), verdict.offer.closes_on)
    return at_local(last, verdict.policy.window_until, office.zone)


def offered(offer: Offer, payer_name: str, summary: str = "") -> Offered:
    return Offered(
        payer_name,
        offer.class_name,
        offer.lessons,
        offer.amount_fen,
        offer.covers_from,
        offer.covers_until,
        offer.closes_on,
        summary,
    )


async def _new_steps(
    session: AsyncSession, office: Office, verdicts: Sequence[OfferVerdict], today: date, now: datetime
) -> dict[str, int]:
    """Write the steps; the ids by key of those not carried out before."""
    insertion = upsert(session, OfferStep).on_conflict_do_nothing(index_elements=["key"])
    rows = [
        {
            "key": verdict.key,
            "offer_id": verdict.offer.id,
            "account_id": verdict.offer.account_id,
            "stage": verdict.decision.stage.name if verdict.decision.stage else "",
            "decision": "remind" if isinstance(verdict.decision, Write) else "staff",
            "decided_on": today,
            "policy_hash": office.policy(SCHOOL).hash,
            "created_at": now,
        }
        for verdict in verdicts
    ]
    written = await session.execute(insertion.returning(OfferStep.key, OfferStep.id), rows)
    return {row[0]: row[1] for row in written}


async def _hand_over(
    session: AsyncSession, office: Office, verdicts: Sequence[OfferVerdict], today: date, now: datetime
) -> None:
    """A call for each family: with its class, the teacher's words, the child's wish and how one may begin."""
    ids = await _new_steps(session, office, verdicts, today, now)
    summaries = await latest_summaries(session, [verdict.offer.account_id for verdict in verdicts])
    sharing = Sharing()
    for verdict in verdicts:
        if (step_id := ids.get(verdict.key)) is None:
            continue
        account = await session.get_one(Account, verdict.offer.account_id)
        task = await open_task(
            session,
            key=keys.task("offer", str(step_id)),
            kind=CALL,
            account=account,
            summary=call_brief(office, account, verdict.offer, known_here(office, account, summaries), today),
            at=now,
            due_at=_clock(office, verdict.policy, today),
            source=f"offer/{verdict.offer.id}",
            sharing=sharing,
        )
        if task is not None:
            step = await session.get_one(OfferStep, step_id)
            step.task_id = task.id


def known_here(office: Office, account: Account, summaries: Mapping[int, StageSummary]) -> dict[str, str]:
    """What is known of a pupil, in the office's words."""
    wishes = {wish: office.wording.text(f"wish.{wish}", office.language) for wish in ("wants", "unsure", "against")}
    return known_of(summaries.get(account.id), account, wishes)


def call_brief(office: Office, account: Account, offer: Offer, known: Mapping[str, str], today: date) -> str:
    """What the caller should know, and how to begin; its first line says what it is."""
    words, language = office.wording, office.language
    fields = {
        "class_name": offer.class_name,
        "closes": day_words(offer.closes_on, language),
        "tier": account.tier or "—",
    }
    lines = [words.text("task.renewal_call", language, fields)]
    for name in ("summary", "wish", "lessons"):
        if known.get(name):
            lines.append(words.text(f"task.renewal_{name}", language, {"text": known[name]}))
    for opener in choose(office.openers, today, account.kind, known):
        lines.append(words.text("task.renewal_opener", language, {"text": worded(opener, language, known)}))
    return "\n".join(lines)


def _clock(office: Office, policy: Policy, today: date) -> datetime:
    return at_local(today + timedelta(days=office.policy(SCHOOL).renewal.task_days), policy.window_until, office.zone)


async def anew(session: AsyncSession, office: Office, row: outbox.Outbox) -> OutgoingMessage | None:
    """The message with the offer's figures of this moment; None when the offer is gone."""
    offer = await session.get(Offer, int(row.source.partition("/")[2]))
    if offer is None:
        return None
    account = await session.get_one(Account, offer.account_id)
    person = await session.get(Person, row.person_id) if row.person_id else None
    summary = (await latest_summaries(session, [account.id])).get(account.id)
    quoted = summary.text if summary is not None and summary.quotable else ""
    language = (person.language if person else "") or account.language
    message = offer_message(office, language, row.template, offered(offer, account.payer_name, quoted), account.id)
    return enlarged(message) if person is not None and person.large_type else message
