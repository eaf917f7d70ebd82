"""The contract's stages on WeCom: a colleague is written to at once, a customer by a colleague's hand."""

from __future__ import annotations

from datetime import timedelta

from starlette.applications import Starlette

from bot.channels.channel import Store
from bot.channels.wecom import WecomChannel
from tests.channels.stages import Seen
from tests.channels.wechat_stage import _as_seen
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.wecom import WecomServer

APP_MESSAGE = "message/send"


class WecomStage:
    """`person` is a colleague who sees the app; `stranger` is no member of the company."""

    person_name = ""  # the platform doesn't tell names

    def __init__(self, server: WecomServer, channel: WecomChannel) -> None:
        self.channel = channel
        self._server = server
        self._zhao = server.colleague("zhao")
        self.person, self.stranger, self.group = self._zhao.userid, "nobody", ""
        server.callbacks.patience_seconds = 1.0

    async def receive(self, store: Store) -> None:
        """The platform calls; a web server takes the calls while this runs."""
        async with Loopback(Starlette(routes=list(self.channel.routes(store)))) as door:
            self._server.callbacks.url = f"{door.url}/wecom/callback"
            try:
                await self.channel.receive(store)
            finally:
                self._server.callbacks.url = ""

    def seen(self, chat: str) -> list[Seen]:
        found = [(message, _as_seen(message.text)) for message in self._server.people[chat].got]
        return [Seen(message.message_id, seen.text, seen.labels) for message, seen in found]

    def say(self, text: str, chat: str, reply_to: str = "") -> None:
        self._zhao.say(text)

    def press(self, chat: str, message_id: str, label: str) -> None:
        self._zhao.say(label)

    def toasts(self) -> list[str]:
        return []

    def block(self) -> None:
        """The administrator takes the app away from the colleague."""
        self._zhao.follower.following = False

    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None:
        self._server.skipped_seconds += age.total_seconds()

    def ask_to_wait(self) -> None:
        self._server.fail(APP_MESSAGE, 45033)

    def lose_the_answer(self) -> None:
        self._server.faults.add("reset_after", method=APP_MESSAGE, times=1)
