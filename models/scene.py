"""Who wrote and where the conversation stands: everything that a turn begins with, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.dialogue import Dialogue, Takeover
from models.inbox import Inbox, InboxState
from models.log import LAST_COUNTS_FOR, Given, last_kind_said
from models.people import Contact, Person
from models.staff import Staff


@dataclass(frozen=True)
class Scene:
    """`waiting`: the update is not handled yet, and is locked now. `dialogue`: unless its time is over.

    `last_kind`: what we told this chat last, as `models.log.last_kind` says it. `taken_over`: a member of staff talks in
    this chat instead of the bot.
    """

    waiting: bool
    staff: Staff | None
    contact: Contact | None
    person: Person | None
    dialogue: Dialogue | None
    last_kind: str | None
    taken_over: bool


CHANNEL: Given = bindparam("channel")
CHAT: Given = bindparam("chat")
USER: Given = bindparam("user")
TAKEOVER = (
    select(Takeover.state)
    .where(Takeover.channel == CHANNEL, Takeover.chat == CHAT, Takeover.state != "closed")
    .order_by(Takeover.id.desc())
    .limit(1)
    .scalar_subquery()
)
# Built once: putting a query together costs as much as asking it.
SCENE = (
    select(
        Inbox.state,
        Staff,
        Contact,
        Person,
        Dialogue,
        last_kind_said(CHANNEL, CHAT, bindparam("since")).scalar_subquery(),
        TAKEOVER,
    )
    .select_from(Inbox)
    .outerjoin(Staff, and_(Staff.channel == CHANNEL, Staff.user == USER, Staff.active.is_(True)))
    .outerjoin(Contact, and_(Contact.channel == CHANNEL, Contact.user == USER))
    .outerjoin(Person, Person.id == Contact.person_id)
    .outerjoin(Dialogue, and_(Dialogue.channel == CHANNEL, Dialogue.chat == CHAT, Dialogue.user == USER))
    .where(Inbox.id == bindparam("inbox_id"))
    .with_for_update(of=Inbox)
)


async def look(session: AsyncSession, inbox_id: int, channel: str, chat: str, user: str, now: datetime) -> Scene:
    """The scene of one update; its row stays locked until the transaction ends."""
    given = {"inbox_id": inbox_id, "channel": channel, "chat": chat, "user": user, "since": now - LAST_COUNTS_FOR}
    state, staff, contact, person, dialogue, last_kind, takeover = (await session.execute(SCENE, given)).one()
    return Scene(
        waiting=state == InboxState.RECEIVED,
        staff=staff,
        contact=contact,
        person=person,
        dialogue=dialogue if dialogue is not None and dialogue.until >= now else None,
        last_kind=last_kind,
        taken_over=takeover == "live",
    )
