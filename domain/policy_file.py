"""Reads content/policy.*.toml and refuses what must not start: each complaint names the file, the line and the cure."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import date

from domain.calendar import Move
from domain.conditions import ANYBODY, GRADES, KEYS, TIERS, TRAITS, When
from domain.personal import ACTIONS, BUTTONS_MAX, NEVER_REMINDED, Personal
from domain.policy import (
    HARD_QUIET_FROM,
    HARD_QUIET_UNTIL,
    NORMAL_FROM,
    NORMAL_UNTIL,
    PER_DAY_MAX,
    PER_MONTH_MAX,
    PER_WEEK_MAX,
    SPACING_DAYS_MIN,
    STAFF_ACTIONS,
    WRITING,
    Action,
    Cadence,
    Counted,
    Holds,
    OfferStage,
    Policy,
    PolicyError,
    Renewal,
    Stage,
    check_lawful,
    outside_quiet_hours,
)
from domain.policy_sense import check_sense
from domain.runs import Approval
from domain.toml_lines import Place, lines_of
from domain.toml_table import Table

FILE_NAME = re.compile(r"policy\.[a-z_]+\.(.+)\.toml")  # of a version that comes into force later
LIMITS = (*("window", "caps", "holds"), "")  # tables whose values the law limits


def read_policy(text: str, name: str) -> Policy:
    """Parse and check one policy file. `name` is used in error messages.

    Raises PolicyError: bad TOML, unknown or missing key, wrong type, stage out of order or twice, a stage or condition
    that no household can meet, a value looser than DESIGN §7.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PolicyError(f"{name}: {wrong}") from None
    lines = lines_of(text)
    top = Table(name, "", lines, ("", 1), raw)
    rows = top.rows("stage")
    stages = tuple(_stage(row) for row in rows)
    if not stages:
        raise PolicyError(f"{name}: no [[stage]]: add at least one")
    offers = top.rows("offer_stage")
    personal = _all_personal(top.rows("personal"))
    window, caps, holds, runs = (top.table(name) for name in ("window", "caps", "holds", "runs"))
    renewal = top.table("renewal")
    policy = Policy(
        kind=top.text("kind", ""),
        stages=stages,
        channels=top.texts("channels", Policy.channels),
        window_from=window.time("from", NORMAL_FROM),
        window_until=window.time("until", NORMAL_UNTIL),
        quiet_from=window.time("quiet_from", HARD_QUIET_FROM),
        quiet_until=window.time("quiet_until", HARD_QUIET_UNTIL),
        per_day=caps.whole("per_day", PER_DAY_MAX),
        per_week=caps.whole("per_week", PER_WEEK_MAX),
        per_month=caps.whole("per_month", PER_MONTH_MAX),
        spacing_days=caps.whole("spacing_days", SPACING_DAYS_MIN),
        last_window_days=top.whole("last_window_days", Policy.last_window_days),
        tolerance_fen=top.whole("tolerance_fen", Policy.tolerance_fen),
        holds=Holds(**{key: holds.whole(key, value) for key, value in vars(Holds()).items()}),
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
        offer_stages=tuple(_offer_stage(row) for row in offers),
        payday_day=top.count("payday_day", 0, 31),
        approval=_approval(runs),
        renewal=Renewal(**{key: renewal.count(key, value, 92, least=1) for key, value in vars(Renewal()).items()}),
        personal=personal,
        cadence={grade: _cadence(table) for grade, table in top.tables("cadence", GRADES)},
        text=text,
    )
    for table in (top, window, caps, holds, runs, renewal):
        table.refuse_leftovers()
    try:
        check_lawful(policy, name)
    except PolicyError as loose:
        raise PolicyError(_with_line(str(loose), name, lines)) from None
    check_sense(policy, name, lines)
    return outside_quiet_hours(policy, name)


def starts_on(file_name: str) -> date | None:
    """From which day a policy file is in force, by its name: `policy.property.2027-01-01.toml`; None: from the beginning.

    Raises PolicyError when the name holds something else than a date.
    """
    found = FILE_NAME.fullmatch(file_name)
    if found is None:
        return None
    try:
        return date.fromisoformat(found.group(1))
    except ValueError:
        raise PolicyError(
            f"{file_name}: {found.group(1)!r} is not a date: name it as policy.property.2027-01-01.toml"
        ) from None


def _with_line(complaint: str, name: str, lines: Mapping[Place, int]) -> str:
    """The complaint with the line of the key that it names, where the file has one."""
    for table, number, key in lines:
        if table in LIMITS and key and re.search(rf"\b{re.escape(key)}\b", complaint.removeprefix(name)):
            return f"{name}:{lines[table, number, key]}{complaint.removeprefix(name)}"
    return complaint


def _stage(table: Table) -> Stage:
    action = _action(table)
    stage = Stage(
        name=table.text("name"),
        days_after_due=table.whole("days_after_due"),
        action=action,
        template=table.text("template", ""),
        when=_when(table),
        wait_days=table.count("wait_days", 0, 60),
        window_days=table.count("window_days", 0, 90),
        answer_hours=table.count("answer_hours", Stage.answer_hours, 240, least=1),
        move=_move(table),
    )
    if stage.move is not Move.STAYS and action is Action.ANNOUNCE:
        raise table.wrong("a group post keeps its day: remove move", "move")
    if action is Action.SUMMARY:
        raise table.wrong("action 'summary' belongs to [[offer_stage]]", "action")
    if action is Action.ANNOUNCE and stage.when.asked:
        raise table.wrong("[stage.when]: a group post is about nobody: conditions are for private stages")
    _check_template(table, stage)
    table.refuse_leftovers()
    return stage


def _offer_stage(table: Table) -> OfferStage:
    action = _action(table)
    if action not in OFFERING:
        raise table.wrong(f"action {action.value!r}: an offer is never a debt: one of {', '.join(OFFERING)}", "action")
    opens, closes = table.has("days_after_open"), table.has("days_before_close")
    if opens == closes:
        raise table.wrong("write either days_after_open or days_before_close")
    stage = OfferStage(
        name=table.text("name"),
        counted=Counted.OPENS if opens else Counted.CLOSES,
        days=table.whole("days_after_open" if opens else "days_before_close"),
        action=action,
        template=table.text("template", ""),
        when=_when(table),
        wait_days=table.count("wait_days", 0, 60),
        answer_hours=table.count("answer_hours", OfferStage.answer_hours, 240, least=1),
        move=_move(table),
    )
    if stage.move not in (Move.STAYS, Move.BEFORE_HOLIDAY):
        raise table.wrong(f"move {stage.move.value!r}: an offer is no bill: only before_holiday", "move")
    if stage.move is not Move.STAYS and action in (Action.ANNOUNCE, Action.SUMMARY):
        raise table.wrong("a group post and a summary keep their day: remove move", "move")
    _check_template(table, stage)
    if (stage.counted is Counted.OPENS and stage.days < 0 and action is not Action.SUMMARY) or stage.days < -92:
        raise table.wrong("a family is asked between the day the offer opens and the day it closes")
    if stage.counted is Counted.CLOSES and stage.days < 0:
        raise table.wrong("a family is asked between the day the offer opens and the day it closes")
    table.refuse_leftovers()
    return stage


# What may be done about an offer.
OFFERING = (Action.SUMMARY, Action.ANNOUNCE, Action.MESSAGE, Action.ACKNOWLEDGE, Action.CALL)


def _move(table: Table) -> Move:
    move = table.text("move", "")
    if move not in set(Move):
        raise table.wrong(f"move {move!r} is not one of {', '.join(each for each in Move if each)}", "move")
    return Move(move)


def _approval(table: Table) -> Approval:
    approval = table.text("approval", Approval.NONE)
    if approval not in set(Approval):
        raise table.wrong(f"approval {approval!r} is not one of {', '.join(Approval)}", "approval")
    return Approval(approval)


def _action(table: Table) -> Action:
    action = table.text("action", Action.MESSAGE)
    if action not in set(Action):
        raise table.wrong(f"action {action!r} is not one of {', '.join(Action)}", "action")
    return Action(action)


def _check_template(table: Table, stage: Stage | OfferStage) -> None:
    writes = stage.action in WRITING or stage.action is Action.ANNOUNCE
    if writes and not stage.template:
        raise table.wrong("a stage that writes needs a template")
    if stage.template and not writes and stage.action not in STAFF_ACTIONS:
        raise table.wrong("a pause writes nothing: remove its template", "template")


def _when(stage: Table) -> When:
    table = stage.table("when")
    when = When(
        **{key: table.maybe_count(key) for key in KEYS if key.endswith(("_min", "_max"))},
        grade=table.some_of("grade", GRADES),
        tier=table.some_of("tier", TIERS),
        traits_any=table.some_of("traits_any", TRAITS),
        traits_none=table.some_of("traits_none", TRAITS),
        channel=table.some_of("channel", Policy.channels),
        reachable=table.truth("reachable"),
        replied_since=table.text("replied_since", ""),
        no_reply_since=table.text("no_reply_since", ""),
    )
    table.refuse_leftovers(f"one of {', '.join(KEYS)}")
    return when if when.asked else ANYBODY


def _all_personal(tables: list[Table]) -> tuple[Personal, ...]:
    found: list[Personal] = []
    for table in tables:
        each = _personal(table)
        if any(before.trait == each.trait for before in found):
            raise table.wrong(f"trait {each.trait!r} stands in another [[personal]] too: keep one", "trait")
        found.append(each)
    return tuple(found)


def _personal(table: Table) -> Personal:
    trait = table.text("trait")
    if trait not in TRAITS:
        raise table.wrong(f"trait {trait!r} is not one of {', '.join(TRAITS)}", "trait")
    if trait in NEVER_REMINDED:
        raise table.wrong(f"trait {trait!r} is never reminded, so it has no words of its own: remove it", "trait")
    each = Personal(
        trait,
        table.text("coming", ""),
        table.text("late", ""),
        table.truth("large_type") or False,
        table.texts("buttons", ()),
    )
    if bool(each.coming) is not bool(each.late):
        raise table.wrong("write both coming and late: the words up to the due day and those after it")
    if each == Personal(trait):
        raise table.wrong(f"nothing is different for {trait!r}: write coming and late, large_type or buttons")
    if strange := [name for name in each.buttons if name not in ACTIONS]:
        raise table.wrong(f"buttons: {strange[0]!r} is not one of {', '.join(ACTIONS)}", "buttons")
    if len(set(each.buttons)) < len(each.buttons) or len(each.buttons) > BUTTONS_MAX:
        raise table.wrong(f"buttons: each once, {BUTTONS_MAX} at the most", "buttons")
    table.refuse_leftovers()
    return each


def _cadence(table: Table) -> Cadence:
    found = Cadence(table.count("pace_percent", 100, 300, least=50), frozenset(table.texts("skip", ())))
    table.refuse_leftovers()
    return found
