"""Somebody waits for a person and the clock has run out: a manager hears of it once, and so does the one who waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.roles import Right, Role, may
from models.accounts import Account
from models.base import Database
from models.dialogue import Takeover
from models.outbox import Context
from models.people import Person, contact_of
from models.posting import Draft, post_all
from models.queue import run_out
from models.staff import StaffTask, staff_for

AT_ONCE = 50


async def run(database: Database, office: Office, now: datetime) -> int:
    """Tell the managers; returns of how many waiting people."""
    async with database.write() as session:
        late = await run_out(session, now, AT_ONCE)
        drafts: list[Draft] = []
        for task, code in late:
            task.escalated_at = now
            takeover = await session.get(Takeover, int(task.source.partition("/")[2]))
            if takeover is not None and takeover.state == "waiting":
                drafts += await _to_managers(session, office, task, code, takeover, now)
                drafts.append(await _to_person(session, office, takeover, task))
        await post_all(session, drafts, now)
    return len(late)


async def _to_managers(
    session: AsyncSession, office: Office, task: StaffTask, code: str, takeover: Takeover, now: datetime
) -> list[Draft]:
    words = office.wording
    fields = {
        "code": code or words.text("person.unknown", office.language),
        "waited": words.span(now - takeover.asked_at, office.language),
        "summary": task.summary,
    }
    button = Choice(
        words.text("button.take_over", office.language), "person.take", {"takeover": str(takeover.id)}, reusable=True
    )
    card = OutgoingMessage(
        "escalated.manager",
        words.text("escalated.manager", office.language, fields),
        fields,
        ((button,),),
        Audience.STAFF,
        Kind.STAFF_CARD,
    )
    managers = [
        member
        for member in await staff_for(session, task.community_id)
        if may(Role(member.role), Right.APPROVE) and member.channel in office.channels
    ]
    return [
        Draft(
            Address(manager.channel, manager.chat),
            card,
            keys.escalation(task.id, task.due_at, manager.chat),
            Context(),
        )
        for manager in managers
    ]


async def _to_person(session: AsyncSession, office: Office, takeover: Takeover, task: StaffTask) -> Draft:
    """A word to the one who waits, in their language: they are not forgotten."""
    contact = await contact_of(session, takeover.channel, takeover.user)
    person = await session.get(Person, contact.person_id) if contact else None
    account = await session.get(Account, takeover.account_id) if takeover.account_id else None
    language = (person.language if person else "") or (account.language if account else "") or office.language
    fields = {"hotline": office.hotline}
    text = office.wording.text("person.still_waiting", language, fields)
    return Draft(
        Address(takeover.channel, takeover.chat),
        OutgoingMessage("person.still_waiting", text, fields),
        keys.escalation(task.id, task.due_at, takeover.chat),
        Context(person.id if person else None, takeover.account_id, reason="waiting"),
    )
