"""What the simulated residents and staff do: they read their chats, press buttons, write, and pay, each in their way."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.sandbox_platform import BOT, Line, NotPossible, Platform
from bot.simulation.estate import COLLECTOR, MANAGER, WORDS, Resident
from domain.clock import local_date
from domain.wording import Wording

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET_DAYS = timedelta(days=20)  # after having written, somebody only pays
OFFICE = (MANAGER, COLLECTOR)
SAYS: Mapping[str, Any] = WORDS["resident"]
LINES_KEPT = 6  # of a chat: a year must not fill the memory


@dataclass(order=True)
class Deed:
    """Something a resident will do. `what`: say, pay, part (of what is open)."""

    at: datetime
    number: int
    who: Resident = field(compare=False)
    what: str = field(compare=False)
    words: str = field(compare=False, default="")


class People:
    """Everybody outside of the program. The same seed and the same messages lead to the same deeds."""

    def __init__(self, platform: Platform, people: list[Resident], wording: Wording, zone: ZoneInfo) -> None:
        self.platform = platform
        self.by_user = {each.user: each for each in people}
        self.received: list[tuple[str, str]] = []  # (chat, text) of every message of the bot since it was emptied
        self._zone = zone
        self._deeds: list[Deed] = []
        self._number = 0
        self._fresh: list[tuple[str, str]] = []  # (chat, line) not yet looked at
        self._words = {name: wording.text(f"button.{name}", "zh") for name in BUTTONS}
        self._reminder = self._words["detail"]
        self._read: set[tuple[str, str]] = set()  # (line, text) of today
        self._owed_words: set[str] = set()  # colleagues who were asked for a sentence
        platform.listeners.append(self._heard)

    def _heard(self, what: str, fields: Mapping[str, Any]) -> None:
        if what == "chat" and fields["sender"] == BOT:
            self._fresh.append((fields["chat"], fields["line"]))

    def plan(self, who: Resident, at: datetime, what: str, words: str = "") -> None:
        self._number += 1
        heapq.heappush(self._deeds, Deed(at, self._number, who, what, words))

    def due(self, now: datetime) -> list[Deed]:
        """What happens by now, in its order."""
        found = []
        while self._deeds and self._deeds[0].at <= now:
            found.append(heapq.heappop(self._deeds))
        return found

    def billed(self, due_on: Mapping[int, datetime]) -> None:
        """A period's bills are out: those who pay by themselves plan to. `due_on`: noon of the due day, by community."""
        for who in self.by_user.values():
            who.asked = 0
            noon = due_on.get(who.community_id)
            if noon is None:
                continue
            if who.habit == "on_time":
                self.plan(who, noon - who.dice.randint(0, 9) * DAY + who.dice.randint(-3, 8) * HOUR, "pay")
            elif who.habit == "auto_pay":
                self.plan(who, noon - 2 * HOUR, "pay")
            elif who.habit == "unbound":
                self.plan(who, noon + who.dice.randint(5, 70) * DAY, "pay")

    # reading

    def read(self, now: datetime) -> bool:
        """Look at what came in; True when somebody did something at once."""
        fresh, self._fresh = self._fresh, []
        acted = False
        for chat, line_id in fresh:
            line = self.platform.bots_line(chat, line_id)
            if line is None or (line_id, line.text) in self._read:
                continue  # a button of theirs was pressed: the line looks different now, and is no new one
            self._read.add((line_id, line.text))
            self.received.append((chat, line.text))
            who = self.by_user.get(chat)
            if who is not None:
                acted |= self._answer(who, line, now)
            elif chat in OFFICE:
                acted |= self._work(chat, line, now)
        return acted

    def forget(self) -> None:
        self._read.clear()
        for lines in self.platform.chats.values():
            del lines[:-LINES_KEPT]

    def _answer(self, who: Resident, line: Line, now: datetime) -> bool:
        """A button that they were waiting for; else, at a reminder, what their habit tells them."""
        if who.awaits and (token := _token(line, who.awaits)):
            who.awaits = [] if _label(line, token) in self._final else who.awaits
            self.platform.press(who.user, who.user, line.id, token, now)
            return True
        if who.awaits == [REASON]:
            bill = next((label for label in _labels(line) if label.endswith(" 元")), None)
            if bill is not None and (token := _token(line, [bill])):  # which of several bills
                self.platform.press(who.user, who.user, line.id, token, now)
                return True
            who.awaits = []
            return self.say(who, SAYS["what_is_wrong"], now)
        if self._reminder in _labels(line):
            who.asked += 1
            return self._reminded(who, now)
        if self._words["renew_no"] in _labels(line):
            return self._offered(who, line, now)
        return False

    @property
    def _final(self) -> frozenset[str]:
        return frozenset({self._words["right"], self._words["agree"], self._words["undo"]})

    def _reminded(self, who: Resident, now: datetime) -> bool:
        if who.busy_until is not None and now < who.busy_until:
            return False
        act = getattr(self, f"_{who.habit}", None)
        return bool(act(who, now)) if act is not None else False

    # the next course

    def _offered(self, who: Resident, line: Line, now: datetime) -> bool:
        """Some renew, and pay or not; some keep a seat, think or decline; some took the wrong button; many say nothing."""
        if who.decided_until is not None and now < who.decided_until:
            return False
        chance = who.dice.random()
        answer = next((name for name, share in ANSWERS if chance < share), "")
        token = _token(line, [self._words[answer]]) if answer else None
        if token is None:
            return False
        who.decided_until = now + DECIDED_DAYS
        self.platform.press(who.user, who.user, line.id, token, now)
        if answer != "renew_sure":
            return True
        if chance < BY_MISTAKE:
            self.plan(who, now + HOUR, "say", SAYS["not_meant"])
            who.awaits = [self._words["undo"]]
        else:
            self.plan(who, now + who.dice.randint(1, 14) * DAY, "pay")
        return True

    def decline(self, who: Resident, now: datetime) -> bool:
        who.decided_until = now + DECIDED_DAYS
        return self.say(who, SAYS["decline"], now)

    def called_about_offer(self, who: Resident, now: datetime) -> None:
        """After a teacher's call a family writes what it thinks, if it does."""
        words = who.dice.choice(("renew", "consider", "decline", ""))
        if words and who.bound:
            who.decided_until = now + DECIDED_DAYS
            self.plan(who, now + HOUR, "say", SAYS[words])
            if words == "renew":
                who.awaits = [self._words["renew_sure"]]

    def say(self, who: Resident, words: str, now: datetime, awaits: list[str] | None = None) -> bool:
        if awaits is not None:
            who.awaits = awaits
        try:
            self.platform.say(who.user, who.user, now, text=words)
        except NotPossible:
            return False
        return True

    # how they are

    def _late(self, who: Resident, now: datetime) -> None:
        if who.asked >= 3:
            self.plan(who, now + who.dice.randint(1, 60) * HOUR, "pay")
            who.busy_until = now + 4 * DAY

    def _forgetful(self, who: Resident, now: datetime) -> None:
        if who.asked >= who.dice.choice((1, 4)):
            self.plan(who, now + who.dice.randint(0, 80) * HOUR, "pay")
            who.busy_until = now + 5 * DAY

    def promise(self, who: Resident, now: datetime, days: int, paid_after: int) -> bool:
        day = local_date(now, self._zone) + timedelta(days=days)
        who.busy_until = now + QUIET_DAYS
        self.plan(who, now + paid_after * DAY, "pay")
        return self.say(who, SAYS["promise"].format(month=day.month, day=day.day), now, [self._words["right"]])

    def _promises(self, who: Resident, now: datetime) -> bool:
        days = who.dice.randint(3, 9)
        return self.promise(who, now, days, days - 1 if who.dice.random() < 0.5 else days)

    def _breaks_promises(self, who: Resident, now: datetime) -> bool:
        days = who.dice.randint(3, 7)
        return self.promise(who, now, days, days + who.dice.randint(4, 30))

    def _instalments(self, who: Resident, now: datetime) -> bool:
        who.busy_until = now + 70 * DAY
        for part in (2, 33, 64):
            self.plan(who, now + part * DAY, "part")
        self.plan(who, now + 75 * DAY, "pay")
        return self.say(who, SAYS["plan"], now, [*WORDS["resident"]["parts"], self._words["agree"]])

    def dispute(self, who: Resident, now: datetime) -> bool:
        who.busy_until = now + QUIET_DAYS
        self.plan(who, now + 9 * DAY, "pay")
        return self.say(who, SAYS["dispute"], now, [REASON])

    def complain(self, who: Resident, now: datetime) -> bool:
        who.busy_until = now + QUIET_DAYS
        self.plan(who, now + 12 * DAY, "pay")
        return self.say(who, SAYS["complaint"], now)

    def struggle(self, who: Resident, now: datetime) -> bool:
        who.busy_until = now + 50 * DAY
        self.plan(who, now + 45 * DAY, "pay")
        return self.say(who, SAYS["hardship"], now)

    def stop(self, who: Resident, now: datetime) -> bool:
        who.busy_until = now + 40 * DAY
        self.plan(who, now + 25 * DAY, "pay")
        self.plan(who, now + 45 * DAY, "say", SAYS["resume"])
        return self.say(who, SAYS["stop"], now)

    def _disputes(self, who: Resident, now: datetime) -> bool:
        return self.dispute(who, now) if who.asked >= 2 else False

    def _complains(self, who: Resident, now: datetime) -> bool:
        return self.complain(who, now) if who.asked >= 2 else False

    def _hardship(self, who: Resident, now: datetime) -> bool:
        return self.struggle(who, now)

    def _stops(self, who: Resident, now: datetime) -> bool:
        return self.stop(who, now)

    # the office

    def _work(self, chat: str, line: Line, now: datetime) -> bool:
        """Press what a card offers, and write the sentence that is asked for then."""
        words = self._words
        token = _token(line, [words["approve"], words["confirm"], words["reject"], words["answer"]])
        if token is None:
            if chat in self._owed_words and "：" in line.text and not _labels(line):
                self._owed_words.discard(chat)
                self.platform.say(chat, chat, now, text=WORDS["office"]["answer"])
                return True
            return False
        if _label(line, token) in (words["reject"], words["answer"]):
            self._owed_words.add(chat)
        self.platform.press(chat, chat, line.id, token, now)
        return True


# What families press at an offer, each up to this share; the rest says nothing.
ANSWERS = (("renew_sure", 0.4), ("renew_yes", 0.5), ("renew_consider", 0.6), ("renew_no", 0.75))
BY_MISTAKE = 0.1  # of all: said yes, and take it back
DECIDED_DAYS = timedelta(days=10)
REASON = "?"  # awaits the question what is wrong with the bill
BUTTONS = (
    *("detail", "right", "agree", "approve", "confirm", "reject", "answer", "undo"),
    *(name for name, _ in ANSWERS),
)


def _labels(line: Line) -> list[str]:
    return [button["label"] for row in line.choices for button in row]


def _token(line: Line, wanted: list[str]) -> str | None:
    """The first of the wanted buttons that is there and was not pressed yet."""
    offered = {b["label"]: b["token"] for row in line.choices for b in row if "token" in b}
    return next((offered[each] for each in wanted if each in offered and offered[each] not in line.pressed), None)


def _label(line: Line, token: str) -> str:
    return next(b["label"] for row in line.choices for b in row if b.get("token") == token)


def luck(seed: int, day: object) -> random.Random:
    """The day's own dice: what happens on a day doesn't depend on how the days before went."""
    return random.Random(f"{seed}/{day}")
