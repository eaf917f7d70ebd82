"""How often WeChat lets an account write to a person, and for how long: what each thing the person does allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NOTICE = "notice/"  # a one-time notice the person agreed to; the template's id follows
FOR_EVER = timedelta(days=36500)  # an agreement to a notice has no end


@dataclass(frozen=True)
class Rule:
    """`messages` within `life`; None: as many as one likes."""

    messages: int | None
    life: timedelta


# Source: the platform's quotas of customer messages (客服消息), as of 2026.
RULES: dict[str, Rule] = {
    "message": Rule(5, timedelta(hours=48)),
    "menu": Rule(3, timedelta(minutes=1)),
    "follow": Rule(3, timedelta(minutes=1)),  # a scanned code, too
    "payment": Rule(None, timedelta(hours=48)),
}


@dataclass(frozen=True)
class Allowance:
    """What is left of one kind for one person."""

    kind: str
    left: int | None
    until: datetime


def opened(kind: str, at: datetime) -> Allowance:
    """What a thing that a person did at this moment allows. What was left of the same kind before is replaced."""
    rule = RULES[kind]
    return Allowance(kind, rule.messages, at + rule.life)


def spendable(allowances: Sequence[Allowance], now: datetime) -> Allowance | None:
    """The one to write a customer message on: an unlimited one costs nothing, else what ends soonest goes first."""
    usable = [each for each in allowances if each.kind in RULES and each.until > now and each.left != 0]
    return min(usable, key=lambda each: (each.left is not None, each.until), default=None)


def notices_left(allowances: Sequence[Allowance]) -> dict[str, int]:
    """How many more notices of each template the person has agreed to; templates without any are left out."""
    return {
        each.kind.removeprefix(NOTICE): each.left for each in allowances if each.kind.startswith(NOTICE) and each.left
    }
