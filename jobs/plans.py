"""Instalment plans: a word before each part, done when all is paid, to a person when a part stays open."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.ladder import Reason
from domain.messages import Address, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.plans import GRACE_DAYS, Part, first_unpaid
from domain.wording import day_words, salutation, short_room
from models import outbox
from models.accounts import Account
from models.agreements import Plan, plan_parts_of, plan_received_fen, release
from models.base import Database
from models.people import Contact
from models.posting import post
from models.staff import open_task

AHEAD_DAYS = 3  # the word before a part


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Look at every active plan; returns how many parts were reminded of, plans done and plans broken."""
    today = office.today(now)
    counts = {"reminded": 0, "done": 0, "broken": 0}
    async with database.read() as session:
        ids = list(await session.scalars(select(Plan.id).where(Plan.state == "active").order_by(Plan.id)))
    for plan_id in ids:
        async with database.write() as session:
            plan = await session.get_one(Plan, plan_id)
            if plan.state == "active":
                await _look(session, office, plan, today, now, counts)
    return counts


async def _look(
    session: AsyncSession, office: Office, plan: Plan, today: date, now: datetime, counts: dict[str, int]
) -> None:
    source = f"plan/{plan.id}"
    account = await session.get_one(Account, plan.account_id)
    waiting = first_unpaid(
        [Part(p.number, p.due_on, p.amount_fen) for p in await plan_parts_of(session, plan.id)],
        await plan_received_fen(session, plan),
    )
    if waiting is None:
        plan.state, plan.closed_at = "done", now
        await release(session, source, now)
        counts["done"] += 1
        return
    part, open_fen = waiting
    if part.due_on - timedelta(days=AHEAD_DAYS) <= today <= part.due_on:
        counts["reminded"] += await _write(session, office, account, plan, part, open_fen, "ahead", now)
    elif part.due_on < today <= part.due_on + timedelta(days=GRACE_DAYS):
        counts["reminded"] += await _write(session, office, account, plan, part, open_fen, "late", now)
    elif today > part.due_on + timedelta(days=GRACE_DAYS):
        plan.state, plan.closed_at = "broken", now
        await release(session, source, now)
        policy = office.policy(account.kind)
        await open_task(
            session,
            key=keys.task("plan-broken", str(plan.id)),
            kind="plan_broken",
            account=account,
            summary=office.wording.text(
                "task.plan_broken", "zh", {"number": str(part.number), "total": yuan(open_fen)}
            ),
            at=now,
            due_at=at_local(today + timedelta(days=policy.holds.task_days), policy.window_until, office.zone),
            source=source,
            blocks=True,
        )
        counts["broken"] += 1


async def _write(
    session: AsyncSession,
    office: Office,
    account: Account,
    plan: Plan,
    part: Part,
    open_fen: int,
    moment: str,
    now: datetime,
) -> bool:
    """One word about one part: `ahead` of its day, or `late`, each once."""
    contact = (
        await session.scalars(
            select(Contact).where(
                Contact.person_id == plan.person_id, Contact.state == "ok", Contact.channel.in_(office.channels)
            )
        )
    ).first()
    if contact is None:
        return False
    words, language = office.wording, account.language
    fields = {
        "who": salutation(account.payer_name, language),
        "room": short_room(account.room),
        "number": str(part.number),
        "amount": yuan(open_fen),
        "due": day_words(part.due_on, language),
    }
    buttons = (
        (
            Choice(words.text("button.pay", language), "pay.how", reusable=True),
            Choice(words.text("button.paid", language), "claim.start", reusable=True),
        ),
    )
    policy = office.policy(account.kind)
    today = office.today(now)
    last_day = part.due_on if moment == "ahead" else part.due_on + timedelta(days=GRACE_DAYS)
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        OutgoingMessage(
            f"plan.{moment}", words.text(f"plan.{moment}", language, fields), fields, buttons, kind=Kind.PROMISE
        ),
        button_user=contact.user,
        key=keys.plan_part(plan.id, part.number, moment),
        now=now,
        not_before=max(
            now,
            at_local(today, policy.window_from, office.zone) + timedelta(minutes=keys.jitter_minutes(account.code)),
        ),
        expires_at=at_local(last_day + timedelta(days=1), policy.window_from, office.zone),
        context=outbox.Context(
            contact.person_id, account.id, source=f"plan/{plan.id}", stage="plan", reason=Reason.ON_PLAN.value
        ),
    )
    return posted.first_id is not None
