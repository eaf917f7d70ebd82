"""Tasks are shared as they come; who rests gets none; a manager sees what sharing anew would do before it is done."""

from __future__ import annotations

from collections import Counter

from models.staff import Staff, StaffTask
from tests.handlers.staff.test_desk import call_task
from tests.handlers.staff.world import World


async def another_collector(world: World, name: str = "second_collector") -> int:
    """One more collector of the same estate, who has written to the bot."""
    async with world.database.write() as session:
        place = (await session.get_one(Staff, await id_of(world, "collector"))).community_id
        member = Staff(channel="sandbox", user=name, chat=name, name=name, role="collector", community_id=place)
        session.add(member)
        await session.flush()
        return member.id


async def id_of(world: World, name: str) -> int:
    return next(each.id for each in await world.rows(Staff) if each.user == name)


async def shares(world: World) -> Counter[int | None]:
    return Counter(task.assignee_id for task in await world.rows(StaffTask) if task.state in ("open", "taken"))


async def test_new_tasks_go_round_and_each_waits_until_somebody_begins(world: World) -> None:
    first, second = await id_of(world, "collector"), await another_collector(world)
    for number in range(1, 5):
        await call_task(world, f"1-10{number}")
    assert await shares(world) == {first: 2, second: 2}
    assert {task.state for task in await world.rows(StaffTask)} == {"open"}
    assert "现在可以打 2 户" in await world.say("collector", "/calls")


async def test_a_share_is_whoevers_who_begins_it(world: World) -> None:
    await call_task(world)
    await world.say("teacher", "/tasks")
    assert "处理人:collector" in await world.press("teacher", "1 电话 1-101")
    assert "处理人:teacher" in await world.press("teacher", "我来处理")


async def test_who_rests_gets_none_and_gives_what_is_not_begun(world: World) -> None:
    first, second = await id_of(world, "collector"), await another_collector(world)
    for number in (1, 2, 3):
        await call_task(world, f"1-10{number}")
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.press("collector", "我来处理")
    assert "在岗" in await world.say("collector", "值班")
    told = await world.press("collector", "休到11月25日(周三)")
    assert "休息到 11月25日(周三)" in told
    assert "1 件已分给在岗的同事,开始了的 1 件" in told
    await call_task(world, "1-104")
    assert await shares(world) == {first: 1, second: 3}
    assert "collector:1 / 0 / 0(休息到 11月25日周三)" in await world.say("local", "/team")
    world.clock.jump(world.clock.now().replace(day=26))
    await call_task(world, "1-105")
    assert (await shares(world))[first] == 2
    assert "duty.off" in await world.audited()


async def test_a_manager_sets_a_colleagues_rest_and_a_colleague_no_one_elses(world: World) -> None:
    await another_collector(world)
    await world.say("local", "/duty")
    assert "foreign" not in world.labels("local")
    await world.press("local", "collector")
    assert "collector 休息到 12月4日" in await world.say("local", "12月4日")
    assert "collector:休息到 12月4日" in await world.say("local", "/duty")
    await world.say("collector", "/duty")
    assert "second_collector" not in world.labels("collector")
    assert "回岗了" in await world.press("collector", "我回来了")
    await world.say("collector", "/duty")
    assert "120 天" in await world.say("collector", "2027-12-01")


async def test_sharing_anew_is_previewed_then_done_and_told(world: World) -> None:
    first = await id_of(world, "collector")
    for number in range(1, 5):
        await call_task(world, f"1-10{number}")
    second = await another_collector(world)
    await world.say("local", "分工")
    told = await world.press("local", "重新分")
    assert "2 件换人" in told
    assert "collector:4 → 2" in told
    assert "second_collector:0 → 2" in told
    assert await shares(world) == {first: 4}  # nothing is done before the second tap
    assert "2 件换了人" in await world.press("local", "就这样分")
    assert await shares(world) == {first: 2, second: 2}
    await world.say("local", "分工")
    assert "已经分得很匀了" in await world.press("local", "重新分")


async def test_what_changed_since_the_preview_is_shown_again(world: World) -> None:
    for number in range(1, 4):
        await call_task(world, f"1-10{number}")
    await another_collector(world)
    await world.say("local", "分工")
    await world.press("local", "重新分")
    await call_task(world, "1-104")
    assert "请再看一眼" in await world.press("local", "就这样分")
    assert "换了人" in await world.press("local", "就这样分")


async def test_only_managers_share_anew(world: World) -> None:
    await call_task(world)
    assert "其他权限" in await world.say("collector", "/team")


async def test_what_the_system_closed_is_nobodys_work(world: World) -> None:
    await call_task(world)
    await world.book("manager", "1-101 286.40 转账 T1")
    await world.tick("settled")
    (task,) = await world.rows(StaffTask)
    assert (task.state, task.outcome, task.assignee_id) == ("done", "settled", None)
