"""The sandbox as a channel: the same protocol as any platform, over chats that live on a local page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.routing import BaseRoute

from bot.channels.channel import Health, Sendable, Store
from bot.channels.sandbox_platform import MENTIONS, TEXT_LIMIT, Line, Platform
from domain.clock import Clock
from domain.errors import Rejected, TryLater, Unknown, Unreachable
from domain.messages import Attachment, Audience, IncomingMessage, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import Unit, length

CALLBACK_BYTES = 64  # of a button's data, as on Telegram
SLOW_SECONDS = 3.0
CALL_ALL = "@所有人"
WAIT_SECONDS = 5  # what the platform asks for when it is written to too fast


class SandboxChannel:
    """Delivers into the page. Keeps Telegram's rules where they matter: nobody who hasn't pressed Start is written to."""

    name = "sandbox"
    text_limit = TEXT_LIMIT
    text_unit: Unit = "utf16"
    takes_back_within: timedelta | None = timedelta(hours=48)  # as on Telegram
    # Nothing is at the other end that could be overrun: a week must pass in seconds.
    limits = Limits(global_per_second=2000, per_chat_per_second=50, group_per_minute=3000, concurrency=64)

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self.platform = platform
        self._clock = clock

    @property
    def health(self) -> Health:
        return Health(True, self._clock.now())

    @property
    def public_name(self) -> str:
        return ""

    async def start(self) -> None:
        """Nothing to check: the platform is this process."""

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """The page shows its own buttons."""

    async def stop(self) -> None:
        """Nothing is open."""

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        return ()

    def parse(self, payload: str) -> IncomingMessage | None:
        """One thing a person did on the page; None when it isn't one."""
        try:
            raw = json.loads(payload)
            return _message(raw, self._clock.now())
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            return None

    async def send(self, message: Sendable) -> Receipt:
        """Put a message into its chat, or replace one there. Raises what a platform's refusal would mean."""
        self._check(message)
        fault = self.platform.fault_of(message.chat)
        if fault == "blocked":
            raise Unreachable("blocked by the user")
        if fault == "too_many":
            wait = self._clock.now() + timedelta(seconds=WAIT_SECONDS)
            raise TryLater(f"too many requests: retry after {WAIT_SECONDS}", at=wait, free=True)
        if fault == "slow":
            self.platform.typing(message.chat)
            await asyncio.sleep(SLOW_SECONDS)
        line = self._put(message)
        if fault == "timeout":
            raise Unknown("no answer within the time limit")  # it arrived, but nobody said so
        return Receipt(line.id)

    async def delete(self, chat: str, message_id: str) -> None:
        if chat not in self.platform.profiles and chat not in self.platform.rooms:
            raise Unreachable("chat not found")
        if self.platform.fault_of(chat) == "blocked":
            raise Unreachable("blocked by the user")
        line = self.platform.bots_line(chat, message_id)
        if line is None:
            return
        assert self.takes_back_within is not None
        if datetime.fromisoformat(line.at) + self.takes_back_within < self._clock.now():
            raise Rejected("message can't be deleted")
        self.platform.remove_by_bot(line)

    def _check(self, message: Sendable) -> None:
        """Telegram's rules. Raises a DeliveryError that says which was broken."""
        profile, room = self.platform.profiles.get(message.chat), self.platform.rooms.get(message.chat)
        if profile is None and room is None:
            raise Unreachable("chat not found")
        if profile is not None and not profile.started:
            raise Unreachable("a bot can't write first to someone who never pressed Start")
        if not message.text.strip() and message.attachment is None:
            raise Rejected("message text is empty")
        if length(message.text, self.text_unit) > self.text_limit:
            raise Rejected("message is too long")
        for button in (each for row in message.choices for each in row):
            if not button.get("label") or len(button.get("token", "").encode()) > CALLBACK_BYTES:
                raise Rejected("button data invalid")

    def _put(self, message: Sendable) -> Line:
        now = self._clock.now()
        line = self.platform.bots_line(message.chat, message.edits) if message.edits else None
        if line is None:  # nothing to replace, or it is gone: the words go out as a new message
            text = f"{CALL_ALL} {message.text}" if message.mentions_all and message.is_group else message.text
            return self.platform.put_by_bot(message.chat, text, now, message.choices, message.attachment)
        self.platform.edit_by_bot(line, message.text, now, message.choices)
        return line

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        if toast:
            self.platform.say_so(incoming.sender, toast)

    async def busy(self, chat: str) -> None:
        self.platform.typing(chat)

    async def receive(self, store: Store) -> None:
        """Hand over what people did on the page, in order; it leaves the platform once it is stored."""
        while True:
            number, payload, _ = await self.platform.next_update()
            await store(str(number), payload)
            self.platform.taken(number)

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        profile = self.platform.profiles.get(chat)
        started = chat in self.platform.rooms or (profile is not None and profile.started)
        return WriteFirst.YES if started else WriteFirst.NO


def _message(raw: dict[str, Any], now: datetime) -> IncomingMessage:
    """Raises KeyError, TypeError or ValueError when the payload isn't one of ours."""
    audience = Audience(raw.get("audience", Audience.PRIVATE))
    text, choice = str(raw.get("text") or ""), raw.get("choice")
    if audience is Audience.GROUP:
        for name in MENTIONS:
            text = text.replace(name, "").strip()
    attachment = raw.get("attachment")
    at = datetime.fromisoformat(str(raw["at"])) if "at" in raw else now
    return IncomingMessage(
        channel=SandboxChannel.name,
        chat=str(raw["chat"]),
        sender=str(raw["sender"]),
        external_id="",
        received_at=at,
        text=text,
        choice=None if choice is None else str(choice),
        attachment=Attachment(**attachment) if attachment else None,
        audience=audience,
        addressed=bool(raw.get("addressed", True)),
        sender_name=str(raw.get("name", "")),
        language=str(raw.get("language", "")),
        event=str(raw.get("event", "")),
        event_fields={str(name): str(value) for name, value in (raw.get("event_fields") or {}).items()},
        message_id=str(raw.get("message", "")) if choice is not None else "",
        press_id=str(raw.get("press", "")),
    )
