"""The people of the sample world who act by themselves: they answer as set, chat in groups, and pay in their own time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.channels.sandbox_platform import BOT, Line, NotPossible, Platform, Profile
from bot.demo_homes import Scenario
from bot.demo_world import METHODS
from domain.clock import at_local, local_date
from domain.messages import Attachment, Kind
from models.accounts import Account, by_code
from models.base import Database
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry, bill_lines, open_fen, record_payment
from models.outbox import Outbox, State

WAKES, SLEEPS = time(8, 30), time(21, 30)  # people answer between these local times
NUDGED_HOURS_MAX = 44
PROMPT_DAYS_MAX = 6
ATTACHMENTS = {
    "photo": Attachment("photo", "sample-photo", "转账截图.jpg", 84_000),
    "voice": Attachment("voice", "sample-voice", "", 12_000),
}


@dataclass(frozen=True)
class Due:
    """Something a resident is about to do. `key` is noted when it is done, so that it happens once."""

    at: datetime
    key: str
    profile: Profile
    step: Mapping[str, Any]
    note: str


class Residents:
    """Looks at the chats and the bills, and says what happens next; all it remembers stands in the platform's notes."""

    def __init__(self, database: Database, platform: Platform, scenario: Scenario, zone: ZoneInfo) -> None:
        self._database = database
        self._platform = platform
        self._scenario = scenario
        self._zone = zone
        self._seats = {profile.seat: profile for profile in platform.profiles.values() if profile.seat}
        self._known: tuple[int, list[tuple[datetime, str, int]]] = (-1, [])
        self._rooms = {room.title: room.id for room in platform.rooms.values()}
        self._stories = [
            (self._seats["/".join(each["place"])], each.get("step", []))
            for each in self._scenario.told("residents")["resident"]
        ]

    async def act(self, now: datetime) -> bool:
        """Let everything happen that is due by now; True when anything did."""
        acted = False
        for due in sorted(self._said_next(), key=lambda each: each.at):
            if due.at <= now:
                acted |= await self._do(due, now)
        return await self._pay_by_habit(now) or acted

    async def next_at(self, now: datetime) -> datetime | None:
        """When the next thing happens."""
        moments = [due.at for due in self._said_next()] + [at for at, _, _ in await self._habits()]
        return min(moments, default=None)

    # stories and chatter

    def _said_next(self) -> Iterator[Due]:
        for profile, steps in self._stories:
            key = f"story/{profile.id}"
            done, _, last = self._platform.noted.get(key, "").partition("@")
            number = int(done or 0)
            if number >= len(steps):
                continue
            step = steps[number]
            if "pay" not in step and self._spoken(profile) > sum(
                "say" in each or "send" in each for each in steps[:number]
            ):
                continue  # a visitor speaks as this person: the story leaves it to them
            since = datetime.fromisoformat(last) if last else self._scenario.starts_at
            begins = self._begins(profile, step, since)
            if begins is not None:
                yield Due(self._awake(begins + _delay(step)), key, profile, step, str(number + 1))
        for number, each in enumerate(self._scenario.told("residents")["chatter"]):
            key = f"chatter/{number}"
            if key not in self._platform.noted:
                at = self._scenario.starts_at + _delay(each)
                yield Due(at, key, self._seats["/".join(each["place"])], each, "said")

    def _begins(self, profile: Profile, step: Mapping[str, Any], since: datetime) -> datetime | None:
        """From when a step's delay counts; None while what it waits for hasn't come."""
        if step["after"] == "start":
            return self._scenario.starts_at
        if step["after"] == "previous":
            return since
        lines = self._platform.chats.get(profile.id, [])
        if step["after"] == "reminder":
            return next((datetime.fromisoformat(line.at) for line in lines if line.sender == BOT), None)
        last = lines[-1] if lines else None
        return datetime.fromisoformat(last.at) if last is not None and last.sender == BOT else None

    def _spoken(self, profile: Profile) -> int:
        """How often this person has written, pressing Start aside."""
        return sum(
            line.sender == profile.id and not line.text.startswith("/start")
            for chat, lines in self._platform.chats.items()
            if chat == profile.id or chat in self._platform.rooms
            for line in lines
        )

    async def _do(self, due: Due, now: datetime) -> bool:
        self._platform.note(due.key, f"{due.note}@{now.isoformat()}")
        step, profile = due.step, due.profile
        chat = self._rooms[step["in"]] if "in" in step else profile.id
        try:
            if "say" in step:
                self._platform.say(profile.id, chat, now, text=step["say"])
            elif "send" in step:
                self._platform.say(profile.id, chat, now, attachment=ATTACHMENTS[step["send"]])
            elif "press" in step:
                return self._press(profile, step["press"], now)
            elif "pay" in step:
                return await self.pay(profile.account, now, None if step["pay"] == "all" else int(step["pay"]) * 100)
        except NotPossible:
            return False  # the visitor has changed this person's world meanwhile
        return True

    def _press(self, profile: Profile, labels: list[str], now: datetime) -> bool:
        """The newest button with one of these labels."""
        for line in reversed(self._platform.chats.get(profile.id, [])):
            token = _button(line, labels)
            if token:
                self._platform.press(profile.id, profile.id, line.id, token, now)
                return True
            if digit := _digit(line, labels):  # the chat looks like WeChat's: buttons are a menu to type from
                self._platform.say(profile.id, profile.id, now, text=digit)
                return True
            if line.sender != BOT:
                return False
        return False

    def _awake(self, moment: datetime) -> datetime:
        local = moment.astimezone(self._zone)
        if WAKES <= local.time() < SLEEPS:
            return moment
        day = local.date() + timedelta(days=1 if local.time() >= SLEEPS else 0)
        return at_local(day, WAKES, self._zone) + timedelta(minutes=local.minute)

    # money

    async def pay(self, code: str, now: datetime, fen: int | None = None, method: str = "") -> bool:
        """Money of a household arrives, as a bank would report it; all that is open when no sum is given."""
        async with self._database.write() as session:
            account = await by_code(session, code)
            if account is None:
                return False
            lines = await bill_lines(session, [account.id], only_open=True)
            fen = fen or open_fen(lines)
            if fen <= 0:
                return False
            day = local_date(now, self._zone)
            method = method or METHODS[_number(code) % 2]
            reference = f"D{now:%m%d%H%M%S}-{account.id}-{len(lines)}"
            paid = await record_payment(session, account.id, fen, day, method, reference, now, on=day, actor="demo")
        self._known = (-1, [])
        return paid is not None

    async def _pay_by_habit(self, now: datetime) -> bool:
        paid = False
        for at, code, fen in await self._habits():
            if at <= now:
                paid |= await self.pay(code, now, fen)
        return paid

    async def _habits(self) -> list[tuple[datetime, str, int]]:
        """(moment, account code, fen) of everyone who will pay in their own time, by what they owe and were told."""
        if self._known[0] != self._platform.changes:
            self._known = (self._platform.changes, await self._read_habits())
        return self._known[1]

    async def _read_habits(self) -> list[tuple[datetime, str, int]]:
        habits = {p.account: p.habit for p in self._platform.profiles.values() if p.account and not p.cast}
        async with self._database.read() as session:
            owing = list(await session.execute(_OWING))
            told = {account_id: (times, last) for account_id, times, last in await session.execute(_TOLD)}
        found = []
        for account_id, code, traits, due_on, issued_at, fen in owing:
            times, last = told.get(account_id, (0, None))
            if last is not None and last < issued_at:
                last = None  # that was about an older bill
            at = self._pays_at(code, habits.get(code, ""), "auto_pay" in traits, due_on, times, last)
            if at is not None:
                found.append((self._awake(at), code, int(fen)))
        return found

    def _pays_at(
        self, code: str, habit: str, by_mandate: bool, due_on: date, times: int, last: datetime | None
    ) -> datetime | None:
        """When a household of this habit pays, told `times` times and lately at `last`; None: not by itself."""
        number = _number(code)
        if habit == "prompt":
            days = 0 if by_mandate else number % PROMPT_DAYS_MAX
            at = at_local(due_on - timedelta(days=days), time(9 + number % 11, number % 60), self._zone)
            return max(at, self._scenario.starts_at + timedelta(hours=1 + number % 30))
        if last is not None and (habit == "nudged" or (habit == "slow" and times >= 2)):
            return last + timedelta(hours=1 + number % NUDGED_HOURS_MAX, minutes=number % 60)
        return None


_OPEN = (
    select(Bill.id, Bill.account_id, Bill.due_on, Bill.issued_at, (BILLED - RECEIVED).label("open_fen"))
    .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
    .where(Bill.voided_at.is_(None))
    .group_by(Bill.id)
    .having(BILLED - RECEIVED > 0)
    .subquery()
)
# (account id, code, traits, newest due day, when the newest bill was issued, fen) of every household that owes.
_OWING = (
    select(
        Account.id,
        Account.code,
        Account.traits,
        func.max(_OPEN.c.due_on),
        func.max(_OPEN.c.issued_at),
        func.sum(_OPEN.c.open_fen),
    )
    .join(_OPEN, _OPEN.c.account_id == Account.id)
    .group_by(Account.id)
)
# (account id, how often, when last) of every household that was reminded.
_TOLD = (
    select(Outbox.account_id, func.count(), func.max(Outbox.sent_at))
    .where(Outbox.kind == Kind.REMINDER, Outbox.state == State.SENT)
    .group_by(Outbox.account_id)
)


def _button(line: Line, labels: list[str]) -> str:
    buttons = (button for row in line.choices for button in row)
    return next((button.get("token", "") for button in buttons if button["label"] in labels), "")


def _digit(line: Line, labels: list[str]) -> str:
    """What is typed for one of these labels: `1` where the menu says `1 就这样`."""
    numbered = (row.partition(" ") for row in line.text.splitlines())
    return next((number for number, _, label in numbered if number.isdecimal() and label in labels), "")


def _delay(step: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=step.get("minutes", 0), hours=step.get("hours", 0), days=step.get("days", 0))


def _number(code: str) -> int:
    """A household's own stable number."""
    return int.from_bytes(hashlib.blake2b(code.encode(), digest_size=3).digest())
