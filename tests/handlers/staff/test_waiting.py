"""People who wait for a person: their place, the clock, escalation, passing a talk on, and colleagues who leave."""

from __future__ import annotations

from datetime import timedelta

from models.dialogue import Takeover
from models.staff import Staff, StaffTask
from tests.handlers.staff.world import World


async def test_the_place_is_told_and_a_usual_time_only_when_it_is_known(world: World) -> None:
    first = await world.say("r1-101", "转人工")
    assert "您是第一位" in first
    assert "通常" not in first
    assert "前面还有 1 位" in await world.say("r1-102", "转人工")
    assert "您是第一位" in await world.say("r9-901", "转人工")  # other colleagues answer there


async def test_after_some_answers_the_usual_time_is_computed(world: World) -> None:
    now = world.clock.now()
    async with world.database.write() as session:
        for minutes in (2, 3, 4, 6, 8):
            asked = now - timedelta(minutes=minutes)
            taken = Takeover(channel="sandbox", chat="x", user="x", state="closed", asked_at=asked, taken_at=now)
            session.add(taken)
    assert "通常 10 分钟内回复" in await world.say("r1-101", "转人工")


async def test_outside_the_desks_hours_the_opening_is_told_and_the_clock_starts_then(world: World) -> None:
    world.clock.advance(timedelta(hours=11))  # Monday 21:00
    assert "11月24日(周二) 09:00 上班后" in await world.say("r1-101", "转人工")
    (task,) = await world.rows(StaffTask)
    assert task.due_at.astimezone(world.app.office.zone).isoformat()[:16] == "2026-11-24T11:00"


async def test_the_queue_is_oldest_first_with_the_overdue_marked(world: World) -> None:
    await world.say("r1-102", "转人工")
    world.clock.advance(timedelta(hours=2, minutes=5))
    await world.say("r1-101", "转人工")
    told = await world.say("collector", "排队")
    assert "等人工 2 位,已超时 1 位" in told
    assert told.index("1-102") < told.index("1-101")
    assert "⚠" in next(line for line in told.splitlines() if "1-102" in line)
    assert "⚠" not in next(line for line in told.splitlines() if "1-101" in line)
    assert "没有人在等人工" in await world.say("foreign", "/queue")
    assert "正在和" in await world.press("collector", "1 接管 1-102")
    assert "同事collector来了" in world.last("r1-102")


async def test_when_the_clock_runs_out_the_manager_and_the_person_hear_of_it_once(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.tick("clocks")
    assert "没有人接" not in world.last("manager")
    world.clock.advance(timedelta(hours=2, minutes=1))
    for _ in range(2):
        await world.tick("clocks")
    for name in ("manager", "local"):
        assert len([line for line in world.lines(name) if "还没有人接" in line.text]) == 1, name
    assert [line for line in world.lines("collector") if "还没有人接" in line.text] == []
    assert len([line for line in world.lines("r1-101") if "久等" in line.text]) == 1
    await world.press("local", "接管")
    assert "同事local来了" in world.last("r1-101")


async def test_a_talk_is_given_to_a_colleague_and_taken_back(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.press("collector", "接管")
    await world.press("collector", "转给同事")
    assert "已转给 teacher" in await world.press("collector", "teacher")
    assert "转给您一件请人工" in world.last("teacher")
    await world.say("r1-101", "门禁卡坏了")
    assert "门禁卡坏了" in world.last("teacher")
    await world.say("collector", "我来说一句")
    assert "我来说一句" not in world.last("r1-101")
    await world.press("teacher", "回复")
    await world.say("teacher", "马上来修")
    assert "teacher:马上来修" in world.last("r1-101")
    await world.press("collector", "收回")
    assert {each.staff_id for each in await world.rows(Takeover)} == {await staff_id(world, "collector")}


async def test_what_is_put_back_calls_another_colleague(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.press("collector", "接管")
    await world.say("collector", "/tasks")
    await world.press("collector", "我的 1")
    await world.press("collector", "1 请人工 1-101")
    assert "待处理" in await world.press("collector", "退回")
    assert "另一位同事" in world.last("r1-101")
    assert "请接着聊" in world.last("teacher")
    await world.press("teacher", "接管")
    assert "同事teacher来了" in world.last("r1-101")


async def test_a_colleague_who_leaves_gives_everything_back(world: World) -> None:
    from tests.handlers.staff.test_desk import call_task

    await call_task(world, "1-102")
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-102")
    await world.press("collector", "我来处理")
    await world.say("r1-101", "转人工")
    await world.press("collector", "接管")
    number = await staff_id(world, "collector")
    await world.say("admin", f"/staff 移除 {number}")
    await world.press("admin", "确认移除")
    teacher = await staff_id(world, "teacher")
    left = {(task.kind, task.state, task.assignee_id) for task in await world.rows(StaffTask)}
    assert left == {("call", "open", teacher), ("person", "open", None)}
    assert [each.state for each in await world.rows(Takeover)] == ["waiting"]
    assert "另一位同事" in world.last("r1-101")
    await world.press("teacher", "接管")
    await world.say("r1-101", "还是门禁卡")
    assert "还是门禁卡" in world.last("teacher")


async def test_who_becomes_an_auditor_gives_everything_back_too(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.press("collector", "接管")
    await world.say("admin", f"/staff 角色 {await staff_id(world, 'collector')} 审计员")
    await world.press("admin", "确认修改")
    assert [each.state for each in await world.rows(Takeover)] == ["waiting"]


async def staff_id(world: World, name: str) -> int:
    return next(each.id for each in await world.rows(Staff) if each.user == name)
