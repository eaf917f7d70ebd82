"""Meter readings as a file: all there are, or the meters that a period still waits for, for the one who goes to read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bot.billing import rules_in_force
from bot.commands.context import CommandError, Desk
from bot.spreadsheet import Cell, write_csv, write_xlsx
from domain.billing import Household, Period, fees_of
from domain.metering import THOUSANDTHS, closes, figure
from models import bulk
from models.accounts import Account
from models.base import chunks
from models.readings import Known, lines_of, readings_to_export
from models.staff import audit

COLUMNS = ("account_code", "item", "read_on", "reading", "meter", "begins", "correction")
HISTORY = ("community", "stands", "file", "actor", "recorded_at")
TO_READ = ("account_code", "item", "read_on", "reading", "meter", "community", "room", "last_read_on", "last_reading")


async def write_readings(desk: Desk, community: str, out: Path) -> int:
    """Every row ever written down, with who brought it in; those that were corrected say so. How many they are."""
    async with desk.database.write() as session:
        found = await readings_to_export(session, await _communities(desk, community))
        await audit(session, desk.actor, "export.made", "export/readings", desk.now, {"rows": len(found)})
    rows: list[Sequence[Cell]] = [(*COLUMNS, *HISTORY)]
    for row, code, place, stands in found:
        marks = ("yes" if each else "" for each in (row.begins, row.corrects_id))
        at: datetime = row.at.astimezone(desk.zone)
        shown = Decimal(row.thousandths) / THOUSANDTHS
        known = (place, "yes" if stands else "no", row.file, row.actor, f"{at:%Y-%m-%d %H:%M}")
        rows.append((code, row.item, row.read_on, shown, row.meter, *marks, *known))
    _write(out, rows)
    return len(found)


async def write_missing(desk: Desk, community: str, period: Period, out: Path) -> int:
    """The meters that have no reading of the period, with the last one; the file comes back by `import readings`."""
    ids = await _communities(desk, community)
    async with desk.database.read() as session:
        names = {each.id: each.name for each in (await bulk.communities_by_name(session)).values()}
        found = await unread(session, period, ids)
    rows: list[Sequence[Cell]] = [TO_READ]
    for account, item, last in found:
        was: tuple[date | str, str] = ("", "")
        if last is not None:
            was = last.reading.read_on, figure(last.reading.thousandths)
        number = last.meter if last is not None else ""
        rows.append((account.code, item, "", "", number, names[account.community_id], account.room, *was))
    async with desk.database.write() as session:
        await audit(session, desk.actor, "export.made", "export/readings", desk.now, {"rows": len(found)})
    _write(out, rows)
    return len(found)


async def unread(
    session: AsyncSession, period: Period, community_ids: Sequence[int]
) -> list[tuple[Account, str, Known | None]]:
    """(household, item, last reading) of each meter whose period is over and has no reading."""
    rules = rules_in_force(await bulk.fee_items(session), period.start)
    metered = [each for each in community_ids if any(fee.formula == "metered" for fee in rules[each])]
    found = []
    for accounts in chunks(await bulk.accounts_of(session, metered), bulk.ROWS_PER_CHUNK):
        lines = await lines_of(session, [account.id for account in accounts])
        for account in accounts:
            household = Household(account.area_m2, account.fee_item, account.rate_yuan, account.cycle)
            for fee in fees_of(household, rules[account.community_id]):
                ended = period.ends(fee.cycle) if fee.formula == "metered" else None
                line = lines.get((account.id, fee.item), [])
                if ended and not any(closes(each.reading.read_on, ended.cycle) == ended for each in line):
                    found.append((account, fee.item, line[-1] if line else None))
    return found


async def _communities(desk: Desk, name: str) -> list[int]:
    async with desk.database.read() as session:
        known = await bulk.communities_by_name(session)
    if name and name not in known:
        raise CommandError(f"there is no community {name!r}: one of {', '.join(known) or 'none yet'}")
    return [known[name].id] if name else [each.id for each in known.values()]


def _write(out: Path, rows: Sequence[Sequence[Cell]]) -> None:
    if out.suffix.lower() == ".csv":
        write_csv(out, rows)
    else:
        write_xlsx(out, {"readings": rows})
