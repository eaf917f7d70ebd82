"""WeChat: one Official Account (服务号) as a channel, by wechatpy's client behind our own token, gate and ledger."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.routing import BaseRoute
from wechatpy.crypto import WeChatCrypto

from bot.channels.channel import Health, Sendable, Store
from bot.channels.wechat_api import TIMEOUTS, Api, Call, Client, Timeouts, media, whole
from bot.channels.wechat_callback import Callback
from bot.channels.wechat_errors import Code, Do, meaning
from bot.channels.wechat_gate import Gate
from bot.channels.wechat_memory import Memory, Said
from bot.channels.wechat_notices import Notices, contents, notice_templates
from bot.channels.wechat_templates import filled, guessed, keys_of
from bot.channels.wechat_updates import CHANNEL, ID, describe, parse
from bot.channels.wechat_words import LIMIT, pieces
from bot.settings import Template, Wechat
from domain.clock import Clock
from domain.errors import ChannelDown, DeliveryError, Rejected, Shut, Unknown, Unreachable
from domain.messages import UNASKED, IncomingMessage, Kind, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import TEXT_LIMITS, length, split

log = structlog.get_logger(__name__)
CALLBACK_PATH = "/wechat/callback"
REPEATABLE = timedelta(minutes=9)  # the platform knows a template message's own id again for ten
WATCH_SECONDS = 60.0
SHORT_BYTES = 64  # what is too long to the platform although it is this short will never be short enough
LIMITS = Limits(global_per_second=400, per_chat_per_second=5, group_per_minute=1, concurrency=8)

Way = Callable[[Sendable], Awaitable[Receipt]]


class WechatChannel:
    """One Official Account. It has no groups, cannot change or take back a message, and shows buttons as a menu to type from.

    `memory` is where the account keeps its token, its nonces and what people allow it.
    """

    name = CHANNEL
    text_limit, text_unit = TEXT_LIMITS[CHANNEL]
    takes_back_within: timedelta | None = None
    limits = LIMITS

    def __init__(self, settings: Wechat, clock: Clock, memory: Memory, timeouts: Timeouts = TIMEOUTS) -> None:
        self._settings = settings
        self._clock = clock
        self.memory = memory
        client = Client(settings.app_id, settings.app_secret, settings.base_url, timeouts)
        self.api = Api(client, memory, clock, timeouts)
        crypto = WeChatCrypto(settings.token, settings.aes_key, settings.app_id)
        gate = Gate(settings.token, crypto, settings.app_id)
        self.callback = Callback(CALLBACK_PATH, gate, crypto, memory, clock, describe)
        self.notices = Notices(settings, self._call, memory, clock)
        self._keys: dict[str, tuple[str, ...]] = {}  # the fields of each template, as the platform names them
        self._last_ok_at: datetime | None = None
        self._fault = ""

    @property
    def public_name(self) -> str:
        return ""

    @property
    def health(self) -> Health:
        detail = self._fault or (
            "" if self._last_ok_at else "WeChat has not answered yet: check the network and base_url"
        )
        return Health(not detail, self._last_ok_at, detail)

    async def start(self) -> None:
        """Fetch a token and the account's templates. Raises ChannelDown with a cure, TryLater when nobody answers."""
        try:
            told = await self._call(lambda client: client.template.get_all_private_template())
            agreed = await self._call(notice_templates) if self._settings.notices else {}
        except Rejected as refused:  # an account without templates answers anyhow; it only can't be asked which it has
            log.warning("templates not read", detail=refused.detail)
            told = agreed = {}
        self._keys = {each: keys_of(content) for each, content in contents(told, agreed).items()}
        for name, template in self._settings.templates.items():
            for wanted in (template.id, template.notice_id):
                if self._keys and wanted and wanted not in self._keys:
                    cure = "correct its id under [wechat.templates]"
                    log.warning("template unknown to WeChat", template=name, cure=cure)

    async def stop(self) -> None:
        await self.api.close()

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """The account has one menu for everybody."""

    def parse(self, payload: str) -> IncomingMessage | None:
        return parse(payload, self._clock.now())

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        if await self.memory.writable(chat, now):
            return WriteFirst.YES
        if any(each.id for each in self._settings.templates.values()):
            return WriteFirst.ONLY_TEMPLATE
        left = await self.memory.notices_left(chat) if self._settings.notices else {}
        return WriteFirst.ONLY_TEMPLATE if any(each in left for each in self._settings.notices) else WriteFirst.NO

    async def paid(self, chat: str) -> None:
        """WeChat Pay tells that this follower has paid: for two days the account may write as often as it likes.

        The door for whoever checks a payment's notice (its signature, its sum): `chat` is the payer's openid in it. What people
        pay within WeChat itself comes by the account's own callback.
        """
        if ID.fullmatch(chat):
            await self.memory.paid(chat)

    # out

    async def send(self, message: Sendable) -> Receipt:
        """By the first way that is open. Each way either did not send, and says so for sure, or is the only one tried."""
        _check(message)
        shut: list[Shut] = []
        for way in self._ways(message):
            try:
                return await way(message)
            except Shut as refused:
                shut.append(refused)
        until = min((each.until for each in shut if each.until is not None), default=None)
        raise Shut("; ".join(each.detail for each in shut), why=shut[-1].why, until=until)

    def _ways(self, message: Sendable) -> list[Way]:
        template = self._template_of(message)
        ways: list[Way] = [self._by_template] if template and template.id else []
        if template and template.notice_id:
            ways.append(self._by_notice)
        return [*ways, self._by_customer_message] if message.kind in UNASKED else [self._by_customer_message, *ways]

    def _template_of(self, message: Sendable) -> Template | None:
        """What the configuration names for this very template of ours, or for its family (`reminder`)."""
        named = self._settings.templates
        return named.get(message.template) or named.get(message.template.partition(".")[0])

    def _data(self, template_id: str, patterns: Mapping[str, str], message: Sendable) -> dict[str, dict[str, str]]:
        """Raises Shut when this message lacks what the template must show."""
        data = filled(patterns or guessed(self._keys.get(template_id, ()), message.fields), message.fields)
        if data is None:
            log.warning("template can't be filled", template=message.template)
            raise Shut("the message lacks a field of the template", why="no_template")
        return data

    async def _by_template(self, message: Sendable) -> Receipt:
        """A template message. The platform knows a repeated one by its id, so a try in doubt may be repeated."""
        template, began_at = self._template_of(message), self._clock.now()
        assert template is not None
        wanted: dict[str, object] = {
            "touser": message.chat,
            "template_id": template.id,
            "data": self._data(template.id, template.fields, message),
        }
        if template.url:
            wanted["url"] = template.url
        if message.key:
            wanted["client_msg_id"] = hashlib.sha256(message.key.encode()).hexdigest()[:32]
        try:
            told = await self._call(lambda client: client.post("message/template/send", data=wanted))
        except Unknown as doubt:
            raise Unknown(doubt.detail, repeat_until=began_at + REPEATABLE if message.key else None) from None
        return Receipt(str(told.get("msgid", "")))

    async def _by_notice(self, message: Sendable) -> Receipt:
        """A one-time notice that the person agreed to."""
        template = self._template_of(message)
        assert template is not None
        notice = template.notice_id
        data = self._data(notice, template.notice_fields, message)
        if not await self.memory.spend_notice(message.chat, notice):
            raise Shut("the person agreed to no further notice", why="no_agreement")
        kind = f"notice/{notice}"
        told = await self._spent(
            message.chat, kind, lambda client: client.message.send_subscribe_message(message.chat, notice, data)
        )
        return Receipt(str(told.get("msgid", "")))

    async def _by_customer_message(self, message: Sendable) -> Receipt:
        """A text with its menu. One that the platform finds too long goes in parts.

        Once a part has arrived the message is no more "certainly not sent", whatever becomes of the rest: no other way,
        channel or try may say it all again.
        """
        waiting, arrived = pieces(Said(message.text, message.choices)), False
        kinds = await self._taken(message.chat, len(waiting))
        try:
            while waiting:
                text, kind = waiting.pop(0), kinds.pop(0) if kinds else (await self._taken(message.chat, 1))[0]
                try:
                    await self._text(message.chat, kind, text)
                except TooLong:
                    waiting[:0] = _halves(text)
                else:
                    arrived = True
        except DeliveryError as wrong:
            for kind in kinds:
                await self.memory.give_back(message.chat, kind)
            if arrived:
                raise Unknown(f"only a part arrived: {wrong.detail}") from None
            raise
        if message.choices and message.kind not in (Kind.REPLY, Kind.STAFF_REPLY):
            await self.memory.show_menu(message.chat, message.choices)
        return Receipt()

    async def _text(self, chat: str, kind: str, text: str) -> None:
        await self._spent(chat, kind, lambda client: client.message.send_text(chat, text))

    async def _taken(self, chat: str, number: int) -> list[str]:
        """Use up so many customer messages, all or none. Raises Shut when fewer are allowed."""
        kinds: list[str] = []
        while len(kinds) < number:
            kind = await self.memory.spend(chat)
            if kind is None:
                for each in kinds:
                    await self.memory.give_back(chat, each)
                raise Shut("the person has not written lately, or what they allow is used up", why="window_shut")
            kinds.append(kind)
        return kinds

    async def _spent(self, chat: str, kind: str, call: Call) -> dict[str, Any]:
        """A call for which something was used up already; what was certainly not sent is given back."""
        try:
            return await self._call(call)
        except Shut as refused:
            if refused.until is None:
                await self.memory.shut(chat, kind)  # the platform counts otherwise than we do: it is right
            raise
        except Unknown:
            raise
        except DeliveryError:
            await self.memory.give_back(chat, kind)
            raise

    async def _call(self, call: Call) -> dict[str, Any]:
        """Raises a DeliveryError and nothing else."""
        try:
            told = await self.api.call(call)
        except Code as code:
            if code.asks_to(Do.SPLIT):
                raise TooLong from None
            raise self._noted(meaning(code, self._clock.now())) from None
        except Exception as wrong:
            raise self._noted(meaning(wrong, self._clock.now())) from None
        self._last_ok_at, self._fault = self._clock.now(), ""
        return told

    def _noted(self, fault: DeliveryError) -> DeliveryError:
        if isinstance(fault, ChannelDown):
            self._fault = fault.detail
        return fault

    async def fetch(self, file_id: str, bytes_max: int) -> bytes:
        return whole(await self._call(lambda client: media(client, file_id)), bytes_max)

    async def delete(self, chat: str, message_id: str) -> None:
        raise Rejected("WeChat keeps every message")

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        """There are no buttons to acknowledge."""

    async def busy(self, chat: str) -> None:
        if not ID.fullmatch(chat):
            return
        wanted = {"touser": chat, "command": "Typing"}
        try:
            await self.api.call(lambda client: client.post("message/custom/typing", data=wanted))
        except Exception as wrong:
            log.debug("no typing sign", detail=type(wrong).__name__)

    # in

    async def receive(self, store: Store) -> None:
        """Everything comes by callback; here the token is kept fresh and the account's health known."""
        while True:
            try:
                await self.api.tokens.current()
                self._last_ok_at, self._fault = self._clock.now(), ""
            except Exception as wrong:
                fault = self._noted(meaning(wrong, self._clock.now()))
                log.warning("no token", detail=fault.detail)
            await asyncio.sleep(WATCH_SECONDS)

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        return self.callback.routes(store)


class TooLong(DeliveryError):
    """The platform finds a text too long."""


def _halves(text: str) -> list[str]:
    """Cut after a line, these are mostly two. Raises Rejected for what will never be short enough."""
    size = length(text, "bytes")
    if size < SHORT_BYTES:
        raise Rejected("45002: the text is too long") from None
    return split(text, size * 2 // 3, "bytes")


def _check(message: Sendable) -> None:
    """What no account may send. Raises a DeliveryError."""
    if message.is_group and message.kind is not Kind.STAFF_CARD:  # a card of the staff's goes to a colleague's own chat
        raise Rejected("an Official Account has no groups")
    if not ID.fullmatch(message.chat):
        raise Unreachable("not the id of a follower")
    if not message.text.strip():
        raise Rejected("the text is empty")
    if length(message.text, "bytes") > LIMIT:
        raise Rejected("the text is too long")
    if message.attachment is not None:
        raise Rejected("files are not sent on WeChat")
