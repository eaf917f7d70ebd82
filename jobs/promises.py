"""Promises: on their day a gentle word, kept ones closed, broken ones to a person."""

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
from domain.wording import day_words, salutation, short_room
from models import outbox
from models.accounts import Account
from models.agreements import Hold, Promise, release
from models.base import Database
from models.bills import bill_lines
from models.people import Contact, Person
from models.posting import post
from models.staff import open_task


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Look at every open promise; returns how many were reminded of, kept and broken."""
    today = office.today(now)
    counts = {"reminded": 0, "kept": 0, "broken": 0}
    async with database.read() as session:
        ids = list(await session.scalars(select(Promise.id).where(Promise.state == "open").order_by(Promise.id)))
    for promise_id in ids:
        async with database.write() as session:
            promise = await session.get_one(Promise, promise_id)
            if promise.state == "open":
                await _look(session, office, promise, today, now, counts)
    return counts


async def _look(
    session: AsyncSession, office: Office, promise: Promise, today: date, now: datetime, counts: dict[str, int]
) -> None:
    source = f"promise/{promise.id}"
    held = select(Hold.bill_id).where(Hold.source == source)
    bill_ids = set(await session.scalars(held))
    account = await session.get_one(Account, promise.account_id)
    lines = await bill_lines(session, [account.id], only_open=True)
    open_fen = sum(line.open_fen for line in lines if line.bill.id in bill_ids)
    if open_fen == 0:
        promise.state, promise.closed_at = "kept", now
        await release(session, source, now)
        counts["kept"] += 1
    elif promise.due_on == today:
        written = await _write(session, office, account, promise, open_fen, now)
        counts["reminded"] += written
    elif promise.due_on < today:
        promise.state, promise.closed_at = "broken", now
        await release(session, source, now)
        policy = office.policy(account.kind)
        await open_task(
            session,
            key=keys.task("promise", str(promise.id)),
            kind="promise",
            account=account,
            summary=office.wording.text(
                "task.promise_broken", "zh", {"due": promise.due_on.isoformat(), "total": yuan(open_fen)}
            ),
            at=now,
            due_at=at_local(today + timedelta(days=policy.holds.task_days), policy.window_until, office.zone),
            source=source,
            blocks=True,
        )
        counts["broken"] += 1


async def _write(
    session: AsyncSession, office: Office, account: Account, promise: Promise, open_fen: int, now: datetime
) -> bool:
    """On the promised day, one word to the one who promised."""
    person = await session.get(Person, promise.person_id) if promise.person_id else None
    contact = (
        (
            await session.scalars(
                select(Contact).where(
                    Contact.person_id == person.id, Contact.state == "ok", Contact.channel.in_(office.channels)
                )
            )
        ).first()
        if person
        else None
    )
    if person is None or contact is None:
        return False
    words, language = office.wording, person.language or account.language
    fields = {
        "who": salutation(account.payer_name, language),
        "room": short_room(account.room),
        "due": day_words(promise.due_on, language),
        "total": yuan(open_fen),
    }
    buttons = (
        (
            Choice(words.text("button.pay", language), "pay.how", reusable=True),
            Choice(words.text("button.paid", language), "claim.start", reusable=True),
        ),
        (Choice(words.text("button.other_day", language), "promise.change", reusable=True),),
    )
    policy = office.policy(account.kind)
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        OutgoingMessage(
            "promise.today", words.text("promise.today", language, fields), fields, buttons, kind=Kind.PROMISE
        ),
        button_user=contact.user,
        key=keys.promise_day(promise.id),
        now=now,
        not_before=at_local(promise.due_on, policy.window_from, office.zone)
        + timedelta(minutes=keys.jitter_minutes(account.code)),
        expires_at=at_local(promise.due_on + timedelta(days=1), policy.window_from, office.zone),
        context=outbox.Context(
            person.id, account.id, source=f"promise/{promise.id}", stage="promise", reason=Reason.PROMISED.value
        ),
    )
    return posted.first_id is not None
