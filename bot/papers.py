"""Makes the papers that staff asked for in chat, and hands each to the one who asked; what can't be made is said, with the cure."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.handing_out import KEPT, Ready, hand_out
from bot.letters import MissingLetters
from domain import keys
from domain.errors import Refusal
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.roles import Right, Role, may
from models.base import Database
from models.outbox import Context
from models.papers import Paper, asked_papers, settle_paper
from models.posting import post
from models.staff import Staff, audit

log = structlog.get_logger(__name__)
FOLDER = "papers"


@dataclass(frozen=True)
class Made:
    """One finished file. `name`: the template of the name that it gets in the chat; `kept`: it stays on the disk for good."""

    data: bytes
    suffix: str
    name: str
    template: str
    fields: Mapping[str, str]
    kept: str = ""  # its name on the disk, where it stays
    buttons: Sequence[Sequence[tuple[str, str, Mapping[str, str]]]] = ()
    settle: Callable[[AsyncSession, str], Awaitable[None]] | None = None  # what to write down, with the file's sha256


@dataclass(frozen=True)
class Desk:
    """What a maker works with."""

    database: Database
    office: Office
    now: datetime
    data: Path  # the folder of the office's data

    @property
    def folder(self) -> Path:
        return self.data / FOLDER


Maker = Callable[[Desk, Paper], Awaitable[Made]]


async def write_waiting(desk: Desk, makers: Mapping[str, tuple[Maker, Right]]) -> int:
    """Make what was asked for; returns how many. Files that are not kept are removed after a day."""
    async with desk.database.read() as session:
        wishes = await asked_papers(session)
    if wishes:
        await asyncio.to_thread(_forget, desk)
    for wish in wishes:
        make, right = makers[wish.kind]
        try:
            await _done(desk, wish, right, await make(desk, wish))
        except MissingLetters as missing:
            await _not_made(desk, wish, "paper.missing_letters", {"letters": " ".join(missing.letters)})
        except Refusal as no:
            await _not_made(desk, wish, no.template, no.fields)
        except Exception as wrong:
            log.error("paper failed", paper=wish.id, kind=wish.kind, exc_info=wrong)
            await _not_made(desk, wish, "paper.failed", {})
    return len(wishes)


async def _done(desk: Desk, wish: Paper, right: Right, made: Made) -> None:
    """The file on the disk first, then one transaction: wish settled, paper handed out, audit log."""
    path = desk.folder / (made.kept or f"paper-{wish.id}{made.suffix}")
    sha256 = await asyncio.to_thread(keep, path, made.data)
    words = desk.office.wording
    rows = [
        [
            Choice(words.text(f"button.{label}", wish.language), action, args, reusable=True)
            for label, action, args in row
        ]
        for row in made.buttons
    ]
    async with desk.database.write() as session:
        if not await settle_paper(session, wish.id, "done", desk.now, path.name):
            return
        if made.settle is not None:
            await made.settle(session, sha256)
        member = await session.get_one(Staff, wish.staff_id)
        if not _may_have(member, right):
            return
        name = words.text(f"file.{made.name}", wish.language, made.fields)
        file = Ready(path, f"{safe_name(name)}{made.suffix}", f"paper-{wish.id}")
        await hand_out(
            *(session, desk.office, member, file, made.template, made.fields),
            language=wish.language,
            key=keys.paper(wish.id),
            now=desk.now,
            choices=rows,
        )
        await audit(session, f"staff/{member.id}", f"paper.{wish.kind}", wish.subject, desk.now, {"paper": wish.id})


async def _not_made(desk: Desk, wish: Paper, template: str, fields: Mapping[str, str]) -> None:
    """Say why, and what to do about it."""
    async with desk.database.write() as session:
        if not await settle_paper(session, wish.id, "failed", desk.now):
            return
        member = await session.get_one(Staff, wish.staff_id)
        if not member.active or not member.chat:
            return
        text = desk.office.wording.text(template, wish.language, fields)
        message = OutgoingMessage(template, text, fields, audience=Audience.PRIVATE, kind=Kind.STAFF_CARD)
        to = Address(member.channel, member.chat)
        await post(session, to, message, key=keys.paper(wish.id), now=desk.now, context=Context(reason="paper"))


def _may_have(member: Staff, right: Right) -> bool:
    return member.active and bool(member.chat) and may(Role(member.role), right)


def keep(path: Path, data: bytes) -> str:
    """For the owner's eyes only, and whole or not at all; returns the file's sha256."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(partial, path)
    return hashlib.sha256(data).hexdigest()


def safe_name(name: str) -> str:
    """A file's name that every system takes."""
    return "".join("-" if sign in '\\/:*?"<>|' or not sign.isprintable() else sign for sign in name).strip(" .")[:80]


def _forget(desk: Desk) -> None:
    for path in desk.folder.glob("paper-*"):
        if path.stat().st_mtime < (desk.now - KEPT).timestamp():
            path.unlink(missing_ok=True)
