"""What the page shows is what the bot does: chats, everything sent and why, a household's facts, the clock, faults."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot.channels.sandbox_platform import BOT
from models.inbox import Inbox
from models.invariants import findings
from models.outbox import Outbox
from models.reminders import Reminder
from tests.served_demo import ServedDemo, served

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[ServedDemo]:
    async with served(tmp_path) as running:
        yield running


async def test_the_morning_reminds_everyone_once(demo: ServedDemo) -> None:
    rows = (await demo.get("/outbox?kind=reminder"))["rows"]
    households = [row["account"] for row in rows]
    assert len(households) > 50
    assert len(set(households)) == len(households)
    assert {row["state"] for row in rows} == {"sent"}


async def test_a_slip_binds_and_shows_the_bill(demo: ServedDemo) -> None:
    person = demo.person("何俊")
    await demo.post("/start", **{"as": person.id, "token": person.slip})
    answer = await demo.say("何俊", person.phone_tail)
    assert "已绑定 2栋10**" in answer
    assert "330.96" in answer


async def test_nobody_is_written_to_before_start(demo: ServedDemo) -> None:
    unbound = [p.id for p in demo.demo.platform.profiles.values() if not p.started]
    assert len(unbound) > 5
    assert not [chat for chat in unbound if demo.lines(chat)]


async def test_a_button_shows_what_became_of_it(demo: ServedDemo) -> None:
    person = demo.person("王慧")
    await demo.say("王慧", "下周五发工资再交,可以吗?")
    line = (await demo.get(f"/chats/{person.id}"))["lines"][-1]
    labels = {choice["label"]: choice for row in line["choices"] for choice in row}
    assert not labels["对"]["used"]
    await demo.post(
        "/press", **{"as": person.id, "chat": person.id, "message": str(line["id"]), "token": labels["对"]["token"]}
    )
    await demo.demo.settle()
    edited = (await demo.get(f"/chats/{person.id}"))["lines"][-1]
    assert (edited["id"], edited["edited"]) == (line["id"], True)
    facts = await demo.get(f"/households/{person.account}")
    assert facts["promise"]["due_on"] == "2026-12-04"
    assert facts["today"] == {"decision": "wait", "stage": "", "reason": "promised"}
    assert {hold["reason"] for hold in facts["holds"]} == {"promised"}


async def test_a_reminder_says_why(demo: ServedDemo) -> None:
    person = demo.person("王慧")
    [line] = [line for line in (await demo.get(f"/chats/{person.id}"))["lines"] if line["kind"] == "reminder"]
    why = await demo.get(f"/outbox/{line['row']}")
    assert (why["stage"], why["account"]) == ("gentle", "GH-3-1201")
    assert why["rule"] == {"days_after_due": 3, "action": "message"}
    assert why["key"].startswith("remind/")
    assert why["reminders"][0]["decided_on"] == "2026-11-23"
    assert len(why["policy"]) == 16
    assert why["gate"] == {"answer": "send", "reason": ""}
    assert sum(bill["open_fen"] for bill in why["covers"]) == 37060


async def test_an_answer_says_what_it_answers(demo: ServedDemo) -> None:
    person = demo.person("王慧")
    await demo.say("王慧", "账单")
    line = (await demo.get(f"/chats/{person.id}"))["lines"][-1]
    why = await demo.get(f"/outbox/{line['row']}")
    assert why["answers"]["text"] == "账单"
    assert why["answers"]["handler"] == "bill.show"


async def test_money_that_arrives_is_thanked_for_and_raises_the_rate(demo: ServedDemo) -> None:
    person = demo.person("陈晓雯")
    before = await demo.get("/board")
    await demo.post("/pay", account=person.account)
    await demo.demo.settle()
    after = await demo.get("/board")
    assert after["rate"] > before["rate"]
    assert after["received_fen"] - before["received_fen"] == 111180
    assert after["paid_today"]["number"] == before["paid_today"]["number"] + 1
    assert "1,111.80" in demo.said_by_bot(person.id)[-1]
    facts = await demo.get(f"/households/{person.account}")
    assert {bill["open_fen"] for bill in facts["bills"]} == {0}
    again = await demo.client.post("/sandbox/api/pay", json={"account": person.account})
    assert again.status_code == 409


async def test_group_talk_is_neither_answered_nor_kept(demo: ServedDemo) -> None:
    group = next(room for room in demo.demo.platform.rooms.values() if room.title == "桂花苑业主群")
    await demo.post("/say", **{"as": demo.person("李建国").id, "chat": group.id, "text": "今天停车位好难找"})
    await demo.demo.settle()
    assert demo.said_by_bot(group.id) == []
    async with demo.demo.app.database.read() as session:
        kept = [*await session.scalars(select(Inbox.payload)), *await session.scalars(select(Inbox.text))]
    assert kept
    assert not [text for text in kept if "停车位" in text]


async def test_a_personal_question_in_a_group_is_answered_in_private(demo: ServedDemo) -> None:
    group = next(room for room in demo.demo.platform.rooms.values() if room.title == "桂花苑业主群")
    person = demo.person("周文博")
    await demo.post("/say", **{"as": person.id, "chat": group.id, "text": "@小铃 我家这个月物业费多少钱?"})
    await demo.demo.settle()
    assert "330.96" in demo.said_by_bot(person.id)[-1]
    [said] = demo.said_by_bot(group.id)
    assert not [secret for secret in ("330", "周", "3栋", "502") if secret in said]


@pytest.mark.parametrize(("kind", "state"), [("blocked", "dead"), ("timeout", "retry"), ("too_many", "retry")])
async def test_faults_end_as_they_would_on_a_platform(demo: ServedDemo, kind: str, state: str) -> None:
    person = demo.person("孙丽")
    await demo.post("/clock", action="pause")  # what is tried again later stays as it is
    await demo.post("/faults", chat=person.id, kind=kind)
    await demo.say("孙丽", "账单")
    row = (await demo.get(f"/outbox?chat={person.id}"))["rows"][0]
    assert (row["kind"], row["state"]) == ("reply", state)


async def test_a_week_in_order(demo: ServedDemo) -> None:
    """Seven days: residents act, nobody is written to twice for the same, nor at night, and the books balance."""
    start = demo.demo.clock.now()
    before = (await demo.get("/board"))["rate"]
    await demo.pass_time("week")
    assert abs(demo.demo.clock.now() - start - timedelta(days=7)) < timedelta(minutes=2)
    async with demo.demo.app.database.read() as session:
        sent = select(Outbox.account_id, Outbox.stage, Outbox.sent_at)
        reminders = list(await session.execute(sent.where(Outbox.kind == "reminder", Outbox.state == "sent")))
        doubled = await session.execute(
            select(Reminder.account_id, Reminder.stage, func.count())
            .group_by(Reminder.account_id, Reminder.anchor_bill_id, Reminder.stage)
            .having(func.count() > 1)
        )
        assert list(doubled) == []
    assert await findings(demo.demo.app.database) == []
    assert len({row.stage for row in reminders}) >= 3
    hours = {row.sent_at.astimezone(ZONE).hour for row in reminders}
    assert min(hours) >= 9
    assert max(hours) < 20
    days: dict[int, set[object]] = {}
    for row in reminders:
        assert row.sent_at.date() not in days.setdefault(row.account_id, set())
        days[row.account_id].add(row.sent_at.date())
    board = await demo.get("/board")
    assert board["rate"] > before + 0.08
    assert len(board["rates"]) == 3 + 8
    assert (
        "约" in demo.said_by_bot(demo.person("王慧").id)[-1] or "记好了" in demo.said_by_bot(demo.person("王慧").id)[-1]
    )


async def test_a_new_month_is_billed_once(tmp_path: Path) -> None:
    """The scenario begins on 3 February with January's bills: the office issues February's by its fee rules."""
    async with served(tmp_path, "spring-festival") as demo:
        for action in ("hour", "day"):
            await demo.pass_time(action)
            bills = (await demo.get("/households/GH-3-1201"))["bills"]
            february = [bill for bill in bills if bill["period"] == "2027-02"]
            assert [(b["item"], b["due_on"], b["billed_fen"]) for b in february] == [("物业费", "2027-02-20", 25060)]


async def test_each_story_is_heard_within_a_day(demo: ServedDemo) -> None:
    await demo.pass_time("day")
    facts = {
        name: await demo.get(f"/households/{demo.person(name).account}")
        for name in ("王慧", "陈晓雯", "赵志强", "孙丽", "林芳", "李建国")
    }
    assert facts["王慧"]["promise"]["state"] == "open"
    assert facts["陈晓雯"]["plan"]["state"] == "waiting"
    assert {case["kind"] for case in facts["赵志强"]["cases"]} == {"dispute"}
    assert {case["kind"] for case in facts["孙丽"]["cases"]} == {"complaint"}
    assert {case["kind"] for case in facts["林芳"]["cases"]} == {"claim"}
    assert {bill["open_fen"] for bill in facts["李建国"]["bills"]} == {0}
    assert (await demo.get("/board"))["people_waiting"] >= 1
    assert any("370.60" in text or "450.96" in text for text in demo.said_by_bot(demo.person("李建国").id))


async def test_the_clock_stands_still_when_paused(demo: ServedDemo) -> None:
    await demo.post("/clock", action="pause")
    paused = demo.demo.clock.now()
    await demo.say("王慧", "账单")
    assert demo.demo.clock.now() == paused
    await demo.pass_time("hour")
    assert demo.demo.clock.now() == paused + timedelta(hours=1)
    assert not demo.demo.clock.running
    await demo.post("/clock", action="go")
    assert demo.demo.clock.running


async def test_a_jump_halts_at_the_end_of_the_day_it_is_in(demo: ServedDemo) -> None:
    assert not (await demo.post("/clock", action="stop"))["halting"]  # nothing is under way
    clock = await demo.post("/clock", action="week")
    assert clock["moving"]
    stopped = await demo.post("/clock", action="stop")
    assert stopped["halting"]
    day = datetime.fromisoformat(stopped["now"]).date()
    assert datetime.fromisoformat(stopped["to"]) == datetime.combine(day + timedelta(days=1), time(), ZONE)
    await demo.at_rest()
    now = demo.demo.clock.now().astimezone(ZONE)
    assert (now.date(), now.hour, now.minute) == (day + timedelta(days=1), 0, 0)
    assert await findings(demo.demo.app.database) == []
    state = (await demo.get("/state"))["clock"]
    assert (state["halting"], state["to"], state["running"]) == (False, "", True)
    await demo.pass_time("hour")  # and goes on as ever
    assert demo.demo.clock.now().astimezone(ZONE).hour == 1


async def test_a_month_that_comes_due_lowers_the_rate_and_says_so(tmp_path: Path) -> None:
    """The due day's own morning is the beginning that the rate is held against, not the evening before."""
    async with served(tmp_path, "group") as demo:
        board = await demo.get("/board")
        assert board["rate_at_start"] == pytest.approx(board["rate"], abs=0.001)
        before, today = board["rates"][-2:]
        assert today["rate"] < before["rate"]
        assert today["came_due_fen"] > 0
        assert before["came_due_fen"] == 0


async def test_the_next_event_is_somebody_acting(demo: ServedDemo) -> None:
    before = len(demo.demo.platform.chats)
    lines = sum(len(each) for each in demo.demo.platform.chats.values())
    await demo.pass_time("next")
    assert sum(len(each) for each in demo.demo.platform.chats.values()) > lines
    assert len(demo.demo.platform.chats) >= before


async def test_a_visitor_who_speaks_takes_the_part_over(demo: ServedDemo) -> None:
    """Somebody who plays Ms Wang is not interrupted by her own story."""
    person = demo.person("王慧")
    await demo.say("王慧", "账单")
    await demo.pass_time("hour")
    assert [line.text for line in demo.lines(person.id) if line.sender != BOT] == ["账单"]


async def test_an_export_holds_what_was_said_on_both_sides(demo: ServedDemo) -> None:
    await demo.say("王慧", "账单")
    answer = await demo.client.get("/sandbox/api/households/GH-3-1201/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="GH-3-1201.json"'
    messages = answer.json()["messages"]
    assert [(m["who"], m.get("text")) for m in messages if m["who"] == "resident"] == [("resident", "账单")]
    assert {m["kind"] for m in messages if m["who"] == "nuanling"} == {"reminder", "reply"}
    assert "周文博" not in answer.text


async def test_starting_over_wipes_the_demos_own_files_alone(demo: ServedDemo) -> None:
    beside = demo.demo.file.parent / "nuanling.db"
    beside.write_text("real data")
    await demo.say("王慧", "账单")
    await demo.post("/scenario", name="arrears")
    state = await demo.get("/state")
    assert (state["scenario"], state["clock"]["now"][:16]) == ("arrears", "2026-11-23T09:30")
    assert [line.text for line in demo.lines(demo.person("王慧").id) if line.sender != BOT] == []
    assert (await demo.get("/board"))["rate"] < 0.5
    assert beside.read_text() == "real data"


async def test_a_stopped_demo_goes_on_where_it_was(tmp_path: Path) -> None:
    async with served(tmp_path) as first:
        await first.say("王慧", "账单")
        await first.pass_time("hour")
        said = [line.text for line in first.lines(first.person("王慧").id)]
        at = first.demo.clock.now()
    async with served(tmp_path) as second:
        assert [line.text for line in second.lines(second.person("王慧").id)] == said
        assert at <= second.demo.clock.now() < at + timedelta(minutes=1)
        assert "370.60" in await second.say("王慧", "账单")


async def test_a_journal_cut_short_loses_its_last_line_only(tmp_path: Path) -> None:
    async with served(tmp_path) as first:
        await first.say("王慧", "账单")
        said = [line.text for line in first.lines(first.person("王慧").id)]
        journal = first.demo.journal
    with journal.open("a", encoding="utf-8") as file:
        file.write('["line", {"id": "99')
    async with served(tmp_path) as second:
        assert [line.text for line in second.lines(second.person("王慧").id)] == said


async def test_what_was_said_but_not_yet_heard_is_heard_after_a_restart(tmp_path: Path) -> None:
    async with served(tmp_path) as first:
        person, at = first.person("王慧"), first.demo.clock.now()
    first.demo.platform.say(person.id, person.id, at, text="账单")  # the process died before it was stored
    async with served(tmp_path) as second:
        assert "370.60" in second.said_by_bot(person.id)[-1]
        assert datetime.fromisoformat(second.lines(person.id)[-1].at) >= at


@pytest.mark.parametrize(
    "scenario", ["clean-month", "arrears", "school", "group", "spring-festival", "wechat", "renewal"]
)
async def test_every_scenario_plays(tmp_path: Path, scenario: str) -> None:
    async with served(tmp_path, scenario) as demo:
        state = await demo.get("/state")
        assert state["opens"]
        await demo.pass_time("day")
        assert await findings(demo.demo.app.database) == []
        assert (await demo.get("/board"))["sent_today"] >= 0


async def test_spring_festival_is_quiet(tmp_path: Path) -> None:
    """From the eve (5 February 2027) to the third day (8 February) nobody is reminded."""
    async with served(tmp_path, "spring-festival") as demo:
        await demo.pass_time("week")
        async with demo.demo.app.database.read() as session:
            reminders = select(Outbox.sent_at).where(Outbox.kind == "reminder", Outbox.state == "sent")
            moments = list(await session.scalars(reminders))
        days = {moment.astimezone(ZONE).date().isoformat() for moment in moments if moment}
        assert days
        assert not days & {"2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08"}
