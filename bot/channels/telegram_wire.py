"""The connection to Telegram: the SDK's Bot over aiohttp, a fixed time for every call, no retries of its own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import httpx
from telegram import Bot
from telegram.request import RequestData

from bot.channels.telegram_request import AiohttpRequest, Fields
from bot.settings import ConfigError, Telegram

# The SDK then gives waits as timedelta; else it warns of that change in the middle of raising RetryAfter.
os.environ.setdefault("PTB_TIMEDELTA", "1")

CONCURRENCY = 8  # the lane's; more is not faster
UPDATE_NUMBER_END = 2**53


@dataclass(frozen=True)
class Timeouts:
    """In seconds. `total` is around every call, for through aiohttp nothing else bounds a write; the lane allows 20."""

    connect: float = 5.0
    answer: float = 10.0
    total: float = 18.0
    poll: int = 25  # how long Telegram may keep a getUpdates waiting


TIMEOUTS = Timeouts()


@dataclass(frozen=True)
class Wire:
    """`bot` for every call, over `calls`; `polls` for getUpdates alone, so that a waiting poll never holds up a send."""

    bot: Bot
    calls: AiohttpRequest
    polls: AiohttpRequest
    timeouts: Timeouts

    async def updates(self, offset: int | None, allowed: tuple[str, ...]) -> list[dict[str, Any]]:
        """One long getUpdates as plain JSON: an update that the SDK can't read must not stop the ones after it.

        Raises TelegramError, or TypeError when the answer isn't a list of numbered updates.
        """
        fields: dict[str, object] = {"timeout": self.timeouts.poll, "allowed_updates": json.dumps(allowed)}
        if offset is not None:
            fields["offset"] = offset
        async with asyncio.timeout(self.timeouts.poll + self.timeouts.total):
            result: object = await self.polls.post(f"{self.bot.base_url}/getUpdates?{urlencode(fields)}")
        if not isinstance(result, list) or None in map(update_number, result):
            raise TypeError("getUpdates answered with something else")
        return result

    async def call(self, endpoint: str, fields: Mapping[str, object]) -> Any:
        """One call of the Bot API as plain JSON, there and back: of a message only its number is wanted, and the SDK's
        objects for it and its keyboard would cost as much as all the rest of sending it. Raises TelegramError.
        """
        return await self.calls.post(f"{self.bot.base_url}/{endpoint}", cast(RequestData, Fields(fields)))

    async def close(self) -> None:
        """Cut every connection. The bot's own shutdown leaves them open when it was never started."""
        await asyncio.gather(self.calls.shutdown(), self.polls.shutdown())


def update_number(update: object) -> int | None:
    """The number that Telegram gave an update; None when this isn't one."""
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number < UPDATE_NUMBER_END else None


def connect(settings: Telegram, timeouts: Timeouts) -> Wire:
    """Nothing is sent yet. Raises ConfigError for a proxy that can't be used."""
    proxy = _proxy(settings.proxy)
    calls = AiohttpRequest(4 * CONCURRENCY, timeouts.connect, timeouts.answer, proxy)
    polls = AiohttpRequest(2, timeouts.connect, timeouts.poll + timeouts.answer, proxy)
    bot = Bot(
        settings.token,
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        request=calls,
        get_updates_request=polls,
    )
    return Wire(bot, calls, polls, timeouts)


def bot_number(token: str) -> int:
    """The bot's own id stands before the colon. Raises ConfigError."""
    number, _, secret = token.partition(":")
    if not (number.isdecimal() and secret):
        raise ConfigError("telegram.token is no bot token: paste the whole line that @BotFather gave you, 123456:ABC…")
    return int(number)


def _proxy(url: str) -> httpx.Proxy | None:
    if not url:
        return None
    try:
        proxy = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        raise ConfigError("telegram.proxy is no address: write it as http://127.0.0.1:7890") from None
    if proxy.url.scheme not in ("http", "https"):
        raise ConfigError(
            f"telegram.proxy: {proxy.url.scheme} is not supported: give the HTTP port of the proxy program"
        )
    return proxy
