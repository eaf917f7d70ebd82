"""Tasks among colleagues: give, take back, put back, and who has how much in hand."""

from __future__ import annotations

from datetime import timedelta

from models.staff import StaffTask
from tests.handlers.staff.test_desk import call_task, only_task
from tests.handlers.staff.world import World


async def opened(world: World, name: str = "collector") -> None:
    await world.say(name, "/tasks")
    await world.press(name, "1 电话 1-101")


async def test_given_heard_of_and_taken_back(world: World) -> None:
    await call_task(world)
    await opened(world)
    await world.press("collector", "转给同事")
    offered = world.labels("collector")
    assert "teacher" in offered
    assert not {"foreign", "auditor"} & set(offered)
    assert "已通知本人" in await world.press("collector", "teacher")
    assert "转给您一件电话 · 1-101" in world.last("teacher")
    task = await only_task(world)
    assert (task.state, task.note) == ("taken", "")
    assert "处理人:collector" in await world.press("collector", "收回")
    assert {"task.given", "task.taken_back"} <= set(await world.audited())


async def test_what_a_colleague_has_only_a_manager_moves(world: World) -> None:
    await call_task(world)
    await opened(world, "teacher")
    await world.press("teacher", "我来处理")
    await opened(world)
    assert "转给同事" not in world.labels("collector")
    assert "teacher已经接管" in await world.press("collector", "我来处理")
    await opened(world, "local")
    await world.press("local", "转给同事")
    await world.press("local", "collector")
    assert "转给您一件电话" in world.last("collector")
    await opened(world, "local")
    assert "待处理" in await world.press("local", "退回")
    assert (await only_task(world)).assignee_id is None


async def test_a_task_can_not_be_given_to_somebody_of_another_community(world: World) -> None:
    await call_task(world, "9-901")
    await world.say("foreign", "/tasks")
    await world.press("foreign", "1 电话 9-901")
    await world.press("foreign", "转给同事")
    assert not {"collector", "teacher", "local"} & set(world.labels("foreign"))
    assert {"admin", "manager"} <= set(world.labels("foreign"))


async def test_workload_counts_open_late_and_done(world: World) -> None:
    await call_task(world, "1-101", hours=-1)
    await call_task(world, "1-102")
    await call_task(world, "1-103")
    await opened(world)
    await world.press("collector", "我来处理")
    told = await world.say("local", "分工")
    assert "collector:3 / 1 / 0" in told
    assert told.count("还没有人:0 / 0 / 0") == 1
    await opened(world)
    await world.press("collector", "完成")
    await world.press("collector", "已沟通")
    assert "collector:2 / 0 / 1" in await world.say("local", "/team")
    assert "其他权限" in await world.say("collector", "/team")
    assert "foreign" not in await world.say("local", "/team")


async def test_mine_and_what_nobody_has_touched(world: World) -> None:
    await call_task(world, "1-101", hours=-5)
    await call_task(world, "1-102", hours=-3)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.press("collector", "备注")
    await world.say("collector", "没人接,晚上再打")
    await world.say("collector", "/tasks")
    told = await world.press("collector", "超时没人动 1")
    assert "1-102" in told
    assert "1-101" not in told
    assert "1-101" in await world.press("collector", "全部")


async def test_a_follow_up_stays_until_it_is_closed(world: World) -> None:
    await world.say("collector", "/account 1-101")
    await world.press("collector", "约跟进")
    assert "要跟进什么" in await world.press("collector", "11月26日(周四)")
    assert "11月26日" in await world.say("collector", "问问工资发了没有")
    task = await only_task(world)
    assert (task.kind, task.state, task.summary) == ("follow_up", "taken", "问问工资发了没有")
    assert task.due_at.astimezone(world.app.office.zone).isoformat()[:16] == "2026-11-26T18:00"
    world.clock.advance(timedelta(days=4))
    assert "跟进 1-101 · 问问工资发了没有(已超" in await world.say("collector", "任务")
    await world.press("collector", "1 跟进 1-101")
    await world.press("collector", "完成")
    await world.press("collector", "约好日期")
    assert [each.state for each in await world.rows(StaffTask)] == ["done"]
    assert "约跟进" in world.labels("collector")


async def test_a_follow_up_day_may_be_typed_and_is_checked(world: World) -> None:
    await world.say("collector", "/account 1-101")
    await world.press("collector", "约跟进")
    assert "60 天" in await world.say("collector", "2027-06-01")
    await world.say("collector", "/account 1-101")
    await world.press("collector", "约跟进")
    assert "12月4日" in await world.say("collector", "12月4日")
