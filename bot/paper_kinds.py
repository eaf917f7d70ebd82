"""Every paper that staff can ask for: how it is made, and the right that it takes to get one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import case_file, slips
from bot.letters import compose, qr
from bot.papers import Desk, Made, Maker
from bot.poster import poster
from bot.report import laid_out, read_report
from domain.advice import percent
from domain.billing import read_period
from domain.errors import Refusal
from domain.money import yuan
from domain.notice import long_day, notice, number_words, pay_by
from domain.office import Office
from domain.roles import Right
from models.accounts import Account, Community
from models.bills import Payment, bill_lines
from models.documents import Document, document_file
from models.letters import Letter, Stage, letter_file
from models.noticing import prepare, sender_of
from models.papers import Paper, PaperKind
from models.periods import turnout
from models.staff import Staff
from models.visits import round_of


def subject_id(paper: Paper) -> int:
    return int(paper.subject.partition("/")[2])


def drawn(letter: Mapping[str, Any]) -> dict[str, Any]:
    """A letter's data with its addresses drawn as QR codes."""
    return {**letter, "codes": [{"label": each["label"], "svg": qr(each["link"])} for each in letter["codes"]]}


def notice_pdf(
    office: Office, language: str, letters: list[Mapping[str, Any]], *, watermark: str = "", at: int, tags: bool = True
) -> bytes:
    """One page for each letter. `at`: the file's date, seconds since 1970. `tags`: for screen readers; they take time."""
    data = {
        "language": language,
        "organisation": office.name,
        "title": office.wording.text("notice.title", language),
        "watermark": watermark,
        "letters": [drawn(letter) for letter in letters],
    }
    return compose("notice", data, timestamp=at, tags=tags)


async def draft(desk: Desk, paper: Paper) -> Made:
    """The letter as it would be today, without a number and marked as a preview."""
    office, today = desk.office, desk.office.today(desk.now)
    async with desk.database.read() as session:
        letter = await session.get_one(Letter, subject_id(paper))
        account = await session.get_one(Account, letter.account_id)
        prepared = await prepare(session, office, account, today, desk.now)
    words, to = office.wording, prepared.to
    data = notice(
        words, sender_of(office), to, prepared.lines, today, pay_by(today, office.letterhead, office.calendar), ""
    )
    watermark = words.text("notice.watermark", to.language)
    at = int(desk.now.timestamp())
    pdf = await asyncio.to_thread(notice_pdf, office, to.language, [data], watermark=watermark, at=at)
    template = "letter.preview_file_stopped" if prepared.stopped else "letter.preview_file"
    return Made(pdf, ".pdf", "draft", template, {"code": account.code})


async def numbered(desk: Desk, paper: Paper) -> Made:
    """The letter with its number, from what was kept when it got it: printed again it is the same file."""
    async with desk.database.read() as session:
        letter = await session.get_one(Letter, subject_id(paper))
        account = await session.get_one(Account, letter.account_id)
    if letter.state not in (Stage.ISSUED, Stage.DELIVERED) or letter.year is None or letter.number is None:
        state = desk.office.wording.text(f"letter.stage_{letter.state}", paper.language)
        raise Refusal("letter.moved_on", {"state": state})
    pdf = await asyncio.to_thread(printed, desk.office, letter)

    async def settle(session: AsyncSession, sha256: str) -> None:
        (await session.get_one(Letter, letter.id)).sha256 = sha256

    args = {"letter": str(letter.id)}
    means = [
        (f"letter_{each}", "letter.means", {**args, "means": each}) for each in ("handed", "registered", "letter_box")
    ]
    fields = {
        "code": account.code,
        "number": number_words(desk.office.wording, paper.language, letter.year, letter.number),
        "total": yuan(letter.total_fen),
        "pay_by": long_day(letter.pay_by, paper.language),
    }
    return Made(
        pdf,
        ".pdf",
        "letter",
        "letter.file",
        fields,
        kept=Path(letter_file(letter)).name,
        buttons=[means],
        settle=settle,
    )


def printed(office: Office, letter: Letter) -> bytes:
    """A numbered letter from what was kept when it got its number."""
    kept = json.loads(letter.data)
    assert letter.issued_at is not None
    return notice_pdf(office, kept["language"], [kept["letter"]], at=int(letter.issued_at.timestamp()))


async def month(desk: Desk, paper: Paper) -> Made:
    """A period's report, with its figures and the advice in the message itself; of the reader's own communities."""
    period = read_period(paper.subject.partition("/")[2])
    async with desk.database.read() as session:
        member = await session.get_one(Staff, paper.staff_id)
        place = await session.get(Community, member.community_id) if member.community_id else None
    report = await read_report(
        desk.database, desk.office, period, desk.now, language=paper.language, community=place.name if place else ""
    )
    pdf = await asyncio.to_thread(compose, "report", laid_out(report))
    words, whole = desk.office.wording, report.figures.whole
    fields = {
        "name": member.name,
        "period": report.period_words,
        "where": report.where,
        "due": yuan(whole.due_fen),
        "received": yuan(whole.received_fen),
        "rate": percent(whole.rate),
        "before": percent(report.figures.before.rate),
        "open": yuan(report.figures.open_fen),
        "advice": "\n".join(f"· {each}" for each in report.advice()),
    }
    text = "\n".join(
        words.text(f"monthly.{part}", paper.language, fields) for part in ("hello", "money", "advice", "lines", "rest")
    )
    return Made(pdf, ".pdf", "report", "monthly.whole", {"text": text, "period": str(period)})


async def board(desk: Desk, paper: Paper) -> Made:
    """The poster of a community."""
    async with desk.database.read() as session:
        community = await session.get_one(Community, subject_id(paper))
        told = await turnout(session, community.id, desk.office.today(desk.now))
    day = long_day(desk.office.today(desk.now), paper.language)
    pdf = await asyncio.to_thread(compose, "poster", poster(desk.office, community, told, day))
    return Made(pdf, ".pdf", "poster", "report_chat.poster_file", {"community": community.name})


async def paid(desk: Desk, paper: Paper) -> Made:
    """The receipt of a payment."""
    async with desk.database.read() as session:
        payment = await session.get_one(Payment, subject_id(paper))
        account = await session.get_one(Account, payment.account_id)
    if payment.reversed_at is not None:
        raise Refusal("slip_paper.no_payment", {"code": account.code})
    data = slips.receipt(desk.office, account, payment, desk.office.today(desk.now), paper.language)
    pdf = await asyncio.to_thread(compose, "slip", data)
    return Made(
        pdf, ".pdf", "receipt", "slip_paper.receipt_file", {"code": account.code, "total": yuan(payment.amount_fen)}
    )


async def large(desk: Desk, paper: Paper) -> Made:
    """A household's bill in large type."""
    async with desk.database.read() as session:
        account = await session.get_one(Account, subject_id(paper))
        lines = await bill_lines(session, [account.id], only_open=True)
    data = slips.large_bill(desk.office, account, lines, desk.office.today(desk.now), paper.language)
    pdf = await asyncio.to_thread(compose, "slip", data)
    return Made(pdf, ".pdf", "large", "slip_paper.bill_file", {"code": account.code})


async def visits(desk: Desk, paper: Paper) -> Made:
    """The visits agreed for a day: those the reader makes, or all of their communities for whoever decides for others."""
    day = date.fromisoformat(paper.subject.partition("/")[2])
    async with desk.database.read() as session:
        member = await session.get_one(Staff, paper.staff_id)
        stops = await round_of(session, desk.office, member, day)
    found = [stop for stop in stops if stop.visit.state == "booked"]
    pdf = await asyncio.to_thread(compose, "route", slips.route(desk.office, found, day, paper.language))
    fields = {"number": str(len(found)), "day": day.isoformat()}
    return Made(pdf, ".pdf", "route", "slip_paper.route_file", fields)


async def document(desk: Desk, paper: Paper) -> Made:
    """A paper of a household, byte for byte as it was kept."""
    async with desk.database.read() as session:
        found = await session.get(Document, subject_id(paper))
        account = await session.get_one(Account, found.account_id) if found is not None else None
    path = desk.data / document_file(found) if found is not None else None
    if found is None or account is None or path is None or not path.is_file():
        raise Refusal("filing.gone")
    fields = {"code": account.code, "title": found.title}
    return Made(await asyncio.to_thread(path.read_bytes), path.suffix, "document", "filing.file", fields)


MAKERS: dict[str, tuple[Maker, Right]] = {
    PaperKind.DRAFT: (draft, Right.TASKS),
    PaperKind.LETTER: (numbered, Right.TASKS),
    PaperKind.CASE: (case_file.make, Right.TASKS),
    PaperKind.REPORT: (month, Right.APPROVE),
    PaperKind.POSTER: (board, Right.APPROVE),
    PaperKind.RECEIPT: (paid, Right.TASKS),
    PaperKind.BILL: (large, Right.TASKS),
    PaperKind.ROUTE: (visits, Right.TASKS),
    PaperKind.DOCUMENT: (document, Right.READ),
}
