"""Another chat for a message that a channel certainly did not deliver: the same row goes on, so nothing is said twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import Kind
from domain.text import TEXT_LIMITS, length
from models.dialogue import Button
from models.outbox import Outbox, State, lane_of
from models.people import Contact

# What a person has to hear of, wherever, and whether their details are right. Answers belong to their chat, a broadcast to
# the chats it was counted for.
KINDS = frozenset({Kind.REMINDER, Kind.PROMISE, Kind.OFFER, Kind.RECEIPT, Kind.COURTESY})


async def next_chat(session: AsyncSession, row: Outbox, channels: Sequence[str]) -> Contact | None:
    """The person's chat on the first of `channels` that wasn't tried with this message; None: it goes nowhere else.

    A message that may have arrived already, or of which a part has, stays where it is.
    """
    if Kind(row.kind) not in KINDS or row.person_id is None or row.part_of is not None or row.doubts:
        return None
    tried = {line.partition(" ")[0] for line in row.tried.splitlines()} | {row.channel}
    left = [channel for channel in channels if channel not in tried]
    query = select(Contact).where(Contact.person_id == row.person_id, Contact.state == "ok", Contact.channel.in_(left))
    contacts = sorted(await session.scalars(query), key=lambda each: (left.index(each.channel), each.id))
    texts = [part.text for part in [row, *await _parts(session, row)]]
    fitting = (each for each in contacts if all(_fits(text, each.channel) for text in texts))
    return next(fitting, None)


def onward(row: Outbox, to: Contact, why: str, at: datetime) -> dict[str, object]:
    """The values by which a row begins anew in another chat, with the reason why it left the last one."""
    return {
        "channel": to.channel,
        "lane": lane_of(to.channel),
        "chat": to.chat,
        "edits": "",
        "state": State.RETRY,
        "reason": f"after {row.channel}",
        "tried": f"{row.tried}{row.channel} {why}\n",
        "error": why,
        "not_before": at,
        "attempt": 0,
        "claims": 0,
        "sent_at": None,
        "message_id": "",
    }


async def bring_along(session: AsyncSession, row: Outbox, to: Contact) -> None:
    """The later parts of a message and its buttons follow it."""
    ids = [row.id, *(part.id for part in await _parts(session, row))]
    await session.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids[1:]))
        .values(channel=to.channel, lane=lane_of(to.channel), chat=to.chat)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Button)
        .where(Button.outbox_id.in_(ids))
        .values(channel=to.channel, chat=to.chat, user=to.user)
        .execution_options(synchronize_session=False)
    )


async def _parts(session: AsyncSession, head: Outbox) -> list[Outbox]:
    """What follows the first part of a split message, in order."""
    found: list[Outbox] = []
    last = head.id
    while part := (
        await session.scalars(select(Outbox).where(Outbox.part_of == last, Outbox.kind == head.kind))
    ).first():
        found.append(part)
        last = part.id
    return found


def _fits(text: str, channel: str) -> bool:
    limit, unit = TEXT_LIMITS[channel]
    return length(text, unit) <= limit
