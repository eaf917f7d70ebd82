"""Looks at a policy as a whole: stages in order, each for somebody, none too close to the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.calendar import Move
from domain.conditions import GRADES, When, somebody
from domain.policy import STAFF_ACTIONS, WRITING, Action, OfferStage, Policy, PolicyError, Stage, paced
from domain.toml_lines import Place

EARLY = frozenset({Action.CALL, Action.PAUSE})  # what may come before the due day besides writing


def check_sense(policy: Policy, name: str, lines: Mapping[Place, int]) -> None:
    """Raise PolicyError, with the line of the stage, for the first thing that makes no sense or breaks DESIGN §7."""
    _check_names([stage.name for stage in policy.stages], "stage", name, lines)
    _check_names([stage.name for stage in policy.offer_stages], "offer_stage", name, lines)
    own = [(number, stage) for number, stage in enumerate(policy.stages, start=1)]
    private = [(number, stage) for number, stage in own if stage.action is not Action.ANNOUNCE]
    days = [stage.days_after_due for _, stage in private]
    for (number, stage), before in zip(private[1:], days, strict=False):
        if stage.days_after_due < before:
            raise _wrong(name, lines, "stage", number, f"days_after_due must rise from stage to stage (found {days})")
    for number, stage in private:
        if stage.move is Move.PAYDAY and not policy.payday_day:
            raise _wrong(
                name, lines, "stage", number, "move = 'payday': write payday_day = 10 above the first [[stage]]"
            )
        if stage.days_after_due <= 0 and stage.action in STAFF_ACTIONS - EARLY:
            raise _wrong(
                name, lines, "stage", number, f"a {stage.action} before the bill is late is no kindness: move it later"
            )
        _check_for_somebody(policy, number, stage, [s for n, s in private if n < number], name, lines)
    for number, offer in enumerate(policy.offer_stages, start=1):
        _check_conditions(policy, number, offer, policy.offer_stages[: number - 1], name, lines)
    _check_cadence(policy, name, lines)
    for grade in ("", *policy.cadence):
        _check_spacing(policy, grade, private, name, lines)


def _wrong(name: str, lines: Mapping[Place, int], table: str, number: int, complaint: str) -> PolicyError:
    line = lines.get((table, number, ""))
    return PolicyError(f"{name}{f':{line}' if line else ''}: {table.replace('_', ' ')} {number}: {complaint}")


def _check_names(names: Sequence[str], table: str, name: str, lines: Mapping[Place, int]) -> None:
    for number, each in enumerate(names, start=1):
        if each in names[: number - 1]:
            raise _wrong(name, lines, table, number, f"two stages have the same name (found {list(names)})")


def _check_for_somebody(
    policy: Policy, number: int, stage: Stage, before: Sequence[Stage], name: str, lines: Mapping[Place, int]
) -> None:
    """A condition that no household can meet, or a day on which another stage always comes first."""
    _check_conditions(policy, number, stage, before, name, lines)
    same_day = [each for each in before if each.days_after_due == stage.days_after_due]
    mine, asked = _as_asked(policy, stage), [_as_asked(policy, each) for each in same_day]
    if mine is None:
        raise _wrong(name, lines, "stage", number, f"{stage.name} is skipped by every grade that it is for: remove it")
    if somebody(mine, [when for when in asked if when is not None], policy.channels) is None:
        first = " or ".join(each.name for each in same_day)
        raise _wrong(
            name, lines, "stage", number, f"{stage.name} is never reached: {first} comes first: put the narrower first"
        )


def _as_asked(policy: Policy, stage: Stage) -> When | None:
    """Its conditions, without the grades that skip it; None when no grade is left."""
    skipping = {grade for grade, cadence in policy.cadence.items() if stage.name in cadence.skip}
    if not skipping:
        return stage.when
    left = (stage.when.grade or frozenset(GRADES)) - skipping
    return replace(stage.when, grade=left) if left else None


def _check_conditions(
    policy: Policy,
    number: int,
    stage: Stage | OfferStage,
    before: Sequence[Stage] | Sequence[OfferStage],
    name: str,
    lines: Mapping[Place, int],
) -> None:
    table = "stage" if isinstance(stage, Stage) else "offer_stage"
    when = stage.when
    for other in when.stages:
        if other not in {each.name for each in before}:
            raise _wrong(name, lines, table, number, f"[{table}.when]: {other!r} is not a stage that comes before it")
    if strange := when.channel - set(policy.channels):
        raise _wrong(
            name, lines, table, number, f"[{table}.when]: channel {sorted(strange)[0]!r} is not among the policy's"
        )
    if stage.action in WRITING and when.reachable is False:
        raise _wrong(
            name, lines, table, number, f"[{table}.when]: reachable = false: who can't be reached can't be written to"
        )
    if somebody(when, (), policy.channels) is None:
        raise _wrong(
            name, lines, table, number, f"[{table}.when]: no household can meet these conditions: widen or remove them"
        )


def _check_cadence(policy: Policy, name: str, lines: Mapping[Place, int]) -> None:
    names = {stage.name for stage in policy.stages if stage.action is not Action.ANNOUNCE}
    for grade, cadence in policy.cadence.items():
        if strange := cadence.skip - names:
            line = lines.get((f"cadence.{grade}", 1, "skip"))
            raise PolicyError(
                f"{name}{f':{line}' if line else ''}: [cadence.{grade}]: skip: {sorted(strange)[0]!r} is none of the stages"
            )


def _check_spacing(
    policy: Policy, grade: str, private: Sequence[tuple[int, Stage]], name: str, lines: Mapping[Place, int]
) -> None:
    """Two private messages closer than the spacing: the second would never go out on its day."""
    cadence = policy.cadence.get(grade)
    percent, skip = (cadence.pace_percent, cadence.skip) if cadence else (100, frozenset[str]())
    last: int | None = None
    for number, stage in private:
        if stage.action not in WRITING or stage.name in skip:
            continue
        days = paced(stage.days_after_due, percent)
        if last is not None and days != last and days - last < policy.spacing_days:
            of_grade = f" for grade {grade}" if grade else ""
            raise _wrong(
                name,
                lines,
                "stage",
                number,
                f"{stage.name} comes {days - last} days after the message before it{of_grade}: "
                f"at least {policy.spacing_days} (caps.spacing_days)",
            )
        last = days
