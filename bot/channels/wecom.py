"""WeCom (企业微信): one app of one company. Staff are written to at once, residents only by a colleague's own hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.routing import BaseRoute
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.channels.channel import Health, Sendable, Store
from bot.channels.wechat_api import TIMEOUTS, Timeouts, media, whole
from bot.channels.wechat_callback import Callback
from bot.channels.wechat_gate import Gate
from bot.channels.wechat_memory import Memory, Said
from bot.channels.wechat_words import menu_of, pieces
from bot.channels.wecom_api import CorpApi, CorpClient
from bot.channels.wecom_chats import APPCHAT, CHANNEL, RESIDENTS, ROBOT, Sort, sort_of
from bot.channels.wecom_tasks import Tasks
from bot.channels.wecom_updates import describe, parse, renamed_group, with_title
from bot.settings import Wecom
from domain.clock import Clock
from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.messages import IncomingMessage, Kind, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import TEXT_LIMITS, length

log = structlog.get_logger(__name__)
CALLBACK_PATH = "/wecom/callback"
WATCH_SECONDS = 60.0
TITLE_SECONDS = 0.6  # to ask for a group's name: the platform waits for our answer meanwhile
LIMITS = Limits(global_per_second=40, per_chat_per_second=5, group_per_minute=20, concurrency=4)
# The platform drops the same words to the same person within this time, so a try in doubt may be repeated. Not longer:
# what is said twice on purpose must arrive twice. Answers are left out for that reason.
SAME_WORDS = timedelta(minutes=5)
REPEATABLE = SAME_WORDS - timedelta(seconds=30)
RUSH_MINUTES = (0, 30)  # everybody's timetable fires then, and the platform asks to be spared what can wait
CAN_WAIT = ("digest",)
PERSONAL = frozenset({Kind.REPLY, Kind.STAFF_REPLY})
# Who is called: an @ that begins a word (the one in a mail address doesn't), then a mobile number or a userid.
PHONE = re.compile(r"(?<![A-Za-z0-9_.-])@(1\d{10})(?!\d)")
NAMED = re.compile(r"(?<![A-Za-z0-9_.-])@([A-Za-z](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)")
EVERYONE = "@all"


class WecomChannel:
    """One app. `memory` keeps its token and nonces; `tasks` is how residents are written to."""

    name = CHANNEL
    text_limit, text_unit = TEXT_LIMITS[CHANNEL]
    takes_back_within: timedelta | None = timedelta(hours=24)
    limits = LIMITS

    def __init__(self, settings: Wecom, clock: Clock, memory: Memory, timeouts: Timeouts = TIMEOUTS) -> None:
        self._settings = settings
        self._clock = clock
        self.memory = memory
        client = CorpClient(settings.corp_id, settings.secret, settings.base_url, timeouts)
        self.api = CorpApi(client, memory, clock, timeouts)
        self.tasks = Tasks(self.api, settings)
        self._robots = {robot.name: robot.key for robot in settings.robots}
        crypto = WeChatCrypto(settings.token, settings.aes_key, settings.corp_id)
        gate = Gate(settings.token, crypto, settings.corp_id)
        self.callback = Callback(CALLBACK_PATH, gate, crypto, memory, clock, describe)
        self._last_ok_at: datetime | None = None
        self._fault = ""

    @property
    def public_name(self) -> str:
        return ""

    @property
    def health(self) -> Health:
        detail = self._fault or (
            "" if self._last_ok_at else "WeCom has not answered yet: check the network and base_url"
        )
        return Health(not detail, self._last_ok_at, detail)

    async def start(self) -> None:
        """Fetch a token and look at the app. Raises ChannelDown with a cure, TryLater when nobody answers."""
        await self._noted(self.api.through("agent/get", self._app))

    async def _app(self) -> dict[str, Any]:
        return await self.api.call(lambda client: client.agent.get(self._settings.agent_id))

    async def stop(self) -> None:
        await self.api.close()

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """The app has one menu for everybody."""

    def parse(self, payload: str) -> IncomingMessage | None:
        return parse(payload)

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        sort = sort_of(chat)
        if sort is None:
            return WriteFirst.NO
        return WriteFirst.STAFF_MUST_CONFIRM if sort in RESIDENTS else WriteFirst.YES

    # out

    async def send(self, message: Sendable) -> Receipt:
        """To staff at once. What residents are to get only waits from here on: a task asks a colleague to confirm it."""
        sort = _checked(message)
        if sort in RESIDENTS:
            if message.kind in PERSONAL:
                raise Rejected("a customer can't be answered by the app: their talk is with a colleague")
            return Receipt(confirmed=False)
        self._spare_the_rush(message)
        if sort is Sort.ROBOT:
            return await self._by_robot(message)
        if sort is Sort.APPCHAT:
            return await self._to_appchat(message)
        return await self._to_member(message)

    def _spare_the_rush(self, message: Sendable) -> None:
        """Raises TryLater for what can wait a minute."""
        now = self._clock.now()
        if now.minute in RUSH_MINUTES and message.template.startswith(CAN_WAIT):
            spread = sum(message.chat.encode()) % 50
            at = now.replace(second=0, microsecond=0) + timedelta(seconds=60 + spread)
            raise TryLater("the platform's busiest minute", at=at, free=True)

    async def _to_member(self, message: Sendable) -> Receipt:
        """A message of the app, its buttons as a menu to type from."""
        told: dict[str, Any] = {}
        for text in pieces(Said(message.text, message.choices)):
            told = await self._app_message(message, text)
        if message.choices and message.kind not in PERSONAL:
            await self.memory.show_menu(message.chat, message.choices)
        return Receipt(str(told.get("msgid", "")))

    async def _app_message(self, message: Sendable, text: str) -> dict[str, Any]:
        known_again, began_at = message.kind not in PERSONAL, self._clock.now()
        wanted: dict[str, Any] = {
            "touser": message.chat,
            "msgtype": "text",
            "agentid": int(self._settings.agent_id),
            "text": {"content": text},
        }
        if known_again:
            wanted |= {"enable_duplicate_check": 1, "duplicate_check_interval": int(SAME_WORDS.total_seconds())}
        try:
            told = await self._noted(self.api.post("message/send", wanted))
        except Unknown as doubt:
            raise Unknown(doubt.detail, repeat_until=began_at + REPEATABLE if known_again else None) from None
        if _names(told.get("invaliduser"), message.chat):
            raise Unreachable("no member of the company, or the app is not visible to them")
        if _names(told.get("unlicenseduser"), message.chat):
            raise Unreachable("the company has no interface licence for this member", permanent=False)
        return told

    async def _to_appchat(self, message: Sendable) -> Receipt:
        wanted = {
            "chatid": message.chat.removeprefix(APPCHAT),
            "msgtype": "text",
            "text": {"content": _for_a_group(message)},
            "safe": 0,
        }
        told = await self._noted(self.api.post("appchat/send", wanted))
        return Receipt(str(told.get("msgid", "")))

    async def _by_robot(self, message: Sendable) -> Receipt:
        """`@userid` and `@` with a mobile number in the text call these people; so does the wish to call everyone."""
        name = message.chat.removeprefix(ROBOT)
        if name not in self._robots:
            raise Rejected(f"no robot is called {name!r}: add it under [[wecom.robots]]")
        content = _for_a_group(message)
        phones = PHONE.findall(content)
        people = [each for each in NAMED.findall(content) if each != EVERYONE[1:]]
        if message.mentions_all:
            people.append(EVERYONE)
        text: dict[str, Any] = {"content": content}
        if people:
            text["mentioned_list"] = people
        if phones:
            text["mentioned_mobile_list"] = phones
        await self.api.robot(self._robots[name], {"msgtype": "text", "text": text})
        return Receipt()

    async def _noted(self, asked: Any) -> dict[str, Any]:
        """What an answer says of the account, kept for `health`. Raises a DeliveryError and nothing else."""
        try:
            told: dict[str, Any] = await asked
        except ChannelDown as fault:
            self._fault = fault.detail
            raise
        self._last_ok_at, self._fault = self._clock.now(), ""
        return told

    async def fetch(self, file_id: str, bytes_max: int) -> bytes:
        asked = self.api.through("media/get", lambda: self.api.call(lambda client: media(client, file_id)))
        return whole(await self._noted(asked), bytes_max)

    async def delete(self, chat: str, message_id: str) -> None:
        """Only the app's own messages to members can be taken back."""
        if sort_of(chat) is not Sort.MEMBER or not message_id:
            raise Rejected("WeCom keeps what was posted in a group or sent by a colleague")
        await self._noted(self.api.post("message/recall", {"msgid": message_id}))

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        """There are no buttons to acknowledge."""

    async def busy(self, chat: str) -> None:
        """The platform has no such sign."""

    # in

    async def receive(self, store: Store) -> None:
        """Everything comes by callback; here the token is kept fresh and the account's health known."""
        while True:
            try:
                await self.api.tokens.current()
                self._last_ok_at, self._fault = self._clock.now(), ""
            except DeliveryError as wrong:
                self._fault = wrong.detail if isinstance(wrong, ChannelDown) else self._fault
                log.warning("no token", detail=wrong.detail)
            await asyncio.sleep(WATCH_SECONDS)

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        async def named(external_id: str, payload: str) -> None:
            await store(external_id, await self._with_title(payload))

        return self.callback.routes(named)

    async def _with_title(self, payload: str) -> str:
        """A new group's event without its name: that is asked for while the event waits, but not for long."""
        if not (chat := renamed_group(payload)):
            return payload
        try:
            async with asyncio.timeout(TITLE_SECONDS):
                told = await self.api.post("externalcontact/groupchat/get", {"chat_id": chat, "need_name": 0})
        except (DeliveryError, TimeoutError) as wrong:
            log.info("group's name unknown", error=type(wrong).__name__)
            return payload
        return with_title(payload, str(told.get("group_chat", {}).get("name", "")))


def _checked(message: Sendable) -> Sort:
    """What sort of chat it is for. Raises a DeliveryError for what can't be sent at all."""
    sort = sort_of(message.chat)
    if sort is None:
        raise Unreachable("no address of WeCom's")
    if not message.text.strip():
        raise Rejected("the text is empty")
    limit, unit = TEXT_LIMITS[CHANNEL]
    if length(message.text, unit) > limit:
        raise Rejected("the text is too long")
    if message.attachment is not None:
        raise Rejected("files are not sent on WeCom")
    return sort


def _for_a_group(message: Sendable) -> str:
    """Nobody can press or type to the bot in a group: of the buttons only links are left."""
    links = [[each for each in row if "url" in each] for row in message.choices]
    menu = menu_of(links)
    whole = f"{message.text}\n\n{menu}" if menu else message.text
    limit, unit = TEXT_LIMITS[CHANNEL]
    return whole if length(whole, unit) <= limit else message.text


def _names(told: object, chat: str) -> bool:
    """The platform joins the members it could not write to by bars, and writes them in lower case."""
    return isinstance(told, str) and chat.lower() in told.lower().split("|")
