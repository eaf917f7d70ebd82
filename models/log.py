"""The message log: what we told a household or a chat, and what they said, in one line of time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, case, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages import Address, Audience
from models.dialogue import Button, Dialogue, Takeover
from models.inbox import PRESSED, Inbox
from models.outbox import Outbox, State

Given = BindParameter[Any]


@dataclass(frozen=True)
class Line:
    """One message. `out`: we said it. `state` is the outbox's or the inbox's; `intent` and `handler` are of what came in."""

    at: datetime
    out: bool
    channel: str
    chat: str
    text: str
    kind: str
    stage: str
    reason: str
    state: str
    intent: str
    handler: str
    row_id: int


async def of_household(session: AsyncSession, account_id: int, *, limit: int = 10, skip: int = 0) -> list[Line]:
    """Its private messages, newest last; `skip` leaves out that many of the newest. Cards to staff are not among them."""
    return await _lines(
        session,
        (Inbox.account_id == account_id, Inbox.audience != Audience.STAFF),
        (Outbox.account_id == account_id, Outbox.audience == Audience.PRIVATE),
        limit,
        skip,
    )


async def of_chat(session: AsyncSession, chat: Address, *, limit: int = 10, skip: int = 0) -> list[Line]:
    """Everything in one chat, newest last."""
    return await _lines(
        session,
        (Inbox.channel == chat.channel, Inbox.chat == chat.chat),
        (Outbox.channel == chat.channel, Outbox.chat == chat.chat),
        limit,
        skip,
    )


async def before_talk(session: AsyncSession, takeover: Takeover, limit: int) -> list[Line]:
    """The last words in a private chat that a colleague takes over, newest last; nothing about a home of somebody else."""
    here, account_id = Address(takeover.channel, takeover.chat), takeover.account_id
    return await _lines(
        session,
        (
            *(Inbox.channel == here.channel, Inbox.chat == here.chat, Inbox.audience == Audience.PRIVATE),
            *(or_(Inbox.account_id.is_(None), Inbox.account_id == account_id), Inbox.text != PRESSED),
        ),
        (
            *(Outbox.channel == here.channel, Outbox.chat == here.chat, Outbox.audience == Audience.PRIVATE),
            or_(Outbox.account_id.is_(None), Outbox.account_id == account_id),
        ),
        limit,
        0,
    )


async def asked_with(session: AsyncSession, takeover: Takeover) -> str:
    """The words with which somebody asked for a person; empty where they pressed a button."""
    query = (
        select(Inbox.text)
        .where(Inbox.channel == takeover.channel, Inbox.chat == takeover.chat, Inbox.received_at <= takeover.asked_at)
        .order_by(Inbox.id.desc())
        .limit(1)
    )
    text = str(await session.scalar(query) or "")
    return "" if text == PRESSED else text


LAST_COUNTS_FOR = timedelta(days=7)


async def last_kind(session: AsyncSession, chat: Address, now: datetime) -> str | None:
    """The kind of the last thing we told a chat: reminder, receipt, reply …; `offer` for a renewal. None: long ago."""
    said: str | None = await session.scalar(last_kind_said(chat.channel, chat.chat, now - LAST_COUNTS_FOR))
    return said


def last_kind_said(channel: str | Given, chat: str | Given, since: datetime | Given) -> Select[tuple[str]]:
    """The query of `last_kind`, for values or for parameters."""
    return (
        select(case((Outbox.source.startswith("offer/"), "offer"), else_=Outbox.kind))
        .where(Outbox.channel == channel, Outbox.chat == chat)
        .where(Outbox.state.in_((State.SENT, State.UNKNOWN)), Outbox.sent_at >= since)
        .order_by(Outbox.id.desc())
        .limit(1)
    )


async def open_question(session: AsyncSession, chat: Address, state: Dialogue) -> str | None:
    """The token of the one button that a bare "yes" presses; None when nothing was asked, or more was said since."""
    tokens = [token for token, _ in json.loads(state.menu)]
    query = select(Button).where(Button.token.in_(tokens), Button.single.is_(True), Button.used_at.is_(None))
    buttons = list(await session.scalars(query))
    newest = select(func.max(Outbox.id)).where(Outbox.channel == chat.channel, Outbox.chat == chat.chat)
    if len(buttons) != 1 or await session.scalar(newest) != buttons[0].outbox_id:
        return None
    return buttons[0].token


async def _lines(
    session: AsyncSession,
    received: Sequence[ColumnElement[bool]],
    said: Sequence[ColumnElement[bool]],
    limit: int,
    skip: int,
) -> list[Line]:
    at = func.coalesce(Outbox.sent_at, Outbox.created_at, type_=Outbox.created_at.type)
    nothing = literal("")
    both = union_all(
        select(
            Inbox.received_at.label("at"),
            literal(0).label("out"),
            Inbox.channel,
            Inbox.chat,
            Inbox.text,
            nothing.label("kind"),
            nothing.label("stage"),
            nothing.label("reason"),
            Inbox.state,
            Inbox.intent,
            Inbox.handler,
            Inbox.id.label("row_id"),
        ).where(*received, Inbox.text != ""),
        select(
            at.label("at"),
            literal(1).label("out"),
            Outbox.channel,
            Outbox.chat,
            Outbox.text,
            Outbox.kind,
            Outbox.stage,
            Outbox.reason,
            Outbox.state,
            nothing.label("intent"),
            nothing.label("handler"),
            Outbox.id.label("row_id"),
        ).where(*said),
    ).subquery()
    newest = select(both).order_by(both.c.at.desc(), both.c.out.desc(), both.c.row_id.desc()).limit(limit).offset(skip)
    rows = (await session.execute(newest)).all()
    return [Line(row[0], bool(row[1]), *row[2:]) for row in reversed(rows)]
