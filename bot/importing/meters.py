"""Meter readings on their way in: each is held against the line of its meter before it is believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands.context import Desk
from bot.content import load_wording
from bot.importing.columns import Row
from bot.importing.outcome import Outcome, has_account
from bot.importing.values import quoted
from domain import keys
from domain.metering import Reading, falls, figure, jumps, neighbours, unfinished
from domain.money import yuan
from domain.wording import period_words
from models import bulk
from models.accounts import Account
from models.readings import Known, Line, NewReading, add_readings, bills_leaning_on, lines_of
from models.recalculation import recalculate_bill, worked_out_anew
from models.staff import audit, open_task

DECIDE_WITHIN = timedelta(days=3)  # a bill that leans on a corrected reading: staff say what becomes of it
FILE_MAX = 120


def place_of(row: Row) -> tuple[date, bool]:
    return row.values["read_on"], row.values.get("begins") == "yes"


class Readings:
    """New readings are written down; one that is there is left alone, and another figure needs the word correction."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk
        self._file = file[:FILE_MAX]
        self._taken: dict[Line, dict[tuple[date, bool], Known]] = defaultdict(dict)  # by this file, stored or not

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        accounts = await bulk.accounts_by_code(session, [row.values["account_code"] for row in rows])
        ids = {code: account["id"] for code, account in accounts.items()}
        lines = await lines_of(session, ids.values())
        places = {place.id: place.name for place in (await bulk.communities_by_name(session)).values()}
        metered = {(fee.community_id, fee.item) for fee in await bulk.fee_items(session) if fee.formula == "metered"}
        new = []
        for row in rows:
            if not has_account(row, ids, outcome):
                continue
            account, item = accounts[row.values["account_code"]], row.values["item"]
            if account["erased_at"] is not None:
                outcome.refuse(
                    row, "account_code: this household was erased: give whoever lives there now a code of its own"
                )
            elif (account["community_id"], item) not in metered:
                where = quoted(places[account["community_id"]])
                outcome.refuse(
                    row, f"item: {quoted(item)} is no metered fee of {where}: bring it in with `import fees` first"
                )
            elif row.values["read_on"] > self._desk.today:
                outcome.refuse(row, "read_on: is in the future")
            else:
                mine = account["id"], item
                known = {each.reading.place: each for each in lines.get(mine, ())} | self._taken[mine]
                if (found := self._believed(row, mine, known, outcome)) is not None:
                    self._taken[mine][found.reading.place] = Known(found.reading, found.meter)
                    new.append(found)
        corrected = [each.corrects_id for each in new if each.corrects_id]
        for each in await bills_leaning_on(session, corrected) if corrected else ():
            about = f"{each.code} {each.bill.item} {each.bill.period}"
            outcome.notes.append(
                f"bill {each.bill.id} ({about}) was worked out from the old reading: "
                f"`bill recalculate {each.bill.id} --dry-run` shows what changes"
            )
        return new

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        """With a task for each bill that was worked out from a reading which is another one now."""
        await add_readings(session, new, self._file, self._desk.now, actor=self._desk.actor)
        corrected = [each.corrects_id for each in new if each.corrects_id]
        doubtful = await bills_leaning_on(session, corrected) if corrected else []
        if not doubtful:
            return
        words, language = load_wording(), self._desk.settings.organisation.language
        for each in doubtful:
            bill = each.bill
            anew = await worked_out_anew(session, bill.id)
            if anew.same_use and not anew.by_fen:  # only the year before it was counted otherwise, and costs the same
                if not anew.same:
                    why = f"reading/{bill.id}"
                    await recalculate_bill(
                        session, bill.id, why, self._desk.today, self._desk.now, actor=self._desk.actor
                    )
                continue
            fields = {"item": bill.item, "period": period_words(bill.period, language), "basis": anew.basis}
            fields |= {"was": yuan(anew.was_fen), "now": yuan(anew.now_fen), "before": bill.basis}
            await open_task(
                session,
                key=keys.task("reading", f"{bill.id}/{each.reading_id}"),
                kind="reading",
                account=await session.get_one(Account, bill.account_id),
                summary=words.text("reading.summary", language, fields),
                at=self._desk.now,
                due_at=self._desk.now + DECIDE_WITHIN,
                source=f"reading/{bill.id}",
            )
            detail = {"bill": bill.id, "reading": each.reading_id}
            subject = f"account/{bill.account_id}"
            await audit(session, self._desk.actor, "reading.corrected", subject, self._desk.now, detail)

    def _believed(
        self, row: Row, mine: Line, known: dict[tuple[date, bool], Known], outcome: Outcome
    ) -> NewReading | None:
        """The reading to write down; None when it is there already, or was refused."""
        values = row.values
        on, begins = place_of(row)
        reading, number = Reading(on, values["reading"], begins), values.get("meter", "")
        there = known.pop(reading.place, None)
        if there is not None and there.reading.thousandths == reading.thousandths:
            outcome.accept()
            return None
        correction, checked = (values.get(name) == "yes" for name in ("correction", "checked"))
        line = [each.reading for each in known.values()]
        if there is not None and not correction:
            shown = figure(there.reading.thousandths)
            outcome.refuse(
                row, f"reading: {on} is known with {shown}: write yes under correction where this one is right"
            )
        elif there is None and correction:
            outcome.refuse(row, "correction: there is no reading of that day to correct: leave it blank")
        elif (other := _other_meter(reading, number, known)) is not None:
            outcome.refuse(
                row,
                f"meter: this line knows the meter as {quoted(other)}: write yes under begins where it was replaced",
            )
        elif (fallen := falls(reading, line)) is not None:
            earlier, later = fallen
            outcome.refuse(
                row,
                f"reading: {figure(later.thousandths)} of {later.read_on} is below {figure(earlier.thousandths)} of "
                f"{earlier.read_on}: correct it, or write yes under begins where the meter was replaced",
            )
        elif not checked and (used := jumps(reading, line)) is not None:
            since, _ = neighbours(reading, line)
            day = since.read_on if since else on
            outcome.refuse(
                row,
                f"reading: {figure(used)} used since {day} is far more than usual: read it again, or write yes under checked",
            )
        elif not checked and (old := unfinished(reading, line)) is not None:
            outcome.refuse(
                row,
                f"begins: the old meter was read last on {old.read_on}: add its last reading of this day as a row, "
                "or write yes under checked",
            )
        else:
            outcome.accept(new=there is None, changed=there is not None)
            if there is not None:
                number = number or there.meter
            return NewReading(*mine, reading, number, there.reading.id if there else None)
        return None


def _other_meter(reading: Reading, number: str, known: dict[tuple[date, bool], Known]) -> str | None:
    """The number of the meter that this line has had so far, where the row names another one."""
    before, _ = neighbours(reading, [each.reading for each in known.values()])
    if not number or reading.begins or before is None:
        return None
    old = known[before.place].meter
    return old if old and old != number else None
