"""`/status`, `/preview`, `/policy`, `/pause`, `/resume`, `/staff`, and a first run that waits for a manager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models.accounts import Community
from models.reminders import Run
from models.runtime import Switch
from models.staff import Staff
from tests.handlers.staff.world import World


async def test_status_on_one_screen(world: World) -> None:
    await world.say("collector", "/paid 1-101 286.40 转账 T-1")
    told = await world.say("manager", "/status")
    assert "应收 2,004.80 · 已收 286.40 · 收缴率 14.3%" in told
    assert "运行中" in told
    assert "sandbox 正常" in told or "通道:" in told
    own = await world.say("collector", "状态")
    assert "应收 1,432.00 · 已收 286.40 · 收缴率 20.0%" in own
    assert "云岭" not in await world.press("collector", "按楼栋")


async def test_status_can_be_asked_in_the_staff_group_and_not_among_residents(world: World) -> None:
    assert "应收" in await world.say("collector", "/status", "g-desk")
    assert await world.say("collector", "/status", "g-lake") == ""


async def test_preview_counts_and_shows_samples(world: World) -> None:
    told = await world.say("manager", "/preview 2026-11-23")
    assert "11月23日" in told
    assert sum(int(line.split()[-1]) for line in told.splitlines()[1:] if line.split()[-1].isdigit()) == 7
    assert "写法:/preview" in await world.say("manager", "/preview 明天")
    assert "其他权限" in await world.say("collector", "/preview")


async def test_policy_is_shown_in_words(world: World) -> None:
    told = await world.say("admin", "/policy")
    assert "到期前" in told
    assert "09:" in told
    assert "其他权限" in await world.say("manager", "/policy")


async def test_pause_for_two_hours_with_a_reason(world: World) -> None:
    told = await world.say("manager", "/pause 2h 系统检修")
    assert "系统检修" in told
    assert "11月23日(周一) 12:00" in told
    (switch,) = await world.rows(Switch)
    assert switch.on
    assert switch.until is not None
    assert switch.until - world.clock.now() <= timedelta(hours=2)
    assert "⏸ 已暂停" in await world.say("manager", "/status")
    assert "已恢复" in await world.press("manager", "恢复")
    assert not (await world.rows(Switch))[0].on


async def test_a_managers_own_community_is_paused_alone_and_not_for_ever(world: World) -> None:
    assert "翠湖苑" in await world.say("local", "/pause 装修")
    paused = {each.name: each.paused_until for each in await world.rows(Community)}
    assert paused["云岭"] is None
    assert paused["翠湖苑"] is not None
    assert await world.rows(Switch) == []
    await world.say("local", "/resume")
    assert [each.paused_until for each in await world.rows(Community)] == [None, None]


async def test_pause_lengths(world: World) -> None:
    for words, minutes in (("30m", 30), ("2小时 检修", 120), ("1天", 1440), ("3d 春节", 4320)):
        await world.say("admin", f"/pause {words}")
        until = (await world.rows(Switch))[0].until
        assert until is not None
        assert abs(until - world.clock.now() - timedelta(minutes=minutes)) < timedelta(seconds=30)
    assert "写法:/pause" in await world.say("admin", "/pause 0h")


async def test_staff_are_added_changed_and_removed(world: World) -> None:
    assert "已添加 小周" in await world.say("admin", "/staff add sandbox stranger 小周 collector 云岭")
    assert "没有待办" in await world.say("stranger", "/tasks")
    number = next(each.id for each in await world.rows(Staff) if each.user == "stranger")
    assert "小周 现在是经理" in await world.say("admin", f"/staff role {number} manager")
    await world.say("admin", f"/staff remove {number}")
    assert "小周 已移除" in await world.press("admin", "确认移除")
    assert "没有待办" not in await world.say("stranger", "/tasks")
    assert "已添加 小周" in await world.say("admin", "/staff add sandbox stranger 小周 auditor")
    assert {"staff.added", "staff.role", "staff.removed"} <= set(await world.audited())


async def test_the_last_administrator_stays(world: World) -> None:
    number = next(each.id for each in await world.rows(Staff) if each.user == "admin")
    assert "最后一位管理员" in await world.say("admin", f"/staff role {number} manager")
    await world.say("admin", f"/staff remove {number}")
    assert "最后一位管理员" in await world.press("admin", "确认移除")
    assert [each.role for each in await world.rows(Staff) if each.user == "admin" and each.active] == ["admin"]


async def test_wrong_words_about_staff_name_the_cure(world: World) -> None:
    for words, cure in (
        ("add sandbox x", "写法"),
        ("add pigeon x 小周 collector", "没有启用通道"),
        ("add sandbox x 小周 king", "没有“king”这个角色"),
        ("add sandbox x 小周 collector 火星", "没有叫“火星”"),
        ("add sandbox manager 小周 collector", "已经是工作人员"),
        ("role 999 manager", "没有编号为 999"),
        ("remove abc", "没有编号为 abc"),
    ):
        assert cure in await world.say("admin", f"/staff {words}"), words
    assert "管理员" in await world.say("admin", "/staff")


async def test_a_first_run_waits_for_a_manager(world: World) -> None:
    async with world.database.write() as session:
        from models.staff import open_task

        run = Run(
            on_date=datetime(2026, 11, 23, tzinfo=UTC).date(), state="awaiting", remind=5, created_at=world.clock.now()
        )
        session.add(run)
        await session.flush()
        await open_task(
            session,
            key=f"task/run/{run.id}",
            kind="run",
            account=None,
            summary="首次提醒等待批准",
            at=world.clock.now(),
            due_at=world.clock.now() + timedelta(days=1),
            source=f"run/{run.id}",
        )
    assert "首次提醒" not in await world.say("local", "/tasks")
    await world.say("manager", "/tasks")
    await world.press("manager", "1 首次提醒审批")
    assert "已批准:5 户" in await world.press("manager", "同意")
    assert [run.state for run in await world.rows(Run)] == ["approved"]
    await world.say("second", "/tasks")
    assert "没有待办" in world.last("second")
