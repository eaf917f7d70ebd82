"""`/status`, `/preview`, `/policy`, `/pause`, `/resume`, `/staff`, and a first run that waits for a manager."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from bot.content import CONTENT
from models.accounts import Community
from models.base import Database
from models.bills import Bill
from models.reminders import Run
from models.runtime import Switch
from models.staff import Staff
from tests.handlers.staff.world import World, world_in
from understanding.reader import Reader


async def test_status_on_one_screen(world: World) -> None:
    await world.book("collector", "1-101 286.40 转账 T-1")
    told = await world.say("manager", "/status")
    assert "应收 2,004.80 · 已收 286.40 · 收缴率 14.3%" in told
    assert "运行中" in told
    assert "没有要处理的事" in told
    assert len(told.splitlines()) <= 6
    own = await world.say("collector", "状态")
    assert "应收 1,432.00 · 已收 286.40 · 收缴率 20.0%" in own
    assert "云岭" not in await world.press("collector", "按楼栋")


async def test_status_names_the_tasks_that_wait_and_opens_them(world: World) -> None:
    await world.say("r1-101", "我要投诉，电梯坏了三个月")
    told = await world.say("collector", "/status")
    assert "要处理:待办 1 件" in told
    assert "没有要处理的事" not in told
    assert "投诉" in await world.press("collector", "待办")
    assert "待办" not in await world.say("auditor", "/status")


async def test_status_can_be_asked_in_the_staff_group_and_not_among_residents(world: World) -> None:
    assert "应收" in await world.say("collector", "/status", "g-desk")
    assert await world.say("collector", "/status", "g-lake") == ""


async def test_preview_counts_and_shows_samples(world: World) -> None:
    told = await world.say("manager", "/preview 2026-11-23")
    assert "11月23日" in told
    assert sum(int(line.split()[-1]) for line in told.splitlines()[1:] if line.split()[-1].isdigit()) == 7
    assert "写法:/preview" in await world.say("manager", "/preview 明天")
    assert "其他权限" in await world.say("collector", "/preview")


async def test_preview_says_from_which_day_a_reminder_was_moved(
    sqlite: Database, reader: Reader, tmp_path: Path
) -> None:
    """With the line of the shipped policy that stands behind a #."""
    shipped = (CONTENT / "policy.property.toml").read_text("utf-8")
    assert '# move = "before_holiday"' in shipped
    (tmp_path / "policy.toml").write_text(shipped.replace("# move = ", "move = "), encoding="utf-8")
    world = await world_in(sqlite, reader, policy=tmp_path / "policy.toml")
    async with world.database.write() as session:
        await session.execute(update(Bill).values(due_on=date(2027, 1, 8)))
    assert "发提醒" in await world.say("manager", "/preview 2026-12-31")
    told = await world.press("manager", "发提醒")
    assert "(原定 1月1日周五,放假,提前)" in told
    assert "原定" not in await world.say("manager", "/preview 2026-12-28")
    assert "放假前" in await world.say("admin", "/policy")


async def test_policy_is_shown_in_words(world: World) -> None:
    told = await world.say("admin", "/policy")
    assert "到期前" in told
    assert "放假前" not in told
    assert "09:" in told
    assert "到期前" in await world.say("manager", "/policy")
    assert "其他权限" in await world.say("collector", "/policy")


async def test_policy_shows_the_ladder_that_applies_and_the_other_on_request(world: World) -> None:
    told = await world.say("manager", "/policy")
    assert told.count("提醒安排") == 1
    assert "物业费的提醒安排" in told
    assert world.labels("manager") == ["看学费的"]
    assert (await world.press("manager", "看学费的")).startswith("学费的提醒安排")
    async with world.database.write() as session:
        session.add(Community(name="博雅校区", kind="training"))
    assert (await world.say("manager", "/policy")).count("提醒安排") == 2
    assert (await world.say("local", "/policy")).count("提醒安排") == 1  # who looks after one estate has one kind


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
    for words, minutes in (("30m", 30), ("2小时 检修", 120), ("半天 停电", 720), ("1天", 1440), ("3d 春节", 4320)):
        await world.say("admin", f"/pause {words}")
        until = (await world.rows(Switch))[0].until
        assert until is not None
        assert abs(until - world.clock.now() - timedelta(minutes=minutes)) < timedelta(seconds=30)
    assert "写法:/pause" in await world.say("admin", "/pause 0h")
    assert "最多暂停 31 天" in await world.say("admin", "/pause 60d 装修")


async def test_staff_are_added_changed_and_removed(world: World) -> None:
    assert "添加 小周 为收费员,负责 云岭?" in await world.say(
        "admin", "/staff add sandbox stranger 小周 collector 云岭"
    )
    assert [each.user for each in await world.rows(Staff) if each.user == "stranger"] == []
    assert "已添加 小周" in await world.press("admin", "确认添加")
    assert "没有待办" in await world.say("stranger", "/tasks")
    number = next(each.id for each in await world.rows(Staff) if each.user == "stranger")
    assert "从收费员改为经理?" in await world.say("admin", f"/staff role {number} manager")
    assert "小周 现在是经理" in await world.press("admin", "确认修改")
    await world.say("admin", "人员")
    await world.press("admin", f"{number}. 小周")
    await world.press("admin", "老师")
    assert "小周 现在是老师" in await world.press("admin", "确认修改")
    await world.say("admin", f"/staff remove {number}")
    assert "小周 已移除" in await world.press("admin", "确认移除")
    assert "没有待办" not in await world.say("stranger", "/tasks")
    await world.say("admin", "/staff 添加 沙盒 stranger 小周 审计员")
    assert "已添加 小周(审计员)" in await world.press("admin", "确认添加")
    assert {"staff.added", "staff.role", "staff.removed"} <= set(await world.audited())


async def test_the_last_administrator_stays(world: World) -> None:
    number = next(each.id for each in await world.rows(Staff) if each.user == "admin")
    assert "最后一位管理员" in await world.say("admin", f"/staff role {number} manager")
    assert "最后一位管理员" in await world.say("admin", f"/staff remove {number}")
    second = next(each.id for each in await world.rows(Staff) if each.user == "second")
    await world.say("admin", f"/staff role {second} admin")
    await world.press("admin", "确认修改")
    await world.say("second", f"/staff remove {number}")
    await world.say("admin", f"/staff role {second} manager")
    await world.press("admin", "确认修改")  # meanwhile one of the two has gone
    assert "其他权限" in await world.press("second", "确认移除")
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


async def test_preview_is_the_command_lines_own_with_one_line_a_person(world: World) -> None:
    from sqlalchemy import update

    from jobs import plan
    from models.people import Binding

    async with world.database.write() as session:
        await session.execute(update(Binding).where(Binding.account_id == 2).values(person_id=1))
    rows = await plan.preview(
        world.database, world.app.office, datetime(2026, 11, 23, tzinfo=UTC).date(), world.clock.now()
    )
    reminded = [row.account for row in rows if row.decision == "remind"]
    assert len(reminded) == 7
    told = await world.say("manager", "预览 2026-11-23")
    assert "发提醒 6(7 户)" in told
    listed = await world.press("manager", "发提醒")
    together = next(line for line in listed.splitlines() if "1-101" in line)
    assert "1-102" in together
    assert "温馨提醒" in together
    assert all(code in listed for code in reminded)
    assert "gentle" not in listed
    assert "发提醒 6" in await world.press("manager", "返回")


async def test_no_code_in_english_stands_in_a_chinese_text(world: World) -> None:
    import re

    from sqlalchemy import update

    from models.accounts import Account

    async with world.database.write() as session:
        await session.execute(update(Account).values(traits="elderly;away"))
    await world.say("r1-101", "我已经缴过了")
    await world.say("collector", "/reply 1-101 您好,收到了。")
    await world.tick("plan")
    told = [await world.say("admin", word) for word in ("/account 1-101", "/policy", "/preview", "/status", "/staff")]
    await world.say("admin", "/account 1-101")
    told.append(await world.press("admin", "往来消息"))
    told.append(await world.say("admin", "/failed"))
    known = "ID|小铃|admin|manager|second|local|collector|teacher|auditor|foreign|staff|S"
    for text in told:
        codes = set(re.findall(r"\b[a-z][a-z_]{3,}\b", re.sub(rf"版本 \w+|/\w+|\b({known})\b", "", text)))
        assert codes == set(), (codes, text)


async def test_a_following_command_is_not_taken_for_a_code(world: World) -> None:
    assert "请发编号、房号或姓名" in await world.say("collector", "住户")
    assert "没有待办" in await world.say("collector", "任务")
    await world.say("collector", "/account")
    assert "没有找到编号 9-999" in await world.say("collector", "9-999")


async def test_failed_messages_are_listed_with_reason_and_cure(world: World) -> None:
    for code, fault in (("1-101", "blocked"), ("9-901", "blocked")):
        world.platform.set_fault(f"r{code}", fault)
        await world.say("manager", f"/reply {code} 您好,发票好了。")
    told = await world.say("collector", "失败")
    assert "1-101 沙盒 人工回复:对方停用了机器人" in told
    assert "请打电话或上门" in told
    assert "9-901" not in told
    assert "失败 1" in await world.say("collector", "/status")
    assert "1-101" in await world.press("collector", "失败明细")


async def test_who_says_what_a_group_is_for(world: World) -> None:
    from bot.channels.sandbox_platform import Room
    from models.dialogue import Group

    world.platform.open_room(Room("g-new", "新群", ["admin", "collector"], kind="staff"))
    payload = '{"chat": "g-new", "sender": "admin", "audience": "group", "event": "group_joined", "text": ""}'
    await world.app.inbound.store_for("sandbox")("join-1", payload)
    await world.settle()
    assert {"住户群 · 翠湖苑", "工作群 · 翠湖苑", "工作群 · 全部"} <= set(world.labels("admin"))
    assert "工作群" in await world.press("admin", "工作群 · 翠湖苑")
    group = next(each for each in await world.rows(Group) if each.chat == "g-new")
    assert (group.audience, group.community_id) == ("staff", 1)
    await world.say("r1-101", "转人工")
    assert "请人工" in world.last("g-new")


async def test_every_commands_chinese_word_works_alone(world: World) -> None:
    import re

    from domain.roles import Right
    from handlers.routes import ROUTES

    for route in ROUTES:
        if isinstance(route.who, Right) and route.commands:
            slash = await world.say("admin", f"/{route.commands[0]}")
            word = await world.say("admin", route.commands[1])
            assert re.sub(r"\d", "", word) == re.sub(r"\d", "", slash), route.commands


async def test_what_was_not_understood_brings_the_few_likely_commands_and_the_way_to_all(world: World) -> None:
    told = await world.say("collector", "登记收款怎么弄来着")
    assert "没听懂" in told
    assert "/paid 登记收款" in told
    assert told.count("\n/") <= 4
    assert told.count("\n/") < (await world.press("collector", "全部功能")).count("\n/")
    assert "/status" in await world.say("collector", "/staus")
    usual = await world.say("auditor", "吃饱了撑着")
    assert "/account 查一户" in usual
    assert "/tasks" not in usual  # only what the role may use
