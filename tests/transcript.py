"""Plays dated dialogues (tests/transcripts/*.txt) through the whole program: database, dispatcher, jobs, lanes, sandbox.

A transcript is read line by line; its grammar stands in tests/transcripts/README.md.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.app import App, build
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, SAMPLE_PHOTO, Line, Platform, Profile, Room
from bot.settings import Settings
from domain.clock import ManualClock
from domain.ledger import EntryKind
from domain.messages import Attachment
from domain.money import parse_yuan
from domain.rewards import read_rewards
from models import erasing, people
from models.accounts import Account, Community, by_code, community_named
from models.agreements import Offer
from models.base import Database
from models.bills import Bill, LedgerEntry, record_payment, transfer
from models.dialogue import save_group
from models.outbox import Outbox
from models.people import Person
from models.staff import Staff
from tests.transcript_facts import Books, Mismatch, check
from understanding.reader import Reader

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE_OPENS = time(9)
OFFICE_DAY = timedelta(hours=9, minutes=40)  # when the jobs of a day in between run
SETTINGS = {"organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"}}
DIGEST = "digest"  # the template of the staff's morning message
KINDS_OF_FILE = {"photo": "照片", "voice": "", "sticker": "", "document": "凭证.pdf", "location": ""}


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
    await _digests_are_read(stage)


async def _digests_are_read(stage: Stage) -> None:
    """The staff's morning digest belongs to no conversation."""
    async with stage.database.read() as session:
        texts = set(await session.scalars(select(Outbox.text).where(Outbox.template == DIGEST)))
    for actor in stage.actors.values():
        actor.seen |= {line.id: line.text for line in stage.lines_of(actor) if line.text in texts}


async def account(stage: Stage, code: str, name: str, phone: str, rest: str) -> None:
    """`account 3-1201 王小明 13800001234 [key=value …] [ITEM PERIOD AMOUNT due DATE [basis …]]`."""
    words = shlex.split(rest)
    facts = dict(word.split("=", 1) for word in words if "=" in word)
    now = stage.clock.now()
    kind = facts.pop("kind", "property")
    payer = facts.pop("payer_name", name)
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
            **{name: int(value) if name == "lessons_left" else value for name, value in facts.items()},
        }
        session.add(
            Account(
                code=code,
                community_id=community.id,
                kind=kind,
                payer_name=payer,
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


async def offer(stage: Stage, code: str, class_name: str, lessons: str, amount: str, opens: str, closes: str) -> None:
    today = date.fromisoformat(opens) if opens else stage.app.office.today(stage.clock.now())
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


async def group(stage: Stage, name: str, place: str) -> None:
    """A residents' group that everybody who writes in it belongs to."""
    stage.platform.open_room(Room(f"g-{name}", name, []))
    stage.actors[name] = Actor(name, f"g-{name}", codes=[place])
    async with stage.database.write() as session:
        community = await community_named(session, place)
        if community is None:
            raise Mismatch(f"no community {place}: name an account of it first")
        await save_group(session, "sandbox", f"g-{name}", community.id, "residents", "", "")


async def says_in(stage: Stage, name: str, where: str, place: str, text: str) -> None:
    """`王(3-1201) in 业主群: …`: in a group; `@小铃` addresses the bot."""
    room = stage.platform.rooms[stage.actor(place).id]
    await _appear(stage, name, where)
    if stage.actor(name).id not in room.members:
        room.members.append(stage.actor(name).id)
    stage.nothing_unseen(stage.actor(place))
    await _act(stage, name, lambda actor, now: stage.platform.say(actor.id, room.id, now, text=text))


async def erased(stage: Stage, code: str) -> None:
    """As by `erase account`."""
    async with stage.database.write() as session:
        owner = await _account(session, code)
        await erasing.erase(session, await erasing.household(session, owner.id), stage.clock.now(), actor="office")


def _rules(name: str) -> str:
    return (Path(__file__).resolve().parent / "transcripts" / f"rules.{name}.toml").read_text(encoding="utf-8")


async def rules(stage: Stage, name: str) -> None:
    """`rules late_fee`: the office's rewards are those of tests/transcripts/rules.late_fee.toml."""
    # The office is one frozen value that every part holds: here, before anybody speaks, it is another one.
    object.__setattr__(stage.app.office, "rewards", read_rewards(_rules(name), name))


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
    await _appear(stage, name, where)
    await _act(stage, name, lambda actor, now: stage.platform.say(actor.id, actor.id, now, text=_filled(stage, text)))


async def _appear(stage: Stage, name: str, where: str) -> None:
    if name not in stage.actors:
        person = _join(stage, name)
        codes, _, role = where.partition(" as ")
        person.codes = [] if codes == "stranger" else [code.strip() for code in codes.split(",") if code.strip()]
        await _bind(stage, person, role or "owner")


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
    buttons = [
        (line.id, each["token"])
        for line in stage.lines_of(actor)
        for each in (button for row in line.choices for button in row)
        if plain(each["label"]) == plain(label) and "token" in each
    ]
    if not buttons:
        last = "\n".join(map(shown, stage.lines_of(actor)[-2:]))
        raise Mismatch(f"{name} has no button [{label}]; last told:\n{last}")
    message, token = buttons[-1]
    await _act(stage, name, lambda who, now: stage.platform.press(who.id, who.id, message, token, now))


async def sends(stage: Stage, name: str, kind: str) -> None:
    file = Attachment(kind, f"file-{kind}", KINDS_OF_FILE[kind])
    stage.platform.files[file.file_id] = SAMPLE_PHOTO
    await _act(stage, name, lambda actor, now: stage.platform.say(actor.id, actor.id, now, attachment=file))


async def told(stage: Stage, name: str, expected: str) -> None:
    """`bot: …`: the next thing the bot wrote to the one who acted; `bot to 李: …`: to someone else."""
    actor = stage.actor(name) if name else stage.speaker
    if actor is None:
        raise Mismatch("nobody has said anything yet")
    left = stage.unseen(actor)
    if not left:
        raise Mismatch(f"{actor.name} was told nothing; expected: {expected}")
    if fault := difference(left[0], expected):
        raise Mismatch(f"{fault} in\n{shown(left[0])}")
    actor.seen[left[0].id] = left[0].text


def difference(line: Line, expected: str) -> str:
    """What of the expected pieces and buttons a message lacks; empty when it has them all."""
    text, at = plain(line.text), 0
    for piece in filter(None, (plain(each) for each in re.sub(r"\[[^\]]+\]", "", expected).split("…"))):
        found = text.find(piece, at)
        if found < 0:
            return f"expected {piece!r}"
        at = found + len(piece)
    has = [plain(each["label"]) for row in line.choices for each in row]
    missing = [label for label in re.findall(r"\[([^\]]+)\]", expected) if plain(label) not in has]
    return f"no button {missing}" if missing else ""


def plain(text: str) -> str:
    """One line, full- and half-width signs alike."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


async def told_both(stage: Stage, expected: str) -> None:
    """`bot in any order: … | …`: a message with two wishes gets two answers."""
    assert stage.speaker is not None
    for each in expected.split(" | "):
        line = next((line for line in stage.unseen(stage.speaker) if not difference(line, each)), None)
        if line is None:
            raise Mismatch(f"expected {each!r} among\n" + "\n".join(map(shown, stage.unseen(stage.speaker))))
        stage.speaker.seen[line.id] = line.text


async def linked(stage: Stage, name: str, day: str) -> None:
    """`王 was linked on 2026-01-05`: long before the transcript begins."""
    at = datetime.combine(date.fromisoformat(day), OFFICE_OPENS, ZONE)
    mine = select(people.Contact.person_id).where(people.Contact.user == stage.actor(name).id)
    async with stage.database.write() as session:
        await session.execute(update(people.Binding).where(people.Binding.person_id.in_(mine)).values(bound_at=at))


async def blocks(stage: Stage, name: str) -> None:
    """`王 blocks the bot`: the platform delivers nothing to them any more."""
    stage.platform.set_fault(stage.actor(name).id, "blocked")


async def nothing_told(stage: Stage, name: str) -> None:
    stage.nothing_unseen(stage.actor(name))


async def then(stage: Stage, facts: str) -> None:
    """`then: fact; fact`: what stands in the books now."""
    now = stage.clock.now()
    people_ids = {actor.name: actor.id for actor in stage.actors.values()}
    for fact in facts.split(";"):
        await check(fact.strip(), Books(stage.database, stage.app.office, now, people_ids))


ACTS: tuple[tuple[str, Callable[..., Awaitable[None]]], ...] = (
    (r"# ?(.*)", comment),
    (r"@ (\d{4}-\d\d-\d\d) (\d\d:\d\d)", moment),
    (r"account (\S+) (\S+) (\S+) ?(.*)", account),
    (r"bill (\S+) (\S+) (\S+) ([\d.]+) due (\S+)(?: basis (.+))?", bill),
    (r"offer (\S+) (\S+) (\d+) lessons ([\d.]+)(?: from (\S+))? until (\S+)", offer),
    (r"staff (\S+) (\S+)", staff),
    (r"invite (\S+)(?: as (\w+))?", invite),
    (r"bank: (\S+) pays ([\d.]+)", pays),
    (r"rules (\w+)", rules),
    (r"erase (\S+)", erased),
    (r"then: (.+)", then),
    (r"bot in any order: (.+)", told_both),
    (r"bot(?: to ([^:]+))?: (.+)", told),
    (r"(\S+) hears nothing", nothing_told),
    (r"(\S+) was linked on (\d{4}-\d\d-\d\d)", linked),
    (r"(\S+) blocks the bot", blocks),
    (r"group (\S+) (\S+)", group),
    (r"([^\s:(]+)(?:\(([^)]*)\))? in ([^\s:]+): (.+)", says_in),
    (r"([^\s:(]+) presses (.+)", presses),
    (r"([^\s:(]+) sends (\w+)", sends),
    (r"([^\s:(]+)(?:\(([^)]*)\))?: (.+)", says),
)


async def play(name: str, text: str, database: Database, reader: Reader) -> None:
    """Play one transcript to its end. Raises Mismatch with its name and line."""
    clock, platform = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)), Platform()
    settings = Settings.model_validate(SETTINGS)
    app = await build(settings, database, clock, {"sandbox": SandboxChannel(platform, clock)}, reader)
    stage = Stage(app, platform, clock, database)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                await stage.perform(line.strip())
            except Mismatch as wrong:
                raise Mismatch(f"{name}:{number}: {line.strip()}\n{wrong}") from None
    for actor in stage.actors.values():
        if actor.codes or actor is stage.speaker:
            try:
                stage.nothing_unseen(actor)
            except Mismatch as wrong:
                raise Mismatch(f"{name}: at its end {wrong}") from None
