"""Tasks of the sandbox's 企微 look: a colleague on the page taps “send”, and only then residents get the message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.channels.sandbox_platform import Platform
from bot.channels.sandbox_skins import REMINDERS_A_DAY, TASKS_A_DAY, TASKS_A_MONTH, Task
from domain.clock import Clock
from domain.confirmations import Created, Fate, Result
from domain.errors import Rejected, Unreachable

CHATS_AT_ONCE = 2000
FATES = {"waiting": Fate.WAITING, "sent": Fate.SENT, "full": Fate.FULL}


class SandboxTasks:
    """domain.confirmations.Confirming, on the sandbox's own platform."""

    name = "sandbox"
    per_day, per_month = TASKS_A_DAY, TASKS_A_MONTH
    chats_at_once = CHATS_AT_ONCE

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform = platform
        self._clock = clock
        self.turn = asyncio.Lock()

    async def confirmer_of(self, chat: str) -> str:
        """The colleague who owns the group, or whose customer this is."""
        colleague = self._platform.colleague_of(chat)
        if not colleague:
            raise Unreachable("no colleague has this customer")
        return colleague

    async def create(self, chats: Sequence[str], confirmer: str, text: str) -> Created:
        task = self._platform.put_task(confirmer, list(chats), text, self._clock.now())
        return Created(task.id)

    async def results(self, message_id: str) -> Sequence[Result]:
        task = self._task(message_id)
        at = datetime.fromisoformat(task.sent_at) if task.sent_at else None
        return [
            Result(chat, task.colleague, FATES[fate], at if fate == "sent" else None)
            for chat, fate in task.fates.items()
        ]

    async def remind(self, message_id: str) -> None:
        task, now = self._task(message_id), self._clock.now()
        lately = [at for at in task.reminders if (now - datetime.fromisoformat(at)).days < 1]
        if len(lately) >= REMINDERS_A_DAY:
            raise Rejected("reminded too often")
        task.reminders = [*lately, now.isoformat()]
        self._platform.keep_task(task)

    async def cancel(self, message_id: str) -> None:
        task = self._task(message_id)
        task.cancelled = True
        self._platform.keep_task(task)

    def _task(self, message_id: str) -> Task:
        task = self._platform.tasks.get(message_id)
        if task is None:
            raise Rejected("no such task")
        return task
