"""A person leaves a household: the binding, and whatever in their chats still speaks of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.agreements import Promise, release
from models.dialogue import Button, Dialogue, Takeover
from models.outbox import CLAIMABLE, Outbox, State
from models.people import Contact, unbind

UNBOUND = "unbound"


async def part(session: AsyncSession, account_id: int, person_id: int, at: datetime) -> bool:
    """Unbind a person and close what their chats hold of the household; False: they were not bound.

    Steps, buttons and waiting messages end, promises are withdrawn. The household's record stays.
    """
    if not await unbind(session, account_id, person_id):
        return False
    chats = [
        (channel, chat)
        for channel, chat in await session.execute(
            select(Contact.channel, Contact.chat).where(Contact.person_id == person_id)
        )
    ]
    await session.execute(
        delete(Dialogue).where(
            tuple_(Dialogue.channel, Dialogue.chat).in_(chats),
            or_(Dialogue.account_id == account_id, Dialogue.account_id.is_(None)),
        )
    )
    of_others = select(Outbox.id).where(Outbox.account_id.is_not(None), Outbox.account_id != account_id)
    await session.execute(
        delete(Button).where(
            tuple_(Button.channel, Button.chat).in_(chats),
            or_(Button.outbox_id.is_(None), Button.outbox_id.not_in(of_others)),
        )
    )
    await session.execute(
        update(Takeover)
        .where(
            tuple_(Takeover.channel, Takeover.chat).in_(chats),
            Takeover.account_id == account_id,
            Takeover.state != "closed",
        )
        .values(state="closed", closed_at=at)
    )
    await session.execute(
        update(Outbox)
        .where(
            Outbox.person_id == person_id,
            Outbox.account_id == account_id,
            Outbox.state.in_((*CLAIMABLE, State.PLANNED)),
        )
        .values(state=State.CANCELLED, reason=UNBOUND)
        .execution_options(synchronize_session=False)
    )
    promises = list(
        await session.scalars(
            select(Promise).where(
                Promise.account_id == account_id, Promise.person_id == person_id, Promise.state == "open"
            )
        )
    )
    for promise in promises:
        promise.state, promise.closed_at = "withdrawn", at
        await release(session, f"promise/{promise.id}", at)
    return True
