"""Telegram, by python-telegram-bot's Bot and types, with our own loop and webhook so that nothing is confirmed unseen."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
import structlog
from httpx_aiohttp import AiohttpTransport
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

# Without it a wait that Telegram asks for arrives as a deprecation warning where warnings are errors.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from bot.channels.channel import Health, Sendable, Store
from bot.channels.telegram_errors import meaning
from bot.channels.telegram_updates import ALLOWED, CALLBACK_VERSION, CHANNEL, parse
from bot.settings import Telegram
from domain.clock import Clock
from domain.errors import ChannelDown, DeliveryError, TryLater, Unreachable
from domain.messages import IncomingMessage, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import TEXT_LIMITS

log = structlog.get_logger(__name__)
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
TOTAL_SECONDS = 18.0  # through aiohttp nothing bounds a write: this does
POLL_SECONDS = 25
QUIET_AFTER_SECONDS = 90  # three polls without an answer: the channel counts as down
BACK_OFF_SECONDS = (1.0, 30.0)
BODY_BYTES_MAX = 1024 * 1024
CONCURRENCY = 8  # python-telegram-bot's best; more is slower

Menus = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]  # scope -> language -> (command, description)


class TelegramChannel:
    """One bot account."""

    name = CHANNEL
    text_limit, text_unit = TEXT_LIMITS[CHANNEL]

    def __init__(self, settings: Telegram, clock: Clock, menus: Menus | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._menus = menus or {}
        self.limits = Limits(
            settings.global_per_second, settings.per_chat_per_second, settings.group_per_minute, CONCURRENCY
        )
        self._bot = self._new_bot()
        self._id = 0
        self._name = ""
        self._last_ok: datetime | None = None
        self._fault = ""

    @property
    def public_name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        quiet = self._last_ok is None or (self._clock.now() - self._last_ok).total_seconds() > QUIET_AFTER_SECONDS
        detail = self._fault or ("Telegram has not answered lately" if quiet else "")
        return Health(not detail, self._last_ok, detail)

    async def start(self) -> None:
        """getMe, then the commands. Raises ChannelDown with a cure, TryLater when nobody answers."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._bot.initialize()
        except (TelegramError, httpx.HTTPError, OSError, KeyError, TypeError) as wrong:
            fault = meaning(wrong, self._clock.now())
            self._fault = fault.detail
            await self._bot.shutdown()
            self._bot = self._new_bot()  # a closed transport can't be opened again
            raise fault from None
        self._id, self._name = self._bot.id, self._bot.username
        self._well()
        for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
            await self._show_menu("group" if isinstance(scope, BotCommandScopeAllGroupChats) else "private", scope)
        await self._choose_mode()

    async def offer_staff_menu(self, chats: Sequence[str]) -> None:
        """The staff's commands, in the private chats of the staff."""
        for chat in chats:
            await self._show_menu("staff", BotCommandScopeChat(int(chat)))

    async def stop(self) -> None:
        await self._bot.shutdown()

    def parse(self, payload: str) -> IncomingMessage | None:
        return parse(payload, self._id, self._name)

    async def send(self, message: Sendable) -> Receipt:
        """Deliver one plain text. No markup language is used, so no name or amount can break a message."""
        keyboard = _keyboard(message.choices)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                if message.edits and (receipt := await self._edit(message, keyboard)) is not None:
                    return receipt
                sent = await self._bot.send_message(
                    chat_id=int(message.chat),
                    text=message.text,
                    reply_markup=keyboard,
                    disable_notification=message.silent,
                )
        except DeliveryError:
            raise
        except Exception as wrong:
            raise self._noted(meaning(wrong, self._clock.now())) from None
        self._well()
        return Receipt(str(sent.message_id))

    async def _edit(self, message: Sendable, keyboard: InlineKeyboardMarkup | None) -> Receipt | None:
        """Replace a message; None when it can't be replaced, so that the words go out as a new one."""
        try:
            await self._bot.edit_message_text(
                message.text, chat_id=int(message.chat), message_id=int(message.edits), reply_markup=keyboard
            )
        except BadRequest as refused:
            if "not modified" in refused.message.lower():
                return Receipt(message.edits)
            return None
        return Receipt(message.edits)

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._bot.answer_callback_query(incoming.press_id, text=toast[:200] or None)
        except (TelegramError, httpx.HTTPError, OSError, KeyError, TypeError) as wrong:
            log.debug("press not acknowledged", error=type(wrong).__name__)

    async def busy(self, chat: str) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._bot.send_chat_action(int(chat), ChatAction.TYPING)
        except (TelegramError, httpx.HTTPError, OSError, KeyError, TypeError) as wrong:
            log.debug("no typing sign", error=type(wrong).__name__)

    def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        """Telegram lets a bot write to everyone who once pressed Start; others answer 403 and become unreachable."""
        return WriteFirst.YES

    # taking updates in

    async def receive(self, store: Store) -> None:
        """Long polling. The offset moves on only when the updates before it are stored and committed."""
        if self._settings.mode == "webhook":
            await self._watch()
        offset, wait = None, BACK_OFF_SECONDS[0]
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS + TOTAL_SECONDS):
                    updates = await self._poll(offset)
            except Exception as wrong:
                fault = self._noted(meaning(wrong, self._clock.now()))
                log.warning("polling failed", detail=fault.detail)
                asked = fault.at if isinstance(fault, TryLater) else None
                pause = (asked - self._clock.now()).total_seconds() if asked else 0.0
                await asyncio.sleep(max(pause, wait * random.uniform(0.5, 1.0)))  # noqa: S311 (a back-off, no secret)
                wait = min(wait * 2, BACK_OFF_SECONDS[1])
                continue
            self._well()
            wait = BACK_OFF_SECONDS[0]
            for update in updates:
                if isinstance(update.get("update_id"), int):
                    await store(str(update["update_id"]), json.dumps(update, ensure_ascii=False))
                    offset = update["update_id"] + 1

    async def _poll(self, offset: int | None) -> list[dict[str, Any]]:
        """One getUpdates as plain JSON: an update this SDK doesn't know must not stop the ones after it."""
        fields: dict[str, object] = {"timeout": POLL_SECONDS, "allowed_updates": list(ALLOWED)}
        if offset is not None:
            fields["offset"] = offset
        answer = await self._polls.post(
            f"{self._settings.base_url}{self._settings.token}/getUpdates",
            RequestData([RequestParameter.from_input(key, value) for key, value in fields.items()]),
            read_timeout=POLL_SECONDS + ANSWER_SECONDS,
        )
        received: object = answer
        return [each for each in received if isinstance(each, dict)] if isinstance(received, list) else []

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        """The webhook, in webhook mode."""
        if self._settings.mode != "webhook":
            return ()

        async def webhook(request: Request) -> Response:
            given = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode(), self._settings.secret_token.encode()):
                return PlainTextResponse("", 403)
            body = b""
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    return PlainTextResponse("", 413)
            try:
                update = json.loads(body)
                number = int(update["update_id"])
            except (ValueError, TypeError, KeyError, RecursionError):
                return PlainTextResponse("")  # 200, or the platform would send the same nonsense again
            await store(str(number), json.dumps(update, ensure_ascii=False))
            self._well()
            return PlainTextResponse("")

        return (Route("/telegram/webhook", webhook, methods=["POST"]),)

    async def _watch(self) -> None:
        """In webhook mode there is nothing to fetch; ask once a minute whether the account still works."""
        while True:
            await asyncio.sleep(60)
            try:
                async with asyncio.timeout(TOTAL_SECONDS):
                    await self._bot.get_me()
                self._well()
            except Exception as wrong:
                self._noted(meaning(wrong, self._clock.now()))

    # setting up

    def _new_bot(self) -> Bot:
        settings = self._settings
        self._polls = self._new_request(2, POLL_SECONDS + ANSWER_SECONDS)
        return Bot(
            settings.token,
            base_url=settings.base_url,
            base_file_url=settings.base_file_url,
            request=self._new_request(CONCURRENCY * 4, ANSWER_SECONDS),
            get_updates_request=self._polls,
        )

    def _new_request(self, connections: int, read_seconds: float) -> HTTPXRequest:
        """The aiohttp transport sends several times faster than plain httpx; the proxy must be given to it."""
        transport = AiohttpTransport(
            limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0),
            proxy=httpx.Proxy(self._settings.proxy) if self._settings.proxy else None,
        )
        return HTTPXRequest(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            write_timeout=ANSWER_SECONDS,
            pool_timeout=CONNECT_SECONDS,
            httpx_kwargs={"transport": transport},
        )

    async def _show_menu(self, menu: str, scope: BotCommandScope) -> None:
        """Set a menu in each language where it differs. A server without menus is no reason not to start."""
        for language, commands in self._menus.get(menu, {}).items():
            wanted = tuple(BotCommand(command, words[:256]) for command, words in commands)
            code = "" if language == "zh" else language
            try:
                async with asyncio.timeout(TOTAL_SECONDS):
                    if await self._bot.get_my_commands(scope=scope, language_code=code) != wanted:
                        await self._bot.set_my_commands(wanted, scope=scope, language_code=code)
            except (TelegramError, httpx.HTTPError, OSError, KeyError, TypeError) as wrong:
                log.info("menu not set", menu=menu, error=type(wrong).__name__)
                return

    async def _choose_mode(self) -> None:
        settings = self._settings
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                if settings.mode == "webhook":
                    await self._bot.set_webhook(
                        settings.webhook_url, secret_token=settings.secret_token, allowed_updates=list(ALLOWED)
                    )
                else:
                    await self._bot.delete_webhook()
        except (TelegramError, httpx.HTTPError, OSError, KeyError, TypeError) as wrong:
            fault = meaning(wrong, self._clock.now())
            if isinstance(fault, ChannelDown) or settings.mode == "webhook":
                raise fault from None
            log.warning("webhook not removed", detail=fault.detail)

    def _well(self) -> None:
        self._last_ok, self._fault = self._clock.now(), ""

    def _noted(self, fault: DeliveryError) -> DeliveryError:
        """Remember what is wrong with the account; a single blocked chat says nothing about it."""
        if isinstance(fault, ChannelDown):
            self._fault = fault.detail
        elif isinstance(fault, Unreachable):
            self._well()
        return fault


def _keyboard(rows: Sequence[Sequence[Mapping[str, str]]]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(button["label"], url=button["url"])
                if "url" in button
                else InlineKeyboardButton(button["label"], callback_data=f"{CALLBACK_VERSION}{button['token']}")
                for button in row
            ]
            for row in rows
        ]
    )
