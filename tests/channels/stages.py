"""A platform for each channel with one person, one stranger and one group on it: what the contract is played on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.channels.channel import Channel, Store
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, Line, Platform, Profile, Room
from bot.channels.telegram import TelegramChannel
from domain.clock import SystemClock
from tests.telegram_server.server import TelegramServer


@dataclass(frozen=True)
class Seen:
    """A message of the bot as people see it."""

    id: str
    text: str
    labels: tuple[tuple[str, ...], ...]  # of its rows of buttons


class Stage(Protocol):
    """`person` pressed Start and is in `group`; `stranger` never did."""

    @property
    def channel(self) -> Channel: ...

    person: str
    person_name: str
    stranger: str
    group: str

    async def receive(self, store: Store) -> None: ...
    def seen(self, chat: str) -> list[Seen]: ...
    def say(self, text: str, chat: str, reply_to: str = "") -> None: ...
    def press(self, chat: str, message_id: str, label: str) -> None: ...
    def toasts(self) -> list[str]: ...
    def block(self) -> None: ...
    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None: ...
    def ask_to_wait(self) -> None: ...
    def lose_the_answer(self) -> None: ...


class TelegramStage:
    person_name = "王女士"

    def __init__(self, server: TelegramServer, channel: TelegramChannel) -> None:
        self.channel = channel
        self._server = server
        self._wang = server.user("王女士")
        self._group = server.group("桂花苑业主群", [self._wang])
        self._wang.start()
        server.updates.pending.clear()
        self.person, self.group = str(self._wang.id), str(self._group.id)
        self.stranger = str(server.user("李先生").id)

    async def receive(self, store: Store) -> None:
        await self.channel.receive(store)

    def seen(self, chat: str) -> list[Seen]:
        kept = self._server.chats[int(chat)].messages if int(chat) in self._server.chats else {}
        messages = self._server.from_bot(int(chat))
        return [self._as_seen(message) for message in messages if message["message_id"] in kept]

    def _as_seen(self, message: dict[str, Any]) -> Seen:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        labels = tuple(tuple(button["text"] for button in row) for row in rows)
        return Seen(str(message["message_id"]), message["text"], labels)

    def say(self, text: str, chat: str, reply_to: str = "") -> None:
        self._wang.say(text, self._server.chats[int(chat)], int(reply_to) if reply_to else None)

    def press(self, chat: str, message_id: str, label: str) -> None:
        self._wang.press(label, self._server.chats[int(chat)], int(message_id))

    def toasts(self) -> list[str]:
        return [answer["text"] for answer in self._server.callback_answers if answer.get("text")]

    def block(self) -> None:
        self._wang.block()
        self._server.updates.pending.clear()

    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None:
        self._server.chats[int(chat)].messages[int(message_id)]["date"] -= int(age.total_seconds())

    def ask_to_wait(self) -> None:
        self._server.faults.add("too_many_requests", method="sendMessage", times=1, retry_after_seconds=5)

    def lose_the_answer(self) -> None:
        self._server.faults.add("reset_after", method="sendMessage", times=1)


class SandboxStage:
    person_name = "王女士"

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._platform = Platform()
        self.channel = SandboxChannel(self._platform, self._clock)
        self.person, self.stranger, self.group = "wang", "li", "group"
        self._platform.join(Profile(self.person, "王女士"))
        self._platform.join(Profile(self.stranger, "李先生"))
        self._platform.open_room(Room(self.group, "桂花苑业主群", [self.person]))
        self._platform.start(self.person, self._clock.now())
        self._platform.taken(1)
        self._toasts: list[str] = []
        self._platform.listeners.append(self._hear)

    def _hear(self, what: str, fields: Mapping[str, Any]) -> None:
        if what == "toast":
            self._toasts.append(fields["text"])

    async def receive(self, store: Store) -> None:
        await self.channel.receive(store)

    def seen(self, chat: str) -> list[Seen]:
        return [self._as_seen(line) for line in self._platform.chats.get(chat, []) if line.sender == BOT]

    def _as_seen(self, line: Line) -> Seen:
        return Seen(line.id, line.text, tuple(tuple(button["label"] for button in row) for row in line.choices))

    def say(self, text: str, chat: str, reply_to: str = "") -> None:
        self._platform.say(self.person, chat, self._clock.now(), text=text, reply_to=reply_to)

    def press(self, chat: str, message_id: str, label: str) -> None:
        line = self._platform.bots_line(chat, message_id)
        assert line is not None
        token = next(button["token"] for row in line.choices for button in row if button["label"] == label)
        self._platform.press(self.person, chat, message_id, token, self._clock.now())

    def toasts(self) -> list[str]:
        return self._toasts

    def block(self) -> None:
        self._platform.set_fault(self.person, "blocked")

    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None:
        line = self._platform.bots_line(chat, message_id)
        assert line is not None
        line.at = (datetime.fromisoformat(line.at) - age).isoformat()

    def ask_to_wait(self) -> None:
        self._platform.set_fault(self.person, "too_many")

    def lose_the_answer(self) -> None:
        self._platform.set_fault(self.person, "timeout")
