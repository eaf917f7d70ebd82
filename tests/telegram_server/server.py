"""TelegramServer: the project's own Telegram Bot API on loopback, for tests, benchmarks and kill-tests."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType

from tests.telegram_server.control import control_app
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.people import Group, Person
from tests.telegram_server.wire import Wire
from tests.telegram_server.world import Call, Chat, Json, World

TOKEN = "700001:AAF-the-only-bot-of-this-server-0000000"
Place = Chat | Person | int


class TelegramServer(World):
    """`async with TelegramServer() as server:` — then point a bot's base_url at `server.base_url`.

    Everything else about it is in World (what is stored), Person and Group (what people do), `faults`, `limits`.
    """

    def __init__(
        self, *, port: int = 0, token: str = TOKEN, username: str = "nuanling_bot", privacy: bool = True,
        limits: bool = False, seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(token=token, username=username, privacy=privacy, limits=limits, seed=seed)
        self._loopback = Loopback(Wire(self, control_app(self)), port)
        self._returned: Counter[int] = Counter()

    async def __aenter__(self) -> "TelegramServer":
        """Starts listening."""
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening and lets everyone go who waits."""
        self.updates.close()
        await self.go_down()

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._loopback.url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._loopback.port

    @property
    def base_url(self) -> str:
        """What a bot takes as base_url."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What a bot takes as base_file_url."""
        return f"{self.url}/file/bot"

    async def come_back(self) -> None:
        """Listens again after go_down, on the same port."""
        await self._loopback.come_back()

    async def go_down(self) -> None:
        """Refuses new connections and cuts those that are open; what is stored stays."""
        await self._loopback.go_down()

    # -- people and groups ----------------------------------------------------------------------------------------

    def user(self, first_name: str, **names: str) -> Person:
        """A new person. Names: last_name, username, language_code."""
        return Person(self, 100_000 + next(self.numbers), first_name, **names)

    def group(self, title: str, members: Sequence[Person] = (), *, kind: str = "group", bot: bool = True) -> Group:
        """A new group; the first member owns it. With `bot` it joins at once (my_chat_member, new_chat_members)."""
        people = list(members) or [self.user("群主")]
        number = next(self.numbers)
        group_id = -(2_000_000 + number) if kind == "group" else -(1_002_000_000_000 + number)
        group = Group(self, group_id, title, people[0], kind)
        group.members |= {person.id: "member" for person in people[1:]}
        if bot:
            group.add_bot()
        return group

    # -- what the bot did -----------------------------------------------------------------------------------------

    def messages(self, place: Place) -> list[Json]:
        """All messages of a chat that are not deleted, as they are now, oldest first."""
        return list(self._chat(place).messages.values())

    def from_bot(self, place: Place) -> list[Json]:
        """The bot's messages in a chat, deleted ones too, oldest first."""
        return list(self._chat(place).from_bot)

    async def wait_for_message(self, place: Place, timeout_seconds: float = 5.0) -> Json:
        """The next message of the bot in this chat that no earlier call has returned.

        Raises:
            TimeoutError: none came in time.
        """
        chat = self._chat(place)
        async with asyncio.timeout(timeout_seconds):
            while len(chat.from_bot) <= self._returned[chat.id]:
                self.spoke.clear()
                await self.spoke.wait()
        self._returned[chat.id] += 1
        return chat.from_bot[self._returned[chat.id] - 1]

    def accepted(self, method: str, place: Place | None = None) -> list[Call]:
        """The calls of a method that were carried out, oldest first, of one chat or of all."""
        chat = None if place is None else self._chat(place).id
        return [
            call
            for call in self.calls
            if call.accepted and call.method.lower() == method.lower() and chat in (None, call.chat)
        ]

    def _chat(self, place: Place) -> Chat:
        if isinstance(place, int):
            return self.chats[place]
        return place.private_chat if isinstance(place, Person) else place


async def serve(port: int, *, limits: bool, seed: int) -> None:
    """Runs until killed; the first line on stdout is the URL, the second the bot's token."""
    async with TelegramServer(port=port, limits=limits, seed=seed) as server:
        sys.stdout.write(f"{server.url}\n{server.token}\n")
        sys.stdout.flush()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
