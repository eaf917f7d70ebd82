"""Runs under control: who has to let a day's reminders go, for how long a draft counts, and what changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Approval(StrEnum):
    """Who lets a day's run go."""

    NONE = "none"  # nobody has to: the policy decides
    ANY = "any"  # a manager, its author included
    SECOND = "second"  # a manager who didn't draft it


class RunState(StrEnum):
    AWAITING = "awaiting"  # the very first run, before anybody was written to
    DRAFT = "draft"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    REPLACED = "replaced"  # by a newer draft of the same day


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run has in store for one household. `decision`: remind, staff or wait."""

    decision: str
    stage: str
    reason: str


@dataclass(frozen=True)
class Changes:
    """What is different from a draft, by account: what it said, and what would happen now."""

    new: Mapping[int, Planned]
    gone: Mapping[int, Planned]  # what holds instead: the reason why they are left in peace
    changed: Mapping[int, tuple[Planned, Planned]]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def compare(drafted: Mapping[int, Planned], now: Mapping[int, Planned]) -> Changes:
    """Households that joined, that are left in peace by now, and those for whom another stage is due."""
    active = {account: plan for account, plan in now.items() if plan.decision != "wait"}
    nothing = Planned("wait", "", "paid")
    return Changes(
        new={account: plan for account, plan in active.items() if account not in drafted},
        gone={account: now.get(account, nothing) for account in drafted if account not in active},
        changed={
            account: (before, active[account])
            for account, before in drafted.items()
            if account in active
            and (before.decision, before.stage) != (active[account].decision, active[account].stage)
        },
    )


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    """A draft is of one day: after its window nothing of it can be sent any more."""
    return expires_at is not None and now >= expires_at
