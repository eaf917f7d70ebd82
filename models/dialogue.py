"""Where a conversation stands: the step a chat is in, its buttons, and who has taken it over."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.messages import Address, Choice
from models.accounts import Account, Community
from models.base import Base, Id, UtcDateTime, as_json, dialect_of, upsert, upserting
from models.staff import Staff

STEP_LIFE = timedelta(hours=24)
BUTTON_LIFE = timedelta(days=30)
TOKEN_LENGTH = 24  # characters


class Dialogue(Base):
    """The state of one person in one chat."""

    __tablename__ = "dialogues"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    chat: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(64), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), default="")  # what the next plain message belongs to
    memory: Mapped[str] = mapped_column(Text, default="{}")
    menu: Mapped[str] = mapped_column(Text, default="[]")  # [token, label] of the last buttons, for digits 1–9
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))  # the household being talked about
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Button(Base):
    """An opaque token for one button: whose it is, what it does, until when. `single`: works once."""

    __tablename__ = "buttons"
    __table_args__ = (Index("ix_buttons_expires_at", "expires_at"),)
    token: Mapped[str] = mapped_column(String(TOKEN_LENGTH), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    user: Mapped[str] = mapped_column(String(64), default="")  # empty: anyone in the chat with the right
    action: Mapped[str] = mapped_column(String(40))
    args: Mapped[str] = mapped_column(Text, default="{}")
    label: Mapped[str] = mapped_column(String(80), default="")
    single: Mapped[bool] = mapped_column(default=True)
    outbox_id: Mapped[int | None] = mapped_column(Id)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Takeover(Base):
    """A staff member talks in a resident's chat instead of the bot. `state`: waiting, live, closed."""

    __tablename__ = "takeovers"
    __table_args__ = (Index("ix_takeovers_channel_chat_state", "channel", "chat", "state"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    user: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    task_id: Mapped[int | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when somebody first answered
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when either side last wrote in it
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Group(Base):
    """A group chat. Without a community it is only known, and nothing is posted there."""

    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("channel", "chat"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    audience: Mapped[str] = mapped_column(String(10), default="residents")  # residents | staff
    building: Mapped[str] = mapped_column(String(40), default="")
    class_name: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[str] = mapped_column(String(8), default="ok")  # ok | removed | silent
    greeted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it was told what the bot is there for
    mentioned_in: Mapped[str] = mapped_column(String(8), default="", server_default="")  # period of the last @所有人


async def dialogue_of(session: AsyncSession, channel: str, chat: str, user: str) -> Dialogue | None:
    return await session.get(Dialogue, (channel, chat, user))


async def remember(
    session: AsyncSession,
    channel: str,
    chat: str,
    user: str,
    at: datetime,
    *,
    step: str | None,
    memory: Mapping[str, str],
    menu: Sequence[tuple[str, str]] | None,
    account_id: int | None,
) -> None:
    """Keep where the conversation stands. `menu=None` leaves the last menu in place."""
    row = {
        "channel": channel,
        "chat": chat,
        "user": user,
        "step": step or "",
        "memory": as_json(dict(memory)),
        "menu": json.dumps(list(menu or ())),
        "account_id": account_id,
        "until": at + STEP_LIFE,
    }
    await session.execute(_remembering(dialect_of(session), menu is not None), row)


@cache
def _remembering(dialect: str, with_menu: bool) -> Any:
    insert = upserting(dialect, Dialogue.metadata.tables[Dialogue.__tablename__])
    changed = ("step", "memory", "account_id", "until", *(("menu",) if with_menu else ()))
    return insert.on_conflict_do_update(
        index_elements=["channel", "chat", "user"], set_={name: insert.excluded[name] for name in changed}
    )


async def show_menu(
    session: AsyncSession, channel: str, chat: str, user: str, at: datetime, menu: Sequence[tuple[str, str]]
) -> None:
    """From now on digits mean these buttons. A step that is being answered stays what it is."""
    state = await dialogue_of(session, channel, chat, user)
    if state is None or state.until < at:
        await remember(session, channel, chat, user, at, step=None, memory={}, menu=menu, account_id=None)
    else:
        state.menu = json.dumps(list(menu))


def new_buttons(
    to: Address, user: str, rows: Sequence[Sequence[Choice]], at: datetime
) -> tuple[list[list[dict[str, str]]], list[dict[str, object]]]:
    """Give each choice an opaque token. Returns what the channel shows, and the values of the buttons' own rows.

    Shown are rows of {label, token} or {label, url}.
    """
    shown: list[list[dict[str, str]]] = []
    new: list[dict[str, object]] = []
    for row in rows:
        shown.append([])
        for choice in row:
            if choice.url:
                shown[-1].append({"label": choice.label, "url": choice.url})
                continue
            token = new_token(at)
            shown[-1].append({"label": choice.label, "token": token})
            new.append(
                {
                    "token": token,
                    "channel": to.channel,
                    "chat": to.chat,
                    "user": user,
                    "action": choice.action,
                    "args": as_json(dict(choice.args)),
                    "label": choice.label,
                    "single": not choice.reusable,
                    "expires_at": at + BUTTON_LIFE,
                }
            )
    return shown, new


def new_token(at: datetime) -> str:
    """96 random bits behind the second they were drawn in, so that new tokens stand side by side in the index."""
    return base64.urlsafe_b64encode(int(at.timestamp()).to_bytes(6) + secrets.token_bytes(12)).decode()


async def use_button(session: AsyncSession, token: str, at: datetime) -> bool:
    """Use a single-use button up; False when somebody was faster."""
    result = await session.execute(
        update(Button)
        .where(Button.token == token, Button.used_at.is_(None))
        .values(used_at=at)
        .execution_options(synchronize_session="fetch")
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def live_takeover(session: AsyncSession, channel: str, chat: str) -> Takeover | None:
    return (
        await session.scalars(
            select(Takeover)
            .where(Takeover.channel == channel, Takeover.chat == chat, Takeover.state != "closed")
            .order_by(Takeover.id.desc())
        )
    ).first()


async def quiet_takeovers(session: AsyncSession, before: datetime) -> list[Takeover]:
    """Takeovers in which nobody has written since a moment."""
    query = select(Takeover).where(Takeover.state == "live", Takeover.last_at < before)
    return list(await session.scalars(query.order_by(Takeover.id)))


async def staff_groups(session: AsyncSession, community_id: int | None) -> list[Group]:
    """The staff's own group chats for a community, or for all of them."""
    query = select(Group).where(Group.audience == "staff", Group.state == "ok")
    if community_id is not None:
        query = query.where((Group.community_id == community_id) | Group.community_id.is_(None))
    return list(await session.scalars(query.order_by(Group.id)))


async def group_of(session: AsyncSession, channel: str, chat: str) -> Group | None:
    return (await session.scalars(select(Group).where(Group.channel == channel, Group.chat == chat))).one_or_none()


async def save_group(
    session: AsyncSession, channel: str, chat: str, community_id: int, audience: str, building: str, class_name: str
) -> int:
    """Say what a group chat is for; its id. The platform's own title is kept."""
    row: dict[str, object] = {
        "community_id": community_id,
        "audience": audience,
        "building": building,
        "class_name": class_name,
        "state": "ok",
    }
    insert = upsert(session, Group).values(channel=channel, chat=chat, title="", **row)
    saved = insert.on_conflict_do_update(index_elements=["channel", "chat"], set_=row).returning(Group.id)
    return int((await session.execute(saved)).scalar_one())


async def forget_buttons(session: AsyncSession, before: datetime) -> None:
    await session.execute(delete(Button).where(Button.expires_at < before))
