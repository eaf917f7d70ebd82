"""`/cases` and `/practice`: found by situation, suggested in a talk, proposed and approved; practice touches nothing."""

from __future__ import annotations

from models.solved_cases import SolvedCase
from models.staff import AuditEntry, StaffTask
from tests.handlers.staff.test_calls import task
from tests.handlers.staff.world import World


async def test_a_situation_is_found_and_read(world: World) -> None:
    assert "写下情况就能找" in await world.say("collector", "/cases")
    assert "房子漏水,修好再缴" in await world.say("collector", "漏水")
    told = await world.press("collector", "房子漏水,修好再缴")
    assert "先报修" in told
    assert "修好了再商量" in told
    assert "发给住户" not in world.labels("collector")
    assert "没有找到" in await world.say("collector", "案例 量子")


async def test_in_a_talk_the_case_that_fits_is_one_tap_away_and_one_tap_sends_it(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.press("collector", "接管")
    await world.say("r1-101", "你们电梯老坏,我就是不想缴物业费")
    hint = next(label for label in world.labels("collector") if label.startswith("📖"))
    assert "电梯" in hint
    await world.press("collector", hint)
    before = len(world.lines("r1-101"))
    await world.press("collector", "发给住户")
    assert len(world.lines("r1-101")) == before + 1
    assert "检修安排定下来我就告诉您" in world.last("r1-101")
    await world.say("collector", "下午我去看一下")  # what is typed then still goes to the person
    assert "下午我去看一下" in world.last("r1-101")


async def closed(world: World, name: str = "collector") -> None:
    await task(world)
    await world.say(name, "/tasks")
    await world.press(name, "1 电话 1-101")
    await world.press(name, "完成")
    await world.press(name, "已解决")
    await world.press(name, "写成案例")


async def test_a_case_is_proposed_by_one_approved_by_another_and_then_found(world: World) -> None:
    await closed(world)
    await world.say("collector", "楼下快递柜扰民")
    assert "已请经理看" in await world.say("collector", "把快递柜移到北门\n说:快递柜已经移到北门,晚上安静多了。")
    assert "楼下快递柜扰民" in world.last("manager")
    assert "没有找到" in await world.say("collector", "/cases 快递柜")
    assert "已收进案例库" in await world.press("manager", "收进案例库")
    assert "楼下快递柜扰民" in await world.say("teacher", "/cases 快递柜")
    told = await world.press("teacher", "楼下快递柜扰民")
    assert "1. 把快递柜移到北门" in told
    assert "晚上安静多了" in told
    assert "已经" in await world.press("second", "不收")
    assert [each.state for each in await world.rows(SolvedCase)] == ["approved"]
    assert {"case.proposed", "case.approved"} <= set(await world.audited())


async def test_nobody_approves_their_own(world: World) -> None:
    await closed(world, "manager")
    await world.say("manager", "快递柜")
    await world.say("manager", "移到北门")
    assert "另一位同事" in await world.press("manager", "收进案例库")
    assert [each.state for each in await world.rows(SolvedCase)] == ["proposed"]


async def test_a_households_data_is_kept_out_of_a_case(world: World) -> None:
    await closed(world)
    await world.say("collector", "欠费的人")
    told = await world.say("collector", "王小明 1栋101 欠费 286.40 元,电话 13800001234")
    assert "不能" in told
    assert list(await world.rows(SolvedCase)) == []


async def test_practice_is_played_to_its_end_and_leaves_no_trace(world: World) -> None:
    before = [each.id for each in await world.rows(AuditEntry)]
    await world.say("collector", "/practice")
    assert "漏水半年" in await world.press("collector", "电话:漏水不肯缴")
    assert "会让人不舒服" in await world.say("collector", "再不缴就停水停电")
    assert "谁来修" in await world.say("collector", "对不起,给您添麻烦了")
    assert "费用的事呢" in await world.say("collector", "今天就报修,师傅下午上门")
    told = await world.say("collector", "修好了再商量")
    assert "3 轮里 3 轮说到点上,不合适的话 1 句" in told
    assert "可以这样说" in told
    assert [each.id for each in await world.rows(AuditEntry)] == before
    assert list(await world.rows(StaffTask)) == []


async def test_practice_is_for_the_staff_in_their_own_chat(world: World) -> None:
    assert "练习" not in await world.say("r1-101", "/practice")
    assert "只在沙盒里" in await world.say("collector", "/practice", chat="g-desk")
