"""A channel that does what it is told: delivers, refuses, waits; it remembers every request with its moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.routing import BaseRoute

from bot.channels.channel import Health, Sendable, Store
from domain.clock import monotonic
from domain.messages import Audience, IncomingMessage, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import Unit

FAST = Limits(global_per_second=100_000, per_chat_per_second=100_000, group_per_minute=100_000, concurrency=8)
Answer = Callable[[Sendable], Awaitable[Receipt | None]]


@dataclass
class Scripted:
    """`script` answers the next requests in turn: an exception is raised, a function is awaited; then all succeed."""

    name: str = "sandbox"
    limits: Limits = FAST
    text_limit: int = 4096
    text_unit: Unit = "utf16"
    script: list[Exception | Answer] = field(default_factory=list)
    always: Exception | Answer | None = None
    sent: list[tuple[float, Sendable]] = field(default_factory=list)
    acknowledged: list[tuple[IncomingMessage, str]] = field(default_factory=list)
    takes_back_within: timedelta | None = timedelta(hours=48)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    @property
    def texts(self) -> list[str]:
        return [message.text for _, message in self.sent]

    @property
    def health(self) -> Health:
        return Health(True)

    @property
    def public_name(self) -> str:
        return ""

    async def start(self) -> None:
        """Nothing to check."""

    async def stop(self) -> None:
        """Nothing is open."""

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """No menus."""

    def parse(self, payload: str) -> IncomingMessage | None:
        """A payload is the fields of the message as JSON; `{}` is nothing for us."""
        fields = json.loads(payload)
        if not fields:
            return None
        fields["audience"] = Audience(fields.get("audience", "private"))
        return IncomingMessage(
            channel=self.name, external_id="", received_at=datetime(2026, 11, 23, 2, tzinfo=UTC), **fields
        )

    async def send(self, message: Sendable) -> Receipt:
        self.sent.append((monotonic(), message))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            answer = self.script.pop(0) if self.script else self.always
            if isinstance(answer, Exception):
                raise answer
            receipt = await answer(message) if answer is not None else None
            return receipt or Receipt(f"m{len(self.sent)}")
        finally:
            self.under_way -= 1

    async def delete(self, chat: str, message_id: str) -> None:
        self.deleted.append((chat, message_id))

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        self.acknowledged.append((incoming, toast))

    async def busy(self, chat: str) -> None:
        """Nothing to show."""

    async def receive(self, store: Store) -> None:
        await asyncio.Event().wait()

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        return ()

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        return WriteFirst.YES
