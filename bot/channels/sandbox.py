"""The sandbox as a channel: the same protocol as any platform, over chats that live on a local page and may look like WeChat's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.routing import BaseRoute

from bot.channels.channel import Health, Sendable, Store
from bot.channels.sandbox_platform import MENTIONS, TEXT_LIMIT, Line, Platform
from bot.channels.sandbox_skins import NOTICE, Skin, card_of, notice_of
from bot.channels.sandbox_tasks import SandboxTasks
from bot.channels.wechat_memory import Said
from bot.channels.wechat_words import LIMIT, pieces
from domain.clock import Clock
from domain.errors import Rejected, Shut, TryLater, Unknown, Unreachable
from domain.messages import UNASKED, Attachment, Audience, IncomingMessage, Kind, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import Unit, length, split

CALLBACK_BYTES = 64  # of a button's data, as on Telegram
SLOW_SECONDS = 3.0
CALL_ALL = "@所有人"
WAIT_SECONDS = 5  # what the platform asks for when it is written to too fast
ShowMenu = Callable[[str, Sequence[Sequence[Mapping[str, str]]]], Awaitable[None]]
SpendNotice = Callable[[str, str], Awaitable[bool]]


async def _forget(chat: str, choices: Sequence[Sequence[Mapping[str, str]]]) -> None:
    """Where no database is behind the page, an unasked menu is only shown."""


async def _allowed(chat: str, template_id: str) -> bool:
    """Where no database is behind the page, the platform's own count is the only one."""
    return True


class SandboxChannel:
    """Delivers into the page. Keeps Telegram's rules where they matter: nobody who hasn't pressed Start is written to."""

    name = "sandbox"
    text_limit = TEXT_LIMIT
    text_unit: Unit = "utf16"
    takes_back_within: timedelta | None = timedelta(hours=48)  # as on Telegram
    # Nothing is at the other end that could be overrun: a week must pass in seconds.
    limits = Limits(global_per_second=2000, per_chat_per_second=50, group_per_minute=3000, concurrency=64)

    def __init__(
        self, platform: Platform, clock: Clock, show_menu: ShowMenu = _forget, spend_notice: SpendNotice = _allowed
    ) -> None:
        """`show_menu`: from now on digits mean these buttons, in a chat that has none to press.

        `spend_notice`: use up one agreement to a one-time notice in the bot's own ledger.
        """
        self.platform = platform
        self.tasks = SandboxTasks(platform, clock)
        self._clock = clock
        self._show_menu = show_menu
        self._spend_notice = spend_notice

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
        skin = self.platform.skin_of(message.chat)
        if skin is Skin.WECOM:
            if message.kind in (Kind.REPLY, Kind.STAFF_REPLY):
                raise Rejected("a customer can't be answered by the app: their talk is with a colleague")
            return Receipt(confirmed=False)
        line = await self._to_follower(message) if skin is Skin.WECHAT else self._put(message)
        if fault == "timeout":
            raise Unknown("no answer within the time limit")  # it arrived, but nobody said so
        return Receipt(line.id)

    async def _to_follower(self, message: Sendable) -> Line:
        """As the 公众号 does: what nobody asked for as a template first, an answer in its breath first. Raises Shut."""
        now, follower = self._clock.now(), self.platform.follower(message.chat)
        said, card = Said(message.text, message.choices), card_of(message.template, message.fields)
        if card is not None and message.kind in UNASKED:
            return self.platform.put_by_bot(message.chat, "", now, (), None, card)
        if message.kind in UNASKED and follower.notices and await self._spend_notice(message.chat, NOTICE):
            follower.notices -= 1
            self.platform.keep_follower(message.chat)
            return self.platform.put_by_bot(message.chat, "", now, (), None, notice_of(message.fields))
        if message.kind is Kind.REPLY and (whole := follower.in_breath(said, now)):
            line = self._in_reply(message.chat, whole, now)
        elif (sent := self._by_customer_message(message.chat, said, now)) is not None:
            line = sent
        elif card is not None:
            return self.platform.put_by_bot(message.chat, "", now, (), None, card)
        else:
            raise Shut("the person has not written lately, or what they allow is used up", why="window_shut")
        self.platform.keep_follower(message.chat)
        if message.choices and message.kind not in (Kind.REPLY, Kind.STAFF_REPLY):
            await self._show_menu(message.chat, message.choices)
        return line

    def _in_reply(self, chat: str, whole: str, now: datetime) -> Line:
        """Several answers to the same words are one reply."""
        follower = self.platform.follower(chat)
        line = self.platform.bots_line(chat, follower.reply)
        if line is None:
            line = self.platform.put_by_bot(chat, whole, now, (), None)
            follower.reply = line.id
        else:
            self.platform.grow_by_bot(line, whole)
        return line

    def _by_customer_message(self, chat: str, said: Said, now: datetime) -> Line | None:
        """None, and nothing is shown, when the person allows fewer messages than it takes."""
        texts = [text for piece in pieces(said) for text in split(piece, LIMIT, "bytes")]
        if not self.platform.follower(chat).spend(now, len(texts)):
            return None
        return [self.platform.put_by_bot(chat, text, now, (), None) for text in texts][-1]

    async def delete(self, chat: str, message_id: str) -> None:
        if chat not in self.platform.profiles and chat not in self.platform.rooms:
            raise Unreachable("chat not found")
        if self.platform.fault_of(chat) == "blocked":
            raise Unreachable("blocked by the user")
        if self.platform.skin_of(chat):
            raise Rejected("WeChat keeps every message")
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

    async def fetch(self, file_id: str, bytes_max: int) -> bytes:
        body = self.platform.files.get(file_id)
        if body is None or len(body) > bytes_max:
            raise Rejected("the file is gone or too large")
        return body

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
        if not started:
            return WriteFirst.NO
        match self.platform.skin_of(chat):
            case Skin.WECOM:
                return WriteFirst.STAFF_MUST_CONFIRM
            case Skin.WECHAT if not self.platform.follower(chat).may_write(now):
                return WriteFirst.ONLY_TEMPLATE
        return WriteFirst.YES


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
