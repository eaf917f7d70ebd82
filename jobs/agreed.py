"""What was agreed, promises and plans alike: looked at one by one, and a word about it to the one who agreed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import at_local
from domain.keys import jitter_minutes
from domain.ladder import Reason
from domain.large import enlarged
from domain.messages import Address, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.policy import within
from domain.wording import salutation, short_room
from models import outbox
from models.accounts import Account
from models.agreements import Plan, Promise, release
from models.base import Database
from models.people import Person, contacts_of
from models.posting import post
from models.staff import open_task

Agreed = Promise | Plan
Look = Callable[[AsyncSession, Agreed], Awaitable[str]]
# (label in content, action): under every such word, and under some.
BUTTONS = (("pay", "pay.how"), ("paid", "claim.start"))
OTHER_DAY = ("other_day", "promise.change")


@dataclass(frozen=True)
class Word:
    """One word about an agreement: said once under its key, until the end of `last_day`."""

    message: OutgoingMessage
    key: str
    source: str
    stage: str
    reason: Reason
    on: date
    last_day: date


async def look_at(database: Database, table: type[Agreed], state: str, look: Look) -> dict[str, int]:
    """Every agreement in this state, each in a transaction of its own; how many came to which end (`reminded`, …)."""
    counts: dict[str, int] = {}
    async with database.read() as session:
        ids = list(await session.scalars(select(table.id).where(table.state == state).order_by(table.id)))
    for agreed_id in ids:
        async with database.write() as session:
            agreed = cast("Agreed", await session.get_one(table, agreed_id))
            if agreed.state == state and (what := await look(session, agreed)):
                counts[what] = counts.get(what, 0) + 1
    return counts


async def close(session: AsyncSession, agreed: Agreed, state: str, source: str, now: datetime) -> None:
    """It has come to its end: its pause ends with it."""
    agreed.state, agreed.closed_at = state, now
    await release(session, source, now)


async def hand_over(
    session: AsyncSession,
    office: Office,
    account: Account,
    kind: str,
    key: str,
    summary: str,
    source: str,
    now: datetime,
) -> None:
    """It was not kept: a person talks to the household before anything else is written."""
    policy = office.policy(account.kind)
    due_on = office.today(now) + timedelta(days=policy.holds.task_days)
    await open_task(
        session,
        key=key,
        kind=kind,
        account=account,
        summary=summary,
        at=now,
        due_at=at_local(due_on, policy.window_until, office.zone),
        source=source,
        blocks=True,
    )


def worded(
    office: Office,
    account: Account,
    person: Person,
    template: str,
    fields: Callable[[str], Mapping[str, str]],
    *more: tuple[str, str],
) -> OutgoingMessage:
    """The word itself, in the person's language and type; `fields` gets the language."""
    words, language = office.wording, person.language or account.language
    filled = {
        "who": salutation(account.payer_name, language),
        "room": short_room(account.room),
        **fields(language),
    }
    rows: Sequence[Sequence[tuple[str, str]]] = (BUTTONS, more) if more else (BUTTONS,)
    choices = tuple(
        tuple(Choice(words.text(f"button.{name}", language), action, reusable=True) for name, action in row)
        for row in rows
    )
    message = OutgoingMessage(template, words.text(template, language, filled), filled, choices, kind=Kind.PROMISE)
    return enlarged(message) if person.large_type else message


async def say(
    session: AsyncSession, office: Office, account: Account, person: Person, word: Word, now: datetime
) -> bool:
    """Put one word into the outbox, in the person's own hours; False: it was said before, or nobody can be reached."""
    contact = next((each for each in await contacts_of(session, person.id) if each.channel in office.channels), None)
    if contact is None:
        return False
    policy = within(office.policy(account.kind), person.hours)
    opens = at_local(word.on, policy.window_from, office.zone) + timedelta(minutes=jitter_minutes(account.code))
    posted = await post(
        session,
        Address(contact.channel, contact.chat),
        word.message,
        button_user=contact.user,
        key=word.key,
        now=now,
        not_before=max(now, opens),
        expires_at=at_local(word.last_day + timedelta(days=1), policy.window_from, office.zone),
        context=outbox.Context(person.id, account.id, source=word.source, stage=word.stage, reason=word.reason.value),
    )
    return posted.first_id is not None
