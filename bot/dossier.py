"""Writes everything that is known of one household into a zip file: JSON for programs, csv for people."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.commands.context import CommandError, Desk
from bot.spreadsheet import harmless
from models.accounts import by_code
from models.dossier import dossier
from models.staff import audit


async def write_dossier(desk: Desk, code: str, out: Path) -> None:
    """Write the file and note in the audit log who took it. Raises CommandError: no such account."""
    async with desk.database.read() as session:
        account = await by_code(session, code.strip())
        if account is None:
            raise CommandError(f"there is no account {code!r}")
        tables = {name: [_plain(row, desk) for row in rows] for name, rows in (await dossier(session, account)).items()}
    whole = {"account": account.code, "exported_at": desk.now.astimezone(desk.zone).isoformat(), "tables": tables}
    partial = out.with_name(f".{out.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("account.json", json.dumps(whole, ensure_ascii=False, indent=1))
        for name, rows in tables.items():
            archive.writestr(f"{name}.csv", _csv(rows))
    async with desk.database.write() as session:
        await audit(session, desk.actor, "export", f"account/{account.id}", desk.now)
    partial.replace(out)


def _plain(row: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Values that JSON has; moments as local time."""

    def value(each: Any) -> Any:
        if isinstance(each, datetime):
            return each.astimezone(desk.zone).isoformat(timespec="seconds")
        return each if isinstance(each, str | int | float | bool | None) else str(each)

    return {name: value(each) for name, each in row.items()}


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if rows:
        writer.writerow(rows[0])
        writer.writerows([harmless("" if each is None else str(each)) for each in row.values()] for row in rows)
    return text.getvalue().encode("utf-8-sig")
