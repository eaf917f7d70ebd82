"""The contract's stage on WeChat: a platform on loopback, the real channel, its memory in a real database."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from starlette.applications import Starlette

from bot.channels.channel import Store
from bot.channels.wechat import WechatChannel
from bot.wechat_memory import DatabaseMemory
from tests.channels.stages import Seen
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.server import WechatServer

CUSTOMER = "message/custom/send"
MENU_LINE = re.compile(r"(?:\d |· )(.+)|(.+?): http.+")


class WechatStage:
    """`person` follows, wrote and paid, so that any number of messages may go out; `stranger` follows nobody."""

    person_name = ""  # the platform doesn't tell names

    def __init__(self, server: WechatServer, channel: WechatChannel) -> None:
        self.channel = channel
        self._server = server
        self._wang = server.person()
        self.person, self.stranger, self.group = self._wang.openid, server.person().openid, ""
        self._wang.follower.following = True
        server.open_window(self._wang.follower, "payment")
        server.callbacks.patience_seconds = 1.0

    async def prepare(self, memory: DatabaseMemory) -> None:
        await memory.note("first", self.person, "payment")

    async def receive(self, store: Store) -> None:
        """The platform calls; a web server takes the calls while this runs."""
        async with Loopback(Starlette(routes=list(self.channel.routes(store)))) as door:
            self._server.callbacks.url = f"{door.url}/wechat/callback"
            try:
                await self.channel.receive(store)
            finally:
                self._server.callbacks.url = ""

    def seen(self, chat: str) -> list[Seen]:
        return [_as_seen(message.text) for message in self._server.people[chat].got]

    def say(self, text: str, chat: str, reply_to: str = "") -> None:
        self._wang.say(text)

    def press(self, chat: str, message_id: str, label: str) -> None:
        self._wang.say(label)

    def toasts(self) -> list[str]:
        return []

    def block(self) -> None:
        self._wang.follower.following = False

    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None:
        self._server.skipped_seconds += age.total_seconds()

    def ask_to_wait(self) -> None:
        self._server.fail(CUSTOMER, 45011)

    def lose_the_answer(self) -> None:
        self._server.faults.add("reset_after", method=CUSTOMER, times=1)


def _as_seen(text: str) -> Seen:
    words, _, menu = text.rpartition("\n\n")
    lines = [MENU_LINE.fullmatch(line) for line in menu.splitlines()]
    labels = tuple((found[1] or found[2],) for found in lines if found)
    if not words or len(labels) != len(lines):
        return Seen("", text, ())
    return Seen("", words, labels)


async def settled(server: WechatServer) -> None:
    """Until the platform has told the bot everything."""
    async with asyncio.timeout(60):
        await server.callbacks.settled()
