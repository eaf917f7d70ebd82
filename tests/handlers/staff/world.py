"""Two estates with staff and residents on the sandbox's platform, to try what staff do in chat through the whole program."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.app import App, build
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, Line, Platform, Profile, Room
from bot.settings import Settings
from domain.clock import ManualClock
from domain.ledger import EntryKind
from models import people
from models.accounts import Account, Community
from models.base import Base, Database
from models.bills import Bill, LedgerEntry, transfer
from models.dialogue import Group
from models.people import Contact, Person
from models.staff import AuditEntry, Staff
from understanding.reader import Reader

ZONE = ZoneInfo("Asia/Shanghai")
SETTINGS = {"organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"}}
# name: (role, community)
STAFF = {
    "admin": ("admin", ""),
    "manager": ("manager", ""),
    "second": ("manager", ""),
    "local": ("manager", "翠湖苑"),
    "collector": ("collector", "翠湖苑"),
    "teacher": ("teacher", "翠湖苑"),
    "auditor": ("auditor", "翠湖苑"),
    "foreign": ("collector", "云岭"),
}
SURNAMES = "王李张刘陈杨赵黄周吴"
Row = TypeVar("Row", bound=Base)


@dataclass
class World:
    """Everybody's chats; `say` and `press` act, `told` is what the bot wrote to them since they last acted."""

    app: App
    platform: Platform
    clock: ManualClock
    database: Database
    before: dict[str, int] = field(default_factory=dict)

    async def say(self, name: str, text: str, chat: str = "") -> str:
        """What the bot answers in that chat, all its messages joined."""
        return await self._act(chat or name, lambda now: self.platform.say(name, chat or name, now, text=text))

    async def press(self, name: str, label: str, chat: str = "") -> str:
        """Press the newest button of that name in a chat."""
        line, token = self.button(chat or name, label)
        return await self._act(chat or name, lambda now: self.platform.press(name, chat or name, line.id, token, now))

    async def book(self, name: str, payment: str) -> str:
        """`CODE AMOUNT METHOD REFERENCE`: a payment taken down and confirmed."""
        await self.say(name, f"/paid {payment}")
        return await self.press(name, "确认入账")

    async def press_token(self, name: str, line: Line, token: str) -> str:
        """Send any token in one's own chat, as a custom client can."""
        return await self._act(name, lambda now: self.platform.press(name, name, line.id, token, now))

    def button(self, chat: str, label: str) -> tuple[Line, str]:
        for line in reversed(self.lines(chat)):
            for each in (button for row in line.choices for button in row):
                if plain(each["label"]) == label and "token" in each:
                    return line, each["token"]
        raise AssertionError(f"no button [{label}] in {chat}: {[line.text for line in self.lines(chat)[-2:]]}")

    def labels(self, chat: str) -> list[str]:
        """Buttons of the last message that has any."""
        for line in reversed(self.lines(chat)):
            if line.choices:
                return [plain(each["label"]) for row in line.choices for each in row]
        return []

    async def _act(self, chat: str, act: Callable[[datetime], object]) -> str:
        self.clock.advance(timedelta(seconds=4))
        before = {line.id: line.text for line in self.lines(chat)}
        act(self.clock.now())
        await self.settle()
        return plain("\n".join(line.text for line in self.lines(chat) if before.get(line.id) != line.text))

    async def settle(self) -> None:
        while self.platform.waiting:
            number, payload, _ = await self.platform.next_update()
            await self.app.inbound.store_for("sandbox")(str(number), payload)
            self.platform.taken(number)
        while await self.app.inbound.handle_waiting():
            pass
        await self.app.deliver()

    async def tick(self, job: str, seconds: int = 60) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        ran = await self.app.tick(self.clock.now(), only=job, on_demand=True)
        assert [each.error for each in ran] == [""]
        await self.app.deliver()

    def lines(self, chat: str) -> list[Line]:
        return [line for line in self.platform.chats.get(chat, []) if line.sender == BOT]

    def last(self, chat: str) -> str:
        return plain(self.lines(chat)[-1].text) if self.lines(chat) else ""

    async def rows(self, table: type[Row]) -> Sequence[Row]:
        async with self.database.read() as session:
            return (await session.scalars(select(table).order_by(*table.__table__.primary_key))).all()

    async def audited(self) -> list[str]:
        return [entry.action for entry in await self.rows(AuditEntry)]


async def world_in(database: Database, reader: Reader, households: int = 5, policy: Path | None = None) -> World:
    """翠湖苑 with `households` flats (1-101 …) and 云岭 with two (9-901, 9-902); one bill of 286.40 each, due last week."""
    clock, platform = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)), Platform()
    now = clock.now()
    async with database.write() as session:
        estates = {}
        for name in ("翠湖苑", "云岭"):
            estates[name] = Community(name=name, kind="property", pause_reason="")
            session.add(estates[name])
        await session.flush()
        for number in range(households):
            code = f"{1 + number // 10}-{101 + number % 10}"
            await _household(session, platform, estates["翠湖苑"], code, number, now)
        for number in range(2):
            await _household(session, platform, estates["云岭"], f"9-{901 + number}", number, now)
        for name, (role, where) in STAFF.items():
            platform.join(Profile(name, name, kind="staff", started=True))
            community_id = estates[where].id if where else None
            session.add(Staff(channel="sandbox", user=name, chat=name, name=name, role=role, community_id=community_id))
        platform.join(Profile("stranger", "stranger", started=True))
        session.add(Group(channel="sandbox", chat="g-lake", community_id=estates["翠湖苑"].id, title="翠湖苑业主群"))
        session.add(
            Group(channel="sandbox", chat="g-desk", community_id=estates["翠湖苑"].id, title="前台", audience="staff")
        )
    residents = [each for each in platform.profiles if each not in STAFF and each != "stranger"]
    platform.open_room(Room("g-lake", "翠湖苑业主群", [*residents, "collector"]))
    platform.open_room(Room("g-desk", "前台", list(STAFF), kind="staff"))
    ours = {"policy": {"property": str(policy)}} if policy is not None else {}
    settings = Settings.model_validate(SETTINGS | ours)
    app = await build(settings, database, clock, {"sandbox": SandboxChannel(platform, clock)}, reader)
    return World(app, platform, clock, database)


async def _household(
    session: AsyncSession, platform: Platform, estate: Community, code: str, number: int, now: datetime
) -> None:
    building, _, room = code.partition("-")
    account = Account(
        code=code,
        community_id=estate.id,
        kind="property",
        building=f"{building}栋",
        address=room,
        payer_name=f"{SURNAMES[number % 10]}小明",
        phone="13800001234",
        created_at=now,
        updated_at=now,
    )
    person = Person(name=account.payer_name, language="zh", created_at=now)
    session.add_all([account, person])
    await session.flush()
    user = f"r{code}"
    platform.join(Profile(user, account.payer_name, kind="owner", started=True))
    session.add(Contact(person_id=person.id, channel="sandbox", user=user, chat=user, last_heard_at=now))
    await people.bind(session, account.id, person.id, "owner", now)
    bill = Bill(account_id=account.id, item="物业费", period="2026-11", due_on=date(2026, 11, 16), issued_at=now)
    session.add(bill)
    await session.flush()
    charge = transfer(EntryKind.CHARGE, account.id, 28640, date(2026, 11, 1), now, bill_id=bill.id)
    await session.execute(insert(LedgerEntry), [charge])


def plain(text: str) -> str:
    """Half-width signs, so that a test reads the words and not their typography."""
    return unicodedata.normalize("NFKC", text)
