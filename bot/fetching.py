"""Fetches the files that people sent from their platform into data/documents: what colleagues file, and what shows a matter."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Channel, WithFiles
from bot.papers import Desk, keep
from domain import keys
from domain.errors import DeliveryError, TryLater, Unknown
from domain.filing import BYTES_MAX, ending_of
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Right, Role, may
from models.accounts import Account
from models.documents import add_document, document_path
from models.outbox import Context
from models.posting import post
from models.sent_files import (
    DOCUMENT,
    FileState,
    SentFile,
    files_to_fetch,
    files_to_remove,
    forget_files,
    is_needed,
    settle_file,
    try_again,
)
from models.staff import Staff, audit

log = structlog.get_logger(__name__)


async def fetch_waiting(desk: Desk, channels: Mapping[str, Channel]) -> int:
    """Fetch what is due, a few at a time; returns how many were settled. Files that were taken back are removed."""
    async with desk.database.read() as session:
        wishes = await files_to_fetch(session, desk.now)
        gone = await files_to_remove(session)
    if gone:
        async with desk.database.write() as session:
            await forget_files(session, gone)
        for name in gone:
            await asyncio.to_thread((desk.data / document_path(name)).unlink, missing_ok=True)
    return [await _fetch(desk, channels, wish) for wish in wishes].count(True)


async def _fetch(desk: Desk, channels: Mapping[str, Channel], wish: SentFile) -> bool:
    channel = channels.get(wish.channel)
    if not isinstance(channel, WithFiles):
        return await _failed(desk, wish, "channel")
    try:
        body = await channel.fetch(wish.file_id, BYTES_MAX)
    except (TryLater, Unknown) as later:
        log.info("file not fetched yet", file=wish.id, detail=later.detail)
        async with desk.database.write() as session:
            if await try_again(session, wish, desk.now):
                return False
        return await _failed(desk, wish, "gone")
    except DeliveryError as refused:
        log.info("file refused", file=wish.id, detail=refused.detail)
        return await _failed(desk, wish, "gone")
    if len(body) > BYTES_MAX:
        return await _failed(desk, wish, "large")
    ending = ending_of(wish.name, body)
    if ending is None:
        return await _failed(desk, wish, "kind")
    sha256 = hashlib.sha256(body).hexdigest()
    name = f"{wish.account_id}-{sha256[:32]}{ending}"
    await asyncio.to_thread(keep, desk.data / document_path(name), body)
    async with desk.database.write() as session:
        account = await session.get_one(Account, wish.account_id)
        kept = account.erased_at is None and await settle_file(
            session, wish.id, FileState.KEPT, desk.now, file=name, sha256=sha256
        )
        if kept and wish.subject == DOCUMENT:
            await _filed(session, desk, wish, account, name, sha256, len(body))
        orphan = not kept and not await is_needed(session, name)  # the household was erased meanwhile
    if orphan:
        await asyncio.to_thread((desk.data / document_path(name)).unlink, missing_ok=True)
    return kept


async def _filed(
    session: AsyncSession, desk: Desk, wish: SentFile, account: Account, name: str, sha256: str, size_bytes: int
) -> None:
    """A row that names it, and a word to the one who sent it, who may take it back with one tap."""
    member = await session.get_one(Staff, wish.staff_id)
    actor = f"staff/{member.id}"
    words, language = desk.office.wording, wish.language
    row: dict[str, object] = {
        "account_id": account.id,
        "kind": wish.kind,
        "title": wish.title or Path(wish.name).stem or words.text(f"document_kind.{wish.kind}", language),
        "dated_on": desk.office.today(desk.now),
        "file": name,
        "sha256": sha256,
        "size_bytes": size_bytes,
        "actor": actor,
        "at": desk.now,
    }
    number = await add_document(session, row)
    if number is None:
        await _tell(session, desk, wish, member, "filing.kept_before", {"code": account.code})
        return
    await audit(session, actor, "document.added", f"account/{account.id}", desk.now, {"sha256": sha256})
    fields = {
        "code": account.code,
        "kind": words.text(f"document_kind.{wish.kind}", language),
        "title": str(row["title"]),
        "sha256": sha256[:12],
    }
    undo = Choice(words.text("button.document_undo", language), "document.undo", {"document": str(number)})
    await _tell(session, desk, wish, member, "filing.kept", fields, undo)


async def _failed(desk: Desk, wish: SentFile, why: str) -> bool:
    """A colleague hears what to do instead; of a resident's picture staff have the one in the chat."""
    async with desk.database.write() as session:
        if not await settle_file(session, wish.id, FileState.FAILED, desk.now):
            return False
        if wish.subject == DOCUMENT:
            member = await session.get_one(Staff, wish.staff_id)
            account = await session.get_one(Account, wish.account_id)
            fields = {"code": account.code, "size": str(BYTES_MAX // 2**20)}
            await _tell(session, desk, wish, member, f"filing.not_kept_{why}", fields)
    return True


async def _tell(
    session: AsyncSession,
    desk: Desk,
    wish: SentFile,
    member: Staff,
    template: str,
    fields: Mapping[str, str],
    *buttons: Choice,
) -> None:
    if not (member.active and member.chat and may(Role(member.role), Right.TASKS)):
        return
    text = desk.office.wording.text(template, wish.language, fields)
    rows = (buttons,) if buttons else ()
    message = OutgoingMessage(template, text, fields, rows, audience=Audience.PRIVATE, kind=Kind.STAFF_CARD)
    to, key = Address(member.channel, member.chat), keys.filed(wish.id, wish.asked_at)
    await post(session, to, message, key=key, now=desk.now, context=Context(reason="document"), button_user=member.user)
