"""Put a finished message into the outbox, with its buttons, as a chain of rows where it is too long for the channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import Address, OutgoingMessage
from domain.text import TEXT_LIMITS, split
from models import dialogue, outbox
from models.dialogue import Button


@dataclass(frozen=True)
class Posted:
    """Where a message stands in the outbox. `first_id` is None when this key was said before.

    `menu`: (token, label) of its buttons, for people who type a digit instead of pressing.
    """

    first_id: int | None
    menu: tuple[tuple[str, str], ...] = ()


async def post(
    session: AsyncSession,
    to: Address,
    message: OutgoingMessage,
    *,
    key: str,
    now: datetime,
    context: outbox.Context,
    button_user: str = "",
    edits: str = "",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    state: outbox.State = outbox.State.QUEUED,
) -> Posted:
    """Write one message. `button_user`: the only person who may press its buttons; empty for anyone in the chat."""
    texts = split(message.text, *TEXT_LIMITS[to.channel])
    shown = await dialogue.make_buttons(session, to.channel, to.chat, button_user, message.choices, now)
    first_id = last_id = None
    for number, text in enumerate(texts):
        is_last = number == len(texts) - 1
        last_id = await outbox.enqueue(
            session,
            to,
            replace(message, text=text, attachment=message.attachment if is_last else None),
            key=key if number == 0 else f"{key}#{number}",
            at=now,
            not_before=not_before,
            expires_at=expires_at,
            context=context,
            choices=shown if is_last else (),
            edits=edits if number == 0 else "",
            part_of=last_id,
            state=state,
        )
        first_id = first_id or last_id
    menu = tuple((button["token"], button["label"]) for row in shown for button in row if "token" in button)
    if menu and last_id is not None:
        tokens = [token for token, _ in menu]
        await session.execute(update(Button).where(Button.token.in_(tokens)).values(outbox_id=last_id))
    return Posted(first_id, menu)
