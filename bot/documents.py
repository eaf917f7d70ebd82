"""Takes a paper into a household's file: a copy in data/documents under its own checksum, and a row that names it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path

from bot.commands.context import CommandError, Desk
from bot.handing_out import data_folder
from bot.papers import keep
from domain.filing import BYTES_MAX, ENDINGS
from models.accounts import by_code
from models.documents import add_document, document_path
from models.staff import audit

TITLE_MAX = 120


async def keep_document(desk: Desk, code: str, file: Path, kind: str, title: str, day: str) -> bool:
    """False: the household has this very file already. Raises CommandError naming what is wrong and the cure."""
    if file.suffix.lower() not in ENDINGS:
        raise CommandError(f"{file}: one of {' '.join(ENDINGS)}")
    body = await asyncio.to_thread(file.read_bytes)
    if not body or len(body) > BYTES_MAX:
        raise CommandError(f"{file}: 1 byte to {BYTES_MAX // 2**20} MB")
    if len(title) > TITLE_MAX or not title.isprintable():
        raise CommandError(f"--title: 1 to {TITLE_MAX} visible characters")
    try:
        dated_on = date.fromisoformat(day) if day else desk.today
    except ValueError:
        raise CommandError(f"--date {day}: write it as 2026-12-01") from None
    async with desk.database.read() as session:
        account = await by_code(session, code)
    if account is None:
        raise CommandError(f"there is no account {code!r}")
    sha256 = hashlib.sha256(body).hexdigest()
    name = f"{account.id}-{sha256[:32]}{file.suffix.lower()}"
    await asyncio.to_thread(keep, data_folder(desk.settings) / document_path(name), body)
    row = {
        "account_id": account.id,
        "kind": kind,
        "title": title,
        "dated_on": dated_on,
        "file": name,
        "sha256": sha256,
        "size_bytes": len(body),
        "actor": desk.actor,
        "at": desk.now,
    }
    async with desk.database.write() as session:
        new = await add_document(session, row) is not None
        if new:
            await audit(session, desk.actor, "document.added", f"account/{account.id}", desk.now, {"sha256": sha256})
    return new
