"""A broadcast taken back: what went out is deleted as far as the platforms let us, and what stays is told with the reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from models.outbox import Outbox, State
from tests.handlers.staff.broadcasting import TEXT, at_night, confirmed, follow, morning, rows_of, sent_chats, stages
from tests.handlers.staff.world import World


async def test_undone_while_it_waits_and_after_it_went(world: World) -> None:
    await confirmed(world, "collector", f"全部 缴费 {TEXT}")
    await follow(world)
    assert len(await sent_chats(world)) == 5
    assert "确定撤回已经发出的 5 条" in await world.press("collector", "撤回")
    await world.press("collector", "确定撤回")
    for _ in range(2):
        await follow(world)
    assert [world.lines(f"r1-10{n}") for n in range(1, 6)] == [[]] * 5
    assert "已撤回 5 条;没发的 0 条不再发。" in world.last("collector")
    assert await stages(world) == ["undone"]
    assert {row.taken_back for row in await rows_of(world)} == {"deleted"}
    assert {"broadcast.undone"} <= set(await world.audited())


async def test_the_first_tap_on_undo_stops_it_at_once(world: World) -> None:
    await at_night(world)
    assert "已先停下" in await world.press("collector", "撤回")
    morning(world)
    await follow(world)
    assert await sent_chats(world) == []
    await world.press("collector", "确定撤回")
    for _ in range(2):
        await follow(world)
    assert "没发的 5 条不再发" in world.last("collector")
    assert await sent_chats(world) == []


async def test_what_cannot_be_taken_back_is_told_with_the_reason(world: World) -> None:
    await confirmed(world, "collector", f"全部 缴费 {TEXT}")
    await follow(world)
    rows = await rows_of(world)
    world.platform.set_fault(rows[0].chat, "blocked")
    async with world.database.write() as session:
        old = world.clock.now() - timedelta(hours=50)
        await session.execute(update(Outbox).where(Outbox.id == rows[1].id).values(sent_at=old))
        await session.execute(
            update(Outbox).where(Outbox.id == rows[2].id).values(state=State.UNKNOWN, message_id="", reason="in_doubt")
        )
    await world.press("collector", "撤回")
    await world.press("collector", "确定撤回")
    for _ in range(2):
        await follow(world)
    told = world.last("collector")
    assert "已撤回 2 条" in told
    for reason in (
        "1 条撤不回:对方拉黑了机器人或已退出",
        "1 条撤不回:已超过平台允许的时间",
        "1 条撤不回:不确定是否送达",
    ):
        assert reason in told
    assert [row.taken_back for row in await rows_of(world)] == [
        "unreachable",
        "too_old",
        "in_doubt",
        "deleted",
        "deleted",
    ]


async def test_a_message_that_arrives_after_the_undo_is_taken_back_as_well(world: World) -> None:
    """It was on its way when the tap came, in the hands of another process."""
    await confirmed(world, "collector", f"全部 缴费 {TEXT}")
    await follow(world)
    last = (await rows_of(world))[-1]
    async with world.database.write() as session:
        await session.execute(update(Outbox).where(Outbox.id == last.id).values(state=State.SENDING, lane="elsewhere"))
    await world.press("collector", "撤回")
    await world.press("collector", "确定撤回")
    await follow(world)
    assert await stages(world) == ["undoing"]
    async with world.database.write() as session:
        await session.execute(update(Outbox).where(Outbox.id == last.id).values(state=State.SENT, lane=last.lane))
    for _ in range(2):
        await follow(world)
    assert await stages(world) == ["undone"]
    assert world.lines(last.chat) == []


async def test_a_group_post_is_taken_back(world: World) -> None:
    await confirmed(world, "collector", f"群 缴费 {TEXT}")
    await follow(world)
    await world.press("collector", "撤回")
    await world.press("collector", "确定撤回")
    for _ in range(2):
        await follow(world)
    assert world.lines("g-lake") == []


async def test_only_the_author_or_a_manager_of_the_place_takes_it_back(world: World) -> None:
    await confirmed(world, "collector", f"全部 缴费 {TEXT}", "g-desk")
    await follow(world)
    line, token = world.button("g-desk", "撤回")
    for name in ("teacher", "foreign"):
        world.platform.press(name, "g-desk", line.id, token, world.clock.now())
        await world.settle()
    assert await stages(world) == ["done"]
    world.platform.press("manager", "g-desk", line.id, token, world.clock.now())
    await world.settle()
    await world.press("manager", "确定撤回", "g-desk")
    for _ in range(2):
        await follow(world)
    assert await stages(world) == ["undone"]
