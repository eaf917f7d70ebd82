"""Plays dated dialogues (tests/transcripts/*.txt) through the whole program: database, dispatcher, jobs, lanes, sandbox.

A transcript is read line by line; its grammar stands in tests/transcripts/README.md.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.app import App, build
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, Line, Platform, Profile
from bot.settings import Settings
from domain.clock import ManualClock
from domain.ledger import EntryKind
from domain.messages import Attachment
from domain.money import parse_yuan, yuan
from jobs import plan as planning
from models import people
from models.accounts import Account, Community, by_code, community_named
from models.agreements import (
    Claim,
    Complaint,
    Dispute,
    Hold,
    Offer,
    Plan,
    PlanPart,
    Promise,
)
from models.base import Database
from models.bills import Bill, LedgerEntry, bill_lines, credit_fen, open_fen, record_payment, transfer
from models.people import Binding, Person
from models.staff import AuditEntry, Staff, StaffTask
from models.runtime import JobRun
from understanding.reader import Reader

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE_DAY = timedelta(hours=9, minutes=40)  # when the jobs of a day in between run
SETTINGS = {"organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"}}
KINDS_OF_FILE = {"photo": "照片", "voice": "", "sticker": "", "document": "凭证.pdf", "location": ""}


class Mismatch(AssertionError):
    """The dialogue went another way; the message names the line and shows what was said."""


@dataclass
class Actor:
    """Someone in a transcript. `seen`: the bot's lines in their chat that were looked at, as they read then."""

    name: str
    id: str
    seen: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)


@dataclass
class Stage:
    """One transcript being played."""

    app: App
    platform: Platform
    clock: ManualClock
    database: Database
    language: str = "zh"
    actors: dict[str, Actor] = field(default_factory=dict)
    speaker: Actor | None = None
    started: bool = False
    token: str = ""

    # acting

    async def perform(self, line: str) -> None:
        """Carry out one line."""
        for pattern, act in ACTS:
            if (found := re.fullmatch(pattern, line)) is not None:
                await act(self, *found.groups(default=""))
                return
        raise Mismatch(f"not a line of a transcript: {line}")

    async def settle(self) -> None:
        """Hand over what people did, and deliver what the bot answers."""
        while self.platform.waiting:
            number, payload, _ = await self.platform.next_update()
            await self.app.inbound.store_for("sandbox")(str(number), payload)
            self.platform.taken(number)
        while await self.app.inbound.handle_waiting():
            pass
        await self.app.deliver()

    def actor(self, name: str) -> Actor:
        if name not in self.actors:
            raise Mismatch(f"{name} has not appeared yet: write {name}(CODE): …")
        return self.actors[name]

    def lines_of(self, actor: Actor) -> list[Line]:
        """What the bot wrote to someone, oldest first."""
        return [line for line in self.platform.chats.get(actor.id, []) if line.sender == BOT]

    def unseen(self, actor: Actor) -> list[Line]:
        """What they were told since, a message rewritten in place included."""
        return [line for line in self.lines_of(actor) if actor.seen.get(line.id) != line.text]

    def nothing_unseen(self, actor: Actor) -> None:
        if left := self.unseen(actor):
            raise Mismatch(f"{actor.name} was told more than the transcript says:\n" + "\n".join(map(shown, left)))


def shown(line: Line) -> str:
    labels = " ".join(f"[{each['label']}]" for row in line.choices for each in row)
    return f"  bot: {line.text}   {labels}"


# lines of a transcript


async def comment(stage: Stage, text: str) -> None:
    if "· en" in text:
        stage.language = "en"


async def moment(stage: Stage, day: str, hour: str) -> None:
    """The clock moves on; the jobs of each day in between and of this moment run."""
    to = datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=ZONE)
    if not stage.started:
        stage.clock.jump(to)
        stage.started = True
        return
    while (between := _next_office_day(stage.clock.now())) < to:
        await _run_jobs(stage, between)
    await _run_jobs(stage, to)


def _next_office_day(now: datetime) -> datetime:
    midnight = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + OFFICE_DAY
    return today if today > now else today + timedelta(days=1)


async def _run_jobs(stage: Stage, at: datetime) -> None:
    stage.clock.jump(at)
    ran = await stage.app.tick(at)
    if failed := [each for each in ran if each.error]:
        raise Mismatch(f"jobs failed: {failed}")
    await stage.app.deliver()


async def account(stage: Stage, code: str, name: str, phone: str, rest: str) -> None:
    """`account 3-1201 王小明 13800001234 [key=value …] [ITEM PERIOD AMOUNT due DATE [basis …]]`."""
    words = shlex.split(rest)
    facts = dict(word.split("=", 1) for word in words if "=" in word)
    now = stage.clock.now()
    kind = facts.pop("kind", "property")
    place = facts.pop("community", "翠湖苑" if kind == "property" else "博雅校区")
    async with stage.database.write() as session:
        community = await community_named(session, place)
        if community is None:
            community = Community(name=place, kind=kind)
            session.add(community)
            await session.flush()
        building, _, room = code.partition("-")
        values = {
            "building": f"{building}栋" if kind == "property" else "",
            "address": room if kind == "property" else "",
            "phone": "" if phone == "-" else phone,
            "language": stage.language,
            **facts,
        }
        session.add(
            Account(
                code=code,
                community_id=community.id,
                kind=kind,
                payer_name=name,
                created_at=now,
                updated_at=now,
                **{key: Decimal(value) if key in ("area_m2", "rate_yuan") else value for key, value in values.items()},
            )
        )
    billed = " ".join(word for word in words if "=" not in word)
    if billed:
        await stage.perform(f"bill {code} {billed}")


async def bill(stage: Stage, code: str, item: str, period: str, amount: str, due: str, basis: str) -> None:
    now = stage.clock.now()
    async with stage.database.write() as session:
        owner = await _account(session, code)
        row = Bill(
            account_id=owner.id,
            item=item,
            period=period,
            due_on=date.fromisoformat(due),
            basis=basis,
            issued_at=now,
        )
        session.add(row)
        await session.flush()
        today = stage.app.office.today(now)
        entry = transfer(EntryKind.CHARGE, owner.id, parse_yuan(amount), today, now, bill_id=row.id)
        await session.execute(insert(LedgerEntry), [entry])


async def _account(session: AsyncSession, code: str) -> Account:
    found = await by_code(session, code)
    if found is None:
        raise Mismatch(f"no account {code}")
    return found


async def offer(stage: Stage, code: str, class_name: str, lessons: str, amount: str, closes: str) -> None:
    today = stage.app.office.today(stage.clock.now())
    async with stage.database.write() as session:
        owner = await _account(session, code)
        session.add(
            Offer(
                account_id=owner.id,
                class_name=class_name,
                opens_on=today,
                closes_on=date.fromisoformat(closes),
                amount_fen=parse_yuan(amount),
                lessons=int(lessons),
                covers_from=today,
                covers_until=today + timedelta(days=90),
            )
        )


async def staff(stage: Stage, name: str, role: str) -> None:
    member = _join(stage, name)
    async with stage.database.write() as session:
        session.add(Staff(channel="sandbox", user=member.id, chat=member.id, name=name, role=role))


def _join(stage: Stage, name: str) -> Actor:
    number = f"u{len(stage.actors) + 1}"
    stage.platform.join(Profile(number, name, language=stage.language, started=True))
    stage.actors[name] = Actor(name, number)
    return stage.actors[name]


async def invite(stage: Stage, code: str, role: str) -> None:
    async with stage.database.write() as session:
        owner = await _account(session, code)
        stage.token = await people.make_invite(session, owner.id, role or "owner", stage.clock.now())


async def pays(stage: Stage, code: str, amount: str) -> None:
    """Money arrives at the bank."""
    now = stage.clock.now()
    async with stage.database.write() as session:
        owner = await _account(session, code)
        number = await session.scalar(select(func.count()).select_from(people.Person))
        today = stage.app.office.today(now)
        reference = f"bank-{code}-{now.isoformat()}-{number}"
        await record_payment(session, owner.id, parse_yuan(amount), today, "bank", reference, now, on=today)


async def says(stage: Stage, name: str, where: str, text: str) -> None:
    """`王(3-1201): …`: at first mention bound to these households; `(stranger)`: to none."""
    if name not in stage.actors:
        person = _join(stage, name)
        codes, _, role = where.partition(" as ")
        person.codes = [] if codes == "stranger" else [code.strip() for code in codes.split(",") if code.strip()]
        await _bind(stage, person, role or "owner")
    await _act(stage, name, lambda actor, now: stage.platform.say(actor.id, actor.id, now, text=_filled(stage, text)))


def _filled(stage: Stage, text: str) -> str:
    return text.replace("{token}", stage.token)


async def _bind(stage: Stage, person: Actor, role: str) -> None:
    """Bound before the transcript begins."""
    if not person.codes:
        return
    now = stage.clock.now()
    async with stage.database.write() as session:
        row = Person(name=person.name, language=stage.language, created_at=now)
        session.add(row)
        await session.flush()
        session.add(
            people.Contact(person_id=row.id, channel="sandbox", user=person.id, chat=person.id, last_heard_at=now)
        )
        for code in person.codes:
            owner = await _account(session, code)
            await people.bind(session, owner.id, row.id, role, now)


async def _act(stage: Stage, name: str, act: Callable[[Actor, datetime], object]) -> None:
    actor = stage.actor(name)
    if stage.speaker is not None:
        stage.nothing_unseen(stage.speaker)
    stage.nothing_unseen(actor)
    stage.speaker = actor
    stage.clock.advance(timedelta(seconds=20))
    act(actor, stage.clock.now())
    await stage.settle()


async def presses(stage: Stage, name: str, label: str) -> None:
    """The newest button of that name in their chat."""
    actor = stage.actor(name)
    for line in reversed(stage.lines_of(actor)):
        for each in (button for row in line.choices for button in row):
            if each["label"] == label and "token" in each:
                message, token = line.id, each["token"]
                await _act(stage, name, lambda who, now: stage.platform.press(who.id, who.id, message, token, now))
                return
    told = "\n".join(map(shown, stage.lines_of(actor)[-2:]))
    raise Mismatch(f"{name} has no button [{label}]; last told:\n{told}")


async def sends(stage: Stage, name: str, kind: str) -> None:
    file = Attachment(kind, f"file-{kind}", KINDS_OF_FILE[kind])
    await _act(stage, name, lambda actor, now: stage.platform.say(actor.id, actor.id, now, attachment=file))


async def told(stage: Stage, name: str, expected: str) -> None:
    """`bot: …`: the next thing the bot wrote to the one who acted; `bot to 李: …`: to someone else."""
    actor = stage.actor(name) if name else stage.speaker
    if actor is None:
        raise Mismatch("nobody has said anything yet")
    left = stage.unseen(actor)
    if not left:
        raise Mismatch(f"{actor.name} was told nothing; expected: {expected}")
    line, labels = left[0], re.findall(r"\[([^\]]+)\]", expected)
    pieces = [piece.strip() for piece in re.sub(r"\[[^\]]+\]", "", expected).split("…")]
    text, at = " ".join(line.text.split()), 0
    for piece in filter(None, pieces):
        found = text.find(piece, at)
        if found < 0:
            raise Mismatch(f"expected {piece!r} in\n{shown(line)}")
        at = found + len(piece)
    has = [each["label"] for row in line.choices for each in row]
    if missing := [label for label in labels if label not in has]:
        raise Mismatch(f"no button {missing} in\n{shown(line)}")
    actor.seen[line.id] = line.text


async def nothing_told(stage: Stage, name: str) -> None:
    stage.nothing_unseen(stage.actor(name))


async def then(stage: Stage, facts: str) -> None:
    """`then: fact; fact`: what stands in the books now."""
    for fact in facts.split(";"):
        for pattern, check in FACTS:
            if (found := re.fullmatch(pattern, fact.strip())) is not None:
                await check(stage, *found.groups(default=""))
                break
        else:
            raise Mismatch(f"not a fact: {fact.strip()}")


ACTS: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
    (r"# ?(.*)", comment),
    (r"@ (\d{4}-\d\d-\d\d) (\d\d:\d\d)", moment),
    (r"account (\S+) (\S+) (\S+) ?(.*)", account),
    (r"bill (\S+) (\S+) (\S+) ([\d.]+) due (\S+)(?: basis (.+))?", bill),
    (r"offer (\S+) (\S+) (\d+) lessons ([\d.]+) until (\S+)", offer),
    (r"staff (\S+) (\S+)", staff),
    (r"invite (\S+)(?: as (\w+))?", invite),
    (r"bank: (\S+) pays ([\d.]+)", pays),
    (r"then: (.+)", then),
    (r"bot(?: to ([^:]+))?: (.+)", told),
    (r"(\S+) hears nothing", nothing_told),
    (r"([^\s:(]+) presses (.+)", presses),
    (r"([^\s:(]+) sends (\w+)", sends),
    (r"([^\s:(]+)(?:\(([^)]*)\))?: (.+)", says),
)


# facts


def _expect(what: str, expected: object, found: object) -> None:
    if expected != found:
        raise Mismatch(f"{what}: expected {expected}, found {found}")


async def promise_is(stage: Stage, state: str, due: str) -> None:
    async with stage.database.read() as session:
        rows = [(row.state, row.due_on.isoformat()) for row in await session.scalars(select(Promise))]
    if (state, due) not in rows:
        raise Mismatch(f"no promise {state} {due} among {rows}")


async def no_promise(stage: Stage) -> None:
    async with stage.database.read() as session:
        _expect("open promises", 0, await session.scalar(select(func.count()).where(Promise.state == "open")))


async def hold_is(stage: Stage, reason: str, until: str) -> None:
    async with stage.database.read() as session:
        holds = {(h.reason, h.until_on.isoformat()) for h in await session.scalars(_live_holds())}
    if not any(reason == each and until in ("", day) for each, day in holds):
        raise Mismatch(f"no hold {reason} {until} among {sorted(holds)}")


def _live_holds() -> Select[tuple[Hold]]:
    return select(Hold).where(Hold.released_at.is_(None))


async def no_hold(stage: Stage) -> None:
    async with stage.database.read() as session:
        _expect("holds", [], [(h.reason, h.source) for h in await session.scalars(_live_holds())])


async def open_is(stage: Stage, code: str, amount: str) -> None:
    async with stage.database.read() as session:
        owner = await _account(session, code)
        _expect(f"open {code}", amount, yuan(open_fen(await bill_lines(session, [owner.id], only_open=True))))


async def credit_is(stage: Stage, code: str, amount: str) -> None:
    async with stage.database.read() as session:
        owner = await _account(session, code)
        _expect(f"credit {code}", amount, yuan(await credit_fen(session, owner.id)))


async def preview_is(stage: Stage, code: str, decision: str, what: str) -> None:
    now = stage.clock.now()
    rows = await planning.preview(stage.database, stage.app.office, stage.app.office.today(now), now)
    row = next((each for each in rows if each.account == code), None)
    shown_row = (row.decision, row.stage if row.decision != "wait" else row.reason) if row else None
    _expect(f"preview {code}", (decision, what), shown_row)


async def task_is(stage: Stage, kind: str, state: str) -> None:
    async with stage.database.read() as session:
        states = [task.state for task in await session.scalars(select(StaffTask).where(StaffTask.kind == kind))]
    if (state or "open") not in states:
        raise Mismatch(f"no task {kind} {state or 'open'}: {states}")


async def row_is(stage: Stage, table: str, state: str) -> None:
    tables: dict[str, type[Claim | Complaint | Dispute | Plan | Offer | people.BindingRequest]] = {
        "claim": Claim,
        "complaint": Complaint,
        "dispute": Dispute,
        "plan": Plan,
        "offer": Offer,
        "request": people.BindingRequest,
    }
    model = tables[table]
    async with stage.database.read() as session:
        states = [row.state for row in await session.scalars(select(model).order_by(model.id))]
    if not states or states[-1] != state:
        raise Mismatch(f"{table}: expected {state}, found {states}")


async def parts_are(stage: Stage, amounts: str) -> None:
    async with stage.database.read() as session:
        last = await session.scalar(select(func.max(Plan.id)))
        parts = await session.scalars(select(PlanPart).where(PlanPart.plan_id == last).order_by(PlanPart.number))
        _expect("parts", amounts.split(), [f"{part.due_on.isoformat()}={yuan(part.amount_fen)}" for part in parts])


async def reason_is(stage: Stage, reason: str) -> None:
    async with stage.database.read() as session:
        _expect("offer reason", reason, await session.scalar(select(Offer.reason).order_by(Offer.id.desc()).limit(1)))


async def stopped_is(stage: Stage, name: str, negated: str) -> None:
    async with stage.database.read() as session:
        contact = await people.contact_of(session, "sandbox", stage.actor(name).id)
        person = await session.get(Person, contact.person_id) if contact else None
    _expect(f"{name} stopped", not negated, person is not None and person.stopped_at is not None)


async def bound_is(stage: Stage, code: str, roles: str) -> None:
    async with stage.database.read() as session:
        owner = await _account(session, code)
        query = select(Binding).where(Binding.account_id == owner.id).order_by(Binding.id)
        found = [binding.role + ("*" if binding.payer else "") for binding in await session.scalars(query)]
    _expect(f"bound to {code} (* pays)", [] if roles == "nobody" else roles.split(", "), found)


async def audited(stage: Stage, action: str) -> None:
    async with stage.database.read() as session:
        actions = set(await session.scalars(select(AuditEntry.action)))
    if action not in actions:
        raise Mismatch(f"no audit line {action}: {sorted(actions)}")


async def jobs_ran(stage: Stage) -> None:
    async with stage.database.read() as session:
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
    (r"bound (\S+): (.+)", bound_is),
    (r"audit (\S+)", audited),
    (r"no job failed", jobs_ran),
)


async def play(path: Path, database: Database, reader: Reader) -> None:
    """Play one file to its end. Raises Mismatch with file and line."""
    clock, platform = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)), Platform()
    settings = Settings.model_validate(SETTINGS)
    app = await build(settings, database, clock, {"sandbox": SandboxChannel(platform, clock)}, reader)
    stage = Stage(app, platform, clock, database)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                await stage.perform(line.strip())
            except Mismatch as wrong:
                raise Mismatch(f"{path.name}:{number}: {line.strip()}\n{wrong}") from None
    for actor in stage.actors.values():
        if actor.codes or actor is stage.speaker:
            try:
                stage.nothing_unseen(actor)
            except Mismatch as wrong:
                raise Mismatch(f"{path.name}: at its end {wrong}") from None
