"""The sandbox's looks: a chat that wears one is treated as its platform would treat it, with its windows, quotas and taps.

公众号 (`wechat`): a follower; answers in the same breath, a template card for reminders, customer messages on the windows of
domain/allowances. 企微 (`wecom`): a customer or customers' group; everything waits until a colleague taps “send”.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.channels.wechat_memory import Said
from bot.channels.wechat_templates import filled, guessed
from bot.channels.wechat_words import fitting, together
from domain.allowances import Allowance, opened, spendable

BREATH = timedelta(seconds=4)  # an answer within this time goes back as the reply itself
TEMPLATES = ("reminder", "promise", "plan", "receipt")  # what this account has templates for, by our own families
# The fields that they may have, as the platform names them.
KEYS = ("thing1", "thing2", "amount3", "time4", "phone_number5")
NOTICE = "sandbox-notice"  # its one template of one-time notices: whatever else nobody asked for
NOTICE_KEYS = ("thing1", "thing2", "phone_number5")
TASKS_A_DAY, TASKS_A_MONTH = 1, 28  # messages to one customer or group
REMINDERS_A_DAY = 3
DAY = timedelta(days=1)


class Skin(StrEnum):
    PLAIN = ""  # as on Telegram
    WECHAT = "wechat"
    WECOM = "wecom"


@dataclass
class Follower:
    """What one person allows the account, and what is left of the breath of their last words."""

    allowances: dict[str, tuple[int | None, str]] = field(default_factory=dict)  # kind -> left, until (ISO)
    asked_at: str = ""
    reply: str = ""  # the line of what was said in this breath
    said: list[list[Any]] = field(default_factory=list)  # in it: texts with their rows of buttons
    notices: int = 0  # one-time notices agreed to and not sent

    def allow(self, kind: str, at: datetime) -> None:
        """The person did something that allows messages anew."""
        fresh = opened(kind, at)
        self.allowances[kind] = (fresh.left, fresh.until.isoformat())

    def asks(self, at: datetime) -> None:
        """The person said something that an answer may go straight back to."""
        self.asked_at, self.reply, self.said = at.isoformat(), "", []

    def open_allowances(self) -> list[Allowance]:
        return [Allowance(kind, left, datetime.fromisoformat(until)) for kind, (left, until) in self.allowances.items()]

    def may_write(self, now: datetime) -> bool:
        return spendable(self.open_allowances(), now) is not None

    def spend(self, now: datetime, number: int = 1) -> bool:
        """Use up so many customer messages; False, and nothing used, when fewer are allowed."""
        before = dict(self.allowances)
        for _ in range(number):
            found = spendable(self.open_allowances(), now)
            if found is None:
                self.allowances = before
                return False
            if found.left is not None:
                self.allowances[found.kind] = (found.left - 1, found.until.isoformat())
        return True

    def in_breath(self, said: Said, now: datetime) -> str:
        """The whole reply with these words in it; empty when it is too late for them, or too much."""
        if not self.asked_at or now - datetime.fromisoformat(self.asked_at) > BREATH:
            return ""
        all_said = [*(Said(text, choices) for text, choices in self.said), said]
        if fitting(all_said) < len(all_said):
            return ""
        self.said.append([said.text, [[dict(each) for each in row] for row in said.choices]])
        return together(all_said)


def card_of(template: str, fields: Mapping[str, str]) -> list[list[str]] | None:
    """What a template message shows: its family, then rows of (the template's field, value); None when there is none."""
    family = template.partition(".")[0]
    if family not in TEMPLATES:
        return None
    known = {name: value for name, value in guessed(KEYS, fields).items() if value != "{}"}
    data = filled(known, fields) if "amount3" in known else None
    return None if data is None else [["title", family], *([name, each["value"]] for name, each in data.items())]


def notice_of(fields: Mapping[str, str]) -> list[list[str]]:
    """What a one-time notice shows, in the same form."""
    known = {name: value for name, value in guessed(NOTICE_KEYS, fields).items() if value != "{}"}
    data = filled(known, fields) or {}
    return [["title", "notice"], *([name, each["value"]] for name, each in data.items())]


@dataclass
class Task:
    """What waits for a colleague's tap. `fates`: of each chat waiting, sent or full; `at`: when."""

    id: str
    colleague: str
    text: str
    at: str
    fates: dict[str, str]
    sent_at: str = ""
    cancelled: bool = False
    reminders: list[str] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return not self.cancelled and "waiting" in self.fates.values()

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def sent_within_a_day(tasks: Sequence[Task], chat: str, now: datetime) -> bool:
    """The platform lets a customer or group get one such message a day."""
    times = [task.sent_at for task in tasks if task.fates.get(chat) == "sent" and task.sent_at]
    return any(now - datetime.fromisoformat(at) < DAY for at in times)
