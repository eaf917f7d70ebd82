"""What a month's figures suggest to change, and why; only what they bear, and plainly when they bear nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from domain.learning import Share, Verdict, best, compare

UNDISPUTED_MIN = 0.1  # from this share of what is open on, disputes are worth a look of their own
OLD_SHARE = 0.3  # of what is open, older than 90 days
COMPLAINTS_PER_HUNDRED = 2  # complaints on 100 messages: too many
FAILED_PER_HUNDRED = 3
LOW_RATE_POINTS = 0.15  # a building so far below the whole stands out


@dataclass(frozen=True)
class Advice:
    """One thing to do; `name` is worded in content, `fields` are its reasons in figures."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Month:
    """As much of a month as advice is drawn from. Sums in fen."""

    stages: Sequence[tuple[str, Share]]  # paid within seven days
    hours: Sequence[tuple[str, Share]]
    channels: Sequence[tuple[str, Share]]
    rate: float
    rate_before: float
    open_fen: int
    old_fen: int  # open for longer than 90 days
    disputed_fen: int
    sent: int
    failed: int
    complaints: int
    late_tasks: int
    done_tasks: int
    low_parts: Sequence[tuple[str, float]]  # buildings with their rate, lowest first


def advise(month: Month) -> list[Advice]:
    """What to change, the weightiest first; `nothing` when the figures ask for no change."""
    found: list[Advice] = []
    if month.sent and month.complaints * 100 >= COMPLAINTS_PER_HUNDRED * month.sent:
        found.append(Advice("complaints", {"complaints": str(month.complaints), "sent": str(month.sent)}))
    if month.open_fen and month.disputed_fen >= UNDISPUTED_MIN * month.open_fen:
        found.append(Advice("disputes", {"share": percent(month.disputed_fen / month.open_fen)}))
    if month.sent and month.failed * 100 >= FAILED_PER_HUNDRED * month.sent:
        found.append(Advice("failed", {"failed": str(month.failed), "sent": str(month.sent)}))
    if month.done_tasks and month.late_tasks * 3 >= month.done_tasks:
        found.append(Advice("late", {"late": str(month.late_tasks), "done": str(month.done_tasks)}))
    for name, rate in month.low_parts[:1]:
        if month.rate - rate >= LOW_RATE_POINTS:
            found.append(Advice("low_part", {"name": name, "rate": percent(rate), "all": percent(month.rate)}))
    if month.open_fen and month.old_fen >= OLD_SHARE * month.open_fen:
        found.append(Advice("old", {"share": percent(month.old_fen / month.open_fen)}))
    for name, shares in (("hour", month.hours), ("channel", month.channels)):
        if (better := best(shares)) is not None:
            share = dict(shares)[better]
            found.append(Advice(name, {"name": better, "rate": percent(share.rate), "range": span(share)}))
    found += _weak_stage(month.stages)
    return found or [Advice("nothing")]


def _weak_stage(stages: Sequence[tuple[str, Share]]) -> list[Advice]:
    """A stage after which clearly fewer pay than after the one before it."""
    told = [(name, share) for name, share in stages if not share.too_few]
    for (_, one), (name, other) in pairwise(told):
        if compare(one, other) is Verdict.FIRST and other.rate < one.rate / 2:
            return [Advice("weak_stage", {"name": name, "rate": percent(other.rate), "range": span(other)})]
    return []


def percent(rate: float) -> str:
    return f"{rate * 100:.1f}%"


def span(share: Share) -> str:
    """The interval as people read it: `31%–48%`."""
    low, high = share.interval
    return f"{low * 100:.0f}%–{high * 100:.0f}%"
