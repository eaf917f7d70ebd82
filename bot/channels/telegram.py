"""Telegram: one bot account as a channel, by python-telegram-bot's Bot with our own way of taking updates in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from starlette.routing import BaseRoute
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InlineKeyboardMarkup,
    Message,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.channels.channel import Health, Sendable, Store
from bot.channels.telegram_errors import GONE, NOT_EDITABLE, UNCHANGED, meaning, says
from bot.channels.telegram_receiving import Pulse, poll, set_webhook, watch, webhook
from bot.channels.telegram_updates import CALLBACK_VERSION, CHANNEL, parse
from bot.channels.telegram_wire import CONCURRENCY, TIMEOUTS, Timeouts, bot_number, connect
from bot.settings import Telegram
from domain.clock import Clock
from domain.errors import ChannelDown, Rejected, Unreachable
from domain.messages import IncomingMessage, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import TEXT_LIMITS, length

log = structlog.get_logger(__name__)
CAPTION_LIMIT = 1024
TOAST_LIMIT = 200
DESCRIPTION_LIMIT = 256
NO_PREVIEW = {"is_disabled": True}  # a preview would have Telegram open the household's bill page

Menus = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]  # scope -> language -> (command, description)


class TelegramChannel:
    """One bot account. `menus` holds the commands of private chats, groups and staff.

    Texts go out plain, without a markup language: nothing a person typed can break a message or disguise a link, and a
    text is as long as it looks.
    """

    name = CHANNEL
    text_limit, text_unit = TEXT_LIMITS[CHANNEL]
    takes_back_within: timedelta | None = timedelta(hours=48)  # https://core.telegram.org/bots/api#deletemessage

    def __init__(
        self, settings: Telegram, clock: Clock, menus: Menus | None = None, timeouts: Timeouts = TIMEOUTS
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._menus = menus or {}
        self.limits = Limits(
            settings.global_per_second, settings.per_chat_per_second, settings.group_per_minute, CONCURRENCY
        )
        self._bot_id = bot_number(settings.token)
        self._wire = connect(settings, timeouts)
        self._bot = self._wire.bot
        self._pulse = Pulse(clock)
        self._name = ""
        self.webhook_outcomes: Counter[str] = Counter()

    @property
    def public_name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._pulse.health

    async def start(self) -> None:
        """getMe, the commands, the webhook. Raises ChannelDown with a cure, TryLater or Unknown when nobody answers."""
        try:
            async with asyncio.timeout(self._wire.timeouts.total):
                await self._bot.initialize()
                if self._settings.mode == "webhook":
                    await set_webhook(self._wire, self._settings)
        except Exception as wrong:
            fault = meaning(wrong, self._clock.now())
            if isinstance(fault, Rejected):  # the only thing here that Telegram can find fault with
                fault = ChannelDown(f"{fault.detail}: check telegram.webhook_url and telegram.secret_token")
            self._pulse.fault = fault.detail if isinstance(fault, ChannelDown) else ""
            raise fault from None
        self._name = self._bot.username
        self._pulse.beat()
        if self._settings.mode == "polling":
            # Where this fails, the first poll says so.
            await self._tried("webhook not removed", self._bot.delete_webhook())
        await self._offer("private", BotCommandScopeAllPrivateChats())
        await self._offer("group", BotCommandScopeAllGroupChats())

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """The staff's commands, in the private chats of the staff."""
        for chat in filter(_is_id, chats):
            await self._offer(menu, BotCommandScopeChat(int(chat)))

    async def stop(self) -> None:
        await self._wire.close()

    def parse(self, payload: str) -> IncomingMessage | None:
        return parse(payload, self._bot_id, self._name, self._clock.now())

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        """Telegram lets a bot write to everyone who once pressed Start; others answer 403 and become unreachable."""
        return WriteFirst.YES

    # out

    async def send(self, message: Sendable) -> Receipt:
        try:
            async with asyncio.timeout(self._wire.timeouts.total):
                return await self._deliver(message)
        except Exception as wrong:
            fault = meaning(wrong, self._clock.now())
            if isinstance(fault, ChannelDown):
                self._pulse.fault = fault.detail
            raise fault from None

    async def delete(self, chat: str, message_id: str) -> None:
        if not _is_id(chat) or not message_id.isdecimal():
            raise Rejected("not a message of Telegram")
        try:
            async with asyncio.timeout(self._wire.timeouts.total):
                await self._bot.delete_message(int(chat), int(message_id))
        except Exception as wrong:
            if isinstance(wrong, BadRequest) and says(wrong, GONE):
                return
            raise meaning(wrong, self._clock.now()) from None

    async def _deliver(self, message: Sendable) -> Receipt:
        if not _is_id(message.chat):
            raise Unreachable("not the id of a Telegram chat")
        if message.edits.isdecimal() and await self._edited(message):
            return Receipt(message.edits)
        if message.attachment is not None:
            return Receipt(str((await self._send_file(message)).message_id))
        sent = await self._wire.call("sendMessage", _said(message) | {"disable_notification": message.silent})
        if "chat" not in sent:  # no message of the Bot API: it proves nothing
            raise TypeError("sendMessage answered with something else")
        return Receipt(str(sent["message_id"]))

    async def _edited(self, message: Sendable) -> bool:
        """Replace a message; False when it is gone or can't be changed, so that the words go out as a new one."""
        try:
            await self._wire.call("editMessageText", _said(message) | {"message_id": int(message.edits)})
        except BadRequest as refused:
            if says(refused, NOT_EDITABLE):
                return False
            if not says(refused, UNCHANGED):
                raise
        return True

    async def _send_file(self, message: Sendable) -> Message:
        """A file that Telegram has already, or one of ours, with the text as its caption."""
        keyboard = InlineKeyboardMarkup.de_json(_keyboard(message.choices)) if message.choices else None
        file, chat = message.attachment, int(message.chat)
        assert file is not None
        if length(message.text, self.text_unit) > CAPTION_LIMIT:
            raise Rejected(f"a text beside a file may have {CAPTION_LIMIT} characters")
        senders: dict[str, Callable[..., Awaitable[Message]]] = {
            "photo": self._bot.send_photo,
            "voice": self._bot.send_voice,
        }
        if file.path:
            try:
                content = await asyncio.to_thread(Path(file.path).read_bytes)
            except FileNotFoundError:
                raise Rejected("the file is gone: it is kept for a day") from None
            return await self._bot.send_document(
                chat, content, caption=message.text, filename=file.name, reply_markup=keyboard
            )
        return await senders.get(file.kind, self._bot.send_document)(
            chat, file.file_id, caption=message.text, reply_markup=keyboard, disable_notification=message.silent
        )

    async def fetch(self, file_id: str, bytes_max: int) -> bytes:
        try:
            async with asyncio.timeout(self._wire.timeouts.total):
                file = await self._bot.get_file(file_id)
                if (file.file_size or 0) > bytes_max:
                    raise Rejected("the file is too large")
                return bytes(await file.download_as_bytearray())
        except Exception as wrong:
            raise meaning(wrong, self._clock.now()) from None

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        answer = self._bot.answer_callback_query(incoming.press_id, text=toast[:TOAST_LIMIT] or None)
        await self._tried("press not acknowledged", answer)

    async def busy(self, chat: str) -> None:
        await self._tried("no typing sign", self._bot.send_chat_action(chat, ChatAction.TYPING))

    async def _tried(self, complaint: str, call: Awaitable[object]) -> None:
        """Await what may fail without harm."""
        try:
            async with asyncio.timeout(self._wire.timeouts.total):
                await call
        except Exception as wrong:
            log.debug(complaint, detail=meaning(wrong, self._clock.now()).detail)

    # in

    async def receive(self, store: Store) -> None:
        if self._settings.mode == "webhook":
            await watch(self._wire, self._settings, self._pulse)
        else:
            await poll(self._wire, store, self._pulse)

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        if self._settings.mode == "polling":
            return ()
        return (webhook(self._settings.secret_token, store, self.webhook_outcomes),)

    # commands

    async def _offer(self, menu: str, scope: BotCommandScope) -> None:
        """The commands shown to these chats, in each language. A menu that can't be shown is no reason not to start."""
        for language, commands in self._menus.get(menu, {}).items():
            code = "" if language == "zh" else language  # Chinese is for every language that has no menu of its own
            await self._tried("menu not set", self._set_commands(commands, scope, code))

    async def _set_commands(self, commands: Sequence[tuple[str, str]], scope: BotCommandScope, code: str) -> None:
        wanted = tuple(BotCommand(command, words[:DESCRIPTION_LIMIT]) for command, words in commands)
        if await self._bot.get_my_commands(scope=scope, language_code=code) != wanted:
            await self._bot.set_my_commands(wanted, scope=scope, language_code=code)


def _is_id(chat: str) -> bool:
    return chat.removeprefix("-").isdecimal()


def _said(message: Sendable) -> dict[str, object]:
    """What a text message says and to whom, as fields of the Bot API."""
    fields: dict[str, object] = {
        "chat_id": int(message.chat),
        "text": message.text,
        "link_preview_options": NO_PREVIEW,
    }
    return fields | {"reply_markup": _keyboard(message.choices)} if message.choices else fields


def _keyboard(rows: Sequence[Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    return {"inline_keyboard": [[_button(each) for each in row] for row in rows]}


def _button(choice: Mapping[str, str]) -> dict[str, str]:
    if "url" in choice:
        return {"text": choice["label"], "url": choice["url"]}
    return {"text": choice["label"], "callback_data": f"{CALLBACK_VERSION}{choice['token']}"}
