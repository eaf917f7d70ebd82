"""Plan a day: ask `decide` for every household, then write its reminder, its task, or why it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.ladder import Decision, HandToStaff, OpenBill, Reason, Remind, Wait, days_behind, decide, window_end
from domain.messages import Address
from domain.money import yuan
from domain.office import Office
from domain.policy import STAFF_ACTIONS, Policy
from domain.rendering import Addressee, reminder_message
from models import outbox
from models.accounts import Account
from models.base import Database, chunks, upsert
from models.posting import post
from models.reminders import PolicyText, Reminder, ReminderBill, Run, keep_waits
from models.staff import open_task
from models.standing import Household, households

MESSAGES_PER_TRANSACTION = 50
WAITS_PER_TRANSACTION = 500


@dataclass(frozen=True)
class Row:
    """One household's line in `preview` and `tick`."""

    account: str
    decision: str  # remind | staff | wait
    stage: str | None
    channel: str | None
    reason: str
    at: str  # ISO, local

    def to_json(self) -> dict[str, str | None]:
        return dict(vars(self))


@dataclass(frozen=True)
class Verdict:
    """A household with what was decided about it and when that takes effect."""

    household: Household
    policy: Policy
    decision: Decision
    at: datetime

    def row(self, office: Office) -> Row:
        decision = self.decision
        stage = decision.stage.name if decision.stage else None
        at = self.at.astimezone(office.zone).isoformat(timespec="seconds")
        code = self.household.account.code
        match decision:
            case Remind(channel=channel):
                return Row(code, "remind", stage, channel, Reason.DUE.value, at)
            case HandToStaff():
                return Row(code, "staff", stage, None, Reason.DUE.value, at)
            case Wait(reason=reason):
                return Row(code, "wait", stage, None, reason.value, at)

    def reminded(self) -> Remind:
        assert isinstance(self.decision, Remind)
        return self.decision

    def lag(self, bill: OpenBill, today: date) -> int:
        return days_behind(self.policy, bill, today, started=self.household.standing.contacted_before)


async def decide_all(database: Database, office: Office, today: date, now: datetime) -> list[Verdict]:
    """What the policy asks for on `today`, for every household; writes nothing."""
    verdicts: list[Verdict] = []
    async with database.read() as session:
        approved = not office.approve_first_run or await _approved(session)
        async for household in households(session, office, today, now):
            policy = office.policy(household.account.kind)
            decision = decide(policy, household.standing, today)
            if not approved and isinstance(decision, Remind | HandToStaff):
                decision = Wait(Reason.AWAITING_APPROVAL, decision.stage)
            at = opening_of(policy, office, today, household.account.code)
            verdicts.append(Verdict(household, policy, decision, at))
    return _one_kind_per_person(verdicts)


def opening_of(policy: Policy, office: Office, today: date, code: str) -> datetime:
    """A household's own minute of the day."""
    return at_local(today, policy.window_from, office.zone) + timedelta(minutes=keys.jitter_minutes(code))


async def preview(database: Database, office: Office, on: date, now: datetime) -> list[Row]:
    """Row for row what planning that date would do, were it done with today's data."""
    return [verdict.row(office) for verdict in await decide_all(database, office, on, now)]


async def run(database: Database, office: Office, now: datetime) -> list[Row]:
    """Decide today's rows and carry them out. After the day's window nothing is planned: tomorrow decides anew."""
    today = office.today(now)
    verdicts = await decide_all(database, office, today, now)
    closed = {kind: now >= at_local(today, p.window_until, office.zone) for kind, p in office.policies.items()}
    verdicts = [
        replace(v, decision=Wait(Reason.QUIET_HOURS, v.decision.stage))
        if isinstance(v.decision, Remind) and closed[v.household.account.kind]
        else v
        for v in verdicts
    ]
    await _keep_policies(database, office, now)
    await _ask_for_approval(database, office, verdicts, today, now)
    by_person: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if isinstance(verdict.decision, Remind):
            assert verdict.household.person is not None
            by_person[verdict.household.person.id].append(verdict)
    for group in chunks(list(by_person.values()), MESSAGES_PER_TRANSACTION):
        async with database.write() as session:
            for together in group:
                await _remind(session, office, together, today, now)
    tasks = [verdict for verdict in verdicts if isinstance(verdict.decision, HandToStaff)]
    for batch in chunks(tasks, MESSAGES_PER_TRANSACTION):
        async with database.write() as session:
            for verdict in batch:
                await _hand_over(session, office, verdict, today, now)
    waits = [
        (v.household.account.id, v.decision.reason.value, v.decision.stage.name if v.decision.stage else "")
        for v in verdicts
        if isinstance(v.decision, Wait)
    ]
    for some in chunks(waits, WAITS_PER_TRANSACTION):
        async with database.write() as session:
            await keep_waits(session, some, today)
    return [verdict.row(office) for verdict in verdicts]


def _one_kind_per_person(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """One message a day per person: all flats share it; a child's tuition waits when the flat's fee is spoken of."""
    kinds: dict[int, str] = {}
    times: dict[int, datetime] = {}
    folded = []
    for verdict in verdicts:
        person = verdict.household.person
        if isinstance(verdict.decision, Remind) and person is not None:
            kind = kinds.setdefault(person.id, verdict.household.account.kind)
            if kind != verdict.household.account.kind:
                verdict = replace(verdict, decision=Wait(Reason.CAP, verdict.decision.stage))
            else:
                verdict = replace(verdict, at=times.setdefault(person.id, verdict.at))
        folded.append(verdict)
    return folded


async def _remind(
    session: AsyncSession, office: Office, together: Sequence[Verdict], today: date, now: datetime
) -> None:
    """Write one person's message and the reminders of all accounts it speaks of."""
    new = [(v, key) for v in together if (key := await _new_reminder(session, v, today, now)) is not None]
    if not new:
        return
    first = max((v for v, _ in new), key=lambda v: v.reminded().stage.days_after_due)
    household, decision = first.household, first.reminded()
    person, contact = household.person, household.contact
    assert person is not None
    assert contact is not None
    message = reminder_message(
        office,
        person.language or household.account.language,
        decision.stage.template,
        [
            Addressee(v.household.account.payer_name, v.household.account.room, v.reminded().bills)
            for v, _ in new
        ],
        today,
    )
    ends_on = min(
        window_end(v.policy, v.reminded().anchor, v.reminded().stage, v.lag(v.reminded().anchor, today))
        for v, _ in new
    )
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        message,
        button_user=contact.user,
        key=keys.reminder(household.account.id, decision.anchor.id, decision.stage.name),
        now=now,
        not_before=max(first.at, now),
        expires_at=at_local(ends_on, first.policy.window_from, office.zone),
        context=outbox.Context(
            person_id=person.id,
            account_id=household.account.id,
            source=f"reminder/{new[0][1]}",
            stage=decision.stage.name,
            reason=Reason.DUE.value,
        ),
    )
    ids = [reminder_id for _, reminder_id in new]
    await session.execute(update(Reminder).where(Reminder.id.in_(ids)).values(outbox_id=posted.first_id))


async def _hand_over(session: AsyncSession, office: Office, verdict: Verdict, today: date, now: datetime) -> None:
    """Open the staff task of a stage that people carry out."""
    reminder_id = await _new_reminder(session, verdict, today, now)
    if reminder_id is None:
        return
    decision = verdict.decision
    assert isinstance(decision, HandToStaff)
    total = yuan(sum(bill.open_fen for bill in decision.bills))
    task = await open_task(
        session,
        key=keys.task("ladder", str(reminder_id)),
        kind=decision.stage.action.value,
        account=verdict.household.account,
        summary=office.wording.text("task.ladder", "zh", {"total": total, "bills": str(len(decision.bills))}),
        at=now,
        due_at=at_local(
            today + timedelta(days=verdict.policy.holds.task_days), verdict.policy.window_until, office.zone
        ),
        source=f"reminder/{reminder_id}",
        blocks=True,
    )
    if task is not None:
        await session.execute(update(Reminder).where(Reminder.id == reminder_id).values(task_id=task.id))


async def _new_reminder(session: AsyncSession, verdict: Verdict, today: date, now: datetime) -> int | None:
    """The reminder's row with the bills it covers; None when this stage was carried out before."""
    decision = verdict.decision
    assert isinstance(decision, Remind | HandToStaff)
    account = verdict.household.account
    reminder_id: int | None = await session.scalar(
        upsert(session, Reminder)
        .values(
            key=keys.reminder(account.id, decision.anchor.id, decision.stage.name),
            account_id=account.id,
            anchor_bill_id=decision.anchor.id,
            stage=decision.stage.name,
            decision="remind" if isinstance(decision, Remind) else "staff",
            decided_on=today,
            policy_hash=verdict.policy.hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Reminder.id)
    )
    if reminder_id is None:
        return None
    covered = [
        {
            "reminder_id": reminder_id,
            "bill_id": bill.id,
            "open_fen": bill.open_fen,
            "days_behind": verdict.lag(bill, today),
        }
        for bill in decision.bills
    ]
    await session.execute(insert(ReminderBill), covered)
    if not verdict.household.standing.contacted_before:
        await session.execute(update(Account).where(Account.id == account.id).values(first_contacted_on=today))
    return reminder_id


async def _keep_policies(database: Database, office: Office, now: datetime) -> None:
    """Keep the full text of each policy that decides, by its hash."""
    async with database.write() as session:
        for kind, policy in office.policies.items():
            await session.execute(
                upsert(session, PolicyText)
                .values(hash=policy.hash, kind=kind, text=office.policy_texts.get(kind, ""), first_used_at=now)
                .on_conflict_do_nothing(index_elements=["hash"])
            )


async def _approved(session: AsyncSession) -> bool:
    return await session.scalar(select(Run.id).where(Run.state == "approved").limit(1)) is not None


async def _ask_for_approval(
    database: Database, office: Office, verdicts: Sequence[Verdict], today: date, now: datetime
) -> None:
    """The first run waits for a manager: say how many it would reach."""
    waiting = [
        v for v in verdicts if isinstance(v.decision, Wait) and v.decision.reason is Reason.AWAITING_APPROVAL
    ]
    if not waiting:
        return
    tasks = sum(1 for v in waiting if v.decision.stage is not None and v.decision.stage.action in STAFF_ACTIONS)
    async with database.write() as session:
        run = (await session.scalars(select(Run).where(Run.state == "awaiting"))).first()
        if run is None:
            run = Run(on_date=today, state="awaiting", created_at=now)
            session.add(run)
        run.on_date, run.remind, run.staff = today, len(waiting) - tasks, tasks
        await session.flush()
        await open_task(
            session,
            key=keys.task("run", str(run.id)),
            kind="run",
            account=None,
            summary=office.wording.text("task.run", "zh", {"remind": str(run.remind), "staff": str(run.staff)}),
            at=now,
            due_at=now + timedelta(days=1),
            source=f"run/{run.id}",
        )
