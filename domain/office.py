"""The office as its rules see it: who it is, its policies, its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.calendar import ANYWHERE, PLAIN, Calendar
from domain.calls import Calling
from domain.clock import Clock, SystemClock
from domain.desk import Desk
from domain.learning import Trial
from domain.library import Library
from domain.limits import Limits
from domain.links import Links
from domain.lint import Finding, lint
from domain.messages import Audience
from domain.notice import Letterhead
from domain.openers import Opener
from domain.policy import Policy
from domain.practice import Scenario
from domain.rewards import Rewards
from domain.visits import Visiting
from domain.wording import Wording

Lint = Callable[[str, Audience], tuple[Finding, ...]]


@dataclass(frozen=True)
class Office:
    """What every handler and job may know of the organisation. `bot_names`: the bot's own name per channel."""

    name: str
    hotline: str
    kind: str
    zone: ZoneInfo
    wording: Wording
    policies: Mapping[str, Policy]
    policies_to_come: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)  # by their first day
    channels: tuple[str, ...] = ()  # enabled ones
    approve_first_run: bool = False
    bot_names: Mapping[str, str] = field(default_factory=dict)
    notices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # channel -> one-time notices one may agree to
    language: str = "zh"  # of the desk: cards, tasks, digests
    desk: Desk = field(default_factory=Desk)
    calling: Calling = field(default_factory=Calling)
    visiting: Visiting = field(default_factory=Visiting)
    limits: Limits = field(default_factory=Limits)
    library: Library = field(default_factory=Library)
    rewards: Rewards = field(default_factory=Rewards)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)  # of practice, in the sandbox only
    openers: tuple[Opener, ...] = ()
    links: Links = field(default_factory=Links)  # addresses that open a file by themselves
    lint: Lint = lint  # what staff may not say; a running office also hears the tone
    clock: Clock = field(default_factory=SystemClock)
    letterhead: Letterhead = field(default_factory=Letterhead)
    trial: Trial = field(default_factory=Trial)  # two wordings that are compared, or none
    calendar: Calendar = PLAIN

    def keeping(self, calendar: Calendar) -> Office:
        """The same office with these days off, worked, festivals and exams, wherever it asks for days.

        Visits and calls keep the festivals of everywhere: one estate's own doesn't stop the work in the others.
        """
        everywhere = calendar.at(ANYWHERE)
        return replace(
            self,
            calendar=calendar,
            policies={kind: replace(policy, calendar=calendar) for kind, policy in self.policies.items()},
            policies_to_come={
                kind: tuple(replace(version, calendar=calendar) for version in versions)
                for kind, versions in self.policies_to_come.items()
            },
            desk=replace(self.desk, calendar=everywhere),
            calling=replace(self.calling, calendar=everywhere),
        )

    def policy(self, kind: str, on: date | None = None) -> Policy:
        """The version of a policy that is in force on a day; now, when that is left out."""
        found = self.policies[kind]
        if kind not in self.policies_to_come:
            return found
        on = on or self.today(self.clock.now())
        for version in self.policies_to_come[kind]:
            found = version if version.starts_on is not None and version.starts_on <= on else found
        return found

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def start_link(self, channel: str, payload: str = "") -> str:
        """The link that opens a private chat with the bot; empty where the channel has none."""
        name = self.bot_names.get(channel, "")
        if channel != "telegram" or not name:
            return ""
        return f"https://t.me/{name}" + (f"?start={payload}" if payload else "")
