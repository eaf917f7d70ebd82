"""Writing to many: who has to agree, when it may go, how it reads in each chat, and what its progress shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.broadcasts import (
    AHEAD_MAX,
    APPROVAL_LIFE,
    DRAFT_LIFE,
    LIFE,
    OPEN,
    TEXT_MAX,
    UNDER_WAY,
    Progress,
    Stage,
    clock_words,
    first_allowed,
    needs_approval,
    progress_card,
    render,
    sent_as,
    stay_words,
)
from domain.ladder import Reason
from domain.messages import Audience, Choice, Kind
from domain.office import Office
from domain.policy import Action, Policy
from domain.policy import Stage as LadderStage
from domain.wording import Wording, day_words

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy("property", (LadderStage("gentle", 3, Action.MESSAGE, "reminder.gentle"),))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
MONDAY, TUESDAY = (day_words(date(2026, 11, day), "zh") for day in (23, 24))
STEERS = ("pause", "resume", "cancel", "undo", "edit", "when", "drop", "again", "failures")
FIGURES = "{total}/{sent}/{failed}/{unknown}/{cancelled}/{held}/{left}/{taken_back}"
TEMPLATES = {
    "broadcast.group": "group {text} {office}",
    "broadcast.money": "money {who} {text} {office}",
    "broadcast.service": "service {who} {text} {office}",
    "broadcast.held_until": "held until {at}",
    "broadcast.stays": "{number} stay: {why};",
    "confirm.missing": " {number} to tap",
    "stays.too_old": "too old",
    "stays.gone": "gone",
    "button.bill": "Bill",
    "button.pay": "Pay",
    **{f"button.broadcast_{each}": each.title() for each in STEERS},
    **{f"broadcast.progress_{stage}": f"{stage} {{bar}} {FIGURES} {{at}} {{waiting}} {{stay}}" for stage in Stage},
}
OFFICE = Office(
    name="翠湖物业",
    hotline="1",
    kind="property",
    zone=ZONE,
    wording=Wording({"zh": TEMPLATES, "en": {name: f"EN {text}" for name, text in TEMPLATES.items()}}),
    policies={"property": POLICY},
)


def test_how_long_things_live() -> None:
    assert (
        timedelta(hours=6),
        timedelta(hours=24),
        timedelta(days=3),
        timedelta(days=60),
    ) == (DRAFT_LIFE, APPROVAL_LIFE, LIFE, AHEAD_MAX)
    assert TEXT_MAX == 2000


def test_the_stages_as_they_are_stored() -> None:
    assert [stage.value for stage in Stage] == [
        *("draft", "waiting", "scheduled", "running", "paused", "done", "cancelled", "undoing", "undone")
    ]
    assert set(OPEN) == {Stage.DRAFT, Stage.WAITING, Stage.SCHEDULED}
    assert set(UNDER_WAY) == {Stage.RUNNING, Stage.PAUSED, Stage.UNDOING}


@pytest.mark.parametrize(
    ("number", "to_groups", "own", "needed"),
    [
        (50, False, True, False),
        (51, False, True, True),
        (5, True, True, False),
        (6, True, True, True),
        (1, False, False, True),
    ],
)
def test_from_how_many_on_somebody_else_must_agree(number: int, to_groups: bool, own: bool, needed: bool) -> None:
    assert needs_approval(number, to_groups=to_groups, own=own) is needed


def test_money_in_a_group_is_an_announcement() -> None:
    assert sent_as(Kind.BROADCAST, to_group=True) is Kind.ANNOUNCEMENT
    assert sent_as(Kind.BROADCAST, to_group=False) is Kind.BROADCAST
    assert sent_as(Kind.SERVICE, to_group=True) is Kind.SERVICE
    assert sent_as(Kind.SERVICE, to_group=False) is Kind.SERVICE


@pytest.mark.parametrize(
    ("at", "kind", "first", "why"),
    [
        (NOON, Kind.BROADCAST, NOON, None),
        (NOON.replace(hour=21), Kind.BROADCAST, NOON.replace(day=24, hour=9), Reason.QUIET_HOURS),
        (NOON.replace(hour=21), Kind.SERVICE, NOON.replace(hour=21), None),
        # The eve of the festival, at night: the night is named, and it goes when the festival is over.
        (
            datetime(2026, 2, 15, 23, tzinfo=ZONE),
            Kind.BROADCAST,
            datetime(2026, 2, 20, 9, tzinfo=ZONE),
            Reason.QUIET_HOURS,
        ),
        (
            datetime(2026, 2, 17, 12, tzinfo=ZONE),
            Kind.BROADCAST,
            datetime(2026, 2, 20, 9, tzinfo=ZONE),
            Reason.FESTIVAL,
        ),
    ],
)
def test_the_first_moment_that_is_allowed(at: datetime, kind: Kind, first: datetime, why: Reason | None) -> None:
    assert first_allowed(kind, POLICY, ZONE, at) == (first, why)


MONEY = ((Choice("Bill", "bill.show", reusable=True), Choice("Pay", "pay.how", reusable=True)),)


def test_how_it_reads_to_a_person_about_money() -> None:
    message = render(OFFICE, "请缴费", Kind.BROADCAST, to_group=False, payer_name="王小明", mentions_all=True)
    assert (message.template, message.text) == ("broadcast.money", "money 王女士/先生 请缴费 翠湖物业")
    assert message.fields == {"text": "请缴费", "office": "翠湖物业", "who": "王女士/先生"}
    assert message.choices == MONEY
    assert (message.audience, message.kind, message.mentions_all) == (Audience.PRIVATE, Kind.BROADCAST, False)


def test_how_it_reads_in_a_group_and_as_a_service_notice() -> None:
    group = render(OFFICE, "停水", Kind.BROADCAST, to_group=True, mentions_all=True)
    assert (group.template, group.text, group.choices) == ("broadcast.group", "group 停水 翠湖物业", ())
    assert (group.audience, group.kind, group.mentions_all) == (Audience.GROUP, Kind.ANNOUNCEMENT, True)
    assert not render(OFFICE, "停水", Kind.SERVICE, to_group=True).mentions_all
    service = render(OFFICE, "water off", Kind.SERVICE, to_group=False, payer_name="Ann Lee", language="en-GB")
    assert (service.template, service.text) == ("broadcast.service", "EN service Ann Lee water off 翠湖物业")
    assert (service.choices, service.kind) == ((), Kind.SERVICE)
    english = render(OFFICE, "x", Kind.BROADCAST, to_group=False, language="en")
    assert [each.label for each in english.choices[0]] == ["EN Bill", "EN Pay"]


def test_when_it_is_finished_and_when_its_message_says_something_new() -> None:
    assert Progress(3, sent=3).finished
    assert not Progress(3, sent=2, held=1).finished
    assert not Progress(3, sent=2, left=1).finished
    one = Progress(9, 1, 2, 3, 4, 5, 6, None, 7)
    assert one.mark("running") == "running/1/2/3/4/5/6/7"
    assert one.mark("paused") != one.mark("running")
    for name in ("sent", "failed", "unknown", "cancelled", "held", "left", "taken_back"):
        changed: dict[str, Any] = {name: 99}
        assert replace(one, **changed).mark("running") != one.mark("running")
    assert Progress(5) == Progress(5, 0, 0, 0, 0, 0, 0, None, 0, ())


def buttons(stage: Stage, so_far: Progress) -> list[tuple[str, str]]:
    card = progress_card(OFFICE, 7, stage, so_far, NOON)
    choices = [choice for row in card.choices for choice in row]
    assert all(choice.args == {"broadcast": "7"} and choice.reusable for choice in choices)
    assert all(card.choices)
    return [(choice.label, choice.action) for choice in choices]


@pytest.mark.parametrize(
    ("stage", "so_far", "names"),
    [
        (Stage.RUNNING, Progress(9, sent=1, left=8), "pause cancel undo"),
        (Stage.PAUSED, Progress(9, sent=1, left=8), "resume cancel undo"),
        (Stage.SCHEDULED, Progress(9, left=9), "edit when drop"),
        (Stage.WAITING, Progress(9, left=9), "edit drop"),
        (Stage.DRAFT, Progress(9), ""),
        (Stage.UNDOING, Progress(9, sent=9), ""),
        (Stage.DONE, Progress(2, sent=2), "undo"),
        (Stage.DONE, Progress(3, sent=2, failed=1), "failures again undo"),
        (Stage.DONE, Progress(3, unknown=3), "failures undo"),
        (Stage.DONE, Progress(3, failed=3), "failures again"),
        (Stage.CANCELLED, Progress(3, sent=1, failed=1, cancelled=1), "failures undo"),
        (Stage.CANCELLED, Progress(3, cancelled=3), "failures"),
        (Stage.DONE, Progress(0), ""),
    ],
)
def test_what_can_be_done_about_it_at_each_stage(stage: Stage, so_far: Progress, names: str) -> None:
    assert buttons(stage, so_far) == [(name.title(), f"broadcast.{name}") for name in names.split()]


@pytest.mark.parametrize(
    ("so_far", "squares"),
    [
        (Progress(0), 10),
        (Progress(10, left=10), 0),
        (Progress(10, sent=4, left=6), 4),
        (Progress(10, sent=4, left=5, held=1), 4),
        (Progress(100, sent=39, left=61), 3),
        (Progress(3, sent=3), 10),
    ],
)
def test_the_bar_shows_what_is_settled(so_far: Progress, squares: int) -> None:
    card = progress_card(OFFICE, 7, Stage.RUNNING, so_far, NOON)
    assert card.fields["bar"] == "▓" * squares + "░" * (10 - squares)


def test_the_card_says_all_figures_in_the_offices_own_time() -> None:
    held_until = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    so_far = Progress(28, 1, 2, 3, 4, 5, 6, held_until, 7, (("too_old", 2), ("gone", 1)))
    card = progress_card(OFFICE, 7, Stage.PAUSED, so_far, datetime(2026, 11, 23, 4, 5, tzinfo=UTC))
    assert (card.template, card.audience, card.kind) == ("broadcast.progress_paused", Audience.STAFF, Kind.STAFF_CARD)
    assert card.text == (
        f"paused ▓▓▓▓▓▓░░░░ 28/1/2/3/4/5/6/7 {MONDAY} 12:05 held until {TUESDAY} 09:00 2 stay: too old;1 stay: gone;"
    )
    assert card.fields["waiting"] == f"held until {TUESDAY} 09:00"
    assert (card.fields["sent"], card.fields["taken_back"]) == ("1", "7")
    for none_waits in (replace(so_far, held=0), replace(so_far, held_until=None)):
        assert progress_card(OFFICE, 7, Stage.PAUSED, none_waits, NOON).fields["waiting"] == ""
    assert stay_words(OFFICE, Progress(1)) == ""
    taps = replace(so_far, to_confirm=3)
    assert (
        progress_card(OFFICE, 7, Stage.PAUSED, taps, NOON).fields["waiting"] == f"held until {TUESDAY} 09:00 3 to tap"
    )
    assert taps.mark("running") == "running/1/2/3/4/5/6/7/3 to confirm"


def test_a_moment_in_words_of_the_office_or_of_the_reader() -> None:
    assert clock_words(OFFICE, NOON.astimezone(UTC)) == f"{MONDAY} 12:00"
    assert clock_words(OFFICE, NOON, "en") == "Mon 23 Nov 12:00"
    assert clock_words(replace(OFFICE, language="en"), NOON) == "Mon 23 Nov 12:00"
