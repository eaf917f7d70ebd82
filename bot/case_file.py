"""A case file: contracts, bills, notices with proof, every message and the whole timeline, as one ZIP with a manifest."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.letters import compose, spelled
from bot.papers import Desk, Made
from bot.spreadsheet import harmless
from domain.errors import Refusal
from domain.money import yuan
from domain.notice import long_day, number_words
from domain.office import Office
from domain.wording import period_words
from handlers.timeline import what_words
from models.accounts import Account, Community
from models.cases import CaseFile, CaseStage, case_file
from models.documents import Document, document_file, document_path, documents_of
from models.dossier import Rows, dossier
from models.letters import Delivery, Letter, deliveries_of, letter_file, letters_of
from models.papers import Paper
from models.sent_files import DOCUMENT, SentFile, files_of
from models.staff import Staff
from models.timeline import Event as Deed
from models.timeline import deeds

TEXT_SHOWN = 1000  # characters of one message on paper; all of it stands in messages.csv
EVENTS = ("promises", "plans", "claims", "disputes", "complaints", "tasks")
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)


Papers = tuple[Sequence[Document], Sequence[SentFile]]  # what was filed, and what people sent to show a matter


class Case:
    """What goes into one case file, in the office's words."""

    def __init__(self, office: Office, language: str, now: datetime) -> None:
        self.office, self.language, self.now = office, language, now

    def say(self, name: str, /, **fields: str) -> str:
        return self.office.wording.text(f"case.{name}", self.language, fields)

    def label(self, group: str, code: str) -> str:
        name = f"{group}.{code}"
        return self.office.wording.text(name, self.language) if self.office.wording.has(name) else code

    def at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.office.zone):%Y-%m-%d %H:%M}"


async def make(desk: Desk, paper: Paper) -> Made:
    """Everything is read in one transaction, drawn and packed outside of it."""
    case = Case(desk.office, paper.language, desk.now)
    async with desk.database.read() as session:
        asked = await session.get_one(CaseFile, int(paper.subject.partition("/")[2]))
        if asked.state not in (CaseStage.APPROVED, CaseStage.MADE):
            raise Refusal("case.not_approved")
        account = await session.get_one(Account, asked.account_id)
        place = await session.get_one(Community, account.community_id)
        names = [(await session.get_one(Staff, each)).name for each in (asked.staff_id, asked.approver_id) if each]
        documents = await documents_of(session, account.id)
        shown = [each for each in await files_of(session, account.id) if each.subject != DOCUMENT]
        letters = await letters_of(session, account.id)
        proofs = await deliveries_of(session, [letter.id for letter in letters])
        tables = await dossier(session, account)
        done = await deeds(session, account.id)
    facts = _facts(case, asked, account, place, names)
    data = _data(case, asked, facts, (documents, shown), letters, proofs, tables, done)
    packed = await asyncio.to_thread(_packed, desk, data, (documents, shown), letters, tables)
    name = Path(case_file(asked.id)).name

    async def settle(session: AsyncSession, sha256: str) -> None:
        row = await session.get_one(CaseFile, asked.id)
        row.state, row.sha256 = CaseStage.MADE, sha256

    fields = {"code": account.code, "number": f"{asked.id:04d}"}
    return Made(packed, ".zip", "case", "case.file", fields, kept=name, settle=settle)


def _facts(
    case: Case, asked: CaseFile, account: Account, place: Community, names: Sequence[str]
) -> list[dict[str, str]]:
    assert asked.decided_at is not None
    told = {
        "household": f"{account.payer_name} · {place.name} {account.room}",
        "code": account.code,
        "purpose": asked.purpose,
        "asked": f"{names[0]} · {case.at(asked.asked_at)}",
        "approved": f"{names[-1]} · {case.at(asked.decided_at)}",
        "made": case.at(case.now),
    }
    return [{"label": case.say(f"fact_{name}"), "value": value} for name, value in told.items()]


def _data(
    case: Case,
    asked: CaseFile,
    facts: list[dict[str, str]],
    papers: Papers,
    letters: Sequence[Letter],
    proofs: Sequence[tuple[Delivery, str]],
    tables: Mapping[str, Rows],
    done: Sequence[Deed],
) -> dict[str, Any]:
    say = case.say
    return {
        "language": case.language,
        "organisation": case.office.name,
        "title": say("name"),
        "name": say("name"),
        "number": say("number", number=f"{asked.id:04d}"),
        "footer": say("footer", office=case.office.name),
        "facts": facts,
        "remark": say("remark"),
        "nothing": say("nothing"),
        "tables": [
            _documents(case, papers[0]),
            _bills(case, tables["bills"]),
            _payments(case, tables["payments"]),
            _letters(case, letters, proofs),
            _evidence(case, papers[1]),
        ],
        "timeline_title": say("timeline"),
        "timeline": _timeline(case, tables, letters, proofs, done),
    }


def _table(
    case: Case, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, wide: Sequence[int], note: str = ""
) -> dict[str, Any]:
    """`wide`: the places of the columns that take the room; sums stand to the right."""
    return {
        "title": case.say(name),
        "header": [case.say(f"column_{column}") for column in columns],
        "widths": [1 if place in wide else 0 for place in range(len(columns))],
        "right": [column.endswith("_fen") for column in columns],
        "rows": [list(row) for row in rows],
        "note": note,
    }


def _documents(case: Case, documents: Sequence[Document]) -> dict[str, Any]:
    rows = [
        (case.label("document_kind", each.kind), each.title, each.dated_on.isoformat(), each.sha256[:12])
        for each in documents
    ]
    return _table(case, "documents", ("kind", "title", "dated_on", "sha256"), rows, wide=[1])


def _evidence(case: Case, shown: Sequence[SentFile]) -> dict[str, Any]:
    """Pictures and files that came with a dispute, a complaint, a claim, or show how a letter arrived."""
    rows = []
    for each in shown:
        about, _, number = each.subject.partition("/")
        title = case.say(f"of_{about}", number=f"{int(number):04d}")
        day = case.office.today(each.asked_at).isoformat()
        rows.append((title, spelled(each.name) or "—", day, each.sha256[:12]))
    return _table(case, "evidence", ("about", "title", "dated_on", "sha256"), rows, wide=[1])


def _bills(case: Case, bills: Rows) -> dict[str, Any]:
    rows = [
        (
            row["item"] + (f" ({case.say('voided')})" if row["voided_at"] else ""),
            period_words(row["period"], case.language),
            row["due_on"].isoformat(),
            *(yuan(row[name]) for name in ("billed_fen", "received_fen", "open_fen")),
        )
        for row in sorted(bills, key=lambda row: (row["due_on"], row["id"]))
    ]
    total = sum(row["open_fen"] for row in bills if not row["voided_at"])
    columns = ("item", "period", "due_on", "billed_fen", "received_fen", "open_fen")
    return _table(case, "bills", columns, rows, wide=[0], note=case.say("open_total", total=yuan(total)))


def _payments(case: Case, payments: Rows) -> dict[str, Any]:
    rows = [
        (
            row["paid_on"].isoformat(),
            row["method"] or "—",
            row["reference"] + (f" ({case.say('reversed')})" if row["reversed_at"] else ""),
            yuan(row["amount_fen"]),
        )
        for row in payments
    ]
    return _table(case, "payments", ("paid_on", "method", "reference", "amount_fen"), rows, wide=[2])


def _letters(case: Case, letters: Sequence[Letter], proofs: Sequence[tuple[Delivery, str]]) -> dict[str, Any]:
    rows = []
    for letter in letters:
        shown = [_proof(case, delivery, name) for delivery, name in proofs if delivery.letter_id == letter.id]
        state = case.office.wording.text(f"letter.stage_{letter.state}", case.language)
        rows.append(
            (
                _number(case, letter),
                case.office.today(letter.issued_at or case.now).isoformat(),
                letter.pay_by.isoformat(),
                "; ".join(shown) or state,
                yuan(letter.total_fen),
            )
        )
    return _table(case, "letters", ("number", "issued_on", "pay_by", "proof", "amount_fen"), rows, wide=[3])


def _proof(case: Case, delivery: Delivery, name: str) -> str:
    means = case.office.wording.text(f"button.letter_{delivery.means}", case.language)
    photo = case.say("with_photo") if delivery.file else ""
    return " ".join(filter(None, (delivery.on_date.isoformat(), means, spelled(delivery.detail), photo, f"({name})")))


def _number(case: Case, letter: Letter) -> str:
    return number_words(case.office.wording, case.language, letter.year or 0, letter.number or 0)


# the timeline


def _timeline(
    case: Case,
    tables: Mapping[str, Rows],
    letters: Sequence[Letter],
    proofs: Sequence[tuple[Delivery, str]],
    done: Sequence[Deed],
) -> list[dict[str, Any]]:
    """Everything that has a moment, oldest first: what was said in both directions, and what happened."""
    found = [
        *_messages(case, tables["conversation"]),
        *_events(case, tables),
        *_deeds(case, done),
        *_papers(case, letters, proofs),
    ]
    return [
        {"at": case.at(at), "who": who, "theirs": theirs, "text": spelled(text)[:TEXT_SHOWN]}
        for at, who, theirs, text in sorted(found, key=lambda each: each[0])
    ]


Event = tuple[datetime, str, bool, str]


def _messages(case: Case, conversation: Rows) -> Iterator[Event]:
    for row in conversation:
        theirs = row["direction"] == "in"
        state = "" if theirs or row["state"] == "sent" else f" ({case.label('state', row['state'])})"
        channel = case.label("channel_name", row["channel"])
        yield row["at"], f"{case.say('they' if theirs else 'we')} · {channel}", theirs, f"{row['text']}{state}"


def _events(case: Case, tables: Mapping[str, Rows]) -> Iterator[Event]:
    """Bills, payments, and all that has a row of its own with a moment."""
    for row in tables["bills"]:
        fields = {
            "item": row["item"],
            "period": period_words(row["period"], case.language),
            "sum": yuan(row["billed_fen"]),
        }
        yield row["issued_at"], case.say("office"), False, case.say("billed", **fields, due=row["due_on"].isoformat())
    for row in tables["payments"]:
        fields = {"sum": yuan(row["amount_fen"]), "method": row["method"] or "—", "on": row["paid_on"].isoformat()}
        yield row["recorded_at"], case.say("they"), True, case.say("paid", **fields)
    for name in EVENTS:
        for row in tables[name]:
            at: datetime = row["at"] if "at" in row else row["created_at"]
            said = row.get("text") or row.get("summary") or ""
            ended = row.get("state") or ""
            yield at, case.say("office"), False, case.say(f"event_{name}", text=_event(case, name, row, said, ended))


def _event(case: Case, name: str, row: Mapping[str, Any], said: str, ended: str) -> str:
    """One row in words: what it was about, and how it ended."""
    match name:
        case "promises":
            said = case.say("promise", on=row["due_on"].isoformat(), sum=yuan(row["amount_fen"]))
        case "plans":
            said = case.say("plan", sum=yuan(row["total_fen"])) if "total_fen" in row else ""
        case "tasks":
            note = row.get("note") or ""
            outcome = case.label("button", f"outcome_{row['outcome']}") if row.get("outcome") else ""
            said = " · ".join(
                filter(None, (case.label("task_kind", row["kind"]), said.partition("\n")[0], outcome, note))
            )
    return f"{said} [{case.label('case_state', ended)}]" if ended else said


def _deeds(case: Case, done: Sequence[Deed]) -> Iterator[Event]:
    """Calls, visits and notes, as the household's timeline at the desk has them."""
    for deed in done:
        what = what_words(case.office.wording, case.language, deed)
        said = case.say(f"event_{deed.what}", name=deed.name, what=what, text=deed.text)
        yield deed.at, case.say("office"), False, said.rstrip()


def _papers(case: Case, letters: Sequence[Letter], proofs: Sequence[tuple[Delivery, str]]) -> Iterator[Event]:
    for letter in letters:
        if letter.issued_at is not None:
            fields = {"number": _number(case, letter), "sum": yuan(letter.total_fen)}
            day = long_day(letter.pay_by, case.language)
            yield letter.issued_at, case.say("office"), False, case.say("letter_issued", **fields, pay_by=day)
    numbers = {letter.id: _number(case, letter) for letter in letters}
    for delivery, name in proofs:
        words = case.say("letter_delivered", number=numbers[delivery.letter_id], proof=_proof(case, delivery, name))
        yield delivery.at, case.say("office"), False, words


# the file


def _packed(
    desk: Desk,
    data: Mapping[str, Any],
    papers: Papers,
    letters: Sequence[Letter],
    tables: Mapping[str, Rows],
) -> bytes:
    """The ZIP: case.pdf, the documents and letters themselves, every message as csv, all tables as JSON, a manifest."""
    files: dict[str, bytes] = {"case.pdf": compose("case", data, timestamp=int(desk.now.timestamp()))}
    for document in papers[0]:
        path = desk.data / document_file(document)
        if path.is_file():
            files[f"documents/{document.id:04d}{path.suffix}"] = path.read_bytes()
    for each in papers[1]:
        path = desk.data / document_path(each.file)
        if path.is_file():
            files[f"evidence/{each.subject.replace('/', '-')}-{each.id:04d}{path.suffix}"] = path.read_bytes()
    for letter in letters:
        path = desk.data / letter_file(letter)
        if path.is_file():
            files[f"letters/{path.name}"] = path.read_bytes()
    files["messages.csv"] = _csv(desk, tables["conversation"])
    files["tables.json"] = json.dumps(
        tables, ensure_ascii=False, indent=1, default=lambda each: _plain(desk, each)
    ).encode()
    manifest = {
        "made_at": desk.now.astimezone(desk.office.zone).isoformat(timespec="seconds"),
        "files": {
            name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)} for name, body in files.items()
        },
    }
    files["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            stamp = max(desk.now, EPOCH).astimezone(desk.office.zone)
            archive.writestr(zipfile.ZipInfo(name, stamp.timetuple()[:6]), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _csv(desk: Desk, rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    columns = ("at", "direction", "channel", "text", "state")
    writer.writerow(columns)
    writer.writerows([harmless(str(_plain(desk, row[name]))) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _plain(desk: Desk, value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(desk.office.zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value if isinstance(value, str | int) else str(value)
