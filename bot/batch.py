"""Many letters at once, from the command line: checked whole first, numbered in order, one PDF to print or a ZIP of single ones."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.commands.context import CommandError, Desk
from bot.content import load_wording
from bot.letters import MissingLetters, missing_letters
from bot.paper_kinds import notice_pdf
from domain.errors import Refusal
from domain.notice import notice, number_words, pay_by, words_hash
from domain.office import Office
from domain.roles import Right, Role, may
from models.accounts import Account, Community
from models.base import chunks
from models.letters import LIVE, Letter, Stage, letter_file, number_letter
from models.noticing import Prepared, prepare_all, sender_of
from models.staff import Staff, audit

READ_AT_ONCE = 500
WRITTEN_AT_ONCE = 25  # letters a transaction: each stays well below 200 ms
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Batch:
    """What would be, or was, written: households with their letter, and why the others get none."""

    ready: Sequence[tuple[Account, Prepared]]
    none: Mapping[str, int]  # reason -> households


async def choose(desk: Desk, office: Office, community: str, days_overdue: int) -> Batch:
    """Households with a bill that has been due for so many days, no letter under way, and nothing that speaks against one.

    Raises CommandError when a name or address holds letters that no font has: all of them are told, before any number.
    """
    today = office.today(desk.now)
    async with desk.database.read() as session:
        query = select(Account).join(Community, Community.id == Account.community_id).order_by(Account.code)
        if community:
            query = query.where(Community.name == community)
        accounts = list(await session.scalars(query))
        if community and not accounts:
            raise CommandError(f"there is no community {community!r}, or nobody in it")
        under_way = set(await session.scalars(select(Letter.account_id).where(Letter.state.in_(LIVE))))
        ready: list[tuple[Account, Prepared]] = []
        none: dict[str, int] = {}
        for some in chunks(accounts, READ_AT_ONCE):
            for account, found in zip(some, (await _prepared(desk, office, session, some)), strict=True):
                old = today - timedelta(days=days_overdue)
                if account.id in under_way:
                    reason = "a letter is under way"
                elif isinstance(found, Refusal):
                    reason = _reason(found)
                elif min(line.due_on for line in found.lines) > old:
                    reason = f"overdue for less than {days_overdue} days"
                else:
                    ready.append((account, found))
                    continue
                none[reason] = none.get(reason, 0) + 1
    _refuse_unprintable(office, ready)
    return Batch(ready, none)


async def _prepared(desk: Desk, office: Office, session: Any, accounts: Sequence[Account]) -> list[Prepared | Refusal]:
    try:
        found = await prepare_all(session, office, accounts, office.today(desk.now), desk.now)
    except Refusal as no:
        raise CommandError(load_wording().text(no.template, "en", no.fields)) from None
    return [found[account.id] for account in accounts]


def _reason(no: Refusal) -> str:
    return no.fields.get("reason") or "nothing overdue"


def _refuse_unprintable(office: Office, ready: Sequence[tuple[Account, Prepared]]) -> None:
    found = {
        account.code: letters
        for account, prepared in ready
        if (
            letters := missing_letters([prepared.to.name, prepared.to.address, *(line.item for line in prepared.lines)])
        )
    }
    if found:
        shown = "; ".join(f"{code}: {' '.join(sorted(letters))}" for code, letters in sorted(found.items()))
        raise CommandError(f"nothing was numbered: {MissingLetters(set().union(*found.values()))} ({shown})")
    if letters := missing_letters([office.name, *office.letterhead.ways, office.letterhead.address]):
        raise CommandError(f"nothing was numbered: {MissingLetters(letters)}")


async def manager(desk: Desk, staff_id: int) -> Staff:
    """The one who agrees to the whole batch."""
    async with desk.database.read() as session:
        member = await session.get(Staff, staff_id)
    if member is None or not member.active or not may(Role(member.role), Right.APPROVE):
        raise CommandError(f"--approved-by {staff_id}: not the number of an active manager (see /staff in the chat)")
    return member


async def number_all(desk: Desk, office: Office, batch: Batch, approver: Staff, advance: Advance) -> list[Letter]:
    """Give each its number, in the order of the codes; what is numbered is kept, whatever happens to the file."""
    made: list[Letter] = []
    today, words = office.today(desk.now), office.wording
    day, sender, version = pay_by(today, office.letterhead, office.calendar), sender_of(office), words_hash(words)
    for some in chunks(list(batch.ready), WRITTEN_AT_ONCE):
        async with desk.database.write() as session:
            for account, prepared in some:
                letter = Letter(
                    account_id=account.id,
                    state=Stage.DRAFT,
                    approver_id=approver.id,
                    words=version,
                    total_fen=prepared.total_fen,
                    bills=json.dumps(prepared.bills),
                    written_on=today,
                    pay_by=day,
                    created_at=desk.now,
                )
                session.add(letter)
                number = await number_letter(session, letter, today.year, desk.now)
                said = number_words(words, prepared.to.language, today.year, number)
                data = notice(words, sender, prepared.to, prepared.lines, today, day, said)
                letter.data = json.dumps({"language": prepared.to.language, "letter": data}, ensure_ascii=False)
                made.append(letter)
            detail = {"letters": len(some), "approver": approver.id}
            await audit(session, desk.actor, "letters.issued", f"letter/{made[-1].id}", desk.now, detail)
        advance(len(some))
    return made


def write_pdf(office: Office, letters: Sequence[Letter], out: Path, at: int) -> None:
    """All letters in one file, a page each, in the order of their numbers. Letters of one language share a file."""
    kept = [json.loads(letter.data) for letter in letters]
    language = kept[0]["language"]
    out.write_bytes(notice_pdf(office, language, [each["letter"] for each in kept], at=at, tags=False))


def write_zip(office: Office, letters: Sequence[Letter], out: Path, at: int, advance: Advance) -> None:
    """A PDF for each letter."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for letter in letters:
            kept = json.loads(letter.data)
            pdf = notice_pdf(office, kept["language"], [kept["letter"]], at=at, tags=False)
            archive.writestr(Path(letter_file(letter)).name, pdf)
            advance(1)
