"""The sandbox's own chat platform: the people, chats and messages that another platform's servers would keep."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.channels.sandbox_skins import NOTICE, Follower, Skin, Task, sent_within_a_day
from domain.messages import Attachment
from domain.text import length, well_formed

BOT = ""  # the sender of the bot's own messages
MENTIONS = ("@暖铃", "@小铃", "@nuanling")
TEXT_LIMIT = 4096  # as on Telegram, in UTF-16 units
LINES_KEPT = 300  # of one chat


class NotPossible(ValueError):
    """A person can't do that on this platform. `code` names the wording in content/sandbox.*.toml."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Profile:
    """A person with an account on the platform. `kind`: owner, parent, staff, guest. `slip`: the token printed for them."""

    id: str
    name: str
    kind: str = "guest"
    place: str = ""
    account: str = ""  # code of the household, where there is one
    slip: str = ""
    language: str = "zh"
    started: bool = False  # pressed Start: the bot may write to them
    cast: bool = False  # one of the people the sample world is about
    note: str = ""  # which story they play, which role they have
    community: str = ""
    seat: str = ""  # where they live or sit in the sample world: "桂花苑/3栋/1201"
    habit: str = ""  # how they pay
    phone_tail: str = ""  # what they would answer to the last-four question


@dataclass
class Room:
    """A group chat. `kind`: residents or staff."""

    id: str
    title: str
    members: list[str]
    kind: str = "residents"


@dataclass
class Line:
    """One message in a chat. `at` and `edited_at` are ISO moments; `pressed` holds the tokens of pressed buttons."""

    id: str
    chat: str
    sender: str
    at: str
    text: str = ""
    choices: list[list[dict[str, str]]] = field(default_factory=list)
    attachment: dict[str, Any] | None = None
    reply_to: str = ""
    edited_at: str = ""
    card: list[list[str]] = field(default_factory=list)  # of a template message: its fields and their values
    pressed: list[str] = field(default_factory=list)
    taken: bool = False  # of a person's message: the bot has stored it


@dataclass
class Fault:
    """Something that goes wrong with a chat on purpose, the next `times` times; 0: until it is switched off."""

    kind: str  # blocked | slow | timeout | too_many
    times: int = 0


# One white point: a picture that every program can open.
SAMPLE_PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
FAULTS = ("blocked", "slow", "timeout", "too_many")
ONCE = frozenset({"timeout", "too_many"})
EVERYONE = "*"  # a fault of the whole platform

Listener = Callable[[str, Mapping[str, Any]], None]


class Platform:
    """Chats in memory, with a journal beside the database so that a restart forgets nothing."""

    def __init__(self, journal: Path | None = None) -> None:
        self.profiles: dict[str, Profile] = {}
        self.rooms: dict[str, Room] = {}
        self.chats: dict[str, list[Line]] = {}
        self.faults: dict[str, Fault] = {}
        self.files: dict[str, bytes] = {"sample-photo": SAMPLE_PHOTO}  # what people sent, by its id
        self.listeners: list[Listener] = []
        self.skins: dict[str, str] = {}  # of chats that don't look as on Telegram
        self.followers: dict[str, Follower] = {}  # of the 公众号
        self.tasks: dict[str, Task] = {}  # of the 企微
        self.noted: dict[str, str] = {}  # what the demo wants to remember: its scenario, its clock
        self._updates: deque[tuple[int, str, str]] = deque()  # (number, payload, id of the line)
        self._news = asyncio.Event()
        self._number = 0
        self._journal = journal
        if journal is not None and journal.exists():
            self._replay(journal)

    # what people do

    def join(self, profile: Profile) -> None:
        self.profiles[profile.id] = profile
        self._keep("profile", asdict(profile))

    def open_room(self, room: Room) -> None:
        self.rooms[room.id] = room
        self._keep("room", asdict(room))

    def start(self, sender: str, at: datetime, token: str = "") -> Line:
        """Press Start, with the token of a slip or without."""
        profile = self._person(sender)
        if not profile.started:
            profile.started = True
            self._keep("profile", asdict(profile))
        return self.say(sender, sender, at, text=f"/start {token}".strip(), allows="follow")

    def say(
        self,
        sender: str,
        chat: str,
        at: datetime,
        *,
        text: str = "",
        attachment: Attachment | None = None,
        reply_to: str = "",
        allows: str = "message",
    ) -> Line:
        """A person writes in a private chat or a group. `allows`: how the 公众号 counts it. Raises NotPossible."""
        profile, text = self._may_write(sender, chat), well_formed(text).strip()
        if not text and attachment is None:
            raise NotPossible("empty")
        if length(text, "utf16") > TEXT_LIMIT:
            raise NotPossible("too_long")
        known = self._line(chat, reply_to)
        line = Line(self._next(), chat, sender, at.isoformat(), text, reply_to=known.id if known else "")
        line.attachment = asdict(attachment) if attachment else None
        self._put(line)
        if self.skin_of(chat) is Skin.WECOM:
            return line  # the platform hands this to a colleague, never to a program
        if self.skin_of(chat) is Skin.WECHAT:
            follower = self.follower(chat)
            follower.allow(allows, at)
            follower.asks(at)
            self.keep_follower(chat)
        self._queue(profile, line, at, addressed=self._addressed(line, known))
        return line

    def click(self, sender: str, key: str, at: datetime) -> None:
        """Press an entry of the 公众号's menu; nothing of it is seen in the chat. Raises NotPossible."""
        profile = self._may_write(sender, sender)
        if self.skin_of(sender) is not Skin.WECHAT:
            raise NotPossible("not_wechat")
        follower = self.follower(sender)
        follower.allow("menu", at)
        follower.asks(at)
        self.keep_follower(sender)
        self._queue(profile, Line(self._next(), sender, sender, at.isoformat(), f"/{key}"), at)

    def paid(self, account: str, at: datetime) -> None:
        """Money of a household arrived by the 公众号's own payment: its followers may be written to for two days."""
        for profile in self.profiles.values():
            if profile.account == account and profile.started and self.skin_of(profile.id) is Skin.WECHAT:
                self.follower(profile.id).allow("payment", at)
                self.keep_follower(profile.id)

    def agree(self, sender: str, at: datetime) -> None:
        """Agree to one more one-time notice of the 公众号, which hears of it. Raises NotPossible."""
        profile = self._may_write(sender, sender)
        if self.skin_of(sender) is not Skin.WECHAT or not profile.started:
            raise NotPossible("not_wechat")
        self.follower(sender).notices += 1
        self.keep_follower(sender)
        self._report(sender, at, "agreed", {"accepted": NOTICE})

    def unfollow(self, sender: str, at: datetime) -> None:
        """Stop following the 公众号: nothing reaches the person any more. Raises NotPossible."""
        profile = self._may_write(sender, sender)
        if self.skin_of(sender) is not Skin.WECHAT:
            raise NotPossible("not_wechat")
        profile.started = False
        self._keep("profile", asdict(profile))
        if self.follower(sender).notices:
            self._report(sender, at, "agreed", {"withdrawn": NOTICE})
        self.followers.pop(sender, None)
        self.keep_follower(sender)
        self._report(sender, at, "blocked", {})

    def _report(self, sender: str, at: datetime, event: str, fields: Mapping[str, str]) -> None:
        """The bot hears of something that is no message."""
        number = self._next()
        payload = {"chat": sender, "sender": sender, "at": at.isoformat(), "event": event, "event_fields": dict(fields)}
        self._updates.append((int(number), json.dumps(payload), ""))
        self._keep("update", self._updates[-1])
        self._news.set()
        self._tell("chat", {"chat": sender, "line": "", "sender": sender})

    def press(self, sender: str, chat: str, message_id: str, token: str, at: datetime) -> None:
        """A person presses a button. What it does, and whether they may, is the bot's to say. Raises NotPossible."""
        profile, line = self._may_write(sender, chat), self._line(chat, message_id)
        if line is None or line.sender != BOT:
            raise NotPossible("no_message")
        number = self._next()
        self._queue(profile, line, at, choice=token, press=f"{sender}:{number}", number=number)
        if token not in line.pressed:
            line.pressed.append(token)
        self._change(line)

    def say_so(self, sender: str, toast: str) -> None:
        """The short note at a pressed button."""
        self._tell("toast", {"person": sender, "text": toast})

    def typing(self, chat: str) -> None:
        self._tell("typing", {"chat": chat})

    # what the bot does

    def put_by_bot(
        self,
        chat: str,
        text: str,
        at: datetime,
        choices: Sequence[Sequence[Mapping[str, str]]],
        attachment: Attachment | None,
        card: Sequence[Sequence[str]] = (),
    ) -> Line:
        line = Line(self._next(), chat, BOT, at.isoformat(), text, [[dict(each) for each in row] for row in choices])
        line.card = [list(each) for each in card]
        line.attachment = asdict(attachment) if attachment else None
        self._put(line)
        return line

    def edit_by_bot(self, line: Line, text: str, at: datetime, choices: Sequence[Sequence[Mapping[str, str]]]) -> None:
        line.text, line.edited_at = text, at.isoformat()
        line.choices, line.pressed = [[dict(each) for each in row] for row in choices], []
        self._change(line)

    def grow_by_bot(self, line: Line, text: str) -> None:
        """The same reply says more before anybody has seen it."""
        line.text = text
        self._change(line)

    def remove_by_bot(self, line: Line) -> None:
        self.chats[line.chat].remove(line)
        self._keep("removed", {"chat": line.chat, "line": line.id})
        self._tell("chat", {"chat": line.chat, "line": line.id, "sender": line.sender})

    def bots_line(self, chat: str, message_id: str) -> Line | None:
        line = self._line(chat, message_id)
        return line if line is not None and line.sender == BOT else None

    # looks

    def skin_of(self, chat: str) -> Skin:
        return Skin(self.skins.get(chat, ""))

    def wear(self, chat: str, skin: Skin) -> None:
        """Give a chat the look and the rules of a platform. Raises NotPossible for one that has no such look."""
        profile, room = self.profiles.get(chat), self.rooms.get(chat)
        if profile is None and room is None:
            raise NotPossible("no_person")
        staff = room.kind == "staff" if room else profile is not None and profile.kind == "staff"
        if skin and (staff or (room is not None and skin is Skin.WECHAT)):
            raise NotPossible("no_skin")
        self.skins[chat] = skin.value
        self._keep("skin", {"chat": chat, "skin": skin.value})
        self._tell("chat", {"chat": chat, "line": "", "sender": ""})

    def follower(self, chat: str) -> Follower:
        """What this person allows the 公众号."""
        return self.followers.setdefault(chat, Follower())

    def keep_follower(self, chat: str) -> None:
        self._keep("follower", {"chat": chat, **asdict(self.follower(chat))})

    def colleague_of(self, chat: str) -> str:
        """Who owns a group, or has this customer: of the staff there the collector, else the first."""
        room = self.rooms.get(chat)
        staff = [each for each in self.profiles.values() if each.kind == "staff"]
        there = [each for each in staff if room is None or each.id in room.members]
        return next((each.id for each in there if each.note == "collector"), there[0].id if there else "")

    def put_task(self, colleague: str, chats: Sequence[str], text: str, at: datetime) -> Task:
        """A message that waits until this colleague taps."""
        task = Task(f"t{self._next()}", colleague, text, at.isoformat(), dict.fromkeys(chats, "waiting"))
        self.keep_task(task)
        return task

    def keep_task(self, task: Task) -> None:
        self.tasks[task.id] = task
        self._keep("task", task.to_json())
        self._tell("chat", {"chat": task.colleague, "line": "", "sender": ""})

    def confirm(self, task_id: str, at: datetime) -> None:
        """The colleague taps “send”: the words go out in their name. Raises NotPossible when the task is over."""
        task = self.tasks.get(task_id)
        if task is None or not task.waits:
            raise NotPossible("task_over")
        for chat in [chat for chat, fate in task.fates.items() if fate == "waiting"]:
            full = sent_within_a_day([*self.tasks.values()], chat, at)
            task.fates[chat] = "full" if full else "sent"
            if not full:
                self._put(Line(self._next(), chat, task.colleague, at.isoformat(), task.text, taken=True))
        task.sent_at = at.isoformat()
        self.keep_task(task)

    # what goes wrong on purpose

    def set_fault(self, chat: str, kind: str) -> None:
        """Switch a fault on; an empty `kind` switches it off."""
        if kind:
            self.faults[chat] = Fault(kind, 1 if kind in ONCE else 0)
        else:
            self.faults.pop(chat, None)
        self._keep("fault", {"chat": chat, "kind": kind})
        self._tell("faults", {"chat": chat})

    def fault_of(self, chat: str) -> str:
        """The fault that strikes now, used up when it strikes only so often."""
        for name in (chat, EVERYONE):
            fault = self.faults.get(name)
            if fault is None:
                continue
            if fault.times:
                fault.times -= 1
                if not fault.times:
                    self.set_fault(name, "")
            return fault.kind
        return ""

    # updates for the bot

    async def next_update(self) -> tuple[int, str, str]:
        """The oldest update not yet taken: (number, payload, id of its line)."""
        while not self._updates:
            self._news.clear()
            await self._news.wait()
        return self._updates[0]

    def taken(self, number: int) -> None:
        """The bot has stored this update."""
        if self._updates and self._updates[0][0] == number:
            _, payload, line_id = self._updates.popleft()
            self._keep("taken", number)
            line = self._line(json.loads(payload)["chat"], line_id)
            if line is not None and line.sender != BOT:
                line.taken = True
                self._change(line)

    @property
    def waiting(self) -> bool:
        return bool(self._updates)

    @property
    def changes(self) -> int:
        """Grows with everything that is written."""
        return self._number

    # the demo's own notes

    def note(self, name: str, value: str) -> None:
        self.noted[name] = value
        self._keep("noted", {"name": name, "value": value})

    # inside

    def _person(self, sender: str) -> Profile:
        profile = self.profiles.get(sender)
        if profile is None:
            raise NotPossible("no_person")
        return profile

    def _may_write(self, sender: str, chat: str) -> Profile:
        profile = self._person(sender)
        room = self.rooms.get(chat)
        if chat != sender and (room is None or sender not in room.members):
            raise NotPossible("not_in_chat")
        if chat == sender and not profile.started:
            raise NotPossible("not_started")
        return profile

    def _addressed(self, line: Line, answered: Line | None) -> bool:
        """In a group: a command, a mention, or a reply to the bot."""
        return (
            line.chat not in self.rooms
            or line.text.startswith("/")
            or any(name in line.text.lower() for name in MENTIONS)
            or (answered is not None and answered.sender == BOT)
        )

    def _queue(
        self,
        profile: Profile,
        line: Line,
        at: datetime,
        *,
        choice: str = "",
        press: str = "",
        number: str = "",
        addressed: bool = True,
    ) -> None:
        payload: dict[str, Any] = {
            "chat": line.chat,
            "sender": profile.id,
            "name": profile.name,
            "language": profile.language,
            "audience": "group" if line.chat in self.rooms else "private",
            "at": at.isoformat(),
            "message": line.id,
        }
        if choice:
            payload |= {"choice": choice, "press": press}
        else:
            payload |= {"text": line.text, "attachment": line.attachment, "addressed": addressed}
        update = (int(number or line.id), json.dumps(payload, ensure_ascii=False), line.id)
        self._updates.append(update)
        self._keep("update", update)
        self._news.set()

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    def _line(self, chat: str, message_id: str) -> Line | None:
        return next((line for line in reversed(self.chats.get(chat, [])) if line.id == message_id), None)

    def _put(self, line: Line) -> None:
        lines = self.chats.setdefault(line.chat, [])
        lines.append(line)
        del lines[:-LINES_KEPT]
        self._change(line)

    def _change(self, line: Line) -> None:
        if self._journal is not None:  # copied only where it is kept
            self._keep("line", asdict(line))
        self._tell("chat", {"chat": line.chat, "line": line.id, "sender": line.sender})

    def _tell(self, what: str, fields: Mapping[str, Any]) -> None:
        for listener in self.listeners:
            listener(what, fields)

    def _keep(self, what: str, value: object) -> None:
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps([what, value], ensure_ascii=False) + "\n")

    def _replay(self, journal: Path) -> None:
        """Read the journal again. A last line cut short by a sudden end is left out."""
        self._journal = None
        updates: dict[int, tuple[int, str, str]] = {}
        for text in journal.read_text(encoding="utf-8").splitlines():
            try:
                what, value = json.loads(text)
            except ValueError:
                continue
            if what == "profile":
                self.profiles[value["id"]] = Profile(**value)
            elif what == "room":
                self.rooms[value["id"]] = Room(**value)
            elif what == "line":
                self._restore(Line(**value))
            elif what == "removed":
                kept = [line for line in self.chats[value["chat"]] if line.id != value["line"]]
                self.chats[value["chat"]] = kept
            elif what == "update":
                updates[value[0]] = (value[0], value[1], value[2])
                self._number = max(self._number, value[0])
            elif what == "taken":
                updates.pop(value, None)
            elif what == "fault":
                self.set_fault(value["chat"], value["kind"])
            elif what == "skin":
                self.skins[value["chat"]] = value["skin"]
            elif what == "follower":
                kept_of = {kind: (left, until) for kind, (left, until) in value.pop("allowances").items()}
                chat = value.pop("chat")
                self.followers[chat] = Follower(kept_of, **value)
            elif what == "task":
                self.tasks[value["id"]] = Task(**value)
            elif what == "noted":
                self.noted[value["name"]] = value["value"]
        self._updates.extend(updates.values())
        self._journal = journal

    def _restore(self, line: Line) -> None:
        lines = self.chats.setdefault(line.chat, [])
        place = next((n for n, each in enumerate(lines) if each.id == line.id), None)
        if place is None:
            lines.append(line)
            del lines[:-LINES_KEPT]
        else:
            lines[place] = line
        self._number = max(self._number, int(line.id))
