"""Plan a day: ask `decide` for every household, then write its reminder, its task, or why it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.ladder import HandToStaff, Reason, Remind, Wait, window_end
from domain.large import enlarged
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.personal import Manner, manner_of
from domain.policy import STAFF_ACTIONS, Action
from domain.rendering import Addressee, reminder_message
from domain.roles import Right, Role, may
from domain.runs import Approval
from domain.wording import day_words
from jobs.extras import Extras, extras
from models import outbox
from models.accounts import Account
from models.base import Database, upsert
from models.posting import Draft, post_all
from models.reminders import PolicyText, Reminder, ReminderBill, Run, keep_waits
from models.runs import draft_run, latest_run
from models.staff import Sharing, open_task, staff_for
from models.verdicts import Row, Verdict, approved_before, decide_all, planned

DESK_LANGUAGE = "zh"  # of cards and tasks
MESSAGES_PER_TRANSACTION = 200
WAITS_PER_TRANSACTION = 500


class AnotherRun(RuntimeError):
    """Somebody else is planning at this moment."""


async def preview(database: Database, office: Office, on: date, now: datetime) -> list[Row]:
    """Row for row what planning that date would do, were it done with today's data."""
    return [verdict.row(office) for verdict in await _decided(database, office, on, now)]


async def _decided(database: Database, office: Office, today: date, now: datetime) -> list[Verdict]:
    async with database.read() as session:
        return await decide_all(session, office, today, now)


async def run(database: Database, office: Office, now: datetime) -> list[Row]:
    """Decide today's rows and carry them out. After the day's window nothing is planned: tomorrow decides anew.

    Raises AnotherRun while another process plans: two can't run at once.
    """
    async with database.alone("plan") as mine:
        if mine is None:
            raise AnotherRun("another run is at work: it writes the same rows")
        return await _run(database, office, now)


async def _run(database: Database, office: Office, now: datetime) -> list[Row]:
    today = office.today(now)
    verdicts = await _decided(database, office, today, now)
    verdicts = [
        replace(v, decision=Wait(Reason.QUIET_HOURS, v.decision.stage))
        if isinstance(v.decision, Remind) and now >= at_local(today, v.policy.window_until, office.zone)
        else v
        for v in verdicts
    ]
    await _keep_policies(database, office, today, now)
    await _ask_for_approval(database, office, verdicts, today, now)
    by_person: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if isinstance(verdict.decision, Remind):
            by_person[verdict.payer.id].append(verdict)
    for group in database.parts(list(by_person.values()), MESSAGES_PER_TRANSACTION):
        async with database.write() as session:
            await _remind(session, office, group, today, now)
    tasks = [verdict for verdict in verdicts if isinstance(verdict.decision, HandToStaff)]
    for batch in database.parts(tasks, MESSAGES_PER_TRANSACTION):
        async with database.write() as session:
            await _hand_over(session, office, batch, today, now)
    waits = [
        (v.household.standing.account_id, v.decision.reason.value, v.decision.stage.name if v.decision.stage else "")
        for v in verdicts
        if isinstance(v.decision, Wait)
    ]
    for some in database.parts(waits, WAITS_PER_TRANSACTION):
        async with database.write() as session:
            await keep_waits(session, some, today)
    return [verdict.row(office) for verdict in verdicts]


async def _remind(
    session: AsyncSession, office: Office, people: Sequence[Sequence[Verdict]], today: date, now: datetime
) -> None:
    """Write each person's one message and the reminders of all accounts it speaks of."""
    ids = await _new_reminders(session, [verdict for together in people for verdict in together], today, now)
    fresh = [[verdict for verdict in together if verdict.key in ids] for together in people]
    fresh = [together for together in fresh if together]
    accounts = [each.account_id for together in fresh for each in together]
    named = [_first(together).account_id for together in fresh if _manner(_first(together)) != Manner()]
    more = await extras(session, office, accounts, today, named)
    drafts = [_draft(office, together, ids, today, now, more) for together in fresh]
    written = [
        {"b_id": ids[verdict.key], "b_outbox_id": posted.first_id}
        for together, posted in zip(fresh, await post_all(session, drafts, now), strict=True)
        for verdict in together
    ]
    await _link(session, "outbox_id", written)


def _first(together: Sequence[Verdict]) -> Verdict:
    """Of several accounts, the one furthest up the ladder sets the tone."""
    return max(together, key=lambda verdict: verdict.done.stage.days_after_due)


def _manner(verdict: Verdict) -> Manner:
    return manner_of(verdict.policy.personal, verdict.household.standing.traits)


def _draft(
    office: Office, together: Sequence[Verdict], ids: dict[str, int], today: date, now: datetime, more: Extras
) -> Draft:
    """One person's message."""
    first = _first(together)
    household, chat, stage = first.household, first.household.chat, first.done.stage
    assert chat is not None
    language = first.payer.language or household.language
    manner = _manner(first)
    own_words = manner.template(late=stage.days_after_due > 0)
    message = reminder_message(
        office,
        language,
        own_words or office.trial.words_for(stage.template, first.household.standing.code),
        [Addressee(each.household.payer_name, each.household.room, each.done.bills) for each in together],
        today,
        extras=more.words([each.account_id for each in together], language),
        personal=more.personal(first.account_id, first.done.bills, language) if own_words else None,
        buttons=manner.rows,
    )
    if stage.action is Action.ACKNOWLEDGE:
        tap = Choice(
            office.wording.text("button.acknowledge", language), "reminder.ack", {"reminder": str(ids[first.key])}
        )
        message = replace(message, choices=((tap,), *message.choices))
    if first.payer.large_type or manner.large_type:
        message = enlarged(message)
    ends_on = min(window_end(v.policy, v.done.anchor, v.done.stage, v.lag(v.done.anchor, today)) for v in together)
    return Draft(
        Address(chat.channel, chat.chat),
        message,
        first.key,
        outbox.Context(
            person_id=first.payer.id,
            account_id=first.account_id,
            source=f"reminder/{ids[first.key]}",
            stage=stage.name,
            reason=Reason.DUE.value,
        ),
        button_user=chat.user,
        not_before=max(first.at, now),
        expires_at=at_local(ends_on, first.policy.window_from, office.zone),
    )


async def _hand_over(
    session: AsyncSession, office: Office, verdicts: Sequence[Verdict], today: date, now: datetime
) -> None:
    """Open the staff tasks of stages that people carry out."""
    ids = await _new_reminders(session, verdicts, today, now)
    opened, sharing = [], Sharing()
    for verdict in verdicts:
        if (reminder_id := ids.get(verdict.key)) is None:
            continue
        bills = verdict.done.bills
        fields = {"total": yuan(sum(bill.open_fen for bill in bills)), "bills": str(len(bills))}
        due_on = today + timedelta(days=verdict.policy.holds.task_days)
        task = await open_task(
            session,
            key=keys.task("ladder", str(reminder_id)),
            kind=verdict.done.stage.action.value,
            account=await session.get_one(Account, verdict.account_id),
            summary=office.wording.text("task.ladder", "zh", fields),
            at=now,
            due_at=at_local(due_on, verdict.policy.window_until, office.zone),
            source=f"reminder/{reminder_id}",
            blocks=True,
            sharing=sharing,
        )
        if task is not None:
            opened.append({"b_id": reminder_id, "b_task_id": task.id})
    await _link(session, "task_id", opened)


async def _link(session: AsyncSession, column: str, rows: Sequence[Mapping[str, int | None]]) -> None:
    """Note on each reminder what it became: the message, or the task."""
    if not rows:
        return
    reminders = Reminder.metadata.tables[Reminder.__tablename__]
    statement = update(reminders).where(reminders.c.id == bindparam("b_id"))
    connection = await session.connection()
    await connection.execute(statement.values({column: bindparam(f"b_{column}")}), [dict(row) for row in rows])


async def _new_reminders(
    session: AsyncSession, verdicts: Sequence[Verdict], today: date, now: datetime
) -> dict[str, int]:
    """Write the reminders' rows with the bills they cover; the ids by key of those not carried out before."""
    if not verdicts:
        return {}
    insertion = upsert(session, Reminder).on_conflict_do_nothing(index_elements=["key"])
    rows = [
        {
            "key": verdict.key,
            "account_id": verdict.account_id,
            "anchor_bill_id": verdict.done.anchor.id,
            "stage": verdict.done.stage.name,
            "decision": "remind" if isinstance(verdict.decision, Remind) else "staff",
            "decided_on": today,
            "policy_hash": verdict.policy.hash,
            "answer_hours": verdict.done.stage.answer_hours
            if verdict.done.stage.action is Action.ACKNOWLEDGE
            else None,
            "created_at": now,
        }
        for verdict in verdicts
    ]
    written = await session.execute(insertion.returning(Reminder.key, Reminder.id), rows)
    ids: dict[str, int] = {row[0]: row[1] for row in written}
    fresh = [verdict for verdict in verdicts if verdict.key in ids]
    covered = [
        {
            "reminder_id": ids[verdict.key],
            "bill_id": bill.id,
            "open_fen": bill.open_fen,
            "days_behind": verdict.lag(bill, today),
        }
        for verdict in fresh
        for bill in verdict.done.bills
    ]
    if covered:
        await session.execute(insert(ReminderBill), covered)
    new = [verdict.account_id for verdict in fresh if not verdict.household.standing.contacted_before]
    await session.execute(update(Account).where(Account.id.in_(new)).values(first_contacted_on=today))
    return ids


async def _keep_policies(database: Database, office: Office, today: date, now: datetime) -> None:
    """Keep the full text of each policy that decides, by its hash."""
    async with database.write() as session:
        for kind in office.policies:
            policy = office.policy(kind, today)
            await session.execute(
                upsert(session, PolicyText)
                .values(hash=policy.hash, kind=kind, text=policy.text, first_used_at=now)
                .on_conflict_do_nothing(index_elements=["hash"])
            )


async def _ask_for_approval(
    database: Database, office: Office, verdicts: Sequence[Verdict], today: date, now: datetime
) -> None:
    """A run waits for a manager: say how many it would reach. Of the very first one, and of a day's draft."""
    waiting = [v for v in verdicts if isinstance(v.decision, Wait) and v.decision.reason is Reason.AWAITING_APPROVAL]
    if not waiting:
        return
    async with database.read() as session:
        first = office.approve_first_run and not await approved_before(session)
    if not first:
        await _draft_day(database, office, verdicts, today, now)
        return
    tasks = sum(1 for v in waiting if v.decision.stage is not None and v.decision.stage.action in STAFF_ACTIONS)
    async with database.write() as session:
        run = (await session.scalars(select(Run).where(Run.state == "awaiting"))).first()
        if run is None:
            run = Run(on_date=today, state="awaiting", created_at=now)
            session.add(run)
        run.on_date, run.remind, run.staff = today, len(waiting) - tasks, tasks
        await session.flush()
        fields = {"remind": str(run.remind), "staff": str(run.staff)}
        task = await open_task(
            session,
            key=keys.task("run", str(run.id)),
            kind="run",
            account=None,
            summary=office.wording.text("task.run", DESK_LANGUAGE, fields),
            at=now,
            due_at=now + timedelta(days=1),
            source=f"run/{run.id}",
        )
        if task is not None:
            await post_all(session, await _approval_cards(session, office, run.id, task.id, fields), now)


async def _draft_day(
    database: Database, office: Office, verdicts: Sequence[Verdict], today: date, now: datetime
) -> None:
    """Draft the day once, where the policy asks for an approval, and tell those who may give it."""
    kinds = {kind for kind in office.policies if office.policy(kind, today).approval is not Approval.NONE}
    async with database.write() as session:
        if not kinds or await latest_run(session, today) is not None:
            return
        closes = at_local(today, office.policy(office.kind, today).window_until, office.zone)
        mine = [verdict for verdict in verdicts if verdict.household.kind in kinds]
        run = await draft_run(session, today, planned(mine), "schedule", now, closes)
        fields = {
            "day": day_words(today, DESK_LANGUAGE),
            "remind": str(run.remind),
            "staff": str(run.staff),
        }
        summary = office.wording.text("task.run_draft", DESK_LANGUAGE, fields)
        task = await open_task(
            session,
            key=keys.task("run", str(run.id)),
            kind="run",
            account=None,
            summary=summary,
            at=now,
            due_at=closes,
            source=f"run/{run.id}",
        )
        if task is not None:
            await post_all(
                session, await _approval_cards(session, office, run.id, task.id, fields, "task.run_draft"), now
            )


async def _approval_cards(
    session: AsyncSession,
    office: Office,
    run_id: int,
    task_id: int,
    fields: Mapping[str, str],
    template: str = "task.run",
) -> list[Draft]:
    """A card with one button to everyone who may approve."""
    words = office.wording
    button = Choice(words.text("button.approve", DESK_LANGUAGE), "run.approve", {"run": str(run_id)})
    card = OutgoingMessage(
        template, words.text(template, DESK_LANGUAGE, fields), fields, ((button,),), Audience.STAFF, Kind.STAFF_CARD
    )
    return [
        Draft(Address(member.channel, member.chat), card, keys.staff_card(task_id, member.chat), outbox.Context())
        for member in await staff_for(session, None)
        if may(Role(member.role), Right.APPROVE) and member.channel in office.channels
    ]
