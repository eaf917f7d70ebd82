"""How Telegram's updates come in: our own polling loop, or a webhook. An update is stored before it is confirmed."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.channel import Health, Store
from bot.channels.telegram_errors import meaning
from bot.channels.telegram_updates import ALLOWED
from bot.channels.telegram_wire import Wire, update_number
from bot.settings import Telegram
from domain.clock import Clock, monotonic
from domain.errors import ChannelDown, TryLater

log = structlog.get_logger(__name__)
WEBHOOK_PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"
BODY_BYTES_MAX = 1024 * 1024
QUIET_AFTER = timedelta(seconds=90)  # three polls without an answer: the channel counts as down
BACK_OFF_SECONDS_MAX = 30.0
SHORTEST_POLL_SECONDS = 1.0
WATCH_SECONDS = 60.0
Pause = Callable[[float], Awaitable[object]]


@dataclass
class Pulse:
    """When updates last came through, and what is wrong now. A process may live on long after its poller died."""

    clock: Clock
    last_ok_at: datetime | None = None
    fault: str = ""

    def beat(self) -> None:
        self.last_ok_at, self.fault = self.clock.now(), ""

    @property
    def health(self) -> Health:
        quiet = self.last_ok_at is None or self.clock.now() - self.last_ok_at > QUIET_AFTER
        detail = self.fault or (
            "Telegram has not answered lately: check the network and telegram.proxy" if quiet else ""
        )
        return Health(not detail, self.last_ok_at, detail)


async def poll(wire: Wire, store: Store, pulse: Pulse, pause: Pause = asyncio.sleep) -> None:
    """Take updates in by long polling until cancelled.

    The offset, which confirms all updates before it, moves on only when these are stored and committed. Whatever goes
    wrong, on the wire or in the store, is waited out and asked again: the inbox knows what it has already.
    """
    offset: int | None = None
    failures = 0
    while True:
        started = monotonic()
        try:
            updates = await wire.updates(offset, ALLOWED)
        except Exception as wrong:
            failures += 1
            await pause(_noted(wrong, pulse, failures))
            continue
        try:
            for update in updates:
                await store(str(update["update_id"]), json.dumps(update))
                offset = update["update_id"] + 1
        except Exception as wrong:
            failures += 1
            pulse.fault = f"updates can't be stored ({type(wrong).__name__}): check the database and the disk"
            log.error("updates not stored", error=type(wrong).__name__, failures=failures)
            await pause(_back_off(failures))
            continue
        pulse.beat()
        failures = 0
        if not updates and monotonic() - started < SHORTEST_POLL_SECONDS:
            await pause(SHORTEST_POLL_SECONDS)  # something in between doesn't let the poll wait


def _noted(wrong: Exception, pulse: Pulse, failures: int) -> float:
    """Write a failed poll down; returns the seconds to wait. Where an administrator must act, haste is no use."""
    now = pulse.clock.now()
    fault = meaning(wrong, now)
    if isinstance(fault, ChannelDown):
        pulse.fault = fault.detail
    log.warning("polling failed", detail=fault.detail, failures=failures)
    if isinstance(fault, ChannelDown):
        return BACK_OFF_SECONDS_MAX
    asked = (fault.at - now).total_seconds() if isinstance(fault, TryLater) and fault.at else 0.0
    return max(asked, _back_off(failures))


def _back_off(failures: int) -> float:
    return random.uniform(0.5, 1.0) * min(BACK_OFF_SECONDS_MAX, 2.0 ** min(failures, 10))


async def set_webhook(wire: Wire, settings: Telegram) -> None:
    """Have updates pushed to us; those that wait are kept. Raises TelegramError."""
    await wire.bot.set_webhook(settings.webhook_url, secret_token=settings.secret_token, allowed_updates=list(ALLOWED))


async def watch(wire: Wire, settings: Telegram, pulse: Pulse, pause: Pause = asyncio.sleep) -> None:
    """In webhook mode there is nothing to fetch: ask again and again how the pushing goes, until cancelled."""
    while True:
        try:
            async with asyncio.timeout(wire.timeouts.total):
                info = await wire.bot.get_webhook_info()
                if info.url != settings.webhook_url:
                    log.warning("webhook was changed elsewhere: set again")
                    await set_webhook(wire, settings)
            pulse.beat()
            lately = pulse.clock.now() - QUIET_AFTER
            if info.last_error_date is not None and info.last_error_date > lately and info.pending_update_count:
                pulse.fault = f"Telegram can't push updates ({info.last_error_message}): check telegram.webhook_url"
        except Exception as wrong:
            fault = meaning(wrong, pulse.clock.now())
            log.warning("webhook not confirmed", detail=fault.detail)
            if isinstance(fault, ChannelDown):
                pulse.fault = fault.detail
        await pause(WATCH_SECONDS)


def webhook(secret: str, store: Store, outcomes: Counter[str]) -> Route:
    """Where Telegram pushes updates to. `outcomes` counts stored, ignored, forbidden and too_large ones.

    What can never be used is answered 200, or the platform would send it for ever; a failing store is answered 500, so
    that it comes again.
    """

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            outcomes["forbidden"] += 1
            return Response(status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                outcomes["too_large"] += 1
                return Response(status_code=413)
        number = _update_number(bytes(body))
        if number is None:
            outcomes["ignored"] += 1
            return Response()
        await store(str(number), body.decode())
        outcomes["stored"] += 1
        return Response()

    return Route(WEBHOOK_PATH, receive, methods=["POST"])


def _update_number(body: bytes) -> int | None:
    try:
        return update_number(json.loads(body.decode()))
    except (ValueError, RecursionError):
        return None
