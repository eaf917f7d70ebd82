"""Knocking at the real dispatcher with any payload, as a custom client can, and reading what was written because of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.app import App, build
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import Platform
from bot.settings import Settings
from domain.clock import ManualClock
from domain.roles import Right
from handlers.routes import ROUTES
from handlers.turn import ANYONE
from models.base import Base, Database
from models.dialogue import Button
from models.outbox import Outbox
from models.staff import AuditEntry
from tests.handlers.staff.world import SETTINGS, world_in
from understanding.reader import Reader

RESIDENTS = ("r1-101", "r1-102", "r1-103")
STAFF_TRYING = ("collector", "admin")
STRANGER = "stranger"
PRESSES_MAX = 100
WHO_LEAVES = ("stop.", "settings.unbind", "moved.new_owner")  # takes a resident's buttons away
# Tables that keep what was said, and by whom: everybody who writes changes them.
SAID = {"inbox", "outbox", "dialogues", "buttons", "audit_log", "audit_head", "corrections", "job_runs"}
HEARD = {"last_heard_at", "chat"}  # columns that tell when and where somebody last wrote
# What is typed where a conversation waits for words.
TYPED = ("1-101", "12月5日", "水压太低，请看一下", "100", "3")


@dataclass
class Door:
    """A running office on one SQLite file."""

    app: App
    clock: ManualClock
    number: int = 0

    async def knock(self, sender: str, chat: str = "", **payload: object) -> str:
        """Everything that the bot writes, to anybody, because of one message; joined."""
        self.number += 1
        self.clock.advance(timedelta(seconds=4))
        last = await self._last()
        whole = {
            "chat": chat or sender, "sender": sender, "name": sender, "language": "zh", "audience": "private", "message": "1",
            "at": self.clock.now().isoformat(), "text": "", "attachment": None, "addressed": True, **payload,
        }  # fmt: skip
        external_id = f"{self.clock.now().timestamp()}-{self.number}"
        await self.app.inbound.store_for("sandbox")(external_id, json.dumps(whole, ensure_ascii=False))
        while await self.app.inbound.handle_waiting():
            pass
        async with self.app.database.read() as session:
            said = await session.scalars(select(Outbox.text).where(Outbox.id > last).order_by(Outbox.id))
            return "\n".join(said)

    async def press(self, sender: str, token: str, chat: str = "") -> str:
        return await self.knock(sender, chat, choice=token, press=f"{sender}:{self.number}")

    async def buttons(self) -> Sequence[Button]:
        async with self.app.database.read() as session:
            return (await session.scalars(select(Button).order_by(Button.token))).all()

    async def state(self) -> set[str]:
        """Every row of what the office knows; what was merely said, and when, left out."""
        rows = set()
        async with self.app.database.read() as session:
            for table in Base.metadata.sorted_tables:
                if table.name not in SAID:
                    columns = [column for column in table.columns if column.name not in HEARD]
                    rows |= {f"{table.name} {tuple(row)}" for row in await session.execute(select(*columns))}
        return rows

    async def audited(self, action: str) -> int:
        async with self.app.database.read() as session:
            return int(await session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0)

    async def _last(self) -> int:
        async with self.app.database.read() as session:
            return int(await session.scalar(select(func.max(Outbox.id))) or 0)


async def open_door(database: Database, reader: Reader, at: datetime) -> Door:
    clock = ManualClock(at)
    settings = Settings.model_validate(SETTINGS)
    app = await build(settings, database, clock, {"sandbox": SandboxChannel(Platform(), clock)}, reader)
    return Door(app, clock)


async def lived_in(file: Path, reader: Reader) -> datetime:
    """Fill an empty, migrated file with an office where everybody has tried everything once; returns the moment it is."""
    database = Database(f"sqlite:///{file}")
    world = await world_in(database, reader)
    door = await open_door(database, reader, world.clock.now())
    for number, route in enumerate(ROUTES):
        residents = (STRANGER, RESIDENTS[number % 3]) if route.who == ANYONE else (RESIDENTS[number % 3],)
        for name in STAFF_TRYING if isinstance(route.who, Right) else residents:
            for command in route.commands[:1]:
                if command not in ("stop", "start"):
                    await door.knock(name, text=f"/{command}" if command.isascii() else command)
                    await door.knock(name, text=TYPED[number % len(TYPED)])
    tried, times = set[str](), Counter[str]()
    for _ in range(PRESSES_MAX):  # breadth first: what was pressed least often next
        fresh = [each for each in await door.buttons() if each.used_at is None and each.token not in tried]
        fresh = [each for each in fresh if not each.action.startswith(WHO_LEAVES)]
        if not fresh:
            break
        button = min(fresh, key=lambda each: (times[each.action], each.expires_at, each.action, each.args, each.chat))
        times[button.action] += 1
        tried.add(button.token)
        await door.press(button.user or button.chat, button.token, button.chat)
        if door.number % 3 == 0:
            await door.knock(button.user or button.chat, text=TYPED[door.number % len(TYPED)])
    await database.close()
    return door.clock.now()
