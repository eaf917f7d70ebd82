"""`/tasks`: the queue, one task and what can be done with it, messages nobody is sure of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from models.accounts import by_code
from models.outbox import Outbox, State
from models.staff import StaffTask, open_task
from tests.handlers.staff.world import World


async def call_task(world: World, code: str = "1-101", *, hours: int = 24) -> None:
    now = world.clock.now()
    async with world.database.write() as session:
        account = await by_code(session, code)
        await open_task(
            session,
            key=f"task/call/{code}/{hours}",
            kind="call",
            account=account,
            summary="2 笔费用共 572.80 元未缴",
            at=now,
            due_at=now + timedelta(hours=hours),
        )


async def only_task(world: World) -> StaffTask:
    (task,) = await world.rows(StaffTask)
    return task


async def test_an_empty_queue_says_so(world: World) -> None:
    assert "没有待办" in await world.say("collector", "/tasks")
    assert "没有待办" in await world.say("collector", "任务")


async def test_the_queue_holds_the_own_community_only_latest_clock_last(world: World) -> None:
    await call_task(world, "1-102", hours=24)
    await call_task(world, "1-101", hours=-3)
    await call_task(world, "9-901")
    told = await world.say("collector", "/tasks")
    assert "待办 2 件,其中超时 1 件" in told
    assert "要处理:待办 2 件,其中超时 1 件" in await world.say("collector", "/status")  # one count, one word
    assert "待办 2 件,其中超时 1 件" in await world.say("collector", "待办")
    assert told.index("1-101") < told.index("1-102")
    assert "9-901" not in told
    assert "9-901" in await world.say("foreign", "/tasks")
    assert "待办 3 件" in await world.say("manager", "/tasks")


async def test_taken_then_done_with_an_outcome(world: World) -> None:
    await call_task(world)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    assert "处理中" in await world.press("collector", "我来处理")
    await world.press("collector", "完成")
    assert "已沟通" in await world.press("collector", "已沟通")
    task = await only_task(world)
    assert (task.state, task.outcome) == ("done", "reached")
    assert task.closed_at is not None
    assert {"task.taken", "task.done"} <= set(await world.audited())


async def test_a_colleagues_task_stays_theirs(world: World) -> None:
    await call_task(world)
    for name in ("collector", "teacher", "manager"):
        await world.say(name, "/tasks")
        await world.press(name, "1 电话 1-101")
    await world.press("collector", "我来处理")
    assert "collector已经接管" in await world.press("teacher", "我来处理")
    assert "处理人:manager" in await world.press("manager", "我来处理")


async def test_a_note_a_day_and_a_reason(world: World) -> None:
    await call_task(world)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.press("collector", "备注")
    assert "2026-11-23 collector: 下午三点后再打" in await world.say("collector", "下午三点后再打")
    await world.press("collector", "改日期")
    assert "11月26日" in await world.press("collector", "11月26日(周四)")
    assert (await only_task(world)).due_at.date().isoformat() == "2026-11-26"
    await world.press("collector", "改日期")
    assert "12月4日" in await world.say("collector", "12月4日")
    await world.press("collector", "关闭")
    assert "已关闭" in await world.say("collector", "重复的任务")
    task = await only_task(world)
    assert (task.state, task.note.splitlines()[-1]) == ("dropped", "重复的任务")


async def test_a_day_too_far_is_refused(world: World) -> None:
    await call_task(world)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.press("collector", "改日期")
    assert "60 天" in await world.say("collector", "2027-06-01")


async def test_a_claim_is_confirmed_from_the_queue(world: World) -> None:
    await world.say("r1-101", "我已经缴过了")
    await world.say("collector", "/tasks")
    await world.press("collector", "1 核对已缴 1-101")
    assert "确认到账 286.40" in "".join(world.labels("collector"))
    label = next(each for each in world.labels("collector") if "确认" in each)
    assert "到账 286.40 元" in await world.press("collector", label)
    assert [task.state for task in await world.rows(StaffTask)] == ["done"]


async def test_the_teacher_sees_a_claim_without_its_money_buttons(world: World) -> None:
    await world.say("r1-101", "我已经缴过了")
    await world.say("teacher", "/tasks")
    await world.press("teacher", "1 核对已缴 1-101")
    assert not [each for each in world.labels("teacher") if "确认" in each or each == "未查到"]


async def test_unknown_messages_are_settled_with_one_tap(world: World) -> None:
    for code in ("1-101", "1-102", "9-901"):
        await world.say("manager", f"/reply {code} 您好,发票好了。")
    async with world.database.write() as session:
        await session.execute(update(Outbox).where(Outbox.kind == "staff_reply").values(state=State.UNKNOWN))
    told = await world.say("collector", "/tasks")
    assert "没有待办" in told
    listed = await world.press("collector", "不确定的消息")
    assert "1-101" in listed
    assert "9-901" not in listed
    assert "记为送达" in await world.press("collector", "已送达")
    sent_before = len(world.lines("r1-101"))
    line, token = next(
        (line, each["token"])
        for line in world.lines("collector")
        if "1-101" in line.text
        for row in line.choices
        for each in row
        if each["label"] == "再发一次"
    )
    world.platform.press("collector", "collector", line.id, token, world.clock.now())
    await world.settle()
    assert len(world.lines("r1-101")) == sent_before + 1
    async with world.database.read() as session:
        states = set(await session.scalars(select(Outbox.state).where(Outbox.reason.startswith("confirmed"))))
    assert states == {State.SENT}
    assert {"unknown.arrived", "unknown.again"} <= set(await world.audited())
