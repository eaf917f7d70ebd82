"""Makes the spreadsheets that staff asked for in chat, and sends each as a document to the one who asked."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import structlog

from bot.handing_out import DOCUMENT_BYTES_MAX as DOCUMENT_BYTES_MAX
from bot.handing_out import KEPT as KEPT
from bot.handing_out import data_folder
from bot.settings import Settings
from bot.spreadsheet import Cell, write_xlsx
from domain import keys
from domain.messages import Address, Attachment, Audience, Kind, OutgoingMessage
from domain.office import Office
from domain.roles import Right, Role, may
from models.accounts import Community
from models.base import Database
from models.exports import Export, asked_exports, pupils, settle_export, tables
from models.outbox import Context
from models.posting import post
from models.staff import Staff, audit

log = structlog.get_logger(__name__)
FOLDER = "exports"
Tables = dict[str, tuple[Sequence[str], AsyncIterator[Any]]]
# Columns whose values are codes, and the group of templates that words them.
CODED = {
    "grade": "grade",
    "channel": "channel_name",
    "state": "contact_state",
    "role": "member",
    "kind": "fee",
    "wish": "wish",
    "answer": "answer_name",
    "evidence": "evidence",
}
# What each sheet holds, and the right that its reader needs: all of an office is an administrator's business.
SHEETS: Mapping[str, tuple[Callable[..., Awaitable[Tables]], Right]] = {
    "": (tables, Right.EXPORT),
    "pupils": (pupils, Right.APPROVE),
}


def folder_of(settings: Settings) -> Path:
    """Beside the database, where the office's data is."""
    return data_folder(settings) / FOLDER


async def write_waiting(database: Database, office: Office, now: datetime, folder: Path) -> int:
    """Make the files that were asked for; returns how many. Files of yesterday are removed."""
    async with database.read() as session:
        wishes = await asked_exports(session)
    if wishes:
        await asyncio.to_thread(_forget, folder, now)
    for wish in wishes:
        try:
            await _fulfil(database, office, wish, now, folder)
        except Exception as wrong:
            log.error("export failed", export=wish.id, exc_info=wrong)
            await _settle(database, office, wish, now)
    return len(wishes)


async def _fulfil(database: Database, office: Office, wish: Export, now: datetime, folder: Path) -> None:
    sheets = await sheets_of(database, office, wish.sheet, wish.community_id, wish.language)
    path = folder / f"{wish.id}-{secrets.token_hex(8)}.xlsx"
    size_bytes = await asyncio.to_thread(_write, path, sheets)
    await _settle(database, office, wish, now, str(path), size_bytes)


async def sheets_of(
    database: Database, office: Office, sheet: str, community_id: int | None, language: str
) -> dict[str, list[list[Cell]]]:
    """The pages of a file, each with its header, in words."""
    found: dict[str, list[list[Cell]]] = {}
    async with database.read() as session:
        for name, (columns, rows) in (await SHEETS[sheet][0](session, community_id)).items():
            header: list[Cell] = [_words(office, f"column.{column}", column, language) for column in columns]
            body = [_cells(office, columns, row, language) async for row in rows]
            found[_words(office, f"export.sheet_{name}", name, language)] = [header, *body]
    return found


def _cells(office: Office, columns: Sequence[str], row: Sequence[Any], language: str) -> list[Cell]:
    def cell(column: str, value: Any) -> Cell:
        if value is None:
            return ""
        if isinstance(value, bool):
            return office.wording.text("export.yes" if value else "export.no", language)
        if column.endswith("_fen"):
            return Decimal(value) / 100
        if column == "traits":
            return ";".join(_words(office, f"trait.{each}", each, language) for each in value.split(";") if each)
        if column in CODED:
            return _words(office, f"{CODED[column]}.{value}", value, language)
        if isinstance(value, datetime):
            return f"{value.astimezone(office.zone):%Y-%m-%d %H:%M}"
        return value if isinstance(value, str | int | Decimal | date) else str(value)

    return [cell(column, value) for column, value in zip(columns, row, strict=True)]


def _words(office: Office, template: str, code: str, language: str) -> str:
    return office.wording.text(template, language) if code and office.wording.has(template) else code


def _write(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> int:
    """For the owner's eyes only, and whole or not at all; returns its size in bytes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    write_xlsx(partial, sheets)
    os.replace(partial, path)
    return path.stat().st_size


def _forget(folder: Path, now: datetime) -> None:
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.stat().st_mtime < (now - KEPT).timestamp():
            path.unlink(missing_ok=True)


async def _settle(
    database: Database, office: Office, wish: Export, now: datetime, path: str = "", size_bytes: int = 0
) -> None:
    """Say how it ended to the one who asked, if they are still allowed to have it."""
    async with database.write() as session:
        if not await settle_export(session, wish.id, "done" if path else "failed", now):
            return
        member = await session.get_one(Staff, wish.staff_id)
        if not member.active or not member.chat or not may(Role(member.role), SHEETS[wish.sheet][1]):
            return
        community = await session.get(Community, wish.community_id) if wish.community_id else None
        where = community.name if community else office.name
        fields = {"where": where, "at": f"{now.astimezone(office.zone):%Y-%m-%d %H:%M}"}
        template, file = "export.failed", None
        if path:
            day = {"where": where, "day": office.today(now).isoformat()}
            name = office.wording.text("export.file", wish.language, day)
            template, file = "export.ready", Attachment("document", "", name, size_bytes, path)
            await audit(session, f"staff/{member.id}", "export.made", f"export/{wish.id}", now)
        if size_bytes > DOCUMENT_BYTES_MAX.get(member.channel, size_bytes):
            file = None
            link = office.links.address("download", f"export-{wish.id}", now, KEPT)
            template, fields = ("export.by_link", {**fields, "link": link}) if link else ("export.too_large", fields)
        text = office.wording.text(template, wish.language, fields)
        message = OutgoingMessage(
            template, text, fields, audience=Audience.PRIVATE, kind=Kind.STAFF_CARD, attachment=file
        )
        to = Address(member.channel, member.chat)
        await post(session, to, message, key=keys.export(wish.id), now=now, context=Context(reason="export"))
