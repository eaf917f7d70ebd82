"""The dedup keys, letter by letter: a changed key would send everything once more."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain import keys

DAY = date(2026, 11, 5)
MOMENT = datetime(2026, 11, 5, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def _a_machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No key depends on the zone of the machine."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_each_key() -> None:
    found = {
        keys.reminder(1, 2, "gentle"): "remind/1/2/gentle",
        keys.reminder_message(3, DAY): "reminder-message/3/2026-11-05",
        keys.offer_reminder(1, 2, "open"): "offer/1/2/open",
        keys.announcement(4, DAY, "due_day"): "announce/4/2026-11-05/due_day",
        keys.promise_day(5): "promise/5/day",
        keys.plan_part(6, 2, "ahead"): "plan/6/2/ahead",
        keys.reply("telegram", "77", 0): "reply/telegram/77/0",
        keys.receipt(8): "receipt/8",
        keys.broadcast(9, "-100"): "broadcast/9/-100",
        keys.broadcast_progress(9, 0): "broadcast/9/progress/0",
        keys.broadcast_note(9, 2, "broadcast.has_grown"): "broadcast/9/2/broadcast.has_grown",
        keys.staff_card(10, "5"): "card/10/5",
        keys.escalation(11, MOMENT, "5"): "escalated/11/20261105T013000/5",
        keys.digest(12, DAY): "digest/12/2026-11-05",
        keys.alert("telegram", MOMENT, "red", 12): "alert/telegram/20261105T013000/red/12",
        keys.pause_over("pause", MOMENT, 12): "pause-over/pause/20261105T013000/12",
        keys.confirm(13, 0, "li"): "confirm/13/0/li",
        keys.export(13): "export/13",
        keys.autopay(14, DAY): "autopay/14/2026-11-05",
        keys.honour(15, DAY): "honour/15/2026-11-05",
        keys.visit_reminder(16, MOMENT): "visit/16/20261105T0130/ahead",
        keys.visit_result(16): "visit/16/result",
        keys.paper(17): "paper/17",
        keys.filed(17, MOMENT): "filed/17/20261105T013000",
        keys.letter_void(18): "letter/18/void",
        keys.task("claim", "7"): "task/claim/7",
        keys.class_task("summary", 3, "寒假班", DAY): "task/summary/3/b61506592b0d/2026-11-05",
        keys.renewal_next(1, DAY): "task/renewal-next/1/2026-11-05",
        keys.details(1, "yearly", "9-2026"): "details/1/yearly/9-2026",
        keys.details_question(19, DAY): "details-question/19/2026-11-05",
    }
    assert list(found) == list(found.values())
    here = inspect.getsource(test_each_key)
    public = [name for name, thing in inspect.getmembers(keys, inspect.isfunction) if not name.startswith("_")]
    assert [name for name in public if f"keys.{name}(" not in here and name != "jitter_minutes"] == []


def test_a_household_has_its_own_stable_minute() -> None:
    minutes = {keys.jitter_minutes(f"3-{n}") for n in range(2000)}
    assert minutes == set(range(1, 26))
    codes = ("3-1201", "1-101", "王小明班")
    assert [keys.jitter_minutes(code) for code in codes] == [
        7,
        14,
        18,
    ]  # also after a restart and in every later version
