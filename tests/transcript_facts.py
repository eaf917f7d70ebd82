"""What a transcript may say about the books: `then: hold promised; open 3-1201 286.40`."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.money import yuan
from domain.office import Office
from jobs import plan as planning
from models import people
from models.accounts import Account, by_code
from models.agreements import Claim, Complaint, Dispute, Hold, Offer, Plan, PlanPart, Promise
from models.base import Database
from models.bills import bill_lines, credit_fen, open_fen
from models.misreadings import corrections
from models.people import Binding, Person
from models.runtime import JobRun
from models.staff import AuditEntry, StaffTask


class Mismatch(AssertionError):
    """The dialogue went another way; the message names the line and shows what was said."""


@dataclass(frozen=True)
class Books:
    """Where facts are looked up. `people`: the chat account of each name."""

    database: Database
    office: Office
    now: datetime
    people: Mapping[str, str]


async def check(fact: str, books: Books) -> None:
    """Raise Mismatch unless this fact stands in the books."""
    for pattern, look in FACTS:
        if (found := re.fullmatch(pattern, fact)) is not None:
            await look(books, *found.groups(default=""))
            return
    raise Mismatch(f"not a fact: {fact}")


async def _account(session: AsyncSession, code: str) -> Account:
    found = await by_code(session, code)
    if found is None:
        raise Mismatch(f"no account {code}")
    return found


def _expect(what: str, expected: object, found: object) -> None:
    if expected != found:
        raise Mismatch(f"{what}: expected {expected}, found {found}")


async def promise_is(books: Books, state: str, due: str) -> None:
    async with books.database.read() as session:
        rows = [(row.state, row.due_on.isoformat()) for row in await session.scalars(select(Promise))]
    if (state, due) not in rows:
        raise Mismatch(f"no promise {state} {due} among {rows}")


async def no_promise(books: Books) -> None:
    async with books.database.read() as session:
        _expect("open promises", 0, await session.scalar(select(func.count()).where(Promise.state == "open")))


async def hold_is(books: Books, reason: str, until: str) -> None:
    async with books.database.read() as session:
        holds = {(h.reason, h.until_on.isoformat()) for h in await session.scalars(_live_holds())}
    if not any(reason == each and until in ("", day) for each, day in holds):
        raise Mismatch(f"no hold {reason} {until} among {sorted(holds)}")


def _live_holds() -> Select[Hold]:
    return select(Hold).where(Hold.released_at.is_(None))


async def no_hold(books: Books) -> None:
    async with books.database.read() as session:
        _expect("holds", [], [(h.reason, h.source) for h in await session.scalars(_live_holds())])


async def open_is(books: Books, code: str, amount: str) -> None:
    async with books.database.read() as session:
        owner = await _account(session, code)
        _expect(f"open {code}", amount, yuan(open_fen(await bill_lines(session, [owner.id], only_open=True))))


async def credit_is(books: Books, code: str, amount: str) -> None:
    async with books.database.read() as session:
        owner = await _account(session, code)
        _expect(f"credit {code}", amount, yuan(await credit_fen(session, owner.id)))


async def preview_is(books: Books, code: str, decision: str, what: str) -> None:
    now = books.now
    rows = await planning.preview(books.database, books.office, books.office.today(now), now)
    row = next((each for each in rows if each.account == code), None)
    shown_row = (row.decision, row.stage if row.decision != "wait" else row.reason) if row else None
    _expect(f"preview {code}", (decision, what), shown_row)


async def task_is(books: Books, kind: str, state: str) -> None:
    async with books.database.read() as session:
        states = [task.state for task in await session.scalars(select(StaffTask).where(StaffTask.kind == kind))]
    if (state or "open") not in states:
        raise Mismatch(f"no task {kind} {state or 'open'}: {states}")


STATES = {
    "claim": "claims",
    "complaint": "complaints",
    "dispute": "disputes",
    "plan": "plans",
    "offer": "offers",
    "request": "binding_requests",
}


async def row_is(books: Books, table: str, state: str) -> None:
    models = (Claim, Complaint, Dispute, Plan, Offer, people.BindingRequest)
    model = next(each for each in models if each.__tablename__ == STATES[table])
    async with books.database.read() as session:
        states = list(await session.scalars(select(model.state).order_by(model.id)))
    if not states or states[-1] != state:
        raise Mismatch(f"{table}: expected {state}, found {states}")


async def parts_are(books: Books, amounts: str) -> None:
    async with books.database.read() as session:
        last = await session.scalar(select(func.max(Plan.id)))
        parts = await session.scalars(select(PlanPart).where(PlanPart.plan_id == last).order_by(PlanPart.number))
        _expect("parts", amounts.split(), [f"{part.due_on.isoformat()}={yuan(part.amount_fen)}" for part in parts])


async def reason_is(books: Books, reason: str) -> None:
    async with books.database.read() as session:
        _expect("offer reason", reason, await session.scalar(select(Offer.reason).order_by(Offer.id.desc()).limit(1)))


async def stopped_is(books: Books, name: str, negated: str) -> None:
    async with books.database.read() as session:
        contact = await people.contact_of(session, "sandbox", books.people[name])
        person = await session.get(Person, contact.person_id) if contact else None
    _expect(f"{name} stopped", not negated, person is not None and person.stopped_at is not None)


async def wish_is(books: Books, name: str, wish: str, value: str) -> None:
    async with books.database.read() as session:
        contact = await people.contact_of(session, "sandbox", books.people[name])
        person = await session.get_one(Person, contact.person_id) if contact else None
    if person is None:
        raise Mismatch(f"{name} is unknown")
    hours = f"{person.hours[0]}-{person.hours[1]}" if person.hours else "any"
    found = {"spacing": str(person.spacing_days), "hours": hours, "large": "yes" if person.large_type else "no"}
    _expect(f"{name} wishes {wish}", value, found[wish])


async def evidence_is(books: Books, table: str, number: str) -> None:
    async with books.database.read() as session:
        column = Dispute.evidence if table == "dispute" else Complaint.evidence
        kept = list(await session.scalars(select(column)))
    _expect(f"evidence of the last {table}", int(number), len(json.loads(kept[-1])) if kept else 0)


async def bound_is(books: Books, code: str, roles: str) -> None:
    async with books.database.read() as session:
        owner = await _account(session, code)
        query = select(Binding).where(Binding.account_id == owner.id).order_by(Binding.id)
        found = [binding.role + ("*" if binding.payer else "") for binding in await session.scalars(query)]
    _expect(f"bound to {code} (* pays)", [] if roles == "nobody" else roles.split(", "), found)


async def audited(books: Books, action: str) -> None:
    async with books.database.read() as session:
        actions = set(await session.scalars(select(AuditEntry.action)))
    if action not in actions:
        raise Mismatch(f"no audit line {action}: {sorted(actions)}")


async def corrected(books: Books, text: str, read_as: str, meant: str) -> None:
    async with books.database.read() as session:
        rows = [(row.text, row.read_as, row.meant) for row in await corrections(session)]
    if (text, read_as, meant) not in rows:
        raise Mismatch(f"no such correction among {rows}")


async def jobs_ran(books: Books) -> None:
    async with books.database.read() as session:
        errors = list(await session.scalars(select(JobRun.error).where(JobRun.error != "")))
    _expect("job errors", [], errors)


FACTS: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
    (r"promise (open|kept|broken|withdrawn) (\S+)", promise_is),
    (r"no promise", no_promise),
    (r"hold (\w+)(?: until (\S+))?", hold_is),
    (r"no hold", no_hold),
    (r"open (\S+) ([\d.,]+)", open_is),
    (r"credit (\S+) ([\d.,]+)", credit_is),
    (r"preview (\S+) (wait|remind|staff) (\w+)", preview_is),
    (r"task (\w+)(?: (open|taken|done|dropped))?", task_is),
    (r"(claim|complaint|dispute|plan|offer|request) (\w+)", row_is),
    (r"parts (.+)", parts_are),
    (r"offer reason (\w+)", reason_is),
    (r"(\S+) (not )?stopped", stopped_is),
    (r"(\S+) wishes (spacing|hours|large) (\S+)", wish_is),
    (r"evidence (dispute|complaint) (\d+)", evidence_is),
    (r"bound (\S+): (.+)", bound_is),
    (r"audit (\S+)", audited),
    (r"corrected (.+) from (\w+) to (\w+)", corrected),
    (r"no job failed", jobs_ran),
)
