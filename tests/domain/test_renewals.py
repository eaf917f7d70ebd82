"""Renewals: the law's limits of an offer, whom the ladder writes to or calls on which day, and a policy that can't start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import Calendar, Move, Place, Span
from domain.conditions import When
from domain.ladder import Contacts, Reason
from domain.policy import Action, Counted, OfferStage, PolicyError, Renewal
from domain.policy_file import read_policy
from domain.renewals import (
    AHEAD_MONTHS,
    ANSWERABLE,
    LESSONS_MAX,
    LIVE,
    MONTHS_MAX,
    NON_SUBJECT_FEN_MAX,
    Call,
    Done,
    OfferStanding,
    OfferState,
    Rest,
    Step,
    Terms,
    Write,
    chargeable_from,
    decide_offer,
    steps_of,
    unlawful,
)
from domain.runs import Approval
from domain.tiers import Tier

ZONE = ZoneInfo("Asia/Shanghai")
FILE = Path(__file__).resolve().parents[2] / "content" / "policy.training.toml"
POLICY = read_policy(FILE.read_text(encoding="utf-8"), FILE.name)
STEPS = steps_of(POLICY.offer_stages)
OPENS, CLOSES = date(2026, 12, 1), date(2026, 12, 20)
LAWFUL = Terms(OPENS, CLOSES, 198_000, 20, date(2027, 1, 5), date(2027, 3, 31))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"covers_until": date(2027, 4, 5)}, None),  # three months to the day
        ({"covers_until": date(2027, 4, 6)}, "covers_until: one charge covers at most 3 months"),
        ({"lessons": 60}, None),
        ({"lessons": 61}, "lessons: one charge covers at most 60 lessons"),
        ({"amount_fen": 500_000}, None),
        ({"amount_fen": 500_001}, "amount_yuan: at most 5,000.00 for a course that is no school subject"),
        ({"amount_fen": 500_001, "subject": True}, None),
        ({"closes_on": date(2026, 11, 30)}, "closes_on: is before opens_on"),
        ({"covers_until": date(2027, 1, 4)}, "covers_until: is before covers_from"),
        (
            {"covers_from": date(2026, 10, 1), "covers_until": date(2026, 11, 30)},
            "covers_until: the course is over before the offer opens",
        ),
        (
            {"covers_from": date(2027, 1, 20), "covers_until": date(2027, 3, 1)},
            None,
        ),  # the window's last day may charge
        (
            {"covers_from": date(2027, 1, 21), "covers_until": date(2027, 3, 1)},
            "closes_on: tuition may be charged at the earliest a month before",
        ),
    ],
)
def test_an_offer_outside_the_law_says_which_column_and_why(change: dict[str, object], reason: str | None) -> None:
    found = unlawful(replace(LAWFUL, **change))  # type: ignore[arg-type]
    assert (found is None) if reason is None else (found or "").startswith(reason)


def test_a_month_ahead_is_counted_by_the_calendar() -> None:
    assert chargeable_from(date(2027, 3, 31)) == date(2027, 2, 28)


def offer(tier: str = "A", **values: object) -> OfferStanding:
    given = {"channel": "sandbox", **values}
    return OfferStanding(1, 1, "S-1", tier, OfferState.OPEN, OPENS, CLOSES, **given)  # type: ignore[arg-type]


def on(day: int, standing: OfferStanding) -> tuple[str, str]:
    """(what, stage or reason) on a day of December."""
    decision = decide_offer(POLICY, standing, date(2026, 12, day), ZONE)
    match decision:
        case Write(stage=stage):
            return "write", stage.name
        case Call(stage=stage):
            return "call", stage.name
        case Rest(reason=reason):
            return "rest", reason.value
    raise AssertionError(decision)


def sent(day: int, hour: int = 9, stage: str = "loyal") -> dict[str, Done]:
    return {stage: Done(date(2026, 12, day), datetime(2026, 12, day, hour, 5, tzinfo=ZONE))}


@pytest.mark.parametrize(
    ("day", "standing", "expected"),
    [
        (1, offer("A"), ("write", "loyal")),
        (1, offer("C"), ("call", "open_call")),
        (1, offer(""), ("call", "open_call")),  # nobody has placed them: a person talks to them
        (1, offer("B"), ("rest", "no_stage")),
        (2, offer("B"), ("call", "likely_call")),
        (2, offer("D"), ("rest", "no_stage")),
        (3, offer("D"), ("write", "open_door")),
        (9, offer("D", done=sent(3, stage="open_door")), ("rest", "no_stage")),  # once, then never
        (18, offer("D", done=sent(3, stage="open_door")), ("rest", "no_stage")),
        # A message, 48 hours of silence, then a call; never a minute early.
        (2, offer("A", done=sent(1)), ("rest", "no_stage")),
        (3, offer("A", done=sent(1)), ("rest", "no_stage")),
        (4, offer("A", done=sent(1)), ("call", "loyal_call")),
        (3, offer("A", done=sent(1, hour=8)), ("call", "loyal_call")),
        (6, offer("A", done={"loyal": Done(date(2026, 12, 1))}), ("rest", "no_stage")),  # it still waits to go out
        (2, offer("A", done={"loyal": Done(date(2026, 12, 1), failed=True)}), ("call", "loyal_call")),
        (1, offer("A", channel=None), ("call", "loyal")),  # whom no message reaches, a person talks to
        # Who has reacted hears nothing until shortly before it closes.
        (5, offer("A", done=sent(1), acknowledged=True), ("rest", "no_stage")),
        (5, offer("B", reserved=True), ("rest", "no_stage")),
        (17, offer("A", done=sent(1), acknowledged=True), ("write", "closing")),
        (18, offer("C", done={"open_call": Done(date(2026, 12, 1))}), ("write", "closing")),
        (19, offer("C", done={"open_call": Done(date(2026, 12, 1))}), ("rest", "no_stage")),  # too late to remind
        # Who has answered hears no more.
        *((17, replace(offer("A"), state=state), ("rest", "paid")) for state in (OfferState.YES, OfferState.NO)),
        (17, offer("A", no_more=True), ("rest", "paid")),
        (21, offer("A"), ("rest", "paid")),
        # What stops a reminder stops this, too.
        (1, offer("A", stopped=True), ("rest", "stopped")),
        (1, offer("C", stopped=True), ("rest", "stopped")),
        (1, offer("A", household_hold=Reason.HARDSHIP), ("rest", "hardship")),
        (1, offer("A", paused=True), ("rest", "paused")),
        (1, offer("C", staff_task_open=True), ("rest", "staff_task")),
        (1, offer("A", contacts=Contacts(last_reminder_on=date(2026, 11, 29))), ("rest", "spacing")),
        (1, offer("A", contacts=Contacts(last_7_days=3)), ("rest", "cap")),
    ],
)
def test_whom_the_ladder_writes_to_or_calls(day: int, standing: OfferStanding, expected: tuple[str, str]) -> None:
    assert on(day, standing) == expected


def test_a_family_that_thinks_is_asked_on_its_own_day_or_after_a_week() -> None:
    thinking = replace(offer("C"), state=OfferState.CONSIDERING, answered_on=date(2026, 12, 3))
    assert on(9, thinking) == ("rest", "no_stage")
    assert on(10, thinking) == ("call", "nurture-2026-12-10")
    named = replace(thinking, next_on=date(2026, 12, 6))
    assert on(5, named) == ("rest", "no_stage")
    assert on(6, named) == ("call", "nurture-2026-12-06")
    called = replace(named, done={"nurture-2026-12-06": Done(date(2026, 12, 6))})
    assert on(12, called) == ("rest", "no_stage")
    assert on(13, called) == ("call", "nurture-2026-12-13")


def test_no_festival_is_disturbed() -> None:
    spring = replace(offer("A"), opens_on=date(2027, 2, 5), closes_on=date(2027, 2, 25))
    assert decide_offer(POLICY, spring, date(2027, 2, 6), ZONE) == Rest(
        Reason.FESTIVAL, next(step for step in STEPS if step.name == "loyal")
    )


def test_no_exam_of_the_class_is_disturbed_nor_the_day_before() -> None:
    exam = Span("x", date(2026, 12, 3), date(2026, 12, 3), classes=frozenset({"a"}), days_before=1)
    policy = replace(POLICY, calendar=Calendar(exams=(exam,)))
    mine, other = (replace(offer("A"), place=Place("training", "s", name)) for name in "ab")
    asked = {
        day: [type(decide_offer(policy, each, date(2026, 12, day), ZONE)).__name__ for each in (mine, other)]
        for day in (1, 2, 3, 4)
    }
    assert asked == {1: ["Write", "Write"], 2: ["Rest", "Write"], 3: ["Rest", "Write"], 4: ["Write", "Write"]}
    rest = decide_offer(policy, mine, date(2026, 12, 3), ZONE)
    assert isinstance(rest, Rest)
    assert rest.reason is Reason.EXAM


def test_a_word_before_it_closes_comes_before_the_holiday_and_keeps_its_own_end() -> None:
    stages = tuple(
        replace(each, move=Move.BEFORE_HOLIDAY) if each.name == "closing" else each for each in POLICY.offer_stages
    )
    policy = replace(POLICY, offer_stages=stages)
    closing = replace(offer("A"), opens_on=date(2026, 9, 15), closes_on=date(2026, 10, 6), acknowledged=True)
    asked = [type(decide_offer(policy, closing, day, ZONE)).__name__ for day in (date(2026, 9, 29), date(2026, 9, 30))]
    assert asked == ["Rest", "Write"]
    assert isinstance(decide_offer(policy, closing, date(2026, 10, 4), ZONE), Write)  # the window of its own day
    assert isinstance(decide_offer(policy, closing, date(2026, 10, 5), ZONE), Rest)
    late = replace(closing, opens_on=date(2026, 10, 2))  # never before the offer opens
    assert isinstance(decide_offer(policy, late, date(2026, 10, 1), ZONE), Rest)
    assert isinstance(decide_offer(policy, late, date(2026, 10, 2), ZONE), Write)


BASE = '[[stage]]\nname = "gentle"\ndays_after_due = 3\ntemplate = "x"\n'
CALL = '[[offer_stage]]\nname = "c"\naction = "call"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CALL + "days_afer_open = 1\n", "write either days_after_open or days_before_close"),
        (CALL + "days_after_open = 1\nbonus = 1\n", "unknown key bonus"),
        (CALL.replace('"call"', '"threaten"') + "days_after_open = 1\n", "action 'threaten' is not one of"),
        (CALL.replace('"call"', '"letter"') + "days_after_open = 1\n", "an offer is never a debt"),
        (CALL + 'days_after_open = 1\nwhen = { tier = ["E"] }\n', "'E' is not one of"),
        (CALL + "days_after_open = 1\ndays_before_close = 2\n", "write either"),
        (CALL + "days_after_open = -3\n", "between the day the offer opens and the day it closes"),
        (CALL + "days_before_close = -3\n", "between the day the offer opens and the day it closes"),
        (CALL.replace('"call"', '"message"') + "days_after_open = 1\n", "needs a template"),
        (CALL + 'days_after_open = 1\nmove = "month_end"\n', "an offer is no bill: only before_holiday"),
        (CALL + 'days_after_open = 1\nmove = "away"\n', "move 'away' is not one of before_holiday, month_end, payday"),
        (
            CALL.replace('"call"', '"summary"') + 'days_after_open = 1\nmove = "before_holiday"\n',
            "a group post and a summary keep their day: remove move",
        ),
        ((CALL + "days_after_open = 1\n") * 2, "two stages have the same name"),
        ("[renewal]\ndue_days = 0\n", "choose 1 to 92"),
        ("[renewal]\nbonus = 1\n", "unknown key bonus"),
        (BASE.replace("gentle", "s") + 'action = "summary"\n', "belongs to [[offer_stage]]"),
    ],
)
def test_a_wrong_ladder_never_starts(text: str, fault: str) -> None:
    with pytest.raises(PolicyError, match=r"policy\.x\.toml") as refused:
        read_policy(BASE + text, "policy.x.toml")
    assert fault in str(refused.value)


def test_the_shipped_ladder_asks_the_teacher_a_month_ahead_and_ends_before_it_closes() -> None:
    begins = {each.name: each.begins_on(OPENS, CLOSES) for each in STEPS}
    assert begins["summary"] == OPENS - timedelta(days=30)
    assert begins["closing"] == CLOSES - timedelta(days=3)


WRITE = '[[offer_stage]]\nname = "w"\naction = "message"\ntemplate = "x"\n'
POST = WRITE.replace('"message"', '"announce"')
SUMMARY = '[[offer_stage]]\nname = "s"\naction = "summary"\n'


def asked(text: str) -> OfferStage:
    (stage,) = read_policy(BASE + text, "policy.x.toml").offer_stages
    return stage


def test_every_key_of_a_stage_of_an_offer() -> None:
    full = """[[offer_stage]]
name = "w"
action = "acknowledge"
template = "renewal.x"
days_before_close = 0
wait_days = 60
answer_hours = 240
move = "before_holiday"
when = { tier = ["A"] }
"""
    when = When(tier=frozenset({"A"}))
    assert asked(full) == OfferStage(
        "w", Counted.CLOSES, 0, Action.ACKNOWLEDGE, "renewal.x", when, 60, 240, Move.BEFORE_HOLIDAY
    )
    plain = OfferStage("c", Counted.OPENS, 1, Action.CALL)
    assert asked(CALL + "days_after_open = 1\n") == plain
    assert (plain.template, plain.when.asked, plain.wait_days, plain.answer_hours) == ("", False, 0, 48)
    assert plain.move is Move.STAYS
    assert asked('[[offer_stage]]\nname = "w"\ntemplate = "x"\ndays_after_open = 0\n').action is Action.MESSAGE


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CALL + "days_after_open = 1\nwait_days = 61\n", "policy.x.toml:9: offer stage 1: wait_days = 61: choose 0 to"),
        (CALL + "days_after_open = 1\nwait_days = -1\n", "wait_days = -1: choose 0 to 60"),
        (
            CALL + "days_after_open = 1\nanswer_hours = 0\n",
            "policy.x.toml:9: offer stage 1: answer_hours = 0: choose 1",
        ),
        (CALL + "days_after_open = 1\nanswer_hours = 241\n", "answer_hours = 241: choose 1 to 240"),
        (
            CALL.replace('"call"', '"visit"') + "days_after_open = 1\n",
            "policy.x.toml:7: offer stage 1: action 'visit': an",
        ),
        (
            CALL.replace('"call"', '"visit"') + "days_after_open = 1\n",
            "an offer is never a debt: one of summary, announce, message, acknowledge, call",
        ),
        (CALL + 'days_after_open = 1\nmove = "payday"\n', "policy.x.toml:9: offer stage 1: move 'payday': an offer"),
        (
            POST + 'days_after_open = 1\nmove = "before_holiday"\n',
            "policy.x.toml:10: offer stage 1: a group post and a",
        ),
        (POST.replace('template = "x"\n', "") + "days_after_open = 1\n", "a stage that writes needs a template"),
        (SUMMARY + 'template = "x"\ndays_after_open = 1\n', "offer stage 1: a pause writes nothing"),
        (SUMMARY + "days_after_open = -93\n", "policy.x.toml:5: offer stage 1: a family is asked between"),
        (SUMMARY + "days_before_close = -1\n", "a family is asked between"),
        (WRITE + "days_after_open = -1\n", "a family is asked between"),
        ('[[offer_stage]]\naction = "call"\ndays_after_open = 1\n', "offer stage 1: name is missing"),
        (CALL + "when = { channel = ['fax'] }\ndays_after_open = 1\n", "channel: 'fax' is not one of wechat"),
        ("channels = 3\n", "unknown key channels"),  # under [[stage]] already
        (
            WRITE + "days_after_open = 1\nwhen = { reachable = false }\n",
            "offer stage 1: [offer_stage.when]: reachable = false: who can't be reached",
        ),
        (
            CALL + 'days_after_open = 1\nwhen = { no_reply_since = "c" }\n',
            "offer stage 1: [offer_stage.when]: 'c' is not a stage that comes before it",
        ),
        (
            CALL + "days_after_open = 1\nwhen = { bills_min = 3, bills_max = 2 }\n",
            "offer stage 1: [offer_stage.when]: no household can meet these conditions",
        ),
        ("[renewal]\nnurture_days = 93\n", "[renewal]: nurture_days = 93: choose 1 to 92"),
        ("[renewal]\nreserve_days = '3'\n", "must be of type int"),
        ('[runs]\napproval = "boss"\n', "policy.x.toml:6: [runs]: approval 'boss' is not one of none, any, second"),
        ("[runs]\nhow = 1\n", "[runs]: unknown key how"),
    ],
)
def test_a_wrong_stage_of_an_offer_is_refused_with_its_line(text: str, fault: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(BASE + text, "policy.x.toml")
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        CALL + "days_after_open = 1\nwait_days = 0\nanswer_hours = 1\n",
        CALL + "days_after_open = 0\n",
        SUMMARY + "days_after_open = -92\n",
        SUMMARY + "days_before_close = 0\n",
        WRITE + 'days_after_open = 1\nmove = "before_holiday"\n',
        POST + "days_after_open = 1\n",
        CALL + 'days_after_open = 1\ntemplate = "x"\n',  # words for whoever rings
    ],
)
def test_what_an_offer_may_do(text: str) -> None:
    assert asked(text).name in ("c", "s", "w")


def test_the_days_around_an_offer_and_who_agrees_to_a_run() -> None:
    written = "[renewal]\ndue_days = 1\nnurture_days = 2\nreserve_days = 92\ntask_days = 4\n"
    policy = read_policy(f'{BASE}{written}[runs]\napproval = "any"\n', "x")
    assert policy.renewal == Renewal(1, 2, 92, 4)
    assert policy.approval is Approval.ANY
    plain = read_policy(BASE, "x")
    assert plain.renewal == Renewal(7, 7, 14, 2) == Renewal()
    assert plain.approval is Approval.NONE


# the law, in numbers


def test_the_laws_limits_of_an_offer_are_these() -> None:
    assert (MONTHS_MAX, LESSONS_MAX, NON_SUBJECT_FEN_MAX, AHEAD_MONTHS) == (3, 60, 500_000, 1)
    assert not LAWFUL.subject  # what is not marked is no school subject: the stricter limit
    assert unlawful(replace(LAWFUL, covers_from=CLOSES, covers_until=CLOSES)) is None  # one day is a course
    assert unlawful(replace(LAWFUL, opens_on=CLOSES)) is None  # so is one day's window
    assert unlawful(replace(LAWFUL, opens_on=CLOSES, covers_from=OPENS, covers_until=CLOSES)) is None
    assert [each.value for each in OfferState] == ["open", "considering", "yes", "no", "expired"]
    assert {each.value for each in LIVE} == {"open", "considering"}
    assert {each.value for each in ANSWERABLE} == {"open", "considering", "yes", "no"}


# the steps


def test_an_acknowledgement_that_does_not_come_becomes_a_call_for_the_same_families() -> None:
    when = When(tier=frozenset({"A"}))
    ask = OfferStage("ask", Counted.OPENS, 2, Action.ACKNOWLEDGE, "x", when, answer_hours=24)
    late = OfferStage("late", Counted.CLOSES, 5, Action.MESSAGE, "y")
    last = OfferStage("last", Counted.CLOSES, 1, Action.MESSAGE, "z")
    first, call, closing, end = steps_of((ask, late, last))
    assert (first.name, first.action, first.template, first.window_days, first.after) == (
        *("ask", Action.ACKNOWLEDGE, "x", 14, ""),
    )
    assert (call.name, call.action, call.template, call.after, call.hours) == ("ask_call", Action.CALL, "", "ask", 24)
    assert [call.is_for(tier) for tier in Tier] == [first.is_for(tier) for tier in Tier] == [True, False, False, False]
    assert [closing.is_for(tier) for tier in Tier] == [True] * 4
    # What is said before the close ends a day before it.
    assert (closing.window_days, end.window_days) == (4, 1)
    assert [each.before_close for each in (first, closing)] == [False, True]
    assert Step("talk", Action.CALL).begins_on(OPENS, CLOSES) is None
    assert Step("talk", Action.CALL).is_for(Tier.LEAVING)
    assert not Step("talk", Action.CALL).before_close


@pytest.mark.parametrize(("day", "stage"), [(1, "loyal"), (14, "loyal"), (15, None)])
def test_a_message_may_go_out_within_two_weeks_of_its_day(day: int, stage: str | None) -> None:
    policy = replace(POLICY, offer_stages=tuple(each for each in POLICY.offer_stages if each.name != "closing"))
    decision = decide_offer(policy, offer("A"), date(2026, 12, day), ZONE)
    assert (decision.stage.name if isinstance(decision, Write) else None) == stage


def test_a_call_may_be_made_until_the_offer_closes() -> None:
    policy = replace(POLICY, offer_stages=tuple(each for each in POLICY.offer_stages if each.name != "closing"))
    assert isinstance(decide_offer(policy, offer("C"), CLOSES, ZONE), Call)
    assert decide_offer(policy, offer("C"), CLOSES + timedelta(days=1), ZONE) == Rest(Reason.PAID)


def test_a_family_that_thinks_is_asked_after_the_policys_days_counted_from_its_last_word_or_talk() -> None:
    slow = replace(POLICY, renewal=replace(POLICY.renewal, nurture_days=3))
    thinking = replace(offer("A"), state=OfferState.CONSIDERING)  # no answer is dated: from the day it opened

    def talk(standing: OfferStanding, day: int) -> str | None:
        decision = decide_offer(slow, standing, date(2026, 12, day), ZONE)
        return decision.stage.name if isinstance(decision, Call) else None

    assert [talk(thinking, day) for day in (3, 4)] == [None, "nurture-2026-12-04"]
    talked = replace(thinking, done={"nurture-2026-12-04": Done(date(2026, 12, 4)), "x": Done(date(2026, 12, 6))})
    assert [talk(talked, day) for day in (6, 7)] == [None, "nurture-2026-12-07"]
    answered = replace(talked, answered_on=date(2026, 12, 5))
    assert [talk(answered, day) for day in (7, 8)] == [None, "nurture-2026-12-08"]
    # A day that they named counts for a family that has not answered, too.
    named = replace(offer("A"), next_on=date(2026, 12, 10), done=sent(1))
    assert talk(named, 10) == "nurture-2026-12-10"
