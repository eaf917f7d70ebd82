"""A person's own wishes: they make a policy stricter, never looser, and ladder and gate obey them."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gate import BillNow, Facts, Hold, Send, gate
from domain.ladder import Contacts, Reason, crowded
from domain.large import enlarged, spaced
from domain.messages import Choice, Kind, OutgoingMessage
from domain.policy import Action, Policy, Stage, within

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy("property", (Stage("gentle", 3, Action.MESSAGE, "reminder.gentle"),))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=ZONE)


@given(st.integers(0, 23), st.integers(0, 24))
def test_own_hours_never_widen_the_window(opens: int, closes: int) -> None:
    own = within(POLICY, (opens, closes))
    assert POLICY.window_from <= own.window_from < own.window_until <= POLICY.window_until


def test_own_hours_narrow_the_window() -> None:
    own = within(POLICY, (18, 20))
    assert (own.window_from, own.window_until) == (time(18), time(20))
    assert within(POLICY, None) is POLICY


def test_hours_that_leave_no_hour_are_not_heeded() -> None:
    assert within(POLICY, (20, 22)) == POLICY


@pytest.mark.parametrize("kind", [Kind.REMINDER, Kind.PROMISE, Kind.BROADCAST])
def test_the_gate_holds_until_the_persons_own_hours(kind: Kind) -> None:
    facts = Facts(hours=(18, 20), bills=(BillNow(1, 28640),))
    assert gate(kind, facts, POLICY, ZONE, at(12)) == Hold(at(18), Reason.QUIET_HOURS)
    assert gate(kind, facts, POLICY, ZONE, at(18)) == Send()


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.RECEIPT, Kind.SERVICE])
def test_what_is_no_reminder_comes_at_any_decent_hour(kind: Kind) -> None:
    assert gate(kind, Facts(hours=(18, 20)), POLICY, ZONE, at(12)) == Send()


def test_less_often_is_a_longer_spacing() -> None:
    last = Contacts(last_reminder_on=date(2026, 11, 20))
    assert crowded(POLICY, last, date(2026, 11, 26), wished_days=7) is Reason.SPACING
    assert crowded(POLICY, last, date(2026, 11, 27), wished_days=7) is None
    assert crowded(POLICY, last, date(2026, 11, 22), wished_days=0) is Reason.SPACING
    assert crowded(POLICY, last, date(2026, 11, 23), wished_days=1) is None


def test_large_type_gives_each_sentence_a_line_and_each_button_a_row() -> None:
    row = (Choice("去缴费", "pay.how"), Choice("找人工", "person.ask"))
    message = OutgoingMessage("bill.summary", "共 286.40 元。不着急。", choices=(row,))
    large = enlarged(message)
    assert large.text == "共 【286.40 元】。\n\n不着急。"
    assert large.choices == ((row[0],), (row[1],))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Thank you, Wang! We will look.", "Thank you, Wang!\n\nWe will look."),
        ("by Mon 30 Nov: 1,286.40 yuan", "by Mon 30 Nov: 【1,286.40 yuan】"),
        ("“好。”他说", "“好。”他说"),
    ],
)
def test_spaced(text: str, shown: str) -> None:
    assert spaced(text) == shown
