"""People who write to the real dispatcher with its real routes, and what they read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.dispatch import Dispatcher
from bot.language_model import LanguageModel
from domain.clock import ManualClock
from models import inbox
from models.dialogue import Button
from models.outbox import Outbox
from models.staff import AuditEntry
from tests.cast import CHANNEL, World
from tests.channel_double import Scripted
from understanding.reader import Reader


@dataclass
class Chat:
    """A dispatcher on a world. Each message comes ten seconds after the one before."""

    world: World
    reader: Reader
    clock: ManualClock
    model: LanguageModel | None = None
    number: int = 0

    async def write(self, sender: str, text: str = "", **fields: Any) -> list[Outbox]:
        """Send one message; the rows it brought."""
        self.clock.advance(timedelta(seconds=10))
        dispatcher = Dispatcher(
            self.world.database,
            self.world.office,
            self.reader,
            {CHANNEL: Scripted()},
            self.clock,
            language_model=self.model,
        )
        before = {row.id for row in await self.world.rows()}
        self.number += 1
        payload = {"chat": f"chat-{sender}", "sender": sender, "text": text} | fields
        async with self.world.database.write() as session:
            kept = await inbox.store(session, CHANNEL, f"u{self.number}", json.dumps(payload), self.clock.now())
        assert kept is not None
        assert await dispatcher.handle(kept)
        return [row for row in await self.world.rows() if row.id not in before]

    async def press(self, sender: str, label: str) -> list[Outbox]:
        """Press the newest button of that name in a chat."""
        async with self.world.database.read() as session:
            query = select(Button).where(Button.chat == f"chat-{sender}", Button.label == label)
            button = (await session.scalars(query.order_by(Button.outbox_id.desc()))).first()
        assert button is not None, label
        return await self.write(sender, choice=button.token, press_id="p")

    async def audit(self, action: str) -> list[AuditEntry]:
        async with self.world.database.read() as session:
            query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
            return list(await session.scalars(query))


def labels(row: Outbox) -> list[str]:
    return [button["label"] for each in json.loads(row.choices) for button in each]
