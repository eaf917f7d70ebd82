"""The gate: each cell of DESIGN §5's table, its windows, what expires, and every minute of a year in six time zones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import tzset
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Place, Span, is_festival
from domain.clock import at_local
from domain.gate import (
    BROADCAST_OVER,
    EXPIRED,
    OFFER_OVER,
    RULES,
    BillNow,
    Cancel,
    Caps,
    Facts,
    Hold,
    Hours,
    Send,
    gate,
    next_opening,
)
from domain.ladder import Contacts, Reason
from domain.messages import AT_MOST_ONCE, PRIORITY, Kind
from domain.policy import Action as StageAction
from domain.policy import Policy, Stage, stricter

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(kind="property", stages=(Stage("gentle", 3, StageAction.MESSAGE, "reminder.gentle"),))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZONE)
NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=ZONE)
EVENING = datetime(2026, 11, 23, 21, 0, tzinfo=ZONE)  # after the window, before the quiet hours
FESTIVAL = datetime(2026, 2, 17, 12, 0, tzinfo=ZONE)  # the first day of the Year of the Horse
OPEN = (BillNow(1, 28640),)
FULL = Contacts(today=1)
CALM = Facts(bills=OPEN)

# What each guard does to each kind: "send", "hold", "cancel", "warn". One row a kind, one column a guard.
GUARDS: dict[str, tuple[Facts, datetime]] = {
    "night": (CALM, NIGHT),
    "evening": (CALM, EVENING),
    "cap": (replace(CALM, contacts=FULL), NOON),
    "group_cap": (replace(CALM, group_posts_today=1), NOON),
    "stop": (replace(CALM, stopped=True), NOON),
    "unbound": (replace(CALM, bound=False), NOON),
    "kill_switch": (replace(CALM, kill_switch=True), NOON),
    "paused": (replace(CALM, paused=True), NOON),
    "broadcast_paused": (replace(CALM, broadcast_paused=True), NOON),
    "broadcast_over": (replace(CALM, broadcast_over=True), NOON),
    "offer_over": (replace(CALM, offer_over=True), NOON),
    "paid": (replace(CALM, bills=(BillNow(1, 0),)), NOON),
    "disputed": (replace(CALM, bills=(BillNow(1, 28640, Reason.DISPUTED),)), NOON),
    "promised": (replace(CALM, bills=(BillNow(1, 28640, Reason.PROMISED),)), NOON),
    "on_plan": (replace(CALM, bills=(BillNow(1, 28640, Reason.ON_PLAN),)), NOON),
    "below_tolerance": (replace(CALM, bills=(BillNow(1, 99),)), NOON),
    "hardship": (replace(CALM, household_hold=Reason.HARDSHIP), NOON),
    "complaint": (replace(CALM, household_hold=Reason.COMPLAINT), NOON),
    "resting": (replace(CALM, resting=Reason.PROMISED), NOON),
    "festival": (CALM, FESTIVAL),
}
MONEY = dict.fromkeys(("paid", "disputed", "promised", "on_plan", "below_tolerance"), "cancel")
HOUSEHOLD = {"hardship": "cancel", "complaint": "cancel"}
PAUSES = {"kill_switch": "hold", "paused": "hold"}
WINDOW = {"night": "hold", "evening": "hold"}
ASKS = HOUSEHOLD | {"stop": "cancel", "festival": "hold", "cap": "cancel"}
ALWAYS = {"unbound": "cancel", "broadcast_paused": "hold", "broadcast_over": "cancel"}
# Cells that are not named send.
TABLE: dict[Kind, dict[str, str]] = {
    Kind.REPLY: ALWAYS,
    Kind.RECEIPT: ALWAYS | {"night": "hold"},
    Kind.PROMISE: ALWAYS | WINDOW | PAUSES | MONEY | HOUSEHOLD | {"stop": "cancel", "festival": "hold"},
    Kind.REMINDER: ALWAYS
    | WINDOW
    | PAUSES
    | MONEY
    | HOUSEHOLD
    | {"stop": "cancel", "festival": "hold", "cap": "cancel"},
    Kind.BROADCAST: ALWAYS | WINDOW | PAUSES | HOUSEHOLD | {"stop": "cancel", "festival": "hold", "cap": "cancel"},
    Kind.OFFER: ALWAYS | WINDOW | PAUSES | ASKS | {"offer_over": "cancel"},
    Kind.COURTESY: ALWAYS | WINDOW | PAUSES | ASKS | {"resting": "cancel"},
    Kind.SERVICE: ALWAYS | {"night": "hold", "kill_switch": "hold"},
    Kind.ANNOUNCEMENT: ALWAYS | WINDOW | PAUSES | {"festival": "hold", "group_cap": "cancel"},
    Kind.STAFF_CARD: ALWAYS,
    Kind.STAFF_REPLY: ALWAYS | {"night": "warn", "stop": "warn"},
}


# The reason that each guard gives, and when it lets a message through where that is not the next morning.
REASONS: dict[str, str] = {
    "night": Reason.QUIET_HOURS,
    "evening": Reason.QUIET_HOURS,
    "cap": Reason.CAP,
    "group_cap": Reason.CAP,
    "stop": Reason.STOPPED,
    "unbound": Reason.NO_CHANNEL,
    "resting": Reason.PROMISED,
    "kill_switch": Reason.PAUSED,
    "broadcast_paused": Reason.PAUSED,
    "broadcast_over": BROADCAST_OVER,
    "offer_over": OFFER_OVER,
}
SOON = dict.fromkeys(("kill_switch", "paused", "broadcast_paused"), NOON + timedelta(minutes=5))
NOT_AT_NIGHT = (Kind.RECEIPT, Kind.SERVICE)  # may go before and after the office's own hours


@pytest.fixture(autouse=True)
def _a_machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No verdict depends on the zone of the machine."""
    monkeypatch.setenv("TZ", "Pacific/Apia")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("kind", Kind)
def test_each_cell(kind: Kind, guard: str) -> None:
    facts, now = GUARDS[guard]
    reason = REASONS.get(guard, guard)
    morning = datetime.combine(now.date() + timedelta(days=1), time(8 if kind in NOT_AT_NIGHT else 9), ZONE)
    expected = {
        "send": Send(),
        "warn": Send(warning=Reason.STOPPED if guard == "stop" else Reason.QUIET_HOURS),
        "hold": Hold(SOON.get(guard, morning), Reason(reason)) if reason in set(Reason) else None,
        "cancel": Cancel(reason),
    }
    assert gate(kind, facts, POLICY, ZONE, now) == expected[TABLE[kind].get(guard, "send")]


def test_which_kinds_count_as_contacts() -> None:
    """A promise's own reminder counts, so that others keep their distance, but is not held back by the count."""
    assert {kind for kind, rule in RULES.items() if rule.caps in (Caps.COUNTED, Caps.OBEYS)} == {
        *(Kind.PROMISE, Kind.REMINDER, Kind.OFFER, Kind.BROADCAST, Kind.COURTESY)
    }


def test_every_kind_has_a_rule_a_priority_and_a_row() -> None:
    assert set(RULES) == set(PRIORITY) == set(TABLE) == set(Kind)
    assert set(Kind) - AT_MOST_ONCE == {Kind.REPLY, Kind.RECEIPT, Kind.STAFF_CARD}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        # The first that applies is named: the address, the person's word, the household, the bill, the pause, the hour.
        (Facts(bound=False, stopped=True), Reason.NO_CHANNEL),
        (Facts(stopped=True, household_hold=Reason.HARDSHIP), Reason.STOPPED),
        (Facts(household_hold=Reason.HARDSHIP, bills=(BillNow(1, 0),)), Reason.HARDSHIP),
        (Facts(bills=(BillNow(1, 0), BillNow(2, 5000, Reason.DISPUTED)), kill_switch=True), Reason.DISPUTED),
        (Facts(bills=(), kill_switch=True), Reason.PAID),
        (Facts(bills=(BillNow(1, 60), BillNow(2, 39))), Reason.BELOW_TOLERANCE),
        (Facts(bills=(BillNow(1, 0, Reason.DISPUTED),)), Reason.PAID),
        (Facts(bills=(BillNow(1, 0, Reason.DISPUTED), BillNow(2, 1, Reason.CLAIMED))), Reason.CLAIMED),
    ],
)
def test_which_reason_is_named(facts: Facts, reason: Reason) -> None:
    assert gate(Kind.REMINDER, facts, POLICY, ZONE, NIGHT) == Cancel(reason)


def test_a_new_bill_is_reminded_while_another_is_disputed() -> None:
    facts = Facts(bills=(BillNow(1, 28640, Reason.DISPUTED), BillNow(2, 9000)))
    assert gate(Kind.REMINDER, facts, POLICY, ZONE, NOON) == Send()


@pytest.mark.parametrize(
    "contacts", [Contacts(today=1), Contacts(last_7_days=3), Contacts(last_30_days=6)], ids=["day", "week", "month"]
)
def test_each_cap_cancels(contacts: Contacts) -> None:
    assert gate(Kind.REMINDER, replace(CALM, contacts=contacts), POLICY, ZONE, NOON) == Cancel(Reason.CAP)
    below = Contacts(0, min(2, contacts.last_7_days), min(5, contacts.last_30_days))
    assert gate(Kind.REMINDER, replace(CALM, contacts=below), POLICY, ZONE, NOON) == Send()


def test_what_is_exactly_as_large_as_the_tolerance_is_asked_for() -> None:
    facts = Facts(bills=(BillNow(1, POLICY.tolerance_fen - 1), BillNow(2, 1)))
    assert gate(Kind.REMINDER, facts, POLICY, ZONE, NOON) == Send()


def test_a_hold_that_outlives_the_window_cancels() -> None:
    morning = NIGHT + timedelta(hours=10)
    for ends, verdict in (
        (morning - timedelta(hours=5), Cancel(EXPIRED)),
        (morning, Cancel(EXPIRED)),
        (morning + timedelta(seconds=1), Hold(morning, Reason.QUIET_HOURS)),
    ):
        assert gate(Kind.REMINDER, replace(CALM, expires_at=ends), POLICY, ZONE, NIGHT) == verdict
    assert gate(Kind.REMINDER, replace(CALM, expires_at=NOON + timedelta(seconds=1)), POLICY, ZONE, NOON) == Send()


def test_before_dawn_it_waits_for_this_morning_not_for_the_next() -> None:
    dawn = NOON.replace(hour=5)
    assert gate(Kind.REMINDER, CALM, POLICY, ZONE, dawn) == Hold(dawn.replace(hour=9), Reason.QUIET_HOURS)
    assert gate(Kind.RECEIPT, CALM, POLICY, ZONE, dawn) == Hold(dawn.replace(hour=8), Reason.QUIET_HOURS)


def test_a_wish_for_hours_makes_the_window_narrower_for_reminders_only() -> None:
    evenings = replace(CALM, hours=(18, 24))
    assert gate(Kind.REMINDER, evenings, POLICY, ZONE, NOON) == Hold(NOON.replace(hour=18), Reason.QUIET_HOURS)
    assert gate(Kind.REMINDER, evenings, POLICY, ZONE, NOON.replace(hour=18)) == Send()
    assert gate(Kind.REPLY, evenings, POLICY, ZONE, NOON) == Send()
    assert gate(Kind.RECEIPT, evenings, POLICY, ZONE, NOON) == Send()


def test_what_is_expired_is_cancelled_whatever_it_is() -> None:
    for kind in Kind:
        assert gate(kind, replace(CALM, expires_at=NOON), POLICY, ZONE, NOON) == Cancel(EXPIRED)


def test_edges_of_the_window_and_the_night() -> None:
    day = NOON.date()

    def at(hour: int, minute: int, second: int = 0, *, kind: Kind = Kind.REMINDER) -> bool:
        return gate(kind, CALM, POLICY, ZONE, datetime.combine(day, time(hour, minute, second), ZONE)) == Send()

    assert [at(8, 59, 59), at(9, 0), at(19, 59, 59), at(20, 0)] == [False, True, True, False]
    receipts = [at(*moment, kind=Kind.RECEIPT) for moment in ((7, 59, 59), (8, 0), (21, 59, 59), (22, 0))]
    assert receipts == [False, True, True, False]


def test_stricter_quiet_hours_shorten_the_window() -> None:
    strict = stricter(POLICY, quiet_from=time(18, 0), quiet_until=time(10, 0))
    for hour, sends in ((9, False), (10, True), (17, True), (18, False)):
        verdict = gate(Kind.REMINDER, CALM, strict, ZONE, NOON.replace(hour=hour))
        assert (verdict == Send()) is sends


def test_after_a_festival_it_goes_on_the_next_morning() -> None:
    held = gate(Kind.REMINDER, CALM, POLICY, ZONE, FESTIVAL)
    assert held == Hold(datetime(2026, 2, 18, 9, 0, tzinfo=ZONE).astimezone(UTC), Reason.FESTIVAL)


EXAM = Span("x", date(2026, 11, 24), date(2026, 11, 24), classes=frozenset({"a"}), days_before=1)
FAIR = Span("x", date(2026, 11, 23), date(2026, 11, 23), communities=frozenset({"e"}))
OWN = replace(POLICY, calendar=Calendar(exams=(EXAM,), festivals=(FAIR,)))
PUPIL, OTHER, ESTATE = Place("training", "s", "a"), Place("training", "s", "b"), Place("property", "e")


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ((), None),
        ((OTHER,), None),
        ((PUPIL,), Reason.EXAM),
        ((ESTATE,), Reason.FESTIVAL),
        ((OTHER, PUPIL), Reason.EXAM),  # one message about two children
        ((ESTATE, PUPIL), Reason.FESTIVAL),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_the_offices_own_days_hold_what_is_about_money_in_their_place(
    kind: Kind, places: tuple[Place, ...], reason: Reason | None
) -> None:
    held = reason if TABLE[kind].get("festival") == "hold" else None
    expected = Send() if held is None else Hold(at_local(date(2026, 11, 24), time(9), ZONE), held)
    assert gate(kind, replace(CALM, places=places), OWN, ZONE, NOON) == expected


def test_the_day_after_an_exam_it_goes_out() -> None:
    pupil = replace(CALM, places=(PUPIL,))
    assert gate(Kind.REMINDER, pupil, OWN, ZONE, NOON + timedelta(days=1)) != Send()
    assert gate(Kind.REMINDER, pupil, OWN, ZONE, NOON + timedelta(days=2)) == Send()
    assert gate(Kind.REMINDER, replace(pupil, expires_at=NOON + timedelta(hours=9)), OWN, ZONE, NOON) == Cancel(EXPIRED)


SPANS = st.builds(
    lambda day, n: Span("x", day, day + timedelta(days=n)),
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    st.integers(0, 9),
)


@given(st.lists(SPANS, max_size=4).map(tuple), st.integers(0, 2 * 365 * 24))
def test_nothing_about_money_goes_out_on_a_quiet_day(festivals: tuple[Span, ...], hours: int) -> None:
    calendar, now = Calendar(festivals=festivals), datetime(2026, 1, 1, tzinfo=ZONE) + timedelta(hours=hours)
    verdict = gate(Kind.REMINDER, CALM, replace(POLICY, calendar=calendar), ZONE, now)
    if calendar.is_quiet(now.astimezone(ZONE).date()):
        assert isinstance(verdict, Hold)
        assert verdict.reason is Reason.FESTIVAL
    elif isinstance(verdict, Hold):
        assert verdict.reason is Reason.QUIET_HOURS


ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
)
EVERY_MINUTES = 1 if os.environ.get("NUANLING_FULL") else 7


@pytest.mark.parametrize("name", ZONES)
def test_no_minute_of_a_year_writes_at_night(name: str) -> None:
    """Every minute (in a quick run every seventh): allowed only inside the hours, and held until they open again."""
    zone = ZoneInfo(name)
    moment, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    while moment < end:
        local = moment.astimezone(zone)
        inside = time(9) <= local.time() < time(20) and not is_festival(local.date())
        verdict = gate(Kind.REMINDER, CALM, POLICY, zone, moment)
        assert isinstance(verdict, Send) is inside, local
        awake = time(8) <= local.time() < time(22)
        assert (next_opening(time(8), time(22), zone, moment) is None) is awake, local
        if isinstance(verdict, Hold):
            opens = verdict.until.astimezone(zone)
            assert timedelta() < verdict.until - moment <= timedelta(hours=34)
            assert opens.time() == time(9)
            assert verdict.reason in (Reason.QUIET_HOURS, Reason.FESTIVAL)
        moment += timedelta(minutes=EVERY_MINUTES)


def test_warned_hours_are_those_of_the_night() -> None:
    assert RULES[Kind.STAFF_REPLY].hours is Hours.WARN
    assert gate(Kind.STAFF_REPLY, CALM, POLICY, ZONE, NIGHT) == Send(warning=Reason.QUIET_HOURS)
