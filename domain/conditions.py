"""Whom a stage is for: `[stage.when]`, written as data and asked of one household at a time.

Every key that is written must hold; a stage without conditions is for everybody. The same words serve bills and offers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import chain, combinations, product
from math import prod
from typing import Any

NONE = "none"  # a household of which the grade or tier is not known
GRADES = ("A", "B", "C", "D", NONE)
TIERS = ("A", "B", "C", "D", NONE)
TRAITS = ("auto_pay", "away", "elderly", "hardship", "vacant", "vip")
CASES_MAX = 200_000  # that are tried to find a household for a stage; beyond it a stage counts as reachable


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What conditions are asked about. `channels`: all on which the payer can be reached now.

    `said_on`: the day each stage of the bill (or offer) was carried out; `replied_on`: the day the payer last wrote or
    pressed a button.
    """

    open_fen: int = 0
    bills: int = 0
    grade: str = NONE
    tier: str = NONE
    traits: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    replied_on: date | None = None
    said_on: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class When:
    """The conditions of one stage. None or empty: not asked."""

    open_fen_min: int | None = None
    open_fen_max: int | None = None
    bills_min: int | None = None
    bills_max: int | None = None
    grade: frozenset[str] = frozenset()  # one of these
    tier: frozenset[str] = frozenset()
    traits_any: frozenset[str] = frozenset()
    traits_none: frozenset[str] = frozenset()
    channel: frozenset[str] = frozenset()  # reachable on one of these
    reachable: bool | None = None  # on any channel at all
    replied_since: str = ""  # a stage: carried out, and answered since
    no_reply_since: str = ""  # a stage: carried out, and silence since
    asked: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        written = (getattr(self, key) != default for key, default in DEFAULTS)
        object.__setattr__(self, "asked", any(written))

    def met(self, now: Circumstances) -> bool:
        """Whether this household is one of those the stage is for."""
        return not self.asked or (
            _within(self.open_fen_min, now.open_fen, self.open_fen_max)
            and _within(self.bills_min, now.bills, self.bills_max)
            and (not self.grade or now.grade in self.grade)
            and (not self.tier or now.tier in self.tier)
            and (not self.traits_any or not self.traits_any.isdisjoint(now.traits))
            and self.traits_none.isdisjoint(now.traits)
            and (not self.channel or not self.channel.isdisjoint(now.channels))
            and (self.reachable is None or self.reachable is bool(now.channels))
            and (not self.replied_since or _answered(now, self.replied_since) is True)
            and (not self.no_reply_since or _answered(now, self.no_reply_since) is False)
        )

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that it speaks of."""
        return tuple(name for name in (self.replied_since, self.no_reply_since) if name)


DEFAULTS = tuple((each.name, each.default) for each in fields(When) if each.init)
KEYS = tuple(name for name, _ in DEFAULTS)
ANYBODY = When()


def _within(least: int | None, value: int, most: int | None) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)


def _answered(now: Circumstances, stage: str) -> bool | None:
    """None: that stage was never carried out, so nobody was silent and nobody answered."""
    said_on = now.said_on.get(stage)
    return None if said_on is None else now.replied_on is not None and now.replied_on >= said_on


def somebody(stage: When, before: Sequence[When], channels: Sequence[str]) -> Circumstances | None:
    """A household that meets `stage` and none of those asked `before` it; None when there can't be one.

    Only what the conditions tell apart is varied, so a handful of cases decides.
    """
    asked = (stage, *before)
    mentioned = sorted({name for when in asked for name in (*when.traits_any, *when.traits_none)})
    reached = any(when.channel or when.reachable is not None for when in asked)
    said = sorted({name for when in asked for name in when.stages})
    choices: tuple[Sequence[Any], ...] = (
        _edges(fen for when in asked for fen in (when.open_fen_min, when.open_fen_max)),
        _edges(number for when in asked for number in (when.bills_min, when.bills_max)),
        GRADES if any(when.grade for when in asked) else (NONE,),
        TIERS if any(when.tier for when in asked) else (NONE,),
        _subsets(mentioned),
        _subsets(sorted(channels)) if reached else (frozenset(channels),),
        (None, *REPLIES) if said else (None,),
        *((None, *SAID) for _ in said),
    )
    if prod(len(each) for each in choices) > CASES_MAX:
        return Circumstances()
    for fen, bills, grade, tier, traits, ways, replied_on, *days in product(*choices):
        said_on = {name: day for name, day in zip(said, days, strict=True) if day is not None}
        case = Circumstances(fen, bills, grade, tier, traits, ways, replied_on, said_on)
        if stage.met(case) and not any(each.met(case) for each in before):
            return case
    return None


# Days on which stages may have been carried out, and days before, between and after them for a reply.
SAID = (date(2000, 1, 2), date(2000, 1, 4))
REPLIES = (date(2000, 1, 1), date(2000, 1, 3), date(2000, 1, 5))


def _edges(limits: Iterable[int | None]) -> Sequence[int]:
    """The values on both sides of every limit; sums and numbers start at one."""
    near = {limit + step for limit in limits if limit is not None for step in (-1, 0, 1)}
    return sorted({each for each in near if each >= 1} | {1})


def _subsets(names: Sequence[str]) -> Sequence[frozenset[str]]:
    sizes = range(len(names) + 1)
    return [frozenset(some) for some in chain.from_iterable(combinations(names, size) for size in sizes)]
