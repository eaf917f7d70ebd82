"""Put finished messages into the outbox, with their buttons, as a chain of rows where one is too long for its channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import Address, OutgoingMessage
from domain.text import TEXT_LIMITS, split
from models import outbox
from models.dialogue import Button, new_buttons

NEW_BUTTONS = insert(Button.metadata.tables[Button.__tablename__])


@dataclass(frozen=True)
class Draft:
    """A message to be written once under its key. `button_user`: the only person who may press its buttons, or empty.

    `after`: the row that has to arrive first; where it doesn't, this message isn't sent either.
    """

    to: Address
    message: OutgoingMessage
    key: str
    context: outbox.Context
    button_user: str = ""
    edits: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    state: outbox.State = outbox.State.QUEUED
    after: int | None = None


@dataclass(frozen=True)
class Posted:
    """Where a message stands in the outbox: its first and last row. They are None when this key was said before.

    `menu`: (token, label) of its buttons, for people who type a digit instead of pressing.
    """

    first_id: int | None
    menu: tuple[tuple[str, str], ...] = ()
    last_id: int | None = None


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
    after: int | None = None,
) -> Posted:
    """Write one message."""
    draft = Draft(to, message, key, context, button_user, edits, not_before, expires_at, state, after)
    return (await post_all(session, [draft], now))[0]


async def post_all(session: AsyncSession, drafts: Sequence[Draft], now: datetime) -> list[Posted]:
    """Write many messages in a few statements; what each became, in their order."""
    texts = [split(draft.message.text, *TEXT_LIMITS[draft.to.channel]) for draft in drafts]
    buttons = [new_buttons(draft.to, draft.button_user, draft.message.choices, now) for draft in drafts]
    first: list[int | None] = [None] * len(drafts)
    last = [draft.after for draft in drafts]
    for part in count():
        rows = {
            n: _row(draft, texts[n], buttons[n][0], part, last[n], now)
            for n, draft in enumerate(drafts)
            if part < len(texts[n]) and (part == 0 or last[n] is not None)
        }
        if not rows:
            break
        ids = await outbox.enqueue(session, list(rows.values()))
        for n, row in rows.items():
            last[n] = ids.get(str(row["key"]))
            first[n] = last[n] if part == 0 else first[n]
    new = [{**row, "outbox_id": last[n]} for n in range(len(drafts)) if last[n] is not None for row in buttons[n][1]]
    if new:
        await session.execute(NEW_BUTTONS, new)
    return [
        Posted(
            first[n],
            tuple((shown["token"], shown["label"]) for row in buttons[n][0] for shown in row if "token" in shown),
            last[n],
        )
        for n in range(len(drafts))
    ]


def _row(
    draft: Draft,
    texts: Sequence[str],
    shown: Sequence[Sequence[dict[str, str]]],
    part: int,
    before: int | None,
    now: datetime,
) -> dict[str, object]:
    """The row of one part; buttons and attachment go with the last, an edit replaces with the first."""
    is_last = part == len(texts) - 1
    message = draft.message
    if texts[part] != message.text:
        message = replace(message, text=texts[part], attachment=message.attachment if is_last else None)
    return outbox.new_row(
        draft.to,
        message,
        key=draft.key if part == 0 else f"{draft.key}#{part}",
        at=now,
        context=draft.context,
        not_before=draft.not_before,
        expires_at=draft.expires_at,
        choices=[list(row) for row in shown] if is_last else (),
        edits=draft.edits if part == 0 else "",
        state=draft.state,
        part_of=before,
    )
